"""Dormand–Prince 5(4): seven stages, order five, explicit, with dense output of order four.

Dormand JR, Prince PJ. A family of embedded Runge–Kutta formulae. Journal of Computational and
Applied Mathematics 1980, 6:19–26, doi:10.1016/0771-050X(80)90013-3. The dense output is the one of
Hairer, Nørsett and Wanner's DOPRI5 (Solving Ordinary Differential Equations I, section II.6),
written in the form of `Tableau`:

    r₃ = k₁ − Σⱼ bⱼ kⱼ,    r₄ = Σⱼ bⱼ kⱼ − k₇ − r₃,    r₅ = Σⱼ Dⱼ kⱼ
    y(θ) = y + θ·(Σⱼ bⱼ kⱼ + (1−θ)·(r₃ + θ·(r₄ + (1−θ)·r₅)))    hence    d₁ = r₃, d₂ = r₄ + r₅, d₃ = −r₅

For systems that are not stiff. `tests/unit/engine/solvers` checks the order of every part.
"""

from __future__ import annotations

import numpy as np

from reuptake.engine.method import Tableau

__all__ = ["DORMAND_PRINCE"]

_B = np.array([35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0])
_EMBEDDED = np.array([5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40])
_D = np.array([
    -12715105075 / 11282082432, 0, 87487479700 / 32700410799, -10690763975 / 1880347072,
    701980252875 / 199316789632, -1453857185 / 822651844, 69997945 / 29380423,
])  # fmt: skip
_FIRST, _LAST = np.eye(7)[0], np.eye(7)[6]

DORMAND_PRINCE = Tableau(
    name="Dormand–Prince 5(4)",
    order=5,
    a=np.array([
        [0, 0, 0, 0, 0, 0, 0],
        [1 / 5, 0, 0, 0, 0, 0, 0],
        [3 / 40, 9 / 40, 0, 0, 0, 0, 0],
        [44 / 45, -56 / 15, 32 / 9, 0, 0, 0, 0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0, 0, 0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0, 0],
        _B,
    ]),
    b=_B,
    e=_B - _EMBEDDED,
    dense=np.array([_FIRST - _B, 2 * _B - _LAST - _FIRST + _D, -_D]),
)  # fmt: skip
