"""How a system and its doses are told to any tool that reads SBML (Level 3 Version 2).

Pools of matter become species in amounts, moved by one reaction a flow; other states become parameters with rate
rules, definitions and outputs become parameters with assignment rules. What is given at the very start stands in
initial values, every later dose or change of an infusion is an event with a time and a size of its own, so that
another course is another set of numbers for the same text. Numbers are in canonical units (nmol, L, h).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reuptake.dosing.events import Event
from reuptake.equations.expression import Expression
from reuptake.equations.system import Flow, State, System, Trigger
from reuptake.errors import InputError, Problem
from reuptake.exchange.sbml.markup import HEAD, TAIL, TIME, element, listed, markup, math, plain, shared_terms
from reuptake.units import Dimension, ratio, unit

__all__ = ["Course", "Names", "Written", "identifiers", "write_model"]

Course = Sequence[Event]
MATTER = unit("nmol").dimension
# Words that some tools keep for themselves, or that formulas of PEtab read as numbers and functions.
RESERVED = frozenset({
    "time", "t", "avogadro", "delay", "e", "exponentiale", "pi", "inf", "infinity", "nan", "notanumber", "true",
    "false", "exp", "log", "ln", "log2", "log10", "sqrt", "pow", "abs", "sin", "cos", "tan", "min", "max", "piecewise",
    "and", "or", "not", "xor", "ceil", "floor", "sign", "factorial", "body",
})  # fmt: skip
# Base units that SBML knows: its kind, scale and multiplier for one of ours.
_KINDS = {
    "nmol": ("mole", -9, 1.0), "L": ("litre", 0, 1.0), "dm": ("metre", -1, 1.0), "kg": ("kilogram", 0, 1.0),
    "h": ("second", 0, ratio(unit("h"), unit("s"))),
}  # fmt: skip


@dataclass
class Names:
    """Identifiers that have been given; each is given once."""

    taken: set[str] = field(default_factory=lambda: set(RESERVED))

    def new(self, text: str) -> str:
        """A readable identifier for a text, that no other has."""
        word = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "x"
        word = f"_{word}" if word[0].isdigit() else word
        found, count = word, 1
        while found.lower() in self.taken:
            count += 1
            found = f"{word}_{count}"
        self.taken.add(found.lower())
        return found


@dataclass(frozen=True)
class Written:
    """The text, and what its identifiers stand for.

    Attributes
    ----------
    parameters, states, definitions, outputs : mapping of our name to identifier
    courses : tuple of mapping of identifier to number (course,)
        What is to be set for each course of doses; the text itself holds the first.
    taken : frozenset of str
        All identifiers of the text, in lower case.
    """

    text: str
    parameters: Mapping[str, str]
    states: Mapping[str, str]
    definitions: Mapping[str, str]
    outputs: Mapping[str, str]
    courses: tuple[Mapping[str, float], ...]
    taken: frozenset[str]


@dataclass(frozen=True)
class _Slot:
    """One dose, or one change of an infusion, that every course has.

    Identifiers of its time (none at the start), of its size, and of what it changes; and what the size is counted in.
    """

    time: str
    size: str
    changed: str
    meaning: str
    dimension: Dimension


def write_model(
    system: System, values: Mapping[str, float], courses: Sequence[Course] = ((),),
    rules: Mapping[str, Expression] | None = None,
) -> Written:  # fmt: skip
    """A system as SBML.

    Parameters
    ----------
    system : System
    values : mapping of parameter name to number
        In canonical units; of every parameter of the system and of the rules that is no target of a rule.
    courses : sequence of sequence of Event (course,)
        What different subjects are given.
    rules : mapping of parameter name to Expression, optional
        Parameters that follow from others; theirs are then no values.

    Raises
    ------
    InputError
        If a value is missing, or a course holds what events of SBML cannot say; all at once.
    """
    rules = rules or {}
    _check(system, values, courses, rules)
    return _Writer(system, values, rules).written(courses)


def identifiers(names: Sequence[str], given: Names) -> dict[str, str]:
    """A new identifier for each name."""
    return {name: given.new(name) for name in names}


def _check(
    system: System, values: Mapping[str, float], courses: Sequence[Course], rules: Mapping[str, Expression]
) -> None:
    needed = [name for name in _parameters(system, rules) if name not in rules and name not in values]
    problems = [Problem(f"parameter {name} has no value", system.name) for name in needed]
    for number, course in enumerate(courses, start=1):
        for event in course:
            said = {"a steady state": event.steady, "a change of parameters": event.changes, "a reset": event.reset}
            problems += [
                Problem(f"{what} cannot be written as an event", f"course {number}, at {event.time:g} h",
                        "give the doses one by one")
                for what, there in said.items() if there
            ]  # fmt: skip
            if event.time < 0.0:
                problems.append(Problem("a course begins at 0 h", f"course {number}, at {event.time:g} h"))
    if problems:
        raise InputError(problems)


def _parameters(system: System, rules: Mapping[str, Expression]) -> list[str]:
    """Names of the system's parameters, then of those that only rules ask for."""
    asked = [node.name for rule in rules.values() for node in rule.walk() if node.op == "parameter"]
    return list(dict.fromkeys([*(entry.name for entry in system.parameters), *rules, *asked]))


class _Writer:
    """One text on its way."""

    def __init__(self, system: System, values: Mapping[str, float], rules: Mapping[str, Expression]) -> None:
        self.system, self.values, self.rules = system, values, rules
        self.names = Names()
        self.model = self.names.new(system.name)
        self.states = identifiers([state.name for state in system.states], self.names)
        self.parameters = identifiers(_parameters(system, rules), self.names)
        self.definitions = identifiers(list(system.definitions), self.names)
        self.outputs = identifiers([output.name for output in system.outputs], self.names)
        self.matter = {state.name for state in system.states if unit(state.unit).dimension == MATTER}
        self.infused: dict[str, str] = {}  # identifiers of inputs through which something is infused
        self.shared: dict[int, str] = {}
        self.units: dict[str, str] = {}
        self.lines: list[str] = []  # parameters
        self.assigned: list[str] = []  # assignment rules

    def written(self, courses: Sequence[Course]) -> Written:
        slots, numbers = self._slots(courses)
        self._parameters(slots, numbers[0])
        self._shared()
        self._rules()
        starts = [self._start(state, slots) for state in self.system.states]
        starts += [
            element("initialAssignment", math(f"<ci>{slot.size}</ci>"), symbol=slot.changed)
            for slot in slots if not slot.time and slot.changed in self.infused.values()
        ]  # fmt: skip
        rated = self._rated()
        reactions = self._reactions()
        events = [self._dose(slot) for slot in slots if slot.time] + [
            self._trigger(one) for one in self.system.triggers
        ]
        body = element("compartment", id="body", spatialDimensions="3", size=1.0, units="litre", constant=True)
        species = [self._species(state) for state in self.system.states if state.name in self.matter]
        parts = (
            listed("UnitDefinitions", [self._unit(text) for text in self.units]),
            listed("Compartments", [body] if species else []), listed("Species", species),
            listed("Parameters", self.lines), listed("InitialAssignments", [start for start in starts if start]),
            listed("Rules", self.assigned + rated), listed("Reactions", reactions), listed("Events", events),
        )  # fmt: skip
        clock = {"substanceUnits": self.units.get("nmol"), "extentUnits": self.units.get("nmol")}
        head = element("model", "x", id=self.model, name=self.system.name, timeUnits=self.units.get("h"),
                       volumeUnits="litre", **clock).removesuffix("x</model>")  # fmt: skip
        return Written(
            HEAD + head + "\n" + "".join(parts) + TAIL, self.parameters, self.states, self.definitions, self.outputs,
            tuple(numbers), frozenset(self.names.taken | set(self.units.values())),
        )  # fmt: skip

    # Doses

    def _slots(self, courses: Sequence[Course]) -> tuple[list[_Slot], list[dict[str, float]]]:
        """Doses that any course has, and for each course the numbers that stand for its own."""
        told = [_sizes(course) for course in courses]
        slots: list[_Slot] = []
        numbers: list[dict[str, float]] = [{} for _ in courses]
        for entry in self.system.inputs:
            for kind, noun in (("amount", "dose"), ("rate", "infusion")):
                ours = [sizes.get((entry.name, kind), {}) for sizes in told]
                if not any(ours):
                    continue
                if kind == "rate":
                    self.infused[entry.name] = self.names.new(f"{entry.name} infused")
                changed = self.states[entry.state] if kind == "amount" else self.infused[entry.name]
                counted = entry.rate.dimension if kind == "rate" else entry.rate.dimension * unit("h").dimension
                if any(0.0 in sizes for sizes in ours):
                    name = f"{entry.name} {noun} 0"
                    slots.append(_Slot("", self.names.new(name), changed, f"{name}, at the start", counted))
                    for own, sizes in zip(numbers, ours, strict=True):
                        own[slots[-1].size] = sizes.get(0.0, 0.0)
                slots += self._later(f"{entry.name} {noun}", changed, counted, ours, numbers)
        return slots, numbers

    def _later(
        self, name: str, changed: str, counted: Dimension, ours: Sequence[Mapping[float, float]],
        numbers: Sequence[dict[str, float]],
    ) -> list[_Slot]:  # fmt: skip
        """Slots after the start. Who has fewer gets empty ones at the time of the longest course."""
        rows = [[(time, size) for time, size in sizes.items() if time > 0.0] for sizes in ours]
        longest = max(rows, key=len)
        slots = []
        for k, (time, _) in enumerate(longest):
            meaning = f"{name} {k + 1}"
            slot = _Slot(self.names.new(f"{meaning} time"), self.names.new(meaning), changed, meaning, counted)
            for own, row in zip(numbers, rows, strict=True):
                own[slot.time], own[slot.size] = row[k] if k < len(row) else (time, 0.0)
            slots.append(slot)
        return slots

    def _dose(self, slot: _Slot) -> str:
        reached = element("trigger", math(f"<apply><geq/>{TIME}<ci>{slot.time}</ci></apply>"),
                          initialValue=True, persistent=True)  # fmt: skip
        more = math(f"<apply><plus/><ci>{slot.changed}</ci><ci>{slot.size}</ci></apply>")
        return element("event", reached + listed("EventAssignments", [
            element("eventAssignment", more, variable=slot.changed)
        ]), id=self.names.new(f"{slot.size} enters"), name=slot.meaning, useValuesFromTriggerTime=True)  # fmt: skip

    # Parameters and rules

    def _parameters(self, slots: Sequence[_Slot], numbers: Mapping[str, float]) -> None:
        dimensions = {entry.name: unit(entry.unit).dimension for entry in self.system.parameters}
        for name, identifier in self.parameters.items():
            units = self._unit_of(dimensions.get(name))
            if name in self.rules:
                self._assign(identifier, name, self.rules[name], units)
            else:
                self._constant(identifier, name, self.values[name], units)
        for slot in slots:
            if slot.time:
                self._constant(slot.time, f"time of {slot.meaning}", numbers[slot.time], self._unit_of_text("h"))
            self._constant(slot.size, slot.meaning, numbers[slot.size], self._unit_of(slot.dimension))
        for name, identifier in self.infused.items():
            units = self._unit_of({entry.name: entry.rate.dimension for entry in self.system.inputs}[name])
            self.lines.append(
                element("parameter", id=identifier, name=f"{name}, infused", value=0.0, units=units, constant=False)
            )

    def _constant(self, identifier: str, name: str, value: float, units: str | None) -> None:
        self.lines.append(element("parameter", id=identifier, name=name, value=value, units=units, constant=True))

    def _assign(self, identifier: str, name: str, node: Expression, units: str | None) -> None:
        self.lines.append(element("parameter", id=identifier, name=name, units=units, constant=False))
        self.assigned.append(element("assignmentRule", math(node, self._identify), variable=identifier))

    def _shared(self) -> None:
        """Name what stands in several places, so that nothing is written out twice."""
        bodies = [plain(node) for node in self.system.definitions.values()]
        rates = [flow.rate for flow in self.system.flows]
        outputs = [output.expression for output in self.system.outputs]
        named = {node.serial for node in bodies}
        for node in shared_terms([*bodies, *rates, *outputs], lambda node: node.serial not in named and _large(node)):
            identifier = self.names.new("shared 1")
            self._assign(identifier, "", node, self._unit_of(node.dimension))
            self.shared[node.serial] = identifier

    def _rules(self) -> None:
        for name, node in self.system.definitions.items():
            self._assign(self.definitions[name], name, node.args[0], self._unit_of(node.dimension))
        for output in self.system.outputs:
            scale = 1.0 / unit(output.unit).factor
            told = output.expression if scale == 1.0 else output.expression * scale
            name = f"{output.name} ({output.unit or '1'})"
            self._assign(self.outputs[output.name], name, told, None)

    def _identify(self, node: Expression) -> str | None:
        if node.op == "parameter":
            return self.parameters[node.name]
        if node.op == "state":
            return self.states[node.name]
        if node.op == "input":
            return self.infused.get(node.name)
        if node.op == "named":
            return self.definitions.get(node.name)
        return self.shared.get(node.serial)

    # States, flows and triggers

    def _species(self, state: State) -> str:
        return element(
            "species", id=self.states[state.name], name=state.meaning or state.name, compartment="body",
            initialAmount=0.0, substanceUnits=self._unit_of_text("nmol"), hasOnlySubstanceUnits=True,
            boundaryCondition=False, constant=False,
        )  # fmt: skip

    def _start(self, state: State, slots: Sequence[_Slot]) -> str:
        """Where a state starts, with what is given at the very start; nothing where that is nought."""
        identifier = self.states[state.name]
        given = [slot.size for slot in slots if slot.changed == identifier and not slot.time]
        empty = plain(state.initial).op == "number" and plain(state.initial).value == 0.0
        if empty and not given:
            return ""
        terms = ([] if empty else [markup(state.initial, self._identify)]) + [f"<ci>{size}</ci>" for size in given]
        total = terms[0] if len(terms) == 1 else f"<apply><plus/>{''.join(terms)}</apply>"
        return element("initialAssignment", math(total), symbol=identifier)

    def _rated(self) -> list[str]:
        """Rate rules of states that are no matter."""
        rules = []
        for state, rate in zip(self.system.states, self.system.rates(), strict=True):
            if state.name not in self.matter:
                name = state.meaning or state.name
                self.lines.append(element("parameter", id=self.states[state.name], name=name, value=0.0,
                                          units=self._unit_of(unit(state.unit).dimension), constant=False))  # fmt: skip
                rules.append(element("rateRule", math(rate, self._identify), variable=self.states[state.name]))
        return rules

    def _reactions(self) -> list[str]:
        flows = [flow for flow in self.system.flows if {flow.source, flow.target} & self.matter]
        lines = [self._reaction(flow) for flow in flows]
        graph = self.system.states[0].initial.graph
        for entry in self.system.inputs:
            if entry.name in self.infused and entry.state in self.matter:
                rate = graph.symbol("input", entry.name, entry.rate.dimension)
                lines.append(self._reaction(Flow(f"{entry.name} enters", rate, None, entry.state)))
        return lines

    def _reaction(self, flow: Flow) -> str:
        sides = ""
        for kind, end in (("Reactants", flow.source), ("Products", flow.target)):
            if end in self.matter:
                assert end is not None
                sides += listed(kind, [
                    element("speciesReference", species=self.states[end], stoichiometry=1.0, constant=True)
                ])  # fmt: skip
        read = sorted(self._species_in(flow.rate) - {flow.source, flow.target})
        sides += listed("Modifiers", [element("modifierSpeciesReference", species=self.states[name]) for name in read])
        law = element("kineticLaw", math(flow.rate, self._identify))
        return element("reaction", sides + law, id=self.names.new(flow.name), name=flow.name, reversible=False)

    def _species_in(self, rate: Expression) -> set[str]:
        """Species that a law names itself, not by what it names."""
        found, stack = set(), [rate]
        while stack:
            node = stack.pop()
            if node.op == "state" and node.name in self.matter:
                found.add(node.name)
            elif self._identify(node) is None:
                stack.extend(node.args)
        return found

    def _trigger(self, trigger: Trigger) -> str:
        rising = f"<apply><gt/>{markup(trigger.crossing, self._identify)}<cn>0</cn></apply>"
        fires = element("trigger", math(rising), initialValue=True, persistent=True)
        changes = [
            element("eventAssignment", math(value, self._identify), variable=self.states[name])
            for name, value in trigger.changes.items()
        ]
        return element("event", fires + listed("EventAssignments", changes), id=self.names.new(trigger.name),
                       name=trigger.name, useValuesFromTriggerTime=True)  # fmt: skip

    # Units

    def _unit_of_text(self, text: str) -> str | None:
        return self._unit_of(unit(text).dimension)

    def _unit_of(self, dimension: Dimension | None) -> str | None:
        """Identifier of a unit that SBML can say; None of others."""
        if dimension is None:
            return None
        text = str(dimension)
        if dimension.dimensionless:
            return "dimensionless"
        if any(word not in _KINDS or not power.is_integer() for word, power in _powers(text).items()):
            return None
        if text not in self.units:
            words = text.replace("1/", "per_").replace("/", "_per_").replace("·", "_")
            self.units[text] = re.sub(r"[^A-Za-z0-9_]", "", words) + "_unit"
        return self.units[text]

    def _unit(self, text: str) -> str:
        parts = [
            element("unit", kind=kind, exponent=f"{power:g}", scale=str(scale), multiplier=multiplier)
            for word, power in _powers(text).items()
            for kind, scale, multiplier in [_KINDS[word]]
        ]
        return element("unitDefinition", listed("Units", parts), id=self.units[text], name=text)


def _sizes(course: Course) -> dict[tuple[str, str], dict[float, float]]:
    """Amounts and changes of rates of a course by input and kind, each by time, rising."""
    found: dict[tuple[str, str], Counter[float]] = {}
    for event in sorted(course, key=lambda event: event.time):
        for kind, size in (("amount", event.amount), ("rate", event.rate)):
            if event.input and size:
                sizes = found.setdefault((event.input, kind), Counter())
                sizes[event.time] += size  # type: ignore[assignment]
    return {key: dict(sizes) for key, sizes in found.items()}


def _powers(text: str) -> dict[str, float]:
    """Base units of a dimension as it is printed, with their powers."""
    found: dict[str, float] = {}
    for place, part in enumerate(text.split("/")):
        for word in part.split("·"):
            name, _, power = word.partition("^")
            if name != "1":
                found[name] = (1.0 if place == 0 else -1.0) * float(power or 1)
    return found


def _large(node: Expression) -> bool:
    """Whether a term is worth a name: it takes more than one operation."""
    return any(arg.args and arg.op != "named" for arg in node.args)
