"""A back-end that costs nothing, for what goes on around the integration."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from reuptake.engine.kernel import AbstractKernel, Solution
from reuptake.equations.system import System
from reuptake.evidence.base import packaged
from reuptake.simulation.run import prepare
from reuptake.trajectories import NOT_FINITE, SOLVED


@dataclass
class PretendKernel(AbstractKernel):
    """Curves that fall as fast as a subject is heavy: no model, but the same for a subject wherever it stands.

    Subjects whose parameters say so in `fails` are not solved; `seen` counts the subjects integrated.
    """

    system: System
    fails: float = float("inf")
    seen: int = 0
    pack: int = 8

    def integrate(self, batch, grid, tolerances, sensitivities=(), halt=None):
        size = len(batch.parameters)
        self.seen += size
        mass = batch.parameters[:, [p.name for p in self.system.parameters].index("body.mass")]
        # One exponential a subject, the same arithmetic however many there are.
        level = np.exp(-np.outer(mass / 1000.0, grid % 24.0)) * mass[:, None]
        values = np.repeat(level[:, :, None] / 1000.0, len(self.system.outputs), axis=2)
        failed = mass > self.fails
        values[failed] = np.nan
        outcomes = tuple(NOT_FINITE if bad else SOLVED for bad in failed.tolist())
        return Solution(values, outcomes, np.ones(size, dtype=np.int64), np.zeros((size, len(self.system.states))))


@pytest.fixture(scope="session")
def real_laboratory():
    return prepare(packaged(), "human", {"imipramine": ["po"]})


@pytest.fixture
def pretend(real_laboratory):
    """A laboratory with the packaged model's parameters and outputs, and a kernel that costs nothing."""
    return replace(real_laboratory, kernel=PretendKernel(real_laboratory.kernel.system))
