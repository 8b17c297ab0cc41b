"""A PEtab problem of others, fitted: by least squares, or by the likelihood where its noise is no constant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from reuptake.calibration import scoring
from reuptake.calibration.identifiability import verdicts
from reuptake.calibration.least_squares import Fitted
from reuptake.calibration.least_squares import fit as least_squares
from reuptake.calibration.petab.curves import Curves, curves
from reuptake.calibration.petab.importing import Likelihood, PetabObjective, no_squares
from reuptake.calibration.posterior import Nuts, sample
from reuptake.calibration.profile import profiles
from reuptake.calibration.results import Calibration, fold_error, moved
from reuptake.errors import InputError, Problem, nearest
from reuptake.exchange.petab.reading import read_problem

__all__ = ["fit_problem"]

Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much


def fit_problem(
    file: Path, *, starts: int, seed: int, profile: Sequence[str] | str = (), posterior: Nuts | None = None,
    threads: int = 1, progress: Progress | None = None,
) -> Calibration:  # fmt: skip
    """Fit a PEtab problem.

    Parameters
    ----------
    file : Path
        Its YAML file.
    starts, seed, profile, posterior, threads, progress
        As `reuptake.calibration.fit.fit` takes them; profiles and posteriors are those of least squares.

    Returns
    -------
    Calibration
        With χ² and the logarithm of the likelihood, as PEtab defines them.

    Raises
    ------
    InputError
        With everything that is wrong with the problem, and what is asked of it that cannot be.
    """
    problem = read_problem(file)
    found = curves(problem, threads=threads)
    names = [one.name for one in found.parameters]
    chosen = names if profile == "all" else [profile] if isinstance(profile, str) else list(profile)
    why = no_squares(found)
    if problems := [*_unknown(chosen, names), *_beyond(why, bool(chosen), posterior is not None)]:
        raise InputError(problems)
    told = progress or (lambda what, done, of: None)

    def counted(done: int, of: int) -> None:
        told("starts", done, of)

    if why:
        density = Likelihood(found)
        return _told(found, scoring.fit(density, starts=starts, seed=seed, progress=counted), tuple(why.values()))
    objective = PetabObjective(found)
    fitted = least_squares(objective, starts=starts, seed=seed, progress=counted)
    walked = profiles(objective, fitted, chosen, progress=lambda d, of: told("profiles", d, of)) if chosen else {}
    drawn = sample(objective, fitted.x, seed, posterior, threads) if posterior else None
    done = _told(found, fitted, ())
    values = tuple(moved(fitted, len(names), walked))
    return replace(done, values=values, profiles=walked, posterior=drawn, objective=objective)


def _unknown(chosen: Sequence[str], names: Sequence[str]) -> list[Problem]:
    return [
        Problem(f"'{name}' is not estimated", "--profile", nearest(name, [*names, "all"]))
        for name in chosen if name not in names
    ]  # fmt: skip


def _beyond(why: dict[str, str], profiled: bool, sampled: bool) -> list[Problem]:
    """What is asked for and needs squares, where there are none."""
    asked = [word for word, wanted in (("--profile", profiled), ("--posterior", sampled)) if wanted and why]
    hint = "leave it out, or hold the noise (estimate 0)"
    return [Problem(f"it needs least squares, and {next(iter(why.values()))}", word, hint) for word in asked]


def _told(found: Curves, fitted: Fitted, why: tuple[str, ...]) -> Calibration:
    density = Likelihood(found)
    rows = density.rows(fitted.x)
    how = f"Fisher scoring on the likelihood: {'; '.join(why)}; its cost is −ln likelihood" if why else "least squares"
    return Calibration(
        found.problem.name, fitted, tuple(moved(fitted, len(fitted.parameters), {})), {}, rows, verdicts(fitted), {},
        fold_error(rows), (f"PEtab problem, fitted by {how}",), chi2=sum(row.residual**2 for row in rows),
        log_likelihood=-density(fitted.x)[0],
    )  # fmt: skip
