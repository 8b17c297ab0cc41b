"""The compiled back-end gives a subject the same bits, whoever shares its vector and however it is asked."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.random_systems import random_systems
from contracts.sketch import Sketch
from reuptake.dosing.events import Event
from reuptake.engine.backends.llvm import machine
from reuptake.engine.backends.llvm.kernel import LlvmKernel
from reuptake.engine.backends.llvm.program import translate
from reuptake.engine.ensemble import integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.engine.solvers.dormand_prince import DORMAND_PRINCE
from reuptake.engine.solvers.rodas5p import RODAS5P

TOLERANCES = Tolerances(1e-6, 1e-9)
SUBJECTS = 11


def crowd(case):
    """Subjects around the case's own, each with its own times of doses."""
    chance = np.random.Generator(np.random.Philox(3))
    row = np.array([case.parameters[parameter.name] for parameter in case.system.parameters])
    parameters = row * chance.uniform(0.7, 1.4, (SUBJECTS, len(row)))
    late = 0.5 * (case.grid[-1] - case.grid[0]) * chance.uniform(0.0, 1.0, SUBJECTS)
    events = tuple(
        tuple(Event(e.time + delay, e.input, e.amount, e.rate, e.changes, e.reset) for e in case.events)
        for delay in late.tolist()
    )
    return Batch(parameters, events)


def same(found, expected):
    assert np.array_equal(found.values, expected.values, equal_nan=True)
    assert np.array_equal(found.states, expected.states, equal_nan=True)
    assert np.array_equal(found.steps, expected.steps)
    assert found.outcomes == expected.outcomes


@settings(max_examples=8)
@given(case=random_systems(), order=st.permutations(range(SUBJECTS)))
def test_lanes_order_company_threads_and_grid_change_no_bit(case, order):
    kernel, batch = LlvmKernel(case.system, RODAS5P, lanes=4), crowd(case)
    together = kernel.integrate(batch, case.grid, TOLERANCES)
    same(LlvmKernel(case.system, RODAS5P, lanes=8).integrate(batch, case.grid, TOLERANCES), together)
    same(integrate(kernel, batch, case.grid, TOLERANCES, threads=2), together)
    same(integrate(kernel, batch, case.grid, TOLERANCES, threads=1), together)
    mixed = kernel.integrate(
        Batch(batch.parameters[list(order)], tuple(batch.events[i] for i in order)), case.grid, TOLERANCES
    )
    assert np.array_equal(mixed.values, together.values[list(order)])
    alone = kernel.integrate(batch.part(slice(4, 5)), case.grid, TOLERANCES)
    assert np.array_equal(alone.values[0], together.values[4])
    finer = np.unique(np.concatenate([case.grid, np.linspace(case.grid[0], case.grid[-1], 37)]))
    fine = kernel.integrate(batch, finer, TOLERANCES)
    assert np.array_equal(fine.values[:, np.isin(finer, case.grid)], together.values)
    assert np.array_equal(fine.steps, together.steps)


@settings(max_examples=4)
@given(case=random_systems())
def test_fresh_code_and_code_from_disk_give_the_same_bits(case, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REUPTAKE_CACHE", str(tmp_path_factory.mktemp("cache")))
        fresh, kept = LlvmKernel(case.system, RODAS5P), LlvmKernel(case.system, RODAS5P)
    assert fresh.code.fresh
    assert not kept.code.fresh
    batch = crowd(case)
    same(kept.integrate(batch, case.grid, TOLERANCES), fresh.integrate(batch, case.grid, TOLERANCES))


@settings(max_examples=4)
@given(case=random_systems())
def test_sensitivities_do_not_depend_on_lanes_or_company(case):
    batch, asked = crowd(case), [parameter.name for parameter in case.system.parameters[:2]]
    together = LlvmKernel(case.system, RODAS5P, lanes=4).integrate(batch, case.grid, TOLERANCES, asked)
    wide = LlvmKernel(case.system, RODAS5P, lanes=8)
    same(wide.integrate(batch, case.grid, TOLERANCES, asked), together)
    alone = wide.integrate(batch.part(slice(2, 3)), case.grid, TOLERANCES, asked)
    assert np.array_equal(alone.sensitivities[0], together.sensitivities[2], equal_nan=True)


def test_threads_that_ask_a_fresh_kernel_at_once_have_it_translated_once(monkeypatch):
    # Translating adds derivatives to the graph of the system: two threads at it would mix up its nodes.
    inside, translations = Lock(), []

    def watched(*asked):
        assert inside.acquire(blocking=False), "two threads translate at once"
        translations.append(asked)
        time.sleep(0.05)
        inside.release()
        return translate(*asked)

    sketch = Sketch("decay")
    rate = sketch.constant("rate")
    sketch.rate("x", -rate * sketch.number("x", 1.0))
    kernel = LlvmKernel(sketch.build(), RODAS5P)
    monkeypatch.setattr("reuptake.engine.backends.llvm.kernel.translate", watched)
    places = [parameter.name for parameter in kernel.system.parameters]
    row = np.array([[0.3 if name == "rate" else 1.0 for name in places]])
    asked = (Batch(row, ((),)), np.array([0.0, 1.0, 2.0]), TOLERANCES, ["rate"])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kernel.integrate(*asked), range(8)))
    assert len(translations) == 1
    assert all(np.array_equal(one.sensitivities, found[0].sensitivities) for one in found)


@settings(max_examples=4)
@given(case=random_systems(), who=st.integers(0, SUBJECTS - 1), poison=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_a_poisoned_subject_is_its_own_outcome_and_changes_no_other_bit(case, who, poison):
    kernel, batch = LlvmKernel(case.system, RODAS5P), crowd(case)
    healthy = kernel.integrate(batch, case.grid, TOLERANCES)
    sick = batch.parameters.copy()
    sick[who, 0] = poison
    found = kernel.integrate(Batch(sick, batch.events), case.grid, TOLERANCES)
    others = np.arange(SUBJECTS) != who
    assert found.outcomes[who].name == "not finite"
    assert np.isnan(found.values[who]).all()
    assert np.array_equal(found.values[others], healthy.values[others])


@pytest.mark.parametrize("amount", [np.nan, np.inf, 1e308])
def test_an_impossible_dose_is_the_outcome_of_its_subject(amount):
    sketch = Sketch("dosed")
    level = sketch.number("level")
    sketch.rate("level", -level * level)
    sketch.input("in", into="level")
    kernel = LlvmKernel(sketch.build(), RODAS5P)
    events = tuple((Event(1.0, "in", dose),) for dose in (1.0, amount, 2.0))
    grid = np.linspace(0.0, 4.0, 9)
    found = kernel.integrate(Batch(np.ones((3, 1)), events), grid, TOLERANCES)
    alone = kernel.integrate(Batch(np.ones((2, 1)), events[::2]), grid, TOLERANCES)
    assert not found.outcomes[1].solved
    assert found.outcomes[1].remedy
    assert np.array_equal(found.values[::2], alone.values)


def test_lanes_with_triggers_do_not_disturb_one_another():
    sketch = Sketch("alarms")
    level, rounds = sketch.number("level"), sketch.number("rounds")
    speed = sketch.parameter("speed", "1")
    sketch.rate("level", speed + 0.3 * sketch.graph.sin(sketch.hours))
    sketch.trigger("round", level - 1.0, {"level": level - 1.0, "rounds": rounds + 1.0})
    system, grid = sketch.build(), np.linspace(0.0, 20.0, 41)
    names = [parameter.name for parameter in system.parameters]
    parameters = np.ones((9, len(names)))
    parameters[:, names.index("speed")] = np.linspace(0.4, 2.0, 9)
    batch = Batch(parameters, ((),) * 9)
    kernel = LlvmKernel(system, RODAS5P)
    together = kernel.integrate(batch, grid, TOLERANCES)
    for i in range(9):
        assert np.array_equal(
            kernel.integrate(batch.part(slice(i, i + 1)), grid, TOLERANCES).values[0], together.values[i]
        )
    same(LlvmKernel(system, RODAS5P, lanes=8).integrate(batch, grid, TOLERANCES), together)


@settings(max_examples=3)
@given(case=random_systems())
def test_the_explicit_method_agrees_with_the_implicit_one_where_nothing_is_stiff(case):
    kernel, batch = LlvmKernel(case.system, DORMAND_PRINCE), crowd(case).part(slice(0, 3))
    implicit = LlvmKernel(case.system, RODAS5P).integrate(batch, case.grid, Tolerances(1e-9, 1e-9))
    explicit = kernel.integrate(batch, case.grid, Tolerances(1e-8, 1e-8))
    solved = [i for i, outcome in enumerate(explicit.outcomes) if outcome.solved]  # stiff ones end at the step limit
    scale = 1.0 + np.abs(implicit.values[solved]).max(initial=0.0)
    assert np.all(
        np.abs(explicit.values[solved] - implicit.values[solved]) < 1e-5 * scale
    )  # some hundred steps of 1e-8


def test_the_code_for_one_text_is_named_after_it(tmp_path, monkeypatch):
    monkeypatch.setenv("REUPTAKE_CACHE", str(tmp_path / "kept"))
    sketch = Sketch("named")
    sketch.rate("x", -sketch.number("x", 1.0))
    LlvmKernel(sketch.build(), RODAS5P, lanes=4)
    LlvmKernel(sketch.build(), RODAS5P, lanes=4)
    LlvmKernel(sketch.build(), RODAS5P, lanes=2)
    assert len(list(machine.cache_folder().glob("*.o"))) == 2
