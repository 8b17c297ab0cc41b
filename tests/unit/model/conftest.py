"""The model of imipramine, ready to be run with any parameter changed."""

import numpy as np
import pytest

from reuptake.dosing.events import Event
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.evaluation import evaluate
from reuptake.evidence.base import packaged
from reuptake.simulation.run import prepare

TINY = 1e-3  # nmol: far below every Km


class Bench:
    """One compiled model; what it computes and what its definitions are worth under changed parameters."""

    def __init__(self, compound, routes):
        self.laboratory = prepare(packaged(), "human", {compound: list(routes)})
        self.system, self.table = self.laboratory.kernel.system, self.laboratory.table

    def at(self, **changes):
        """Parameter values by name; dots in names are written as double underscores."""
        values = dict(zip(self.table.names, self.table.values.tolist(), strict=True))
        for name, value in changes.items():
            key = name.replace("__", ".").replace("_8_", "-")
            assert key in values, key
            values[key] = value
        return values

    def worth(self, definition, at):
        return evaluate(self.system.definitions[definition], at)

    def course(self, events, grid, at, dose=TINY):
        """Outputs by name, (time,)."""
        parameters = np.array([[at[name] for name in self.table.names]])
        solution = self.laboratory.kernel.integrate(
            Batch(parameters, (tuple(events),)), np.asarray(grid, dtype=float), Tolerances(1e-8, 1e-12 * dose)
        )
        assert solution.outcomes[0].solved
        names = [output.name for output in self.system.outputs]
        return dict(zip(names, solution.values[0].T, strict=True))

    def steady(self, at, rate, hours=4000.0):
        """Outputs at the end of a long infusion of `rate` nmol/h."""
        door = f"{self.system.inputs[0].name}"
        course = self.course([Event(0.0, door, rate=rate)], [0.0, hours], at, dose=rate)
        return {name: curve[-1] for name, curve in course.items()}


@pytest.fixture(scope="session")
def vein():
    return Bench("imipramine", ["iv-infusion"])


@pytest.fixture(scope="session")
def mouth():
    return Bench("imipramine", ["po"])
