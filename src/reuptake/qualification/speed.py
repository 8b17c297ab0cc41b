"""How fast ours is, at equal accuracy, beside what others use.

Every tool runs the same course in the same process, one core, compilation excluded.
First a sweep: every way of using a tool at every tolerance, error against time. Then
the fastest settings that meet the accuracy are timed again, tools taking turns, so that
a noisy machine disturbs all alike; what is told are medians over the rounds.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.engine.ensemble import compiled, integrate
from reuptake.engine.kernel import AbstractKernel, Tolerances
from reuptake.qualification.course import ACCURACY, Course, error, states_reported
from reuptake.qualification.peers import PEERS, AbstractPeer, ScikitSundae, Scipy, Variant, installed

__all__ = ["OURS", "Comparison", "Measurement", "Plan", "Reference", "compare", "ours_in_time"]

Array = NDArray[np.float64]
OURS = "reuptake"
# Absolute tolerance, as a share of the relative one and of the dose: a looser one costs exactness and saves little.
SHARES = (1e-3,)
REFERENCE, REFERENCE_SHARE = 1e-11, 1e-3
CONFIRMATION = 1e-12  # of the second solver
ENOUGH = ACCURACY / 10.0  # a setting this exact needs none that is more so
FAR = 30.0 * ACCURACY  # an error beyond which every other tolerance is passed over
HOPELESS = 4.0  # times slower than the best that meets the accuracy: what is tighter is slower still


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    `few` subjects are solved by every tool and carry the error; `many` by ours alone, if time allows.
    """

    few: int = 3
    many: int = 256
    relative: tuple[float, ...] = (1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 3e-8, 1e-8, 3e-9)
    shares: tuple[float, ...] = SHARES
    variants: int | None = None
    finalists: int = 2
    rounds: int = 5
    seconds_a_run: float = 1.5  # of ours, for the largest batch that is timed
    seconds_of_sweep: float = 180.0  # after which no second way of a tool is begun


@dataclass(frozen=True)
class Measurement:
    """One tool at one setting."""

    tool: str
    variant: str
    relative: float
    absolute: float
    error: float
    seconds: tuple[float, ...]  # a subject, of each time it was run
    subjects: int

    @property
    def setting(self) -> str:
        """The setting in words; absolute tolerance in nmol."""
        return f"{self.variant}, rtol {self.relative:.0e}, atol {self.absolute:.1e}"

    @property
    def ms_per_subject(self) -> float:
        """Median over runs."""
        return 1e3 * statistics.median(self.seconds)

    @property
    def accurate(self) -> bool:
        """Whether the accuracy is met."""
        return self.error <= ACCURACY


@dataclass(frozen=True)
class Reference:
    """Quantities (subject, time, quantity) that errors are counted from, and how far a second solver is away."""

    values: Array = field(repr=False)
    confirmed_by: str
    agreement: float


@dataclass(frozen=True)
class Comparison:
    """What came out: every setting tried, those timed again, and peers' time over ours."""

    sweep: tuple[Measurement, ...]
    best: tuple[Measurement, ...]
    ratios: dict[str, float]
    reference: Reference
    notes: tuple[str, ...]

    def rows(self) -> list[Measurement]:
        """Settings that meet the accuracy, the fastest of each tool first."""
        timed = {(row.tool, row.setting): row for row in self.best}
        rows = [timed.get((row.tool, row.setting), row) for row in self.sweep]
        return sorted((row for row in rows if row.accurate), key=lambda row: (row.tool != OURS, row.tool,
                      (row.tool, row.setting) not in timed, row.ms_per_subject))  # fmt: skip


Told = Callable[[str], None]


@dataclass(frozen=True)
class Entrant:
    """One tool ready to run one way.

    Attributes
    ----------
    run : callable
        Solves its subjects at a relative tolerance and an absolute one: what is timed.
    quantities : callable
        Quantities (subject, time, quantity) of the few subjects, from the tolerances and what `run` gave.
    """

    tool: str
    variant: str
    subjects: int
    same_steps: bool
    run: Callable[[float, float], Array]
    quantities: Callable[[float, float, Array], Array]


def compare(
    course: Course, plan: Plan, *, peers: Sequence[AbstractPeer] = PEERS, told: Told = lambda _: None
) -> Comparison:
    """Ours and every peer that is here, on the same course.

    Parameters
    ----------
    course : Course
        With at least `plan.few` subjects.
    plan : Plan
    peers : sequence of AbstractPeer
    told : callable
        Hears what is being done.
    """
    few = course.first(plan.few)
    told("reference")
    reference = _reference(few, peers)
    notes: list[str] = []
    sweep: list[Measurement] = []
    entrants: dict[tuple[str, str], Entrant] = {}
    begun = time.perf_counter()
    for entrant in _entrants(course, few, plan, peers, notes):
        before = [row for row in sweep if row.tool == entrant.tool]
        if before and time.perf_counter() - begun > plan.seconds_of_sweep:
            notes.append(f"{entrant.tool}: {entrant.variant}: not tried, the time of the sweep was up")
            continue
        told(f"{entrant.tool}: {entrant.variant}")
        entrants[entrant.tool, entrant.variant] = entrant
        sweep += _swept(entrant, few, plan, reference, before)
    finals = [row for tool in dict.fromkeys(row.tool for row in sweep) for row in _finalists(sweep, tool, plan)]
    told("finals")
    best = _timed_in_turns(finals, entrants, plan.rounds)
    missing = {row.tool for row in sweep} - {row.tool for row in best}
    notes += [f"{tool} met the error of {ACCURACY:.0e} at no setting tried" for tool in sorted(missing)]
    return Comparison(tuple(sweep), tuple(best), _ratios(best), reference, tuple(notes))


def ours_in_time(course: Course, plan: Plan) -> Course:
    """As many subjects as ours can solve within the time of one run, but no fewer than `few`."""
    probe = course.first(min(len(course.parameters), max(plan.few, 4 * course.kernel.lanes)))
    seconds = _clocked(lambda: solve(course.kernel, probe, 1e-6, 1e-9 * course.amount)) / len(probe.parameters)
    fitting = int(plan.seconds_a_run / seconds) // course.kernel.lanes * course.kernel.lanes
    return course.first(min(len(course.parameters), max(plan.few, fitting)))


def solve(kernel: AbstractKernel, course: Course, relative: float, absolute: float, threads: int = 1) -> Array:
    """Outputs (subject, time, output) of a course by one of our kernels."""
    tolerances = Tolerances(relative, absolute)
    return integrate(kernel, course.batch(), course.grid, tolerances, threads=threads).values


def _clocked(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _reference(few: Course, peers: Sequence[AbstractPeer]) -> Reference:
    """Ours at the tightest tolerance, beside the tightest of a peer by other people with another method."""
    kernel = compiled(states_reported(few.system), few.backend)
    states = solve(kernel, few, REFERENCE, REFERENCE * REFERENCE_SHARE * few.amount)
    values = few.quantities(states)
    second: tuple[AbstractPeer, Variant] | None = None
    for peer in peers:
        if installed(peer) and isinstance(peer, (Scipy, ScikitSundae)):
            second = peer, next(v for v in reversed(peer.variants()) if "dense" in v.options or "Radau" in v.options)
    if second is None:
        return Reference(values, "nobody: no second solver is installed", float("nan"))
    run = second[0].ready(few, second[1])
    one = few.first(1)
    found = run(0, CONFIRMATION, CONFIRMATION * REFERENCE_SHARE * few.amount)[None]
    agreement = error(one.quantities(found), values[:1])
    return Reference(values, f"{second[0].tool} {second[1].name} at {CONFIRMATION:.0e}", agreement)


def _entrants(
    course: Course, few: Course, plan: Plan, peers: Sequence[AbstractPeer], notes: list[str]
) -> Iterator[Entrant]:
    many = ours_in_time(course, plan)
    observed = compiled(states_reported(course.system), course.backend)

    def quantities(relative: float, absolute: float, outputs: Array) -> Array:
        # The states come from a second kernel of the same equations, the outputs from the run that was timed.
        both = few.quantities(solve(observed, few, relative, absolute))
        both[:, :, len(few.system.states) :] = outputs[: len(few.parameters)]
        return both

    yield Entrant(
        OURS, f"{course.backend} back-end", len(many.parameters), True, lambda r, a: solve(course.kernel, many, r, a),
        quantities,
    )  # fmt: skip
    for peer in peers:
        if installed(peer) is None:
            notes.append(f"{peer.tool} is not installed: left out")
            continue
        for variant in peer.variants()[: plan.variants]:
            yield _peer(peer, variant, few)


def _peer(peer: AbstractPeer, variant: Variant, few: Course) -> Entrant:
    run = peer.ready(few, variant)
    size = len(few.parameters)

    def states(relative: float, absolute: float) -> Array:
        return np.array([run(subject, relative, absolute) for subject in range(size)])

    return Entrant(
        peer.tool, variant.name, size, peer.same_steps, states, lambda _r, _a, found: few.quantities(found)
    )  # fmt: skip


def _swept(
    entrant: Entrant, few: Course, plan: Plan, reference: Reference, before: Sequence[Measurement]
) -> list[Measurement]:
    """A tool from loose tolerances to tight ones, until it is exact enough or beyond hope.

    `before` holds what other ways of the tool gave. Where all take the same steps, only the loosest
    two tolerances that met the accuracy are tried again.
    """
    met = sorted({(row.relative, row.absolute) for row in before if row.accurate}, reverse=True)
    if entrant.same_steps and met:
        return [_tried(entrant, relative, absolute, reference) for relative, absolute in met[:2]]
    rows: list[Measurement] = []
    for share in plan.shares:
        passed_over = False
        for relative in plan.relative:
            if rows and not passed_over and rows[-1].error > FAR:
                passed_over = True
                continue
            passed_over = False
            row = _tried(entrant, relative, relative * share * few.amount, reference)
            rows.append(row)
            best = min((other.seconds[0] for other in [*before, *rows] if other.accurate), default=math.inf)
            if row.error <= ENOUGH or row.seconds[0] > HOPELESS * best:
                break
    return rows


def _tried(entrant: Entrant, relative: float, absolute: float, reference: Reference) -> Measurement:
    """One run; the error is infinite where the tool gives up at this setting."""
    begun = time.perf_counter()
    try:
        found = entrant.run(relative, absolute)
        seconds = time.perf_counter() - begun
        off = error(entrant.quantities(relative, absolute, found), reference.values)
    except (RuntimeError, ArithmeticError, ValueError):
        seconds, off = time.perf_counter() - begun, math.inf
    return Measurement(
        entrant.tool, entrant.variant, relative, absolute, off, (seconds / entrant.subjects,), entrant.subjects
    )


def _finalists(sweep: Sequence[Measurement], tool: str, plan: Plan) -> list[Measurement]:
    """The fastest settings of a tool that meet the accuracy."""
    accurate = [row for row in sweep if row.tool == tool and row.accurate]
    return sorted(accurate, key=lambda row: row.ms_per_subject)[: plan.finalists]


def _timed_in_turns(
    rows: Sequence[Measurement], entrants: dict[tuple[str, str], Entrant], rounds: int
) -> list[Measurement]:
    seconds: list[list[float]] = [[] for _ in rows]
    for _ in range(rounds):
        for own, row in zip(seconds, rows, strict=True):
            entrant = entrants[row.tool, row.variant]
            own.append(
                _clocked(lambda e=entrant, r=row: e.run(r.relative, r.absolute)) / row.subjects  # type: ignore[misc]
            )
    return [replace(row, seconds=tuple(own)) for row, own in zip(rows, seconds, strict=True)]


def _ratios(best: Sequence[Measurement]) -> dict[str, float]:
    """Peer's time over ours: the median over rounds, each tool at its fastest setting."""
    fastest: dict[str, Measurement] = {}
    for row in sorted(best, key=lambda row: row.ms_per_subject):
        fastest.setdefault(row.tool, row)
    ours = fastest.pop(OURS, None)
    if ours is None:
        return {}
    return {
        tool: statistics.median(theirs / own for theirs, own in zip(row.seconds, ours.seconds, strict=True))
        for tool, row in fastest.items()
    }
