"""Sensitivities are the slopes of the curves: against closed forms, and against differences of tight solutions."""

import numpy as np
import pytest
from hypothesis import assume, given, settings

from contracts.random_systems import random_systems
from contracts.sketch import Sketch
from reuptake.dosing.events import Event
from reuptake.engine.backends.llvm.kernel import LlvmKernel
from reuptake.engine.ensemble import BACKENDS, compiled
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.engine.solvers.dormand_prince import DORMAND_PRINCE
from reuptake.engine.solvers.rodas5p import RODAS5P
from reuptake.errors import RunError
from reuptake.evidence.base import packaged
from reuptake.simulation.run import prepare

NUDGE = 1e-5  # relative: the difference errs by its square, and by the solution's 1e-10 over it


def differences(kernel, batch, grid, tolerances, column):
    """Central differences of curves (subject, time, output) with one parameter."""
    up, down = batch.parameters.copy(), batch.parameters.copy()
    up[:, column] *= 1.0 + NUDGE
    down[:, column] *= 1.0 - NUDGE
    above, below = (kernel.integrate(Batch(row, batch.events), grid, tolerances).values for row in (up, down))
    return (above - below) / (up[:, column] - down[:, column])[:, None, None]


@settings(max_examples=10)
@given(case=random_systems())
def test_slopes_of_random_systems_are_their_differences(case):
    kernel = LlvmKernel(case.system, RODAS5P)
    names = [parameter.name for parameter in case.system.parameters]
    batch = Batch(np.array([[case.parameters[name] for name in names]]), (case.events,))
    tight = Tolerances(1e-11, 1e-12)
    solution = kernel.integrate(batch, case.grid, tight, names)
    assume(solution.outcomes[0].solved)
    for column, value in enumerate(batch.parameters[0]):
        exact = differences(kernel, batch, case.grid, tight, column)[0] * value
        found = solution.sensitivities[0, :, :, column] * value
        scale = np.abs(solution.values[0]).max(axis=0) + np.abs(exact).max(axis=0)
        assert np.all(np.abs(found - exact) < 2e-5 * scale), names[column]  # 1e-11 over 1e-5, some twenty times


@pytest.mark.parametrize("tableau", [RODAS5P, DORMAND_PRINCE], ids=["implicit", "explicit"])
def test_slopes_go_through_doses_infusions_resets_changes_and_the_time(tableau):
    sketch = Sketch("everything")
    level, effect = sketch.number("level", 0.5), sketch.number("effect")
    loss, capacity, wave = (sketch.parameter(name, "1") for name in ("loss", "capacity", "wave"))
    sketch.rate("level", -capacity * level / (loss + level) + wave * (1.0 + sketch.graph.sin(sketch.hours * wave)))
    sketch.rate("effect", sketch.graph.exp(-loss * effect) - effect * level**1.5)
    sketch.input("in", into="level")
    system = sketch.build()
    names = [parameter.name for parameter in system.parameters]
    kernel = LlvmKernel(system, tableau)
    events = (
        Event(0.0, "in", 2.0), Event(1.0, "in", rate=0.7), Event(2.5, "in", rate=-0.7), Event(3.0, changes=(("capacity", 0.8),)),
        Event(4.0, reset=True), Event(4.5, "in", 1.0),
    )  # fmt: skip
    row = np.array([[{"loss": 0.7, "capacity": 1.3, "wave": 0.4, "per.hour": 1.0}[name] for name in names]])
    batch, grid, tight = Batch(row, (events,)), np.linspace(0.0, 6.0, 25), Tolerances(1e-11, 1e-12)
    found = kernel.integrate(batch, grid, tight, names).sensitivities[0]
    for column, name in enumerate(names):
        exact = differences(kernel, batch, grid, tight, column)[0]
        late = grid > 3.0 if name == "capacity" else np.full(len(grid), False)
        # A change gives the number anew: what it was before has no slope from then on, where its own effect is gone.
        assert found[~late, :, column] == pytest.approx(exact[~late], rel=1e-5, abs=1e-6)


def test_the_shipped_model_has_the_slopes_of_its_differences():
    laboratory = prepare(packaged(), "human", {"imipramine": ["po"]})
    names = list(laboratory.table.names)
    asked = ["cyp2d6.abundance", "imipramine.fraction_unbound", "body.mass", "imipramine.sert.kd"]
    events = tuple(Event(12.0 * i, "imipramine.po", 2e5) for i in range(6))
    batch = Batch(laboratory.table.matrix({}, 1), (events,))
    grid, tight = np.arange(0.0, 73.0, 3.0), Tolerances(1e-11, 1e-9)
    solution = laboratory.kernel.integrate(batch, grid, tight, asked)
    for j, name in enumerate(asked):
        exact = differences(laboratory.kernel, batch, grid, tight, names.index(name))[0]
        value = batch.parameters[0, names.index(name)]
        scale = np.abs(solution.values[0]).max(axis=0)
        assert np.all(np.abs(solution.sensitivities[0, :, :, j] - exact) * value < 1e-5 * scale), name


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_empty_list_asks_for_nothing(backend):
    sketch = Sketch("nothing")
    sketch.rate("x", -sketch.number("x", 1.0))
    solution = compiled(sketch.build(), backend).integrate(
        Batch(np.ones((1, 1)), ((),)), np.array([0.0, 1.0]), Tolerances(), []
    )
    assert solution.sensitivities is None


def test_slopes_through_triggers_are_refused_and_not_guessed():
    sketch = Sketch("refused")
    x = sketch.number("x", 1.0)
    sketch.rate("x", -x)
    sketch.trigger("low", 0.5 - x, {"x": x + 1.0})
    kernel = LlvmKernel(sketch.build(), RODAS5P)
    with pytest.raises(RunError, match="triggers"):
        kernel.integrate(Batch(np.ones((1, 1)), ((),)), np.array([0.0, 1.0]), Tolerances(), ["per.hour"])


@pytest.mark.parametrize("power", [1.5, 2.0, 2.5])
def test_slopes_of_a_course_that_starts_empty_are_numbers(power):
    sketch = Sketch("hill")
    y = sketch.number("y")
    sketch.number("z")
    steep = sketch.parameter("steep", "1")
    load = (y / 2.0) ** steep
    sketch.rate("y", -0.5 * y)
    sketch.rate("z", load / (1.0 + load))
    sketch.input("in", into="y")
    system = sketch.build()
    names = [parameter.name for parameter in system.parameters]
    row = np.array([[{"steep": power, "per.hour": 1.0}[name] for name in names]])
    batch, grid, tight = Batch(row, ((Event(1.0, "in", 10.0),),)), np.array([0.0, 1.0, 2.0]), Tolerances(1e-10, 1e-12)
    kernel = LlvmKernel(system, RODAS5P)
    found = kernel.integrate(batch, grid, tight, names).sensitivities[0]
    for column in range(len(names)):
        assert found[:, :, column] == pytest.approx(
            differences(kernel, batch, grid, tight, column)[0], rel=1e-5, abs=1e-6
        )


def test_an_endless_slope_is_the_outcome_of_its_subject():
    sketch = Sketch("endless")
    y = sketch.number("y")
    sketch.number("z")
    sketch.rate("z", y ** sketch.parameter("steep", "1"))
    system = sketch.build()
    names = [parameter.name for parameter in system.parameters]
    solution = LlvmKernel(system, RODAS5P).integrate(
        Batch(np.ones((1, len(names))), ((),)), np.array([0.0, 1.0]), Tolerances(), names
    )
    assert solution.outcomes[0].name == "not finite"  # at y = 0, the slope of y^p at p = 1 has no bound


def test_a_replaced_parameter_no_longer_matters_and_a_reset_starts_from_the_system():
    sketch = Sketch("replaced")
    start, loss = sketch.parameter("start", "1"), sketch.parameter("loss", "1")
    y = sketch.state("y", "1", initial=2.0 * start)
    sketch.output("y", y, "1", kind="level")
    sketch.rate("y", -loss * y)
    system = sketch.build()
    names = [parameter.name for parameter in system.parameters]
    at = {"start": 3.0, "loss": 0.5, "per.hour": 1.0}
    row, grid = np.array([[at[name] for name in names]]), np.array([0.0, 1.0, 2.0])
    kernel, tight = LlvmKernel(system, RODAS5P), Tolerances(1e-10, 1e-12)
    changed = (Event(1.0, changes=(("loss", 0.2),)),)
    slopes = kernel.integrate(Batch(row, (changed,)), grid, tight, ["loss"]).sensitivities[0, :, 0, 0]
    assert slopes == pytest.approx([0.0, -6.0 * np.exp(-0.5), -6.0 * np.exp(-0.7)], rel=1e-6)
    batch = Batch(row, ((Event(1.0, reset=True),),), states=np.array([[1.0]]))
    slopes = kernel.integrate(batch, grid, tight, ["start"]).sensitivities[0, :, 0, 0]
    assert slopes == pytest.approx([0.0, 2.0, 2.0 * np.exp(-0.5)], rel=1e-6)
