"""One fit from its file to its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.identifiability import Verdict, verdicts
from reuptake.calibration.least_squares import Fitted
from reuptake.calibration.least_squares import fit as least_squares
from reuptake.calibration.moving import translation_of
from reuptake.calibration.parameters import Parameter
from reuptake.calibration.posterior import Nuts, Posterior, sample
from reuptake.calibration.profile import Profile, profiles
from reuptake.calibration.published import EFFECT
from reuptake.calibration.rows import Joined, Row
from reuptake.calibration.specification import USUAL_SIGMA, Specification, read_specification
from reuptake.calibration.task import Task
from reuptake.calibration.translation import Translation
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence, packaged
from reuptake.simulation.request import processors

__all__ = ["HARDLY", "LIMIT", "STARTS", "Calibration", "Row", "Value", "fit", "followed"]

Array = NDArray[np.float64]
Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much
STARTS = 5
LIMIT = 1.96  # standard errors to either end of a 95 % interval
HARDLY = 1.0  # standard error of a logarithm: a number known to no better than sevenfold is an assumption
ROUNDS, SETTLED = 8, 1e-3  # of the search for sigma, and the part of it that is left
OWES = 0.5  # elasticity by which a record that follows hangs on what was moved


@dataclass(frozen=True)
class Value:
    """One number that the fit gives: a quantity that was moved, or a record that follows from those.

    `log_error` is the standard error of its logarithm, None for what cannot have one; `low` and `high` are the ends
    of its 95 % interval (of the profile where there is one, else of the standard error), None where open.
    `status` is that of an evidence record, ``fitted``, ``derived`` or ``assumed``, or ``moved`` for a quantity that
    is no record; `source` is the key of what a record rests on.
    """

    name: str
    number: float
    unit: str
    status: str
    log_error: float | None
    low: float | None
    high: float | None
    note: str = ""
    source: str = ""


@dataclass(frozen=True)
class Calibration:
    """What a fit came to.

    Attributes
    ----------
    name : str
        The fit's id, which its records carry.
    fitted : Fitted
    values : tuple of Value
        Quantities moved, then records that follow.
    effects : mapping of label to float
        Effects of studies or people, as factors of levels (e^b).
    rows : tuple of Row
    verdicts : tuple of Verdict
        Of each parameter that is no nuisance.
    profiles : mapping of parameter name to Profile
        Only of those that were asked for.
    fold_error : float
        Geometric mean of the larger of predicted/observed and its inverse, without effects.
    notes : tuple of str
        What was left out, and why; what a reader must know.
    posterior : Posterior or None
        If it was asked for.
    """

    name: str
    fitted: Fitted
    values: tuple[Value, ...]
    effects: Mapping[str, float]
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    profiles: Mapping[str, Profile]
    fold_error: float
    notes: tuple[str, ...] = ()
    posterior: Posterior | None = None


def fit(
    file: str | Path,
    *,
    starts: int = STARTS,
    seed: int = 1,
    profile: Sequence[str] | str = (),
    posterior: Nuts | None = None,
    threads: int | None = None,
    evidence: Evidence | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Fit what a file says, to the studies and tables that it says.

    Parameters
    ----------
    file : path
        A YAML file, see ``docs/reference/fit-files.md``.
    starts : int
        Descents; the first from the values of the file, others from all over the bounds.
    seed : int
        Of the further starts, and of the posterior.
    profile : list of names, or ``"all"``
        Quantities whose profile likelihood is wanted.
    posterior : Nuts, optional
        How the posterior is sampled, if it is (extra ``bayes``).
    threads : int, optional
        As many as there are processors unless given; never changes a result.
    evidence : Evidence, optional
        The packaged evidence unless given.
    progress : callable, optional
        Told what is being done, how much of it is, and of how much.

    Raises
    ------
    InputError
        With everything that is wrong with the file.
    """
    known = evidence or packaged()
    specification, document = read_specification(Path(file))
    if specification.between:
        hint = "ask reuptake.fit_population, or the command reuptake fit"
        raise InputError(Problem("this file is of a population", document.where(("between",)), hint))
    translation = translation_of(specification, document, known)
    chosen = _chosen_profiles(profile, translation)
    told = progress or (lambda what, done, of: None)
    task = Task.read(specification, document, known, translation, threads or processors())

    def search(objective: Joined) -> Fitted:
        return least_squares(objective, starts=starts, seed=seed, progress=lambda d, of: told("starts", d, of))

    objective, fitted = _settled(task, search)
    walked = profiles(objective, fitted, chosen, progress=lambda d, of: told("profiles", d, of)) if chosen else {}
    told("posterior", 0, 1) if posterior else None
    drawn = sample(objective, fitted.x, seed, posterior, task.threads) if posterior else None
    found = _told(specification, translation, objective, fitted, walked, task.notes)
    return replace(found, posterior=drawn)


def _settled(task: Task, search: Callable[[Joined], Fitted]) -> tuple[Joined, Fitted]:
    """The fit; where sigma is estimated, again until the residuals are as large as they are said to be."""
    said = task.specification.weighing.sigma
    sigma = USUAL_SIGMA if said == "estimated" else said
    objective = task.objective(sigma)
    fitted = search(objective)
    for _ in range(ROUNDS if said == "estimated" and fitted.freedom > 0 else 0):
        data = fitted.at.values[: len(fitted.labels)]
        grown = math.sqrt(float(data @ data) / fitted.freedom)
        if abs(grown - 1.0) < SETTLED:
            break
        sigma *= grown
        objective = task.objective(sigma)
        fitted = search(objective)
    return objective, fitted


def _chosen_profiles(profile: Sequence[str] | str, translation: Translation) -> list[str]:
    names = [one.name for one in translation.parameters]
    chosen = names if profile == "all" else [profile] if isinstance(profile, str) else list(profile)
    problems = [
        Problem(f"no quantity '{name}' is moved", "--profile", nearest(name, [*names, "all"]))
        for name in chosen
        if name not in names
    ]
    if problems:
        raise InputError(problems)
    return chosen


def _told(
    specification: Specification, translation: Translation, objective: Joined, fitted: Fitted,
    walked: Mapping[str, Profile], notes: Sequence[str],
) -> Calibration:  # fmt: skip
    count = len(translation.parameters)
    judged, rows = verdicts(fitted), objective.rows(fitted.x)
    blind = {verdict.name: verdict.reason for verdict in judged if verdict.told == "not told"}
    misses = [abs(math.log(row.predicted / row.observed)) for row in rows if row.observed > 0.0 < row.predicted]
    effects = {
        one.name.removeprefix(EFFECT): math.exp(x)
        for one, x in zip(fitted.parameters, fitted.x.tolist(), strict=True)
        if one.name.startswith(EFFECT)
    }
    return Calibration(
        specification.fit, fitted,
        (
            *_moved(fitted, count, walked),
            *followed(specification, translation, fitted.x[:count], fitted.covariance[:count, :count], blind),
        ),
        effects, rows, judged, walked, math.exp(float(np.mean(misses))), tuple(notes),
    )  # fmt: skip


def _moved(fitted: Fitted, count: int, walked: Mapping[str, Profile]) -> Iterable[Value]:
    """Quantities that were moved, with intervals of their profile, or of their standard error."""
    for one, x, error in zip(fitted.parameters[:count], fitted.x, fitted.errors, strict=False):
        value, own = one.value(float(x)), walked.get(one.name)
        low, high = (own.low, own.high) if own else _ends(one, float(x), float(error))
        relative = float(error) * abs(one.stretch(float(x)) / value) if value else None
        yield Value(one.name, value, one.unit, "moved", relative, low, high)


def _ends(one: Parameter, x: float, error: float) -> tuple[float | None, float | None]:
    """Ends of the interval that a standard error makes on the search scale; open where it is endless."""
    if not math.isfinite(error):
        return None, None
    return one.value(x - LIMIT * error), one.value(x + LIMIT * error)


def followed(
    specification: Specification, translation: Translation, x: Array, covariance: Array, blind: Mapping[str, str]
) -> Iterable[Value]:  # fmt: skip
    """Records that follow; what the data do not tell is written as assumed, whatever the file hoped for.

    Parameters
    ----------
    x, covariance : array (parameter,), array (parameter, parameter)
        Of the quantities that were moved, on the search scale; not finite where nothing is known.
    blind : mapping of quantity to reason
        Those that the data do not tell.
    """
    settings = translation.settings(x)
    said = {result.name.removesuffix(f".{specification.species}"): result for result in specification.records}
    for name, slopes in zip(translation.names, settings.slopes, strict=True):
        error = _error(slopes, covariance)
        own = said.get(name.removesuffix(f".{specification.species}"))
        status, because = (own.status, own.because) if own else ("fitted", "moved itself")
        untold = [
            f"{one.name}: {blind[one.name]}" for one, slope in zip(translation.parameters, slopes, strict=True)
            if one.name in blind and abs(slope) >= OWES
        ]  # fmt: skip
        if status != "assumed" and (untold or error > HARDLY):
            reason = "; ".join(untold) or "known to no better than sevenfold"
            status, because = "assumed", f"{because}. Not told by the data: {reason}"
        number, told = settings.values[name], math.isfinite(error)
        yield Value(
            name, number, translation.records[name][1], status, error if error > 0.0 else None,
            number * math.exp(-LIMIT * error) if told else None, number * math.exp(LIMIT * error) if told else None,
            because, own.source if own else "",
        )  # fmt: skip


def _error(slopes: Array, covariance: Array) -> float:
    """Standard error of the logarithm of what hangs on the search by these slopes, √(g·C·gᵀ)."""
    used = np.flatnonzero(slopes)
    own = covariance[np.ix_(used, used)]
    return math.inf if not np.isfinite(own).all() else math.sqrt(max(0.0, float(slopes[used] @ own @ slopes[used])))
