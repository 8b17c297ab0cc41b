"""How fast it is all in all: one run that measures everything, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from reuptake.qualification.course import DURATION, Course
from reuptake.qualification.machine import Machine, machine
from reuptake.qualification.peers import PEERS, AbstractPeer, installed
from reuptake.qualification.scaling import (
    Rate,
    SizePoint,
    StatePoint,
    ThreadPoint,
    floating_rate,
    in_size,
    in_states,
    in_threads,
)
from reuptake.qualification.speed import OURS, Comparison, Measurement, Plan, Told, compare, ours_in_time
from reuptake.qualification.starts import Start, starts

__all__ = ["FULL", "QUICK", "Bench", "Extent", "bench"]


@dataclass(frozen=True)
class Extent:
    """How much of everything is measured."""

    plan: Plan = field(default_factory=Plan)
    sizes: tuple[int, ...] = (1, 4, 16, 64, 256, 1024)
    threads: tuple[int, ...] = (1, 2)
    subjects_in_threads: int = 512
    rounds_of_threads: int = 5
    states: tuple[int, ...] = (10, 20, 50, 100, 200)
    starts: int = 3
    seconds_a_point: float = 5.0
    duration: str = DURATION


FULL = Extent()
QUICK = Extent(
    plan=Plan(
        few=1, many=64, relative=(1e-5, 3e-6, 1e-6, 1e-7, 3e-8, 1e-8, 3e-9), shares=(1e-3,), variants=1, finalists=1,
        rounds=3, seconds_a_run=0.5,
    ),
    sizes=(1, 16), subjects_in_threads=64, rounds_of_threads=1, states=(10, 50), starts=1, seconds_a_point=1.0,
)  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """Everything that was measured in one run."""

    course: Course
    extent: Extent
    many: int
    comparison: Comparison
    machine: Machine
    versions: dict[str, str]
    sizes: tuple[SizePoint, ...]
    threads: tuple[ThreadPoint, ...]
    states: tuple[StatePoint, ...]
    starts: tuple[Start, ...]
    rate: Rate | None
    notes: tuple[str, ...]
    seconds: float


def bench(
    extent: Extent = FULL, *, backend: str | None = None,
    peers: Sequence[AbstractPeer] = PEERS, told: Told = lambda _: None,
) -> Bench:  # fmt: skip
    """Ours against peers at equal accuracy, then how ours scales, starts and uses the processor.

    Parameters
    ----------
    extent : Extent
        `FULL` or `QUICK`, or less of it.
    backend : str, optional
        Which of ours; the fastest unless given.
    peers : sequence of AbstractPeer
        Those that are not installed are left out, with a note.
    told : callable
        Hears what is being done.
    """
    begun = time.perf_counter()
    most = max(extent.plan.many, extent.subjects_in_threads, *extent.sizes)
    course = Course.shipped(most, backend=backend, duration=extent.duration)
    comparison = compare(course.first(extent.plan.many), extent.plan, peers=peers, told=told)
    many = ours_in_time(course.first(extent.plan.many), extent.plan)
    chosen, notes = _chosen(comparison), [*comparison.notes, *_reservations(course, machine())]
    sizes: tuple[SizePoint, ...] = ()
    threads: tuple[ThreadPoint, ...] = ()
    rate: Rate | None = None
    if chosen is not None:
        setting = chosen.relative, chosen.absolute
        told("subjects")
        sizes = tuple(in_size(course, *setting, extent.sizes, extent.seconds_a_point))
        told("threads")
        side_by_side = _fitting(course, extent, chosen.ms_per_subject)
        threads = tuple(in_threads(side_by_side, *setting, extent.threads, extent.rounds_of_threads))
        told("floating-point rate")
        rate = floating_rate(many, *setting)
    told("states")
    states = tuple(in_states(course.backend, extent.states, course.kernel.lanes * 4, extent.seconds_a_point))
    told("cold starts")
    first_results = tuple(starts(course.backend, extent.starts)) if extent.starts else ()
    if any("compiled f" in row.variant for row in comparison.sweep):
        notes.append(
            "scipy is measured as it comes, with functions in Python, and again with machine code that we lend it"
        )
    if rate is not None and rate.gflops is None:
        notes.append(f"the {course.backend} back-end does not say what a step costs: no floating-point rate")
    versions = {peer.tool: found for peer in peers if (found := installed(peer)) is not None}
    return Bench(
        course, extent, len(many.parameters), comparison, machine(), versions, sizes, threads, states,
        first_results, rate, tuple(notes), time.perf_counter() - begun,
    )  # fmt: skip


def _chosen(comparison: Comparison) -> Measurement | None:
    """The fastest of our settings that meets the accuracy: everything else is measured with it."""
    ours = [row for row in comparison.best if row.tool == OURS]
    return min(ours, key=lambda row: row.ms_per_subject, default=None)


def _fitting(course: Course, extent: Extent, ms_per_subject: float) -> Course:
    """As many subjects as one thread solves in the time of a point, but twice the lanes at least."""
    fitting = int(1e3 * extent.seconds_a_point / ms_per_subject)
    return course.first(max(2 * course.kernel.lanes, min(extent.subjects_in_threads, fitting)))


def _reservations(course: Course, here: Machine) -> list[str]:
    notes = []
    if course.backend == "numpy":
        notes.append("the numpy back-end is the reference, plain Python: it is not meant to be fast")
    if not here.libraries_single_threaded:
        notes.append("OMP_NUM_THREADS is not 1: the linear algebra of peers may use more than one core")
    if here.cores < 2:
        notes.append("one core only: threads cannot gain anything here")
    return notes
