"""How a model in SBML (Level 2 or 3, core) becomes a system of ours.

    dA/dt = Σ ± stoichiometry · law        of species, in amounts
    dx/dt = rate rule                      of whatever a rate rule moves, as formulas mean it

What does not move is a parameter; what a rule assigns is a definition; functions are written out where they are called.
All is read as pure numbers, since units of a model are optional there. Nothing of a file is ever run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from reuptake.equations.expression import Expression
from reuptake.equations.system import SystemBuilder
from reuptake.errors import InputError, Problem, nearest
from reuptake.exchange.sbml.mathml import AbstractNames, Formulas, Scope
from reuptake.exchange.sbml.model import OPERATIONS, Change, Model, Moment, Settled, Switch
from reuptake.exchange.sbml.strikes import added, strikes, timed
from reuptake.exchange.sbml.support import document, items, line, unsupported
from reuptake.units import unit

__all__ = ["read_file", "read_model"]


def read_file(path: Path, given: Collection[str] = ()) -> Model:
    """The model in a file; see `read_model`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(Problem(f"cannot read this file: {reason}", str(path))) from None
    return read_model(text, str(path), given)


def read_model(text: str, file: str, given: Collection[str] = ()) -> Model:
    """The model in a text.

    Parameters
    ----------
    text : str
    file : str
        As it is shown in messages.
    given : collection of identifiers
        What is to begin with a number of its own, whatever initial assignments say.

    Raises
    ------
    InputError
        If it is no SBML, or needs what is not supported; all that is found, with its line.
    """
    found = document(text, file)
    if problems := unsupported(found, file):
        raise InputError(problems)
    return _Draft(found.getModel(), file, given).model()


class _Draft(AbstractNames):
    """A model on its way to a system; symbols are made when they are first asked for."""

    def __init__(self, model: Any, file: str, given: Collection[str]) -> None:
        self._source, self._file, self._given = model, file, frozenset(given)
        self._builder = SystemBuilder(model.getId() or model.getName() or "model")
        self.graph = self._builder.graph
        hour = unit("h").dimension
        self._per_time = self.graph.number(1.0, unit("1/h").dimension)
        self._clock = self._builder.time * self._per_time
        self._no_time = self.graph.zero(hour)
        self._formulas = Formulas(self)
        self._collect(model)
        self._known: dict[tuple[str, bool], Expression] = {}
        self._open: set[tuple[str, bool]] = set()
        self._values: dict[str, float] = {}
        self._starts: dict[str, str] = {}
        self._states: dict[str, tuple[Expression, Expression]] = {}  # symbol and where it begins
        self._settled: dict[tuple[object, ...], Expression] = {}
        self._above: dict[tuple[int, int, bool], Expression] = {}
        self._settlements: list[Settled] = []
        self._switches: list[Switch] = []
        self._varying: dict[str, Expression] = {}  # parameters that change at known times, and what they begin as

    def _collect(self, model: Any) -> None:
        """What there is, by identifier, and what moves it."""
        self._compartments = {one.getId(): one for one in items(model.getListOfCompartments())}
        self._species = {one.getId(): one for one in items(model.getListOfSpecies())}
        self._parameters = {one.getId(): one for one in items(model.getListOfParameters())}
        self._reactions = {one.getId(): one for one in items(model.getListOfReactions())}
        self._functions = {one.getId(): one for one in items(model.getListOfFunctionDefinitions())}
        sides = [
            reference
            for reaction in self._reactions.values()
            for side in (reaction.getListOfReactants(), reaction.getListOfProducts())
            for reference in items(side)
        ]
        self._references = {one.getId(): one for one in sides if one.getId()}
        rules = list(items(model.getListOfRules()))
        self._assigned = {rule.getVariable(): rule for rule in rules if rule.isAssignment()}
        self._rated = {rule.getVariable(): rule for rule in rules if rule.isRate()}
        self._initial = {
            one.getSymbol(): one
            for one in items(model.getListOfInitialAssignments())
            if one.getSymbol() not in self._given and one.getMath() is not None
        }
        reacting = {one.getSpecies() for one in sides}
        free = {
            name for name, one in self._species.items()
            if name in reacting and not one.getBoundaryCondition() and not one.getConstant()
        }  # fmt: skip
        struck = {
            one.getVariable()
            for event in items(model.getListOfEvents()) for one in items(event.getListOfEventAssignments())
        }  # fmt: skip
        stretched = {self._species[name].getCompartment() for name in self._rated if name in self._species}
        moved = free | set(self._rated) | (struck & {*self._species, *stretched})
        quiet = {*self._parameters, *self._compartments, *self._references} - set(self._assigned) - set(self._rated)
        self._strikes = strikes(model, quiet, moved)
        self._moved = moved | self._strikes.states

    def model(self) -> Model:
        for name in (*self._compartments, *self._species, *self._parameters, *self._references, *self._reactions):
            self.symbol(name, Scope(self._file))
        for reaction in self._reactions.values():
            self._flows(reaction)
        for name, rule in self._rated.items():
            rate = self._formula(rule) * self._per_time
            self._builder.flow(f"rate of {name}", rate, target=name)
        for name in self._strikes.parameters:
            self._varying.setdefault(name, self.symbol(name, Scope(self._file)))
        changes = [self._change(event) for event in self._strikes.timed]
        for event in self._strikes.triggered:
            changes += self._trigger(event)
        if not self._builder.state_names:  # nothing moves, and yet time goes by
            self._builder.state("still", "")
        symbols = {name: node for (name, start), node in self._known.items() if not start}
        begins = {name: self.symbol(name, Scope(self._file, start=True)) for name in symbols}
        amounts = {name: self._amount(name) for name in self._species}
        levels = {name: self._level(name) for name in self._species if self._sized(name)}
        return Model(
            self._builder.build(), self._values, self._starts, symbols, begins, amounts, levels, self._clock,
            tuple(self._settlements), tuple(self._switches), tuple(changes),
        )  # fmt: skip

    # What names mean

    def symbol(self, name: str, scope: Scope) -> Expression:
        key = (name, scope.start)
        if key in self._known:
            return self._known[key]
        if key in self._open:
            raise InputError(Problem(f"'{name}' is defined by itself", scope.where))
        self._open.add(key)
        self._known[key] = self._made(name, scope)
        self._open.discard(key)
        return self._known[key]

    def function(self, name: str, scope: Scope) -> Any:
        if name not in self._functions or self._functions[name].getMath() is None:
            raise InputError(Problem(f"no function '{name}'", scope.where, nearest(name, self._functions)))
        return self._functions[name].getMath()

    def time(self, scope: Scope) -> Expression:
        return self.graph.number(0.0) if scope.start else self._clock

    def _made(self, name: str, scope: Scope) -> Expression:
        if name in self._assigned:
            told = self._formula(self._assigned[name], scope.start)
            return told if scope.start else self._builder.define(name, told, "")
        if name in self._reactions:
            return self._law(self._reactions[name], scope.start)
        if name in self._moved:
            symbol, begins = self._state(name)
            return self._concentration(name, begins if scope.start else symbol, scope.start)
        if name in self._species:
            return self._resting(name, scope.start)
        if name in self._compartments or name in self._parameters or name in self._references:
            return self._begin(name, name)
        raise InputError(Problem(f"'{name}' is nothing in this model", scope.where))

    def _formula(self, element: Any, start: bool = False, local: Mapping[str, Expression] | None = None) -> Expression:
        where = line(element, self._file)
        if element.getMath() is None:
            raise InputError(Problem("there is no formula here", where))
        return self._formulas.expression(element.getMath(), Scope(where, local or {}, start))

    def _law(self, reaction: Any, start: bool) -> Expression:
        law = reaction.getKineticLaw()
        local = {}
        for own in (*items(law.getListOfParameters()), *items(law.getListOfLocalParameters())):
            local[own.getId()] = self._constant(f"{reaction.getId()}.{own.getId()}", _number(own))
        return self._formula(law, start, local)

    # Where things begin, and what moves

    def _begin(self, name: str, parameter: str) -> Expression:
        """What an identifier means at the start: its initial assignment, or a parameter."""
        if name in self._initial:
            told = self._formula(self._initial[name], start=True)
            return self._settle("same", (told,)) if name in self._strikes.parameters else told
        if name in self._species:
            return self._species_begins(self._species[name], parameter)
        holder = self._compartments.get(name) or self._parameters.get(name) or self._references.get(name)
        self._starts[name] = parameter
        return self._constant(parameter, _number(holder))

    def _species_begins(self, species: Any, parameter: str) -> Expression:
        """Concentration or amount at the start, as formulas mean the species."""
        name = species.getId()
        self._starts[name] = parameter
        if name in self._given:
            return self._constant(parameter, float("nan"))
        concentration = species.isSetInitialConcentration()
        value = species.getInitialConcentration() if concentration else species.getInitialAmount()
        number = self._constant(parameter, value)
        if self._per_volume(name) == concentration or not self._sized(name):
            return number
        size = self.symbol(species.getCompartment(), Scope(self._file, start=True))
        return number * size if concentration else number / size

    def _state(self, name: str) -> tuple[Expression, Expression]:
        """Symbol and beginning of a state: of a species its amount, unless a rate rule moves it."""
        if name not in self._states:
            begins = self._begin(name, f"{name}.start")
            if self._in_amounts(name):
                begins = begins * self.symbol(self._species[name].getCompartment(), Scope(self._file, start=True))
            self._states[name] = (self._builder.state(name, "", initial=begins), begins)
        return self._states[name]

    def _resting(self, name: str, start: bool) -> Expression:
        """A species that nothing moves: of a constant amount, which matters where its compartment grows."""
        begins = self._begin(name, name)
        if not self._per_volume(name) or start:
            return begins
        size = self.symbol(self._species[name].getCompartment(), Scope(self._file))
        if not self._moving(size):
            return begins
        return begins * self.symbol(self._species[name].getCompartment(), Scope(self._file, start=True)) / size

    def _sized(self, name: str) -> bool:
        """Whether the compartment of a species has a size at all."""
        compartment = self._compartments[self._species[name].getCompartment()]
        return bool(compartment.getSpatialDimensionsAsDouble() != 0.0)

    def _per_volume(self, name: str) -> bool:
        """Whether formulas mean the concentration of a species."""
        return self._sized(name) and not self._species[name].getHasOnlySubstanceUnits()

    def _in_amounts(self, name: str) -> bool:
        """Whether a state is an amount where formulas mean a concentration."""
        return name in self._species and name not in self._rated and self._per_volume(name)

    def _concentration(self, name: str, state: Expression, start: bool) -> Expression:
        if not self._in_amounts(name):
            return state
        return state / self.symbol(self._species[name].getCompartment(), Scope(self._file, start=start))

    def _amount(self, name: str) -> Expression:
        if self._in_amounts(name) and name in self._states:
            return self._states[name][0]
        symbol = self.symbol(name, Scope(self._file))
        if not self._per_volume(name):
            return symbol
        return symbol * self.symbol(self._species[name].getCompartment(), Scope(self._file))

    def _level(self, name: str) -> Expression:
        """The concentration of a species, whatever formulas mean by it."""
        symbol = self.symbol(name, Scope(self._file))
        if self._per_volume(name):
            return symbol
        return symbol / self.symbol(self._species[name].getCompartment(), Scope(self._file))

    def _constant(self, name: str, value: float) -> Expression:
        self._values[name] = value
        return self._builder.parameter(name, "")

    # Reactions and events

    def _flows(self, reaction: Any) -> None:
        ends = [
            (sign, reference)
            for sign, side in ((-1.0, reaction.getListOfReactants()), (1.0, reaction.getListOfProducts()))
            for reference in items(side)
            if self._in_reactions(reference.getSpecies())
        ]
        law = self.symbol(reaction.getId(), Scope(self._file)) * self._per_time
        moved = [(sign, one.getSpecies(), self._stoichiometry(one)) for sign, one in ends]
        plain = all(count.op == "number" and count.value == 1.0 for _, _, count in moved)
        if plain and [sign for sign, _, _ in moved] == [-1.0, 1.0] and moved[0][1] != moved[1][1]:
            self._builder.flow(reaction.getId(), law, source=moved[0][1], target=moved[1][1])
            return
        for number, (sign, name, count) in enumerate(moved):
            end = {"source" if sign < 0.0 else "target": name}
            self._builder.flow(f"{reaction.getId()} {number}: {name}", law * count, **end)

    def _in_reactions(self, name: str) -> bool:
        species = self._species[name]
        return not (species.getBoundaryCondition() or species.getConstant())

    def _stoichiometry(self, reference: Any) -> Expression:
        """Of one species in one reaction, times its conversion factor."""
        species = self._species[reference.getSpecies()]
        if reference.getId():
            count = self.symbol(reference.getId(), Scope(self._file))
        elif reference.isSetStoichiometryMath():
            count = self._formula(reference.getStoichiometryMath())
        else:
            count = self.graph.number(reference.getStoichiometry())
        factor = species.getConversionFactor() or self._source.getConversionFactor()
        return count * self.symbol(factor, Scope(self._file)) if factor else count

    def _change(self, event: Any) -> Change:
        """An event of a known time."""
        trigger = event.getTrigger()
        when = timed(trigger.getMath(), {*self._parameters, *self._compartments, *self._references})
        assert when is not None
        scope = Scope(line(event, self._file))
        amounts, values = {}, {}
        for one in items(event.getListOfEventAssignments()):
            name = one.getVariable()
            if name in self._strikes.parameters:
                symbol = self.symbol(name, Scope(self._file))
                values[symbol.name] = self._formula(one)
                continue
            total = self.graph.number(0.0)
            for term in added(one) or []:
                total = total + self._formulas.expression(term, scope)
            door = f"{event.getId() or scope.where}: {name}"
            self._builder.input(door, into=name)
            amounts[door] = self._as_state(name, total)
        moment = Moment(self._formulas.expression(when[0], scope), when[1])
        return Change(event.getId(), moment, amounts, values, not trigger.getInitialValue())

    def _as_state(self, name: str, value: Expression) -> Expression:
        """What a state becomes where formulas mean this value."""
        if not self._in_amounts(name):
            return value
        return value * self.symbol(self._species[name].getCompartment(), Scope(self._file))

    def _trigger(self, event: Any) -> list[Change]:
        """A trigger of the system; one that may fire at the start is let go by a change there."""
        scope = Scope(line(event, self._file))
        holds = self._formulas.truth(event.getTrigger().getMath(), scope)
        begun: list[Change] = []
        if not event.getTrigger().getInitialValue():
            name = f"begun {len(self._varying)}"
            started = self._constant(name, 0.0)
            self._varying[name] = self.graph.number(0.0)
            moment = Moment(self.graph.number(0.0), False)
            begun.append(Change(name, moment, {}, {name: self.graph.number(1.0)}, True))
            holds = holds * started
        changes = {
            one.getVariable(): self._as_state(one.getVariable(), self._formula(one))
            for one in items(event.getListOfEventAssignments())
            if one.getMath() is not None
        }
        for name in self._rated:  # concentrations that fall where their compartment is made larger
            place = self._species[name].getCompartment() if name in self._species and self._per_volume(name) else ""
            if place in changes and name not in changes:
                changes[name] = self.symbol(name, scope) * self.symbol(place, scope) / changes[place]
        self._builder.trigger(event.getId() or f"event in {scope.where}", holds - 0.5, changes)
        return begun

    # What decides

    def settled(self, operation: str, terms: tuple[Expression, ...], scope: Scope) -> Expression:
        if not scope.start and any(map(self._moving, terms)):
            raise InputError(Problem(f"'{operation}' of what changes with time is not supported", scope.where))
        return self._settle(operation, terms)

    def _settle(self, operation: str, terms: tuple[Expression, ...]) -> Expression:
        if operation != "same" and all(term.op == "number" for term in terms):
            try:
                return self.graph.number(float(OPERATIONS[operation](*(term.value for term in terms))))
            except (ArithmeticError, ValueError):
                return self.graph.number(float("nan"))
        key = (operation, *(term.serial for term in terms))
        if key not in self._settled or operation == "same":
            name = f"settled {len(self._settlements)}"
            self._settlements.append(Settled(name, operation, terms))
            self._settled[key] = self._builder.parameter(name, "")
        return self._settled[key]

    def above(self, left: Expression, right: Expression, strictly: bool, scope: Scope) -> Expression:
        if scope.start or not (self._moving(left) or self._moving(right)):
            return self._settle("gt" if strictly else "geq", (left, right))
        if right is self._clock and not self._moving(left):
            return 1.0 - self.above(right, left, not strictly, scope)
        key = (left.serial, right.serial, strictly)
        if key not in self._above:
            known = left is self._clock and not self._moving(right)
            self._above[key] = self._switch(right, strictly) if known else self._flag(left, right, strictly)
        return self._above[key]

    def _switch(self, at: Expression, after: bool) -> Expression:
        """1 from a known time on."""
        name = f"switch {len(self._switches)}"
        self._switches.append(Switch(name, Moment(at, after)))
        self._varying[name] = self._settle("gt" if after else "geq", (self.graph.number(0.0), at))
        return self._builder.parameter(name, "")

    def _flag(self, left: Expression, right: Expression, strictly: bool) -> Expression:
        """A state of 0 and 1 that triggers set whenever one side passes the other."""
        begins = self._settle("gt" if strictly else "geq", (self._begun(left), self._begun(right)))
        name = f"flag {len(self._above)}"
        flag = self._builder.state(name, "", initial=begins)
        self._states[name] = (flag, begins)
        self._builder.trigger(f"{name} rises", left - right, {name: self.graph.number(1.0)})
        self._builder.trigger(f"{name} falls", right - left, {name: self.graph.number(0.0)})
        return flag

    def _moving(self, node: Expression) -> bool:
        return any(
            part.op in ("state", "time", "input") or (part.op == "parameter" and part.name in self._timed_names)
            for part in node.walk()
        )

    @property
    def _timed_names(self) -> Collection[str]:
        return {*self._varying, *self._strikes.parameters}

    def _begun(self, node: Expression) -> Expression:
        """An expression at the start: every state where it begins, the time nought."""
        known: dict[int, Expression] = {}
        for part in node.walk():
            if part.op == "state":
                known[part.serial] = self._states[part.name][1]
            elif part.op == "time":
                known[part.serial] = self._no_time
            elif part.op == "parameter" and part.name in self._varying:
                known[part.serial] = self._varying[part.name]
            elif part.args:
                args = [known[arg.serial] for arg in part.args]
                known[part.serial] = args[0] if part.op == "named" else getattr(self.graph, part.op)(*args)
            else:
                known[part.serial] = part
        return known[node.serial]


def _number(holder: Any) -> float:
    """Size, value or stoichiometry; NaN where none is given."""
    kind = type(holder).__name__
    if kind == "Compartment":
        return float(holder.getSize()) if holder.getSpatialDimensionsAsDouble() != 0.0 else 1.0
    return float(holder.getStoichiometry() if kind == "SpeciesReference" else holder.getValue())
