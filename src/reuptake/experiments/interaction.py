"""What one drug does to another: the same subjects, once with the victim alone and once with the perpetrators too.

    ratio = AUC with / AUC alone, in each subject; reported as median, 5 and 95 %

The perpetrators are taken for the lead time before the victim and go on while it is followed. A single dose is
followed to infinity (to the end where the ripple of repeated perpetrators hides the terminal phase), a course is read
over the last time that holds whole intervals of victim and perpetrators alike. A drawn subject has the same body,
enzymes and genes in both runs, since chance is keyed by (seed, subject, parameter).

Where a constant of a perpetrator is assumed, or derived, within a range, the ratio at both ends is part of the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence, packaged
from reuptake.evidence.records import Record
from reuptake.model.assemble import followed
from reuptake.population.genotypes import phenoconverted
from reuptake.simulation.observation import Laboratories
from reuptake.simulation.request import Request, parse_request
from reuptake.simulation.run import plan
from reuptake.trajectories import Measures

__all__ = ["FOLLOWED", "LEAD", "Interaction", "Leeway", "Phenoconversion", "interact"]

Array = NDArray[np.float64]
LEAD, FOLLOWED = "14 d", "21 d"  # how long perpetrators come first, and a single dose is followed
LONGEST_READING = 14 * 24.0  # h
NO_CHANGE = 1e-3  # of an activity: what the solver and the victim's own level leave
# Quantities of a perpetrator that say how hard it acts on an enzyme.
POTENCIES = (
    "ki", "inactivation_constant", "inactivation_rate", "induction_emax", "induction_ec50", "suppression_maximum",
    "suppression_ec50", "fold",
)  # fmt: skip


@dataclass(frozen=True)
class Leeway:
    """A constant of a perpetrator that was assumed or derived within a range, and the victim's AUC ratio at both ends.

    Of the reference individual; everything else as in the run.
    """

    record: Record
    at_low: float
    at_high: float


@dataclass(frozen=True)
class Phenoconversion:
    """What the other drugs make of a genotype: the activity it has, the one that is left, and their phenotypes."""

    gene: str
    activity: float
    effective_activity: float
    effective_phenotype: str


@dataclass(frozen=True)
class Interaction:
    """Both runs of one experiment, subject by subject.

    Attributes
    ----------
    request : Request
        Of the run with the perpetrators.
    alone, beside : Measures
        What the curves come to without and with them.
    leeways : tuple of Leeway
    """

    request: Request
    alone: Measures
    beside: Measures
    leeways: tuple[Leeway, ...] = ()

    def area_ratio(self, analyte: str) -> Array:
        """Ratio of AUC, (subject,): over the window of a course; to infinity, or where that is untold to the end."""
        to_end = self.ratio(analyte, "auc_last")
        if self.alone.repeated:
            return to_end
        to_infinity = self.ratio(analyte, "auc_inf")
        return np.where(np.isfinite(to_infinity), to_infinity, to_end)

    def ratio(self, analyte: str, measure: str) -> Array:
        """With over without, (subject,); NaN where one of the two cannot be told."""
        name = f"plasma.{analyte}.{measure}"
        beside, alone = self.beside.columns[name], self.alone.columns[name]
        none = np.full(len(alone), np.nan)
        told: Array = np.divide(beside, alone, out=none, where=alone > 0.0)  # a poor metaboliser may form nothing
        return told

    def to_csv(self) -> str:
        """A line for each subject: outcomes, and ratios of area and peak of every analyte; empty where untold."""
        names = [name.split(".")[1] for name in self.alone.columns if name.endswith(".cmax")]
        heads = [f"{name}.{measure}_ratio" for name in names for measure in ("auc", "cmax")]
        columns = [ratio for name in names for ratio in (self.area_ratio(name), self.ratio(name, "cmax"))]
        lines = [",".join(("subject", "alone", "with", *heads))]
        for i, subject in enumerate(self.alone.subjects.tolist()):
            told = (f"{column[i]:.10g}" if np.isfinite(column[i]) else "" for column in columns)
            lines.append(",".join((str(subject), self.alone.outcomes[i].name, self.beside.outcomes[i].name, *told)))
        return "\n".join(lines) + "\n"

    def cautions(self, evidence: Evidence) -> list[str]:
        """What the evidence warns of, for each of the others."""
        return [f"{name}: {text}" for name in _given_beside(self.request) if (text := evidence.compound(name).caution)]

    def phenoconversions(self, evidence: Evidence) -> tuple[Phenoconversion, ...]:
        """Of every gene with a phenotype by score, where all subjects have the same one."""
        found = []
        for name, gene in evidence.alleles.items():
            record = evidence.find(gene.parameter, self.request.species)
            column = self.beside.columns.get(f"activity.{name}.mean")
            own = {**self.request.traits, **self.request.settings}
            if record is None or column is None or (len(column) > 1 and record.name not in own):
                continue
            activity = own.get(record.name, record.number)
            # What the victim itself occupies of the enzyme is no doing of the others.
            remaining = float(np.nanmedian(column / self.alone.columns[f"activity.{name}.mean"]))
            remaining = 1.0 if abs(remaining - 1.0) < NO_CHANGE else remaining
            left, phenotype = phenoconverted(evidence, name, activity, remaining)
            if phenotype is not None:
                found.append(Phenoconversion(name, activity, left, phenotype))
        return tuple(found)

    def summary(self) -> dict[str, Any]:
        """Ratios of exposure, pathways of each drug without and with the perpetrators, activity of the enzymes.

        Ratios and activities are ``{median, p05, p95}`` over subjects, pathways fractions of the liver's intrinsic
        clearance. The activity of an enzyme is what is left of it, relative to the same subject taking nothing.
        """
        alone, beside = self.alone.summary(), self.beside.summary()
        ratios = {
            analyte: {"auc": _spread(self.area_ratio(analyte)), "cmax": _spread(self.ratio(analyte, "cmax"))}
            for analyte in alone["analytes"]
        }
        untold = [
            f"{analyte}: in {cut} of {len(self.alone.subjects)} subjects the ratio is of areas to the end of the run, "
            "for no terminal phase could be told"
            for analyte in alone["analytes"]
            if (cut := self._cut_short(analyte))
        ]
        for run in (alone, beside):
            run["notes"] = [note for note in run["notes"] if "no terminal phase" not in note]
        return {
            "subjects": len(self.alone.subjects),
            "ratios": ratios,
            "pathways": alone["pathways"],
            "pathways_with": {name: beside["pathways"][name] for name in alone["pathways"]},
            "activity": {enzyme: found["mean"] for enzyme, found in beside["activity"].items()},
            "activity_alone": {enzyme: found["mean"] for enzyme, found in alone["activity"].items()},
            "perpetrators": {
                name: {"cmax": level["cmax"], "cavg": level["cavg"]}
                for name, level in beside["analytes"].items()
                if name not in alone["analytes"]
            },
            "notes": list(dict.fromkeys([*untold, *alone["notes"], *beside["notes"]])),
        }

    def _cut_short(self, analyte: str) -> int:
        """Subjects whose areas are compared to the end of the run instead of to infinity."""
        if self.alone.repeated:
            return 0
        return int(np.sum(~np.isfinite(self.ratio(analyte, "auc_inf")) & np.isfinite(self.ratio(analyte, "auc_last"))))


def interact(
    victim: str,
    *,
    coadministered: Iterable[str],
    dose: str,
    every: str | None = None,
    duration: str | None = None,
    lead: str = LEAD,
    evidence: Evidence | None = None,
    progress: Callable[[int, int], None] | None = None,
    **words: Any,
) -> Interaction:
    """A drug with and without others, in the same subjects.

    Parameters
    ----------
    victim : str
        Name of a compound file.
    coadministered : iterable of str
        ``"quinidine 200 mg every 24h"``, ``"smoking"``.
    dose, every, duration : str
        Of the victim; a single dose is followed for three weeks unless told otherwise.
    lead : str
        How long the others are taken before.
    progress : callable, optional
        Told how many subjects are done, and of how many, both runs together.
    **words
        Route, species, subjects, seed, settings, genotypes, phenotypes, … as in `simulate`.

    Returns
    -------
    Interaction

    Raises
    ------
    InputError
        With every mistake in the request.

    Examples
    --------
    >>> study = interact("desipramine", dose="50 mg", coadministered=["quinidine 200 mg every 24h"], duration="10 d")
    >>> study.summary()["ratios"]["desipramine"]["auc"]["median"] > 3.0
    True
    """
    known = evidence or packaged()
    coadministered = [coadministered] if isinstance(coadministered, str) else list(coadministered)
    if not coadministered:
        raise InputError(Problem("nothing is given beside it", "--with", "name a drug, 'quinidine 200 mg every 24h'"))
    length = duration or (None if every else FOLLOWED)
    beside = parse_request(
        known, victim, dose=dose, every=every, duration=length, lead=lead, coadministered=coadministered, **words
    )
    alone = parse_request(known, victim, dose=dose, every=every, duration=length, **words)
    reading = _whole_intervals(beside)
    alone, beside = replace(alone, reading=reading), replace(beside, reading=reading)
    total = 2 * beside.subjects

    def measured(request: Request, done: int) -> Measures:
        told = None if progress is None else lambda now, _: progress(done + now, total)
        return plan(request, known).measures(progress=told)

    runs = measured(alone, 0), measured(beside, alone.subjects)
    leeways = tuple(_leeways(known, victim, beside, dict(dose=dose, every=every, duration=length, lead=lead), words))
    return Interaction(beside, *runs, leeways)


def _leeways(
    evidence: Evidence, victim: str, request: Request, course: dict[str, Any], words: dict[str, Any]
) -> Iterable[Leeway]:
    """What the ranges of the perpetrators' constants leave open, in the reference individual."""
    open_to = [found for found in _potencies(evidence, victim, request) if found[0].name not in request.settings]
    if not open_to:
        return
    laboratories, set_already = Laboratories(evidence, request.backend), request.words["settings"]
    plain = {name: value for name, value in words.items() if name not in ("subjects", "seed", "settings", "population")}

    def measured(given: dict[str, Any], *settings: str) -> Measures:
        one = parse_request(evidence, victim, settings=[*set_already, *settings], **{**plain, **course, **given})
        return plan(replace(one, reading=request.reading), evidence, laboratories.of(one)).measures()

    alone, matters = measured({"lead": None}), laboratories.of(request).table.names
    others = {"coadministered": request.words["coadministered"]}
    for record, *ends in open_to:
        if record.stem in matters:
            runs = [measured(others, f"{record.name}={end!r}") for end in ends]
            low, high = (float(Interaction(request, alone, run).area_ratio(victim)[0]) for run in runs)
            if np.isfinite([low, high]).all():
                yield Leeway(record, low, high)


def _given_beside(request: Request) -> list[str]:
    """Names of the drugs and habits beside the victim."""
    habits = [name.split(".")[0] for name in request.traits if name.endswith(f".exposure.{request.species}")]
    return [*(regimen.compound for regimen in request.regimens[1:]), *habits]


def _potencies(evidence: Evidence, victim: str, request: Request) -> list[tuple[Record, float, float]]:
    """Constants not measured that have a range, and its ends, of what is given beside the victim and its products."""
    given = _given_beside(request)
    own = {compound.compound for compound in followed(evidence, [victim], request.species)}
    names = [one.compound for one in followed(evidence, given, request.species) if one.compound not in own]
    found = []
    for record in evidence.in_use.values():
        spread, quantity = record.spread, record.stem.rsplit(".", 1)[-1]
        if record.name.split(".")[0] not in names or quantity not in POTENCIES or record.status == "measured":
            continue
        if spread is None or spread.low is None or spread.high is None:
            continue
        if evidence.find(record.stem, request.species) is record:
            found.append((record, spread.low, spread.high))
    return found


def _whole_intervals(request: Request) -> float | None:
    """The shortest time that holds whole intervals of every course, h; None for a single dose.

    Where that is long, the longest interval, rounded up to whole intervals of the victim.
    """
    intervals = [Fraction(one.interval).limit_denominator(1000) for one in request.regimens if one.interval]
    own = request.regimens[0].interval
    if own is None:
        return None
    common = reduce(lambda a, b: Fraction(math.lcm(a.numerator * b.denominator, b.numerator * a.denominator),
                                          a.denominator * b.denominator), intervals)  # fmt: skip
    longest = math.ceil(float(max(intervals)) / own - 1e-9) * own
    return float(common) if common <= LONGEST_READING else longest


def _spread(values: Array) -> dict[str, float] | None:
    """``{median, p05, p95}`` over the subjects that can be told; None where none can."""
    told = values[np.isfinite(values)]
    if not len(told):
        return None
    low, middle, high = (float(q) for q in np.percentile(told, [5, 50, 95]))
    return {"median": middle, "p05": low, "p95": high}
