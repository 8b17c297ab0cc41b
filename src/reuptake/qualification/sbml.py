"""How a system is told to a simulator that reads SBML.

Level 3 Version 2, just as much as the comparison needs: what depends on parameters alone
becomes one constant a term (so that a simulator need not compute it at every step), shared
sums and products become assignment rules or are written out, and pools are either
parameters with rate rules or species moved by reactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reuptake.equations.evaluation import evaluate
from reuptake.equations.expression import Expression
from reuptake.equations.program import straighten
from reuptake.equations.system import System
from reuptake.exchange.sbml.markup import HEAD, TAIL, TIME, Identify, listed, math, plain, shared_terms

__all__ = ["Sheet", "Style", "sheet"]

Array = NDArray[np.float64]
Style = Literal["rate rules", "reactions"]


@dataclass(frozen=True)
class Sheet:
    """The text, and what its identifiers stand for.

    Attributes
    ----------
    states : tuple of str (state,)
        Identifiers in the order of the system's states.
    constants : tuple of str (constant,)
        Identifiers of what a subject has to be given.
    """

    text: str
    states: tuple[str, ...]
    constants: tuple[str, ...]
    roots: tuple[Expression, ...]

    def values(self, system: System, parameters: Array) -> Array:
        """The constants of one subject (constant,), from its parameters (parameter,)."""
        at = dict(zip((entry.name for entry in system.parameters), parameters.tolist(), strict=True))
        return np.array([evaluate(root, at) for root in self.roots])


def sheet(system: System, style: Style, *, shared: bool, event: tuple[str, float, float, float] | None = None) -> Sheet:
    """A system without infusions and triggers as SBML.

    Parameters
    ----------
    system : System
    style : str
        How pools are told: ``rate rules`` or ``reactions``.
    shared : bool
        Whether what is used more than once is named by assignment rules, or written out wherever it stands.
    event : (state, amount in nmol, interval in h, time of the last in h), optional
        A dose that repeats itself from the time nought on; none unless given.

    Raises
    ------
    ValueError
        If the system has triggers, of which this writer knows nothing.
    """
    if system.triggers:
        raise ValueError(f"system {system.name} has triggers; they cannot be written here")
    moving = [flow.rate for flow in system.flows] if style == "reactions" else list(system.rates())
    program = straighten(moving)
    fixed = _constants(moving, {node.serial for node in program.body})
    names = {node.serial: f"c{i}" for i, node in enumerate(fixed)}
    states = tuple(f"y{i}" for i in range(len(system.states)))
    symbols = {state.name: identifier for state, identifier in zip(system.states, states, strict=True)}
    body = {node.serial for node in program.body}
    rules = shared_terms(moving, lambda node: node.serial in body) if shared else []

    def identify(node: Expression) -> str | None:
        return symbols[node.name] if node.op == "state" else names.get(node.serial)

    lines = [_parameter(names[node.serial], True) for node in fixed]
    rules_text = []
    for i, node in enumerate(rules):
        rules_text.append(f'<assignmentRule variable="s{i}">{math(node, identify)}</assignmentRule>')
        names[node.serial] = f"s{i}"
        lines.append(_parameter(f"s{i}", False))
    species = ""
    if style == "rate rules":
        lines += [_parameter(name, False) for name in states]
        rules_text += [
            f'<rateRule variable="{name}">{math(rate, identify)}</rateRule>'
            for name, rate in zip(states, moving, strict=True)
        ]
    else:
        species = listed("Compartments", ['<compartment id="body" spatialDimensions="3" size="1" constant="true"/>'])
        species += listed("Species", [
            f'<species id="{name}" compartment="body" initialAmount="0" hasOnlySubstanceUnits="true" '
            'boundaryCondition="false" constant="false"/>' for name in states
        ])  # fmt: skip
    reactions = _reactions(system, moving, symbols, identify) if style == "reactions" else []
    events = []
    if event is not None:
        lines += [_parameter("next", False)]
        lines += [
            _parameter(name, True, value) for name, value in zip(("amount", "interval", "last"), event[1:], strict=True)
        ]
        events = [_event(symbols[event[0]])]
    text = (
        HEAD + '<model id="system">\n'
        + species + listed("Parameters", lines) + listed("Rules", rules_text)
        + listed("Reactions", reactions) + listed("Events", events) + TAIL
    )  # fmt: skip
    return Sheet(text, states, tuple(f"c{i}" for i in range(len(fixed))), tuple(fixed))


def _constants(roots: Sequence[Expression], body: set[int]) -> list[Expression]:
    """The largest terms that depend on parameters alone: what the moving part of the program takes in."""
    found: dict[int, Expression] = {}
    for root in roots:
        for node in root.walk():
            taken = [plain(arg) for arg in node.args] if node.serial in body else []
            for arg in taken:
                if arg.serial not in body and arg.op not in ("number", "state", "input", "time"):
                    found[arg.serial] = arg
        whole = plain(root)
        if whole.serial not in body and whole.op not in ("number", "state", "input", "time"):
            found[whole.serial] = whole
    return list(found.values())


def _reactions(system: System, rates: Sequence[Expression], symbols: dict[str, str], identify: Identify) -> list[str]:
    lines = []
    for i, (flow, rate) in enumerate(zip(system.flows, rates, strict=True)):
        sides = ""
        for kind, end in (("Reactants", flow.source), ("Products", flow.target)):
            if end is not None:
                taken = f'<speciesReference species="{symbols[end]}" stoichiometry="1" constant="true"/>'
                sides += listed(kind, [taken])
        read = {node.name for node in rate.walk() if node.op == "state"} - {flow.source, flow.target}
        known = [f'<modifierSpeciesReference species="{symbols[name]}"/>' for name in sorted(read)]
        sides += listed("Modifiers", known)
        law = f"<kineticLaw>{math(rate, identify)}</kineticLaw>"
        lines.append(f'<reaction id="r{i}" reversible="false">{sides}{law}</reaction>')
    return lines


def _event(state: str) -> str:
    """Whenever the time reaches `next`: the dose enters, and `next` moves on."""
    reached = (
        f"<apply><and/><apply><geq/>{TIME}<ci>next</ci></apply><apply><leq/><ci>next</ci><ci>last</ci></apply></apply>"
    )
    assigned = "".join(
        f'<eventAssignment variable="{name}">'
        + math(f"<apply><plus/><ci>{name}</ci><ci>{more}</ci></apply>")
        + "</eventAssignment>"
        for name, more in ((state, "amount"), ("next", "interval"))
    )
    return (
        '<event id="dose" useValuesFromTriggerTime="true">'
        f'<trigger initialValue="false" persistent="true">{math(reached)}</trigger>'
        f"<listOfEventAssignments>{assigned}</listOfEventAssignments></event>"
    )


def _parameter(name: str, constant: bool, value: float = 0.0) -> str:
    return f'<parameter id="{name}" value="{value!r}" constant="{str(constant).lower()}"/>'
