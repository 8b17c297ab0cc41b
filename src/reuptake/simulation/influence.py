"""What would change if one number were another: where it enters, and how much it moves."""

from __future__ import annotations

from dataclasses import dataclass

from reuptake.equations.expression import Expression
from reuptake.equations.system import System
from reuptake.evidence.base import Evidence
from reuptake.model.absorption import open_routes
from reuptake.model.assemble import assemble
from reuptake.simulation.run import simulate

__all__ = ["Entrance", "Response", "entrances", "responses"]

NUDGE = 0.1  # relative change; small against the spread of most records, large against solver error
PROBE_DOSE = "50 mg"


@dataclass(frozen=True)
class Entrance:
    """One equation in which a parameter stands."""

    system: str
    where: str
    equation: str


@dataclass(frozen=True)
class Response:
    """By how many per cent a summary moves when the parameter grows by ten per cent."""

    output: str
    percent: float


def entrances(evidence: Evidence, stem: str) -> list[Entrance]:
    """Equations of the drugs' models in which a parameter (name without species) stands."""
    found = []
    for compound in _drugs(evidence):
        system = assemble(evidence, "human", {compound: open_routes(evidence, compound, "human")})
        found += [Entrance(system.name, name, text) for name, text in _equations_with(system, stem)]
    return list({(entry.where, entry.equation): entry for entry in found}.values())


def responses(evidence: Evidence, name: str, compound: str) -> list[Response]:
    """Exposure and mean occupancy after one oral dose, with the value in use and with a tenth more."""
    number = evidence.in_use[name].number
    usual = simulate(compound, dose=PROBE_DOSE, evidence=evidence).summary()
    moved = simulate(
        compound, dose=PROBE_DOSE, evidence=evidence, settings=[f"{name}={number * (1.0 + NUDGE)!r}"]
    ).summary()
    before, after = _headlines(usual), _headlines(moved)
    return [Response(key, 100.0 * (after[key] / before[key] - 1.0)) for key in before if before[key] and key in after]


def _headlines(summary: dict[str, dict[str, dict[str, dict[str, float]]]]) -> dict[str, float]:
    lines = {
        f"AUC of {name}": values["auc_inf"]["median"]
        for name, values in summary["analytes"].items()
        if values["auc_inf"]
    }
    return lines | {
        f"mean occupancy of {name}": values["mean"]["median"] for name, values in summary["occupancy"].items()
    }


def _drugs(evidence: Evidence) -> list[str]:
    return [name for name, compound in evidence.compounds.items() if compound.kind == "drug"]


def _equations_with(system: System, stem: str) -> list[tuple[str, str]]:
    named = [*system.definitions.items()]
    flows = [(f"flow {flow.name}", flow.rate) for flow in system.flows]
    outputs = [(f"output {output.name}", output.expression) for output in system.outputs]
    initial = [(f"start of {state.name}", state.initial) for state in system.states]
    return [
        (where, str(expression))
        for where, expression in [*named, *flows, *outputs, *initial]
        if _holds(expression, stem)
    ]


def _holds(expression: Expression, stem: str) -> bool:
    """Whether a parameter stands in an expression itself, not behind a name in it."""
    stack = list(expression.args) if expression.op == "named" else [expression]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if node.op == "parameter" and node.name == stem:
            return True
        if node.op != "named" and node.serial not in seen:
            seen.add(node.serial)
            stack.extend(node.args)
    return False
