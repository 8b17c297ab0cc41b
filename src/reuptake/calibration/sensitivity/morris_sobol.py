"""How much of an output each parameter decides over its whole range: elementary effects, and shares of variance.

    Morris   µ* = mean |f(x + Δ·e) − f(x)|/Δ along random paths, σ their standard deviation
    Sobol    S = Var(E(f|xᵢ))/Var(f),   T = E(Var(f|x₋ᵢ))/Var(f)

Paths of Morris cross the middle 90 % of each range on four levels, so that µ* is the effect of going from its 5th to
its 95th per cent. Points of Sobol are a scrambled Sobol sequence through the whole distributions. Sampling and
estimators are those of SALib; both take any function of the parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.sensitivity.effects import Effects, Model, Scale
from reuptake.calibration.sensitivity.ranges import ENDS, Factor
from reuptake.errors import InputError, Problem
from reuptake.population.chance import generator

__all__ = ["CONFIDENCE", "WORTH", "Morris", "Sobol", "see_salib", "shaky"]

Array = NDArray[np.float64]
LEVELS = 4  # of each range, as Morris paths step
CONFIDENCE = 0.95
RESAMPLES = 200  # bootstrap
WORTH = 0.01  # an index below is nothing that one would act on, and is not warned of
FEWEST = 2  # samples that a standard deviation needs


@final
@dataclass(frozen=True)
class Morris:
    """Elementary effects along so many random paths."""

    samples: int = 50

    def rows(self, parameters: int) -> int:
        """How often a function of so many parameters is evaluated."""
        return self.samples * (parameters + 1)

    def analyse(
        self, model: Model, factors: Sequence[Factor], outputs: Sequence[str], scale: Scale, seed: int
    ) -> Effects:
        """µ*, its confidence, µ and σ of each parameter on each output."""
        see_salib()
        from SALib.analyze import morris as analyser
        from SALib.sample import morris as sampler

        problem = _problem(factors)
        unit_rows = sampler.sample(problem, self.samples, num_levels=LEVELS, seed=_number(seed, "morris.paths"))
        found = model(_values(factors, ENDS[0] + unit_rows * (ENDS[1] - ENDS[0])))
        block = len(factors) + 1
        names = ("mu_star", "mu_star_confidence", "mu", "sigma")
        effects = _Gathered(names, outputs, len(factors), self.samples)
        for name in outputs:
            scaled, good = _blocks(scale.of(name, found[name]), block)
            if effects.enough(good):
                read = analyser.analyze(
                    problem, unit_rows[np.repeat(good, block)], scaled, num_levels=LEVELS, conf_level=CONFIDENCE,
                    num_resamples=RESAMPLES, seed=_number(seed, "morris.resamples"),
                )  # fmt: skip
                effects.keep(name, good, [read[key] for key in ("mu_star", "mu_star_conf", "mu", "sigma")])
        return effects.made("morris")


@final
@dataclass(frozen=True)
class Sobol:
    """Shares of variance, from so many points (a power of two)."""

    samples: int = 1024

    def rows(self, parameters: int) -> int:
        """How often a function of so many parameters is evaluated."""
        return self.samples * (parameters + 2)

    def analyse(
        self, model: Model, factors: Sequence[Factor], outputs: Sequence[str], scale: Scale, seed: int
    ) -> Effects:
        """Total and first-order index of each parameter on each output, with the half-widths of their intervals."""
        see_salib()
        from SALib.analyze import sobol as analyser
        from SALib.sample import sobol as sampler

        problem = _problem(factors)
        unit_rows = sampler.sample(
            problem, self.samples, calc_second_order=False, seed=_number(seed, "sobol.points")
        )  # fmt: skip
        found = model(_values(factors, unit_rows))
        names = ("total", "total_confidence", "first", "first_confidence")
        effects = _Gathered(names, outputs, len(factors), self.samples)
        for name in outputs:
            scaled, good = _blocks(scale.of(name, found[name]), len(factors) + 2)
            if effects.enough(good) and np.ptp(scaled) > 0.0:
                read = analyser.analyze(
                    problem, scaled, calc_second_order=False, conf_level=CONFIDENCE, num_resamples=RESAMPLES,
                    seed=_number(seed, "sobol.resamples"),
                )  # fmt: skip
                effects.keep(name, good, [read[key] for key in ("ST", "ST_conf", "S1", "S1_conf")])
        return effects.made("sobol")


class _Gathered:
    """Numbers of one output after the other; NaN for one that too few samples tell."""

    def __init__(self, names: Sequence[str], outputs: Sequence[str], parameters: int, asked: int) -> None:
        self.outputs, self.asked = tuple(outputs), asked
        self.columns = {name: np.full((len(outputs), parameters), np.nan) for name in names}
        self.used = np.zeros(len(outputs), dtype=np.int64)

    def enough(self, good: NDArray[np.bool_]) -> bool:
        return int(good.sum()) >= FEWEST

    def keep(self, output: str, good: NDArray[np.bool_], read: Sequence[Any]) -> None:
        place = self.outputs.index(output)
        self.used[place] = good.sum()
        for column, values in zip(self.columns.values(), read, strict=True):
            column[place] = np.asarray(values, dtype=float)

    def made(self, method: str) -> Effects:
        return Effects(method, self.outputs, self.columns, self.used, self.asked)


def see_salib() -> None:
    """See that SALib is there.

    Raises
    ------
    InputError
        If it is not; names the remedy.
    """
    try:
        import SALib  # noqa: F401
    except ImportError:
        hint = "pip install 'reuptake[sensitivity]', or ask for --method local"
        raise InputError(Problem("the methods of Morris and Sobol need SALib", "--method", hint)) from None


def shaky(effects: Effects) -> list[str]:
    """Where too few samples were taken: indices worth reading whose confidence is wider than they are."""
    pairs = [("total", "total_confidence"), ("first", "first_confidence"), ("mu_star", "mu_star_confidence")]
    needed, wide, worth = 0.0, 0, 0
    for size, confidence in pairs:
        if size in effects.columns:
            found, width = np.abs(effects.columns[size]), effects.columns[confidence]
            least = WORTH if size != "mu_star" else WORTH * np.nanmax(found, axis=1, initial=0.0)[:, None]
            read = found > least
            vague = read & (width > found)
            wide, worth = wide + int(vague.sum()), worth + int(read.sum())
            # The width of an interval falls with the root of the number of samples.
            needed = max(needed, float(np.max((width / np.where(vague, found, np.inf)) ** 2, initial=0.0)))
    if not wide:
        return []
    more = 2 ** int(np.ceil(np.log2(effects.asked * needed)))
    return [
        f"too few samples: in {wide} of {worth} indices above {WORTH:g} the confidence is wider than the index; "
        f"take --samples {more} or more"
    ]


def _problem(factors: Sequence[Factor]) -> dict[str, Any]:
    """A problem as SALib describes it, in shares of each distribution."""
    return {
        "num_vars": len(factors), "names": [factor.name for factor in factors], "bounds": [[0.0, 1.0]] * len(factors)
    }  # fmt: skip


def _values(factors: Sequence[Factor], shares: Array) -> Array:
    """Values (row, parameter) at shares of each distribution."""
    return np.column_stack([factor.range.quantiles(shares[:, j]) for j, factor in enumerate(factors)])


def _blocks(values: Array, size: int) -> tuple[Array, NDArray[np.bool_]]:
    """Values of the samples that can be read as a whole, and which samples those are, (sample,)."""
    blocks = values.reshape(-1, size)
    good: NDArray[np.bool_] = np.asarray(np.isfinite(blocks).all(axis=1))
    return blocks[good].ravel(), good


def _number(seed: int, stream: str) -> int:
    """A seed for what takes a number; above nought, which SALib takes for none."""
    return int(generator(seed, 0, f"sensitivity.{stream}").integers(1, 2**31))
