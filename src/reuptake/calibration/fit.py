"""One fit from its file to its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.identifiability import doubt, verdicts
from reuptake.calibration.least_squares import Fitted
from reuptake.calibration.least_squares import fit as least_squares
from reuptake.calibration.moving import translation_of
from reuptake.calibration.petab.fitting import fit_problem
from reuptake.calibration.posterior import Nuts, sample
from reuptake.calibration.profile import Profile, profiles
from reuptake.calibration.published import EFFECT
from reuptake.calibration.results import Calibration, Value, fold_error, moved
from reuptake.calibration.rows import Joined
from reuptake.calibration.specification import USUAL_SIGMA, Specification, read_specification
from reuptake.calibration.task import Task
from reuptake.calibration.translation import Translation
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence, packaged
from reuptake.exchange.petab.reading import is_petab
from reuptake.simulation.request import processors

__all__ = ["HARDLY", "STARTS", "fit", "followed"]

Array = NDArray[np.float64]
Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much
STARTS = 5
HARDLY = 1.0  # standard error of a logarithm: a number known to no better than sevenfold is an assumption
ROUNDS, SETTLED = 8, 1e-3  # of the search for sigma, and the part of it that is left


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
        A YAML file, see ``docs/reference/fit-files.md``; or that of a PEtab problem, see ``docs/reference/petab.md``.
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
    if is_petab(Path(file)):
        return fit_problem(
            Path(file), starts=starts, seed=seed, profile=profile, posterior=posterior,
            threads=threads or processors(), progress=progress,
        )  # fmt: skip
    _see_that_it_can_begin(starts, seed, threads)
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

    objective, fitted, sigma = _settled(task, search)
    walked = profiles(objective, fitted, chosen, progress=lambda d, of: told("profiles", d, of)) if chosen else {}
    told("posterior", 0, 1) if posterior else None
    drawn = sample(objective, fitted.x, seed, posterior, task.threads) if posterior else None
    notes = (*task.notes, *([f"sigma, estimated: {sigma:.3g}"] if fitted.estimated else []))
    found = _told(specification, translation, objective, fitted, walked, notes)
    return replace(found, posterior=drawn)


def _see_that_it_can_begin(starts: int, seed: int, threads: int | None) -> None:
    least = {"--starts": (starts, 1), "--seed": (seed, 0), "--threads": (1 if threads is None else threads, 1)}
    problems = [Problem(f"at least {low} (got {got})", word) for word, (got, low) in least.items() if got < low]
    if problems:
        raise InputError(problems)


def _settled(task: Task, search: Callable[[Joined], Fitted]) -> tuple[Joined, Fitted, float]:
    """The fit, and sigma; where that is estimated, again until the residuals are as large as they are said to be."""
    said = task.specification.weighing.sigma
    sigma = USUAL_SIGMA if said == "estimated" else said
    objective = task.objective(sigma)
    fitted = search(objective)
    if said == "estimated" and fitted.freedom < 1:
        hint = "state a number, or take fewer quantities"
        raise InputError(Problem("sigma cannot be estimated: there are no more numbers than quantities", "sigma", hint))
    for _ in range(ROUNDS if said == "estimated" else 0):
        data = fitted.at.values[: len(fitted.labels)][objective.worth > 0.0]
        grown = math.sqrt(float(data @ data) / fitted.freedom)
        if abs(grown - 1.0) < SETTLED:
            break
        sigma *= grown
        objective = task.objective(sigma)
        fitted = search(objective)
    return objective, replace(fitted, estimated=said == "estimated"), sigma


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
    effects = {
        one.name.removeprefix(EFFECT): math.exp(x)
        for one, x in zip(fitted.parameters, fitted.x.tolist(), strict=True)
        if one.name.startswith(EFFECT)
    }
    quantities = {value.name: value for value in moved(fitted, count, walked)}
    records = [
        # A record that is a quantity itself has the interval of that quantity.
        replace(value, low=quantities[value.name].low, high=quantities[value.name].high)
        if value.name in quantities and translation.is_itself(value.name)
        else value
        for value in followed(
            specification,
            translation,
            fitted.x[:count],
            fitted.covariance[:count, :count],
            fitted.reach,
            lambda slopes: doubt(fitted, np.pad(slopes, (0, len(fitted.x) - count))),
        )
    ]
    told = {value.name for value in records}
    return Calibration(
        specification.fit, fitted, (*(one for name, one in quantities.items() if name not in told), *records),
        effects, rows, judged, walked, fold_error(rows), tuple(notes), objective=objective,
    )  # fmt: skip


def followed(
    specification: Specification, translation: Translation, x: Array, covariance: Array, reach: float,
    doubted: Callable[[Array], str],
) -> Iterable[Value]:  # fmt: skip
    """Records that follow; what the data do not tell is written as assumed, whatever the file hoped for.

    Parameters
    ----------
    x, covariance : array (parameter,), array (parameter, parameter)
        Of the quantities that were moved, on the search scale; not finite where nothing is known.
    reach : float
        Standard errors to either end of a 95 % interval.
    doubted : callable
        Why the data do not tell what hangs on the quantities by slopes (parameter,); empty where they do.
    """
    settings, leant = translation.settings(x), translation.borrowed(x)
    said = {result.name.removesuffix(f".{specification.species}"): result for result in specification.records}
    for name, slopes, borrowed in zip(translation.names, settings.slopes, leant, strict=True):
        own = said.get(name.removesuffix(f".{specification.species}"))
        status, because = (own.status, own.because) if own else ("fitted", "moved itself")
        found = _error(slopes, covariance)
        error = math.hypot(found, *borrowed.values())
        reasons = [doubted(slopes)]
        if error > HARDLY:
            reasons.append("known to no better than sevenfold")
        assumed = [key for key, width in borrowed.items() if translation.leaned[key].assumed and width > found]
        reasons += [f"it rests on {translation.leaned[key].name}, which is assumed" for key in assumed]
        told = "; ".join(filter(None, reasons))
        if status != "assumed" and told:
            status, because = "assumed", "; ".join(filter(None, (because, told)))
        number, known = settings.values[name], math.isfinite(error)
        yield Value(
            name, number, translation.records[name][1], status, error if error > 0.0 else None,
            number * math.exp(-reach * error) if known else None, number * math.exp(reach * error) if known else None,
            because, own.source if own else "",
        )  # fmt: skip


def _error(slopes: Array, covariance: Array) -> float:
    """Standard error of the logarithm of what hangs on the search by these slopes, √(g·C·gᵀ)."""
    used = np.flatnonzero(slopes)
    own = covariance[np.ix_(used, used)]
    return math.inf if not np.isfinite(own).all() else math.sqrt(max(0.0, float(slopes[used] @ own @ slopes[used])))
