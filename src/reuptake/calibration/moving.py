"""From the words of a fit to its parameters and formulas, with every mistake told at its place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cached_property

from reuptake.calibration.parameters import Parameter, Prior
from reuptake.calibration.specification import Known, Moved, Result, Specification
from reuptake.calibration.translation import Leaned, Translation
from reuptake.equations.evaluation import evaluate
from reuptake.equations.expression import Expression, Graph
from reuptake.equations.formula import DOTTED, parse
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import resolve
from reuptake.evidence.reading import Document
from reuptake.evidence.records import Record, Spread, impossible
from reuptake.model.assemble import assemble
from reuptake.units import unit

__all__ = ["translation_of"]

REACH = 10.0  # how far a quantity may go up and down unless told
FRACTION = 0.999  # the most that a share may reach unless told: at one a logarithm of the rest has no end


def translation_of(specification: Specification, document: Document, evidence: Evidence) -> Translation:
    """What a fit moves, and the records that follow.

    Raises
    ------
    InputError
        With every quantity and every record that cannot be.
    """
    return _Reader(specification, document, evidence).translation()


class _Reader:
    def __init__(self, specification: Specification, document: Document, evidence: Evidence) -> None:
        self.specification, self.document, self.evidence = specification, document, evidence
        self.species, self.graph = specification.species, Graph()
        self.problems: list[Problem] = []
        self.constants: dict[str, float] = {}
        self.terms: dict[str, Expression] = {}
        self.leaned: dict[str, Leaned] = {}

    def translation(self) -> Translation:
        said = self.specification
        names = [one.name for one in said.quantities]
        twice = {name for name in names if names.count(name) > 1}
        self.problems += [Problem(f"'{name}' is moved twice", self._where("quantities")) for name in sorted(twice)]
        parameters = [self._parameter(one, self._where("quantities", i)) for i, one in enumerate(said.quantities)]
        made = {one.name: one for one in parameters if one is not None}
        self._read_terms(made)
        records = {}
        for i, result in enumerate(self._results()):
            entry = self._record(result, made, self._where("records", i))
            if entry is not None:
                records[entry[0]] = entry[1:]
        if not self.problems:
            self.problems += self._idle(made, records)
        if self.problems:
            raise InputError(self.problems)
        return Translation(tuple(made.values()), records, self.constants, self.leaned)

    def _read_terms(self, moved: Mapping[str, Parameter]) -> None:
        for name, text in self.specification.terms.items():
            try:
                self.terms[name] = self._expression(text, moved, self._where("terms", name))
            except InputError as error:
                self.problems += error.problems

    def _expression(self, text: str, moved: Mapping[str, Parameter], where: str) -> Expression:
        return parse(text, self.graph, lambda word: self._symbol(word, moved, where), where, DOTTED)

    def _where(self, *path: str | int) -> str:
        return self.document.where(path)

    def _results(self) -> list[Result]:
        """Records as said; then quantities that are records themselves and were not named there."""
        said = list(self.specification.records)
        stems = {self._full(result.name) for result in said}
        own = [one.name for one in self.specification.quantities if self.evidence.find(one.name, self.species)]
        return said + [Result(name=name) for name in own if self._full(name) not in stems]

    def _full(self, name: str) -> str:
        """The name of the record in use, with its species where it has one."""
        found = self.evidence.find(name, self.species)
        return found.name if found is not None else name

    def _parameter(self, said: Moved, where: str) -> Parameter | None:
        record = self.evidence.find(said.name, self.species)
        text = said.unit if said.unit is not None else record.unit if record else None
        start = said.start if said.start is not None else record.number if record else None
        if text is None or start is None:
            hint = nearest(said.name, self.evidence.in_use)
            lacks = f"'{said.name}' is no record: it needs 'unit' and 'start'"
            self.problems.append(Problem(lacks, where, hint))
            return None
        low, high = self._bounds(said, start)
        self.problems += [Problem(message, where, hint) for message, hint in _impossible(said, start, low, high)]
        self.problems += [
            Problem(f"a bound is beyond what can be: {complaint}", where)
            for complaint in filter(None, (impossible(said.name, value) for value in {low, high}))
        ]
        prior = self._prior(said, record, where)
        return Parameter(said.name, start, low, high, text, said.scale, prior)

    def _bounds(self, said: Moved, start: float) -> tuple[float, float]:
        """As said; else ten times as far, of a share no further than it can be."""
        if said.scale == "linear":
            reach = REACH * max(abs(start), 1.0)
            low, high = start - reach, start + reach
        elif said.scale == "logit":
            low, high = 1.0 - FRACTION, FRACTION
        else:
            low, high = start / REACH, start * REACH
            if impossible(said.name, high):
                high = FRACTION
        return (low if said.low is None else said.low), (high if said.high is None else said.high)

    def _prior(self, said: Moved, record: Record | None, where: str) -> Prior | None:
        if said.prior is None:
            return None
        if said.prior == "evidence":
            if record is None or record.spread is None:
                message = f"the evidence gives no spread of '{said.name}'"
                self.problems.append(Problem(message, where, "say 'prior: {value: …, cv: …, because: …}'"))
                return None
            if record.because.startswith("Fit ") and self.specification.data.studies:
                message = f"'{said.name}' was fitted to studies itself: as a prior it would count them twice"
                self.problems.append(Problem(message, where, "say what is known otherwise: 'prior: {value: …}'"))
                return None
            if record.spread.kind == "range" and said.scale != "linear" and not (record.spread.low or 0.0) > 0.0:
                message = f"the range of '{said.name}' begins at nought, which is no log-normal"
                self.problems.append(Problem(message, where, "say 'prior: {value: …, cv: …, because: …}'"))
                return None
            return _from_spread(record.number, record.spread, said.scale)
        return self._from_known(said.prior, said, where)

    def _from_known(self, known: Known, said: Moved, where: str) -> Prior | None:
        if (known.cv is None) == (said.scale == "log"):
            width = "cv" if said.scale == "log" else "sd"
            self.problems.append(Problem(f"'{said.name}' is searched on a {said.scale} scale: a prior needs '{width}'",
                                         where))  # fmt: skip
            return None
        if said.scale == "linear":
            return Prior(known.value, known.sd or 1.0)
        if known.value <= 0.0 or (said.scale == "logit" and known.value >= 1.0):
            self.problems.append(Problem(f"'{said.name}': no value of a prior is {known.value:g}", where))
            return None
        if said.scale == "logit":
            spread = (known.sd or 1.0) / (known.value * (1.0 - known.value))
            return Prior(math.log(known.value / (1.0 - known.value)), spread)
        return Prior(math.log(known.value), math.sqrt(math.log1p((known.cv or 1.0) ** 2)))

    def _record(
        self, said: Result, moved: Mapping[str, Parameter], where: str
    ) -> tuple[str, Expression, str] | None:  # fmt: skip
        known = self.evidence.find(said.name, self.species)
        name = self._full(said.name)
        text = said.unit if said.unit is not None else known.unit if known else None
        if text is None:
            self.problems.append(Problem(f"no record '{name}': it needs 'unit'", where, "add 'unit:'"))
            return None
        if said.formula or said.name in moved:
            try:
                found = self._expression(said.formula or said.name, moved, where)
            except InputError as error:
                self.problems += error.problems
                return None
            if found.dimension != unit(text).dimension:
                of = "a pure number" if found.dimension.dimensionless else str(found.dimension)
                self.problems.append(Problem(f"{name} is in {text}; '{said.formula or said.name}' gives {of}", where))
                return None
            return name, found, text
        self.problems.append(Problem(f"'{name}' is neither moved nor has it a formula", where, "add 'formula:'"))
        return None

    def _symbol(self, word: str, moved: Mapping[str, Parameter], where: str) -> Expression:
        """What a word of a formula stands for: a term, what is moved, a record, or a definition of the model."""
        if word in self.terms:
            return self.terms[word]
        if word in moved:
            return self.graph.symbol("parameter", word, unit(moved[word].unit).dimension)
        record = self.evidence.find(word, self.species)
        if record is not None:
            self.constants[word] = record.number * unit(record.unit).factor
            self.leaned[word] = Leaned(record.name, log_width(record), record.status == "assumed")
            return self.graph.symbol("input", word, unit(record.unit).dimension)
        if word in self._definitions:
            expression, value = self._definitions[word]
            self.constants[word] = value
            return self.graph.symbol("input", word, expression.dimension)
        known = [*moved, *self.terms, *self.evidence.in_use, *self._definitions]
        raise InputError(Problem(f"nothing is called '{word}'", where, nearest(word, known)))

    @cached_property
    def _definitions(self) -> Mapping[str, tuple[Expression, float]]:
        """Quantities that the model defines, at the reference individual, if the file asks for them."""
        compound = self.specification.definitions_of
        if compound is None:
            return {}
        system = assemble(self.evidence, self.species, {self.evidence.compound(compound).compound: ["iv"]})
        table = resolve(self.evidence, [(p.name, p.unit) for p in system.parameters], self.species)
        at = dict(zip(table.names, table.values.tolist(), strict=True))
        found = {}
        for name, expression in system.definitions.items():
            symbols = {node.op for node in expression.walk() if not node.args}
            if symbols <= {"parameter", "number"}:
                found[name] = expression, evaluate(expression, at)
        return found

    def _idle(
        self, moved: Mapping[str, Parameter], records: Mapping[str, tuple[Expression, str]]
    ) -> Iterable[Problem]:  # fmt: skip
        """A quantity that enters no record would change nothing."""
        used = {node.name for expression, _ in records.values() for node in expression.walk() if node.op == "parameter"}
        for i, name in enumerate(moved):
            if name not in used:
                message = f"'{name}' enters no record, so it changes nothing"
                yield Problem(message, self._where("quantities", i), "name a record, or use it in a formula")


def _impossible(said: Moved, start: float, low: float, high: float) -> Iterable[tuple[str, str]]:
    """What is wrong with a start and its bounds."""
    if not low < high:
        yield f"'{said.name}' has impossible bounds: low {low:g} is not below high {high:g}", ""
    elif not low < start < high:
        yield f"'{said.name}' starts at {start:g}, not between its bounds {low:g} and {high:g}", "move one of them"
    if said.scale == "log" and low <= 0.0:
        yield f"'{said.name}' is searched on a log scale, so its low bound is above 0 (got {low:g})", "or scale: linear"
    if said.scale == "logit" and not (low > 0.0 and high < 1.0):
        yield f"'{said.name}' is searched on a logit scale, so its bounds lie between 0 and 1", "or scale: log"


def log_width(record: Record) -> float:
    """Standard deviation of the logarithm of a record, as far as its spread tells; a range is read as 95 %."""
    spread = record.spread
    if spread is None or record.number <= 0.0:
        return 0.0
    if spread.kind == "range" and spread.low is not None and spread.high is not None:
        if spread.low > 0.0:
            return math.log(spread.high / spread.low) / (2.0 * 1.96)
        return (spread.high - spread.low) / (2.0 * 1.96) / record.number
    cv = spread.cv if spread.cv is not None else (spread.sd or 0.0) / record.number
    return math.sqrt(math.log1p(cv**2))


def _from_spread(value: float, spread: Spread, scale: str) -> Prior:
    """A prior from the spread of a record: a range is read as 95 % of a normal or log-normal."""
    if scale == "log":
        middle = math.log(value)
        if spread.kind == "range" and spread.low and spread.high:
            return Prior((math.log(spread.low) + math.log(spread.high)) / 2.0,
                         math.log(spread.high / spread.low) / (2.0 * 1.96))  # fmt: skip
        cv = spread.cv if spread.cv is not None else (spread.sd or 1.0) / value
        return Prior(middle, math.sqrt(math.log1p(cv**2)))
    sd = spread.sd if spread.sd is not None else (spread.cv or 1.0) * abs(value)
    if spread.kind == "range" and spread.low is not None and spread.high is not None:
        value, sd = (spread.low + spread.high) / 2.0, (spread.high - spread.low) / (2.0 * 1.96)
    if scale == "linear":
        return Prior(value, sd)
    return Prior(math.log(value / (1.0 - value)), sd / (value * (1.0 - value)))
