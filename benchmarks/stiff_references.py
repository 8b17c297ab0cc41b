"""Where classical stiff problems end, by a method that is not ours, beside what was published.

    python benchmarks/stiff_references.py [problem ...]

The values that `tests/contracts/stiff_problems.py` holds the back-ends against come from here. The equations
are written down a second time, as plain functions, and integrated with SciPy's Radau IIA at tolerances near
the limit of double precision. Definitions, constants and published end values: Mazzia F, Magherini C. Test Set
for Initial Value Problem Solvers, release 2.4. University of Bari, 2008 (there computed in quadruple precision);
Hairer E, Wanner G. Solving Ordinary Differential Equations II. Springer, 1996.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.sparse import csc_matrix

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Equations, start, pieces of time between jumps, tolerances, and the published end (by place; NaN unknown)."""

    rates: Callable[[float, Array], Array]
    start: Array
    pieces: Sequence[float]
    relative: float
    absolute: float
    published: dict[int, float]
    sparsity: Array | None = None


def robertson(t: float, y: Array) -> Array:
    """Autocatalysis of three species, over eleven decades of time."""
    slow, back, fast = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
    return np.array([back - slow, slow - back - fast, fast])


def hires(t: float, y: Array) -> Array:
    """High irradiance response of phytochrome."""
    bound = 280.0 * y[5] * y[7]
    return np.array(
        [
            -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007,
            1.71 * y[0] - 8.75 * y[1],
            -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
            8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3],
            -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6],
            -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6],
            bound - 1.81 * y[6],
            -bound + 1.81 * y[6],
        ]
    )


def oregonator(t: float, y: Array) -> Array:
    """The reaction of Belousov and Zhabotinskii."""
    return np.array(
        [
            77.27 * (y[1] + y[0] * (1.0 - 8.375e-6 * y[0] - y[1])),
            (y[2] - (1.0 + y[0]) * y[1]) / 77.27,
            0.161 * (y[0] - y[2]),
        ]
    )


POLLUTION = (
    0.35, 26.6, 12300.0, 8.6e-4, 8.2e-4, 15000.0, 1.3e-4, 24000.0, 16500.0, 9000.0, 0.022, 12000.0, 1.88, 16300.0,
    4.8e6, 3.5e-4, 0.0175, 1e8, 4.44e11, 1240.0, 2.1, 5.78, 0.0474, 1780.0, 3.12,
)  # fmt: skip


def pollution(t: float, y: Array) -> Array:
    """Chemistry of air pollution, 25 reactions of 20 species."""
    reactants = (
        y[0], y[1] * y[3], y[4] * y[1], y[6], y[6], y[6] * y[5], y[8], y[8] * y[5], y[10] * y[1], y[10] * y[0],
        y[12], y[9] * y[1], y[13], y[0] * y[5], y[2], y[3], y[3], y[15], y[15], y[16] * y[5],
        y[18], y[18], y[0] * y[3], y[18] * y[0], y[19],
    )  # fmt: skip
    r = [0.0, *(k * reactant for k, reactant in zip(POLLUTION, reactants, strict=True))]
    return np.array(
        [
            -r[1] - r[10] - r[14] - r[23] - r[24] + r[2] + r[3] + r[9] + r[11] + r[12] + r[22] + r[25],
            -r[2] - r[3] - r[9] - r[12] + r[1] + r[21],
            -r[15] + r[1] + r[17] + r[19] + r[22],
            -r[2] - r[16] - r[17] - r[23] + r[15],
            -r[3] + 2.0 * r[4] + r[6] + r[7] + r[13] + r[20],
            -r[6] - r[8] - r[14] - r[20] + r[3] + 2.0 * r[18],
            -r[4] - r[5] - r[6] + r[13],
            r[4] + r[5] + r[6] + r[7],
            -r[7] - r[8],
            -r[12] + r[7] + r[9],
            -r[9] - r[10] + r[8] + r[11],
            r[9],
            -r[11] + r[10],
            -r[13] + r[12],
            r[14],
            -r[18] - r[19] + r[16],
            -r[20],
            r[20],
            -r[21] - r[22] - r[24] + r[23] + r[25],
            -r[25] + r[24],
        ]
    )


def e5(t: float, y: Array) -> Array:
    """Pyrolysis, with amounts down to 1e-22, without the second of its four species.

    Of the four, y₂ = y₃ + y₄ always. With all of them as states the end hangs on round-off of that sum
    (the published y₂ and y₃ differ by 1.4e-3 of themselves, where y₄ = 0); with three it does not.
    """
    first, second, third, fourth = 7.89e-10 * y[0], 1.13e9 * (y[1] + y[2]) * y[1], 1.1e7 * y[0] * y[1], 1.13e3 * y[2]
    return np.array([-first - third, first - second - third + fourth, third - fourth])


def van_der_pol(t: float, y: Array) -> Array:
    """A relaxation oscillator, ε = 1e-6."""
    return np.array([y[1], ((1.0 - y[0] ** 2) * y[1] - y[0]) / 1e-6])


CELLS = 200


def medical_akzo_nobel(t: float, y: Array) -> Array:
    """Penetration of labelled antibodies into a tumour: diffusion, and a reaction that consumes both partners."""
    width, shape, reaction = 1.0 / CELLS, 4.0, 100.0
    zeta = width * np.arange(1, CELLS + 1)
    free, bound = y[0::2], y[1::2]
    # Constant between the pieces of time, of which the first ends at 5.
    left = np.concatenate([[2.0 if t <= 5.0 else 0.0], free[:-1]])
    right = np.concatenate([free[1:], free[-1:]])
    alpha, beta = 2.0 * (zeta - 1.0) ** 3 / shape**2, (zeta - 1.0) ** 4 / shape**2
    change = alpha * (right - left) / (2.0 * width) + beta * (left - 2.0 * free + right) / width**2
    met = reaction * free * bound
    result = np.empty_like(y)
    result[0::2], result[1::2] = change - met, -met
    return result


def akzo_sparsity() -> Array:
    """Which state each equation of Medical Akzo Nobel looks at."""
    pattern = np.zeros((2 * CELLS, 2 * CELLS))
    for i in range(0, 2 * CELLS, 2):
        pattern[i : i + 2, i : i + 2] = 1.0
        pattern[i, [j for j in (i - 2, i + 2) if 0 <= j < 2 * CELLS]] = 1.0
    return pattern


def at(size: int, values: dict[int, float]) -> Array:
    """An array of noughts, but for some places."""
    result = np.zeros(size)
    for place, value in values.items():
        result[place] = value
    return result


PROBLEMS = {
    "robertson": Problem(
        robertson, at(3, {0: 1.0}), (0.0, 1e11), 1e-13, 1e-24,
        dict(enumerate([0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050])),
    ),
    "hires": Problem(
        hires, at(8, {0: 1.0, 7: 0.0057}), (0.0, 321.8122), 1e-13, 1e-17,
        dict(enumerate([
            0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
            0.2386356198831331e-2, 0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2,
        ])),
    ),
    "oregonator": Problem(
        oregonator, np.array([1.0, 2.0, 3.0]), (0.0, 360.0), 1e-13, 1e-15,
        dict(enumerate([0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3])),
    ),
    "pollution": Problem(
        pollution, at(20, {1: 0.2, 3: 0.04, 6: 0.1, 7: 0.3, 8: 0.01, 16: 0.007}), (0.0, 60.0), 1e-13, 1e-30,
        dict(enumerate([
            0.5646255480022769e-1, 0.1342484130422339, 0.4139734331099427e-8, 0.5523140207484359e-2,
            0.2018977262302196e-6, 0.1464541863493966e-6, 0.7784249118997964e-1, 0.3245075353396018,
            0.7494013383880406e-2, 0.1622293157301561e-7, 0.1135863833257075e-7, 0.2230505975721359e-2,
            0.2087162882798630e-3, 0.1396921016840158e-4, 0.8964884856898295e-2, 0.4352846369330103e-17,
            0.6899219696263405e-2, 0.1007803037365946e-3, 0.1772146513969984e-5, 0.5682943292316392e-4,
        ])),
    ),
    "e5": Problem(
        e5, at(3, {0: 1.76e-3}), (0.0, 1e13), 1e-13, 1e-38, {1: 0.8854814626268838e-22, 2: 0.0},
    ),
    "van der pol": Problem(
        van_der_pol, np.array([2.0, 0.0]), (0.0, 2.0), 1e-13, 1e-15, {0: 1.706167732170469, 1: -0.8928097010248125},
    ),
    "medical akzo nobel": Problem(
        medical_akzo_nobel, np.tile([0.0, 1.0], CELLS), (0.0, 5.0, 20.0), 1e-12, 1e-18,
        {
            78: 0.2339942217046434e-03, 132: 0.3576835958481664e-03, 170: 0.3085949832350532e-03,
            198: 0.1173741304462833e-03, 199: 0.6190822732534586e-05,
        },
        akzo_sparsity(),
    ),
}  # fmt: skip


def end(problem: Problem) -> Array:
    """States at the end, in pieces between jumps."""
    state = problem.start
    for begin, stop in zip(problem.pieces[:-1], problem.pieces[1:], strict=True):
        # A hair behind a jump, so that the piece sees one side of it only.
        shift = 0.0 if begin == problem.pieces[0] else 1e-9

        def rates(t: float, y: Array, shift: float = shift) -> Array:
            return problem.rates(t + shift, y)

        solution = solve_ivp(
            rates, (begin, stop), state, "Radau", rtol=problem.relative, atol=problem.absolute,
            jac_sparsity=None if problem.sparsity is None else csc_matrix(problem.sparsity),
        )  # fmt: skip
        if not solution.success:
            raise SystemExit(solution.message)
        state = solution.y[:, -1]
    return state


def main(names: Sequence[str]) -> None:
    """Print the end of each problem, and how far it is from what was published."""
    for name in names or PROBLEMS:
        begun = time.perf_counter()
        problem = PROBLEMS[name]
        values = end(problem)
        print(f"{name}: t = {problem.pieces[-1]:g}, {time.perf_counter() - begun:.1f} s")
        for i, value in enumerate(values):
            known = problem.published.get(i)
            if known is not None:
                apart = abs(value / known - 1.0) if known else abs(value)
                print(f"  y[{i}] = {value:.15e}   published {known:.15e}   apart by {apart:.1e}")
            elif len(values) <= 20:
                print(f"  y[{i}] = {value:.15e}")
        if len(values) > 20:
            print("  sum of the even, of the odd:", f"{values[0::2].sum():.15e} {values[1::2].sum():.15e}")


if __name__ == "__main__":
    main(sys.argv[1:])
