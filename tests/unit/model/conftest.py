"""The model of imipramine, ready to be run with any parameter changed."""

import numpy as np
import pytest

from reuptake.dosing.events import Event
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.evaluation import evaluate
from reuptake.evidence.base import load, packaged
from reuptake.simulation.run import prepare

TINY = 1e-3  # nmol: far below every Km


class Bench:
    """One compiled model; what it computes and what its definitions are worth under changed parameters."""

    def __init__(self, dosed, evidence=None, species="human"):
        self.laboratory = prepare(evidence or packaged(), species, dosed)
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

    def steady(self, at, rate, hours=4000.0, door=None):
        """Outputs at the end of a long infusion of `rate` nmol/h."""
        door = door or self.system.inputs[0].name
        course = self.course([Event(0.0, door, rate=rate)], [0.0, hours], at, dose=rate)
        return {name: curve[-1] for name, curve in course.items()}


@pytest.fixture(scope="session")
def vein():
    return Bench({"imipramine": ["iv-infusion"]})


@pytest.fixture(scope="session")
def mouth():
    return Bench({"imipramine": ["po"]})


# A compound that acts on enzymes in every way the model knows, each switched off until a test sets it.
AGENT = """
compound: agent
title: Agent
disposition: compact
pathways:
  - {enzyme: CYP3A4, reaction: oxidation}
  - {enzyme: other, reaction: rest}
values:
"""
NUMBERS = {
    "molar_mass": (300, "g/mol"), "fraction_unbound": (0.2, ""), "blood_plasma_ratio": (0.8, ""),
    "volume_central": (1.5, "L/kg_body"), "volume_peripheral": (2.0, "L/kg_body"),
    "intercompartmental_clearance": (0.3, "L/h/kg_body"), "absorption_rate": (0.7, "1/h"),
    "fraction_absorbed": (0.9, ""), "renal_factor": (1.5, ""), "cyp3a4.clint": (0.05, "µL/min/pmol_enzyme"),
    "other.clint": (30, "L/h/kg_tissue"), "cyp2d6.ki": (1e12, "nmol/L"), "cyp2c19.ki": (1e12, "nmol/L"),
    "cyp3a4.induction_emax": (0, ""), "cyp3a4.induction_ec50": (50, "nmol/L"),
    "cyp2d6.inactivation_rate": (0, "1/h"), "cyp2d6.inactivation_constant": (20, "nmol/L"),
    "cyp2d6.suppression_maximum": (0, ""), "cyp2d6.suppression_ec50": (20, "nmol/L"),
}  # fmt: skip


@pytest.fixture(scope="session")
def agent_evidence(tmp_path_factory):
    """The packaged evidence and the agent."""
    rows = [
        f"  - {{name: agent.{name}, number: {number}, unit: '{unit}', status: assumed, because: a test}}"
        for name, (number, unit) in NUMBERS.items()
    ]
    path = tmp_path_factory.mktemp("compounds") / "agent.yaml"
    path.write_text(AGENT + "\n".join(rows) + "\n", encoding="utf-8")
    return load([path])


@pytest.fixture(scope="session")
def agent(agent_evidence):
    return Bench({"agent": ["po", "iv-infusion"]}, agent_evidence)


@pytest.fixture(scope="session")
def pair(agent_evidence):
    """Desipramine by vein or mouth, the agent by vein."""
    return Bench({"desipramine": ["po", "iv-infusion"], "agent": ["iv-infusion"]}, agent_evidence)


@pytest.fixture(scope="session", params=["rat", "mouse"])
def animal(request):
    return Bench({"imipramine": ["po", "iv", "ip", "sc", "im"]}, species=request.param)
