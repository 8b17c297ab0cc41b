"""What is asked of a table of measurements: a person's words, checked all at once, as one immutable request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reuptake.dosing.regimens import Route, parse_amount, parse_route, parse_time
from reuptake.errors import InputError, Problem, nearest
from reuptake.exchange.columns import ROLES, measuring
from reuptake.noncompartmental.quantification import Between, Imputation, Later
from reuptake.noncompartmental.terminal import (
    FEWEST_TERMINAL_POINTS,
    AbstractTerminalRule,
    BestFit,
    LastPoints,
    TimeRange,
)
from reuptake.units import Quantity, Unit, quantity, unit

__all__ = ["Request", "parse_request"]

S = TypeVar("S")
T = TypeVar("T")
CONCENTRATIONS = ("ng/mL", "nmol/L")
DOSES = ("mg", "mg/kg_body")
USUAL_RULE, USUAL_IMPUTATION = BestFit(), Imputation()


@dataclass(frozen=True)
class Request:
    """One analysis: how the dose was given, how levels are read, which rules hold.

    Attributes
    ----------
    dose : Quantity or None
        A mass, or a mass per body mass; None leaves it to the table.
    route : Route or None
    tau, infuse_over, last_dose_at : float or None, h
    weight : float or None, kg
        Of every subject without a weight in the table.
    molar_mass : float or None, kg/nmol
    lloq : tuple of number and unit, or None
        Without a unit it is in that of the levels.
    rule : AbstractTerminalRule
    imputation : Imputation
    time_unit, conc_unit, dose_unit : Unit or None
        They go before what headers say.
    columns : mapping of role to header
    """

    dose: Quantity | None = None
    route: Route | None = None
    tau: float | None = None
    infuse_over: float | None = None
    last_dose_at: float | None = None
    weight: float | None = None
    molar_mass: float | None = None
    lloq: tuple[float, Unit | None] | None = None
    rule: AbstractTerminalRule = USUAL_RULE
    imputation: Imputation = USUAL_IMPUTATION
    time_unit: Unit | None = None
    conc_unit: Unit | None = None
    dose_unit: Unit | None = None
    columns: Mapping[str, str] | None = None


def parse_request(
    *,
    dose: str | None = None,
    route: str | None = None,
    tau: str | None = None,
    infuse_over: str | None = None,
    last_dose_at: str | None = None,
    weight: str | None = None,
    molar_mass: str | None = None,
    lloq: str | float | None = None,
    blq_between: str = "missing",
    blq_after: str = "missing",
    lambda_z_from: str | None = None,
    lambda_z_to: str | None = None,
    lambda_z_points: int | None = None,
    time_unit: str | None = None,
    conc_unit: str | None = None,
    dose_unit: str | None = None,
    columns: Iterable[str] = (),
) -> Request:
    """A request from text with units.

    Raises
    ------
    InputError
        With every mistake in it.
    """
    said = _Said()
    way = said.read(route, parse_route)
    times = {"--lambda-z-from": lambda_z_from, "--lambda-z-to": lambda_z_to}
    begin, end = (said.time(text, where, zero=True) for where, text in times.items())
    said.problems += _together(way, infuse_over, tau, last_dose_at, times, lambda_z_points)
    if begin is not None and end is not None and end <= begin:
        said.problems.append(Problem(f"'{lambda_z_to}' is not after '{lambda_z_from}'", "--lambda-z-to"))
    between = said.read(blq_between, lambda text: _choice(text, Between, "--blq-between"))
    after = said.read(blq_after, lambda text: _choice(text, Later, "--blq-after"))
    request = Request(
        dose=said.read(dose, parse_amount), route=way, tau=said.time(tau, "--tau"),
        infuse_over=said.time(infuse_over, "--infuse-over"), last_dose_at=said.time(last_dose_at, "--last-dose-at"),
        weight=said.read(weight, lambda text: _positive(text, "kg", "a body mass", "--weight", "70 kg")),
        molar_mass=said.read(
            molar_mass, lambda text: _positive(text, "g/mol", "a molar mass", "--molar-mass", "280.4 g/mol")
        ),
        lloq=said.read(None if lloq is None else str(lloq), _limit), rule=_rule(begin, end, lambda_z_points),
        imputation=Imputation(between or Between.MISSING, after or Later.MISSING),
        time_unit=said.unit(time_unit, ("h", "min"), "time", "--time-unit"),
        conc_unit=said.unit(conc_unit, CONCENTRATIONS, "concentration", "--conc-unit"),
        dose_unit=said.unit(dose_unit, DOSES, "a dose", "--dose-unit"),
        columns=said.read(columns, _columns),
    )  # fmt: skip
    if said.problems:
        raise InputError(said.problems)
    return request


class _Said:
    """Reads one word after another, and keeps what is wrong with each."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, text: S | None, parse: Callable[[S], T]) -> T | None:
        """What a word means; None where nothing was said, or nothing that can be understood."""
        try:
            return None if text is None else parse(text)
        except InputError as error:
            self.problems.extend(error.problems)
            return None

    def time(self, text: str | None, where: str, zero: bool = False) -> float | None:
        hours = self.read(text, lambda said: parse_time(said, where, example="24 h", zero=zero))
        # 30 min are half an hour, whatever the rounding of a sixtieth: intervals meet samples at their ends.
        return None if hours is None else float(f"{hours:.12g}")

    def unit(self, text: str | None, examples: tuple[str, ...], what: str, where: str) -> Unit | None:
        return self.read(text, lambda said: measuring(said, examples, what, where))


def _together(
    route: Route | None, infuse_over: str | None, tau: str | None, last_dose_at: str | None,
    times: Mapping[str, str | None], points: int | None,
) -> Iterable[Problem]:  # fmt: skip
    """What does not go together."""
    if infuse_over is not None and route not in ("iv-infusion", None):
        hint = "use --route iv-infusion"
        yield Problem(f"only an infusion runs in over a time (route {route})", "--infuse-over", hint)
    if last_dose_at is not None and tau is None:
        yield Problem("the last of several doses needs their interval", "--last-dose-at", "for example --tau 24h")
    if points is not None and any(times.values()):
        yield Problem("the terminal phase is fixed by its points or by its times, not by both", "--lambda-z-points")
    if points is not None and points < FEWEST_TERMINAL_POINTS:
        message = f"a terminal phase takes {FEWEST_TERMINAL_POINTS} points or more (got {points})"
        yield Problem(message, "--lambda-z-points")


def _rule(begin: float | None, end: float | None, points: int | None) -> AbstractTerminalRule:
    if points is not None:
        return LastPoints(max(points, FEWEST_TERMINAL_POINTS))
    if begin is not None or end is not None:
        return TimeRange(begin or 0.0, float("inf") if end is None else end)
    return BestFit()


C = TypeVar("C", Between, Later)


def _choice(text: str, kind: type[C], where: str) -> C:
    for choice in kind:
        if choice.value == text:
            return choice
    allowed = [choice.value for choice in kind]
    raise InputError(
        Problem(f"no such rule (got '{text}', allowed {', '.join(allowed)})", where, nearest(text, allowed))
    )


def _positive(text: str, example: str, what: str, where: str, shown: str) -> float:
    """A quantity above zero, in canonical units."""
    found = _quantity(text, where, shown)
    if found.unit.dimension != unit(example).dimension or not found.number > 0.0:
        raise InputError(Problem(f"'{text}' is not {what} above zero", where, f"write it like '{shown}'"))
    return found.canonical


def _limit(text: str) -> tuple[float, Unit | None]:
    """A limit of quantification: a concentration, or a number in the unit of the levels."""
    try:
        number, written = float(text), None
    except ValueError:
        found = _quantity(text, "--lloq", "0.5 ng/mL")
        number, written = found.number, measuring(found.unit.text, CONCENTRATIONS, "concentration", "--lloq")
    if not 0.0 < number < float("inf"):
        raise InputError(Problem(f"a limit of quantification is above zero (got '{text}')", "--lloq"))
    return number, written


def _quantity(text: str, where: str, example: str) -> Quantity:
    try:
        return quantity(text, example=example)
    except InputError as error:
        raise InputError(Problem(p.message, where, p.hint) for p in error.problems) from None


def _columns(texts: Iterable[str]) -> dict[str, str]:
    """``ROLE=HEADER``, such as ``conc=Cp total``."""
    found, problems = {}, []
    for text in texts:
        role, sign, header = (part.strip() for part in text.partition("="))
        if not sign or not header:
            problems.append(Problem(f"'{text}' names no column", "--column", "write it like --column conc=Cp"))
        elif role not in ROLES:
            problems.append(Problem(f"no role '{role}' of a column", "--column", nearest(role, ROLES)))
        else:
            found[role] = header
    if problems:
        raise InputError(problems)
    return found
