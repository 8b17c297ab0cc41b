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

__all__ = ["Sheet", "Style", "sheet"]

Array = NDArray[np.float64]
Style = Literal["rate rules", "reactions"]
_MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
_TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">time</csymbol>'
_TAGS = {
    "add": "plus", "subtract": "minus", "multiply": "times", "divide": "divide", "power": "power",
    "exp": "exp", "log": "ln", "sin": "sin", "cos": "cos",
}  # fmt: skip


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
    rules = _shared(moving, {node.serial for node in program.body}) if shared else []
    lines = [_parameter(names[node.serial], True) for node in fixed]
    rules_text = []
    for i, node in enumerate(rules):
        rules_text.append(f'<assignmentRule variable="s{i}">{_math(node, names, symbols)}</assignmentRule>')
        names[node.serial] = f"s{i}"
        lines.append(_parameter(f"s{i}", False))
    species = ""
    if style == "rate rules":
        lines += [_parameter(name, False) for name in states]
        rules_text += [
            f'<rateRule variable="{name}">{_math(rate, names, symbols)}</rateRule>'
            for name, rate in zip(states, moving, strict=True)
        ]
    else:
        species = _listed("Compartments", ['<compartment id="body" spatialDimensions="3" size="1" constant="true"/>'])
        species += _listed("Species", [
            f'<species id="{name}" compartment="body" initialAmount="0" hasOnlySubstanceUnits="true" '
            'boundaryCondition="false" constant="false"/>' for name in states
        ])  # fmt: skip
    reactions = _reactions(system, moving, names, symbols) if style == "reactions" else []
    events = []
    if event is not None:
        lines += [_parameter("next", False)]
        lines += [
            _parameter(name, True, value) for name, value in zip(("amount", "interval", "last"), event[1:], strict=True)
        ]
        events = [_event(symbols[event[0]])]
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">\n<model id="system">\n'
        + species + _listed("Parameters", lines) + _listed("Rules", rules_text)
        + _listed("Reactions", reactions) + _listed("Events", events) + "</model>\n</sbml>\n"
    )  # fmt: skip
    return Sheet(text, states, tuple(f"c{i}" for i in range(len(fixed))), tuple(fixed))


def _constants(roots: Sequence[Expression], body: set[int]) -> list[Expression]:
    """The largest terms that depend on parameters alone: what the moving part of the program takes in."""
    found: dict[int, Expression] = {}
    for root in roots:
        for node in root.walk():
            taken = [_plain(arg) for arg in node.args] if node.serial in body else []
            for arg in taken:
                if arg.serial not in body and arg.op not in ("number", "state", "input", "time"):
                    found[arg.serial] = arg
        plain = _plain(root)
        if plain.serial not in body and plain.op not in ("number", "state", "input", "time"):
            found[plain.serial] = plain
    return list(found.values())


def _shared(roots: Sequence[Expression], body: set[int]) -> list[Expression]:
    """Moving terms that are used more than once, arguments first."""
    uses: dict[int, int] = {}
    order: dict[int, Expression] = {}
    for root in roots:
        for node in root.walk():
            if node.serial in body and node.serial not in order:
                order[node.serial] = node
                for arg in map(_plain, node.args):
                    uses[arg.serial] = uses.get(arg.serial, 0) + 1
        plain = _plain(root)
        uses[plain.serial] = uses.get(plain.serial, 0) + 1
    return [node for serial, node in order.items() if uses.get(serial, 0) > 1]


def _plain(node: Expression) -> Expression:
    while node.op == "named":
        node = node.args[0]
    return node


def _reactions(
    system: System, rates: Sequence[Expression], names: dict[int, str], symbols: dict[str, str]
) -> list[str]:
    lines = []
    for i, (flow, rate) in enumerate(zip(system.flows, rates, strict=True)):
        sides = ""
        for kind, end in (("Reactants", flow.source), ("Products", flow.target)):
            if end is not None:
                taken = f'<speciesReference species="{symbols[end]}" stoichiometry="1" constant="true"/>'
                sides += _listed(kind, [taken])
        read = {node.name for node in rate.walk() if node.op == "state"} - {flow.source, flow.target}
        known = [f'<modifierSpeciesReference species="{symbols[name]}"/>' for name in sorted(read)]
        sides += _listed("Modifiers", known)
        law = f"<kineticLaw>{_math(rate, names, symbols)}</kineticLaw>"
        lines.append(f'<reaction id="r{i}" reversible="false">{sides}{law}</reaction>')
    return lines


def _event(state: str) -> str:
    """Whenever the time reaches `next`: the dose enters, and `next` moves on."""
    reached = (
        f"<apply><and/><apply><geq/>{_TIME}<ci>next</ci></apply><apply><leq/><ci>next</ci><ci>last</ci></apply></apply>"
    )
    assigned = "".join(
        f'<eventAssignment variable="{name}"><math {_MATH}><apply><plus/><ci>{name}</ci><ci>{more}</ci></apply></math>'
        "</eventAssignment>"
        for name, more in ((state, "amount"), ("next", "interval"))
    )
    return (
        '<event id="dose" useValuesFromTriggerTime="true">'
        f'<trigger initialValue="false" persistent="true"><math {_MATH}>{reached}</math></trigger>'
        f"<listOfEventAssignments>{assigned}</listOfEventAssignments></event>"
    )


def _parameter(name: str, constant: bool, value: float = 0.0) -> str:
    return f'<parameter id="{name}" value="{value!r}" constant="{str(constant).lower()}"/>'


def _listed(kind: str, lines: Sequence[str]) -> str:
    return f"<listOf{kind}>\n" + "\n".join(lines) + f"\n</listOf{kind}>\n" if lines else ""


def _math(node: Expression, names: dict[int, str], symbols: dict[str, str]) -> str:
    return f"<math {_MATH}>{_markup(node, names, symbols)}</math>"


def _markup(node: Expression, names: dict[int, str], symbols: dict[str, str]) -> str:
    node = _plain(node)
    if node.serial in names:
        return f"<ci>{names[node.serial]}</ci>"
    if node.op == "number":
        return f'<cn type="e-notation">{_mantissa(node.value)}</cn>'
    if node.op == "time":
        return _TIME
    if node.op == "state":
        return f"<ci>{symbols[node.name]}</ci>"
    if node.op == "input":
        return "<cn>0</cn>"
    terms = "".join(_markup(arg, names, symbols) for arg in node.args)
    return f"<apply><{_TAGS[node.op]}/>{terms}</apply>"


def _mantissa(value: float) -> str:
    mantissa, exponent = f"{value:.17e}".split("e")
    return f" {mantissa} <sep/> {int(exponent)} "
