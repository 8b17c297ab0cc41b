"""Classical stiff problems as systems, and where they end.

Definitions: Mazzia F, Magherini C. Test Set for Initial Value Problem Solvers, release 2.4. University of
Bari, 2008; Hairer E, Wanner G. Solving Ordinary Differential Equations II. Springer, 1996. The ends were
computed by `benchmarks/stiff_references.py` with another method (SciPy's Radau IIA) from equations written
down a second time; how far they are from the published ends is said at each problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.sketch import ONE, Sketch
from reuptake.dosing.events import Event
from reuptake.equations.system import System

__all__ = ["PROBLEMS", "Problem"]


@dataclass(frozen=True)
class Problem:
    """A system with all that one run of it needs.

    Attributes
    ----------
    end : float, h
    smallest : float
        Absolute tolerance for each 1 of relative tolerance: what of a state no longer matters.
    ends : mapping
        Output to its value at the end.
    """

    system: System
    end: float
    smallest: float
    ends: Mapping[str, float]
    parameters: Mapping[str, float] = field(default_factory=lambda: ONE)
    events: tuple[Event, ...] = ()


def robertson() -> Problem:
    """Autocatalysis of three species, over fifteen decades of time. Published to 5e-13."""
    sketch = Sketch("Robertson")
    y1, y2, y3 = sketch.number("y1", 1.0), sketch.number("y2"), sketch.number("y3")
    slow, back, fast = 0.04 * y1, 1e4 * y2 * y3, 3e7 * y2 * y2
    sketch.rate("y1", back - slow)
    sketch.rate("y2", slow - back - fast)
    sketch.rate("y3", fast)
    # y2 is 1e-13 at the end, and counts.
    ends = {"y1": 2.083340149700e-08, "y2": 8.333360770330e-14, "y3": 9.999999791665e-01}
    return Problem(sketch.build(), 1e11, 1e-14, ends)


def hires() -> Problem:
    """High irradiance response of phytochrome. Published to 1e-13."""
    sketch = Sketch("HIRES")
    start = {"y1": 1.0, "y8": 0.0057}
    y1, y2, y3, y4, y5, y6, y7, y8 = (sketch.number(f"y{i}", start.get(f"y{i}", 0.0)) for i in range(1, 9))
    bound = 280.0 * y6 * y8
    sketch.rate("y1", -1.71 * y1 + 0.43 * y2 + 8.32 * y3 + 0.0007)
    sketch.rate("y2", 1.71 * y1 - 8.75 * y2)
    sketch.rate("y3", -10.03 * y3 + 0.43 * y4 + 0.035 * y5)
    sketch.rate("y4", 8.32 * y2 + 1.71 * y3 - 1.12 * y4)
    sketch.rate("y5", -1.745 * y5 + 0.43 * y6 + 0.43 * y7)
    sketch.rate("y6", 0.69 * y4 + 1.71 * y5 - 0.43 * y6 + 0.69 * y7 - bound)
    sketch.rate("y7", bound - 1.81 * y7)
    sketch.rate("y8", 1.81 * y7 - bound)
    ends = {
        "y1": 7.371312573326e-04, "y2": 1.442485726316e-04, "y3": 5.888729740968e-05, "y4": 1.175651343283e-03,
        "y5": 2.386356198832e-03, "y6": 6.238968252743e-03, "y7": 2.849998395186e-03, "y8": 2.850001604814e-03,
    }  # fmt: skip
    return Problem(sketch.build(), 321.8122, 1e-4, ends)


def oregonator() -> Problem:
    """The reaction of Belousov and Zhabotinskii, one period and a fifth. Published to 8e-14."""
    sketch = Sketch("Oregonator")
    y1, y2, y3 = sketch.number("y1", 1.0), sketch.number("y2", 2.0), sketch.number("y3", 3.0)
    sketch.rate("y1", 77.27 * (y2 + y1 * (1.0 - 8.375e-6 * y1 - y2)))
    sketch.rate("y2", (y3 - (1.0 + y1) * y2) / 77.27)
    sketch.rate("y3", 0.161 * (y1 - y3))
    ends = {"y1": 1.000814870318523, "y2": 1.228178521549897e03, "y3": 1.320554942846e02}
    return Problem(sketch.build(), 360.0, 1.0, ends)


# k₁ … k₂₅ of the Pollution problem, and what each reaction consumes; the species it changes, with how much.
POLLUTION = (
    (0.35, (1,), {1: -1, 2: 1, 3: 1}),
    (26.6, (2, 4), {1: 1, 2: -1, 4: -1}),
    (12300.0, (5, 2), {1: 1, 2: -1, 5: -1, 6: 1}),
    (8.6e-4, (7,), {5: 2, 7: -1, 8: 1}),
    (8.2e-4, (7,), {7: -1, 8: 1}),
    (15000.0, (7, 6), {5: 1, 6: -1, 7: -1, 8: 1}),
    (1.3e-4, (9,), {5: 1, 8: 1, 9: -1, 10: 1}),
    (24000.0, (9, 6), {6: -1, 9: -1, 11: 1}),
    (16500.0, (11, 2), {1: 1, 2: -1, 10: 1, 11: -1, 12: 1}),
    (9000.0, (11, 1), {1: -1, 11: -1, 13: 1}),
    (0.022, (13,), {1: 1, 11: 1, 13: -1}),
    (12000.0, (10, 2), {1: 1, 2: -1, 10: -1, 14: 1}),
    (1.88, (14,), {5: 1, 7: 1, 14: -1}),
    (16300.0, (1, 6), {1: -1, 6: -1, 15: 1}),
    (4.8e6, (3,), {3: -1, 4: 1}),
    (3.5e-4, (4,), {4: -1, 16: 1}),
    (0.0175, (4,), {3: 1, 4: -1}),
    (1e8, (16,), {6: 2, 16: -1}),
    (4.44e11, (16,), {3: 1, 16: -1}),
    (1240.0, (17, 6), {5: 1, 6: -1, 17: -1, 18: 1}),
    (2.1, (19,), {2: 1, 19: -1}),
    (5.78, (19,), {1: 1, 3: 1, 19: -1}),
    (0.0474, (1, 4), {1: -1, 4: -1, 19: 1}),
    (1780.0, (19, 1), {1: -1, 19: -1, 20: 1}),
    (3.12, (20,), {1: 1, 19: 1, 20: -1}),
)


def pollution() -> Problem:
    """Chemistry of air pollution: 20 species in 25 reactions, rate constants over fifteen decades.

    Published to 6e-14.
    """
    sketch = Sketch("Pollution")
    start = {2: 0.2, 4: 0.04, 7: 0.1, 8: 0.3, 9: 0.01, 17: 0.007}
    species = {i: sketch.number(f"y{i}", start.get(i, 0.0)) for i in range(1, 21)}
    totals = {i: sketch.graph.number(0.0) for i in species}
    for number, (_, consumed, changed) in enumerate(POLLUTION, 1):
        rate = sketch.constant(f"k{number}")
        for i in consumed:
            rate = rate * species[i]
        for i, share in changed.items():
            totals[i] = totals[i] + float(share) * rate
    for i, total in totals.items():
        sketch.rate(f"y{i}", total)
    values = (
        5.646255480023e-02, 1.342484130422e-01, 4.139734331099e-09, 5.523140207484e-03, 2.018977262302e-07,
        1.464541863494e-07, 7.784249118998e-02, 3.245075353396e-01, 7.494013383880e-03, 1.622293157302e-08,
        1.135863833257e-08, 2.230505975721e-03, 2.087162882799e-04, 1.396921016840e-05, 8.964884856898e-03,
        4.352846369330e-18, 6.899219696263e-03, 1.007803037366e-04, 1.772146513970e-06, 5.682943292317e-05,
    )  # fmt: skip
    parameters = ONE | {f"k{i}": k for i, (k, _, _) in enumerate(POLLUTION, 1)}
    ends = {f"y{i}": value for i, value in enumerate(values, 1)}
    return Problem(sketch.build(), 60.0, 1e-9, ends, parameters=parameters)


def e5() -> Problem:
    """Pyrolysis of four species, of which one is the sum of two others, with amounts down to 1e-22.

    With all four as states the end hangs on round-off of that sum: the published y2 and y3 differ by 1.4e-3 of
    themselves, though y4 = y2 − y3 is nought. The system therefore follows three; its end lies between the
    published y2 and y3, to which it is as near as they are to each other.
    """
    sketch = Sketch("E5")
    y1, y3, y4 = sketch.number("y1", 1.76e-3), sketch.number("y3"), sketch.number("y4")
    y2 = y3 + y4
    first, second, third, fourth = 7.89e-10 * y1, 1.13e9 * y2 * y3, 1.1e7 * y1 * y3, 1.13e3 * y4
    sketch.rate("y1", -first - third)
    sketch.rate("y3", first - second - third + fourth)
    sketch.rate("y4", third - fourth)
    sketch.output("y2", y2, "1", kind="level")
    ends = {"y1": 0.0, "y2": 8.861233521286e-23, "y3": 8.861233521286e-23, "y4": 0.0}
    return Problem(sketch.build(), 1e13, 1e-24, ends)


def van_der_pol() -> Problem:
    """A relaxation oscillator, ε = 1e-6, on its way through two jumps. Published to 5e-14."""
    sketch = Sketch("Van der Pol")
    y1, y2 = sketch.number("y1", 2.0), sketch.number("y2")
    sketch.rate("y1", y2)
    sketch.rate("y2", ((1.0 - y1 * y1) * y2 - y1) / sketch.constant("epsilon"))
    ends = {"y1": 1.706167732170e00, "y2": -8.928097010248e-01}
    return Problem(sketch.build(), 2.0, 1.0, ends, parameters=ONE | {"epsilon": 1e-6})


AKZO = {
    "free1": 5.1139838539285e-06,
    "free21": 1.1724447555108e-04,
    "free40": 2.3399422229565e-04,
    "free67": 3.5768359668127e-04,
    "free86": 3.0859498406384e-04,
    "free100": 1.1737412961633e-04,
    "bound100": 6.1908220242821e-06,
    "bound101": 1.9862733201967e-04,
    "bound102": 3.4897735658519e-03,
    "bound103": 3.2345260789218e-02,
    "bound104": 1.5487473478662e-01,
    "bound105": 4.0269805307466e-01,
    "bound106": 6.6497448350683e-01,
    "bound107": 8.4092845466458e-01,
    "bound111": 9.9579301235241e-01,
    "free151": 1.1018180117658e-35,
}


def medical_akzo_nobel(cells: int = 200) -> Problem:
    """Antibodies diffuse into a tumour and are bound there: 400 states, and a source that stops at t = 5.

    The published end was computed with tolerances of 1e-10 on values of 1e-4; it is 3e-9 to 1e-7 away.
    """
    sketch = Sketch("Medical Akzo Nobel")
    width, shape, reaction = 1.0 / cells, 4.0, 100.0
    source = sketch.constant("source")
    places = [(sketch.number(f"free{i}"), sketch.number(f"bound{i}", 1.0)) for i in range(1, cells + 1)]
    for i, (free, bound) in enumerate(places, 1):
        zeta = i * width
        alpha, beta = 2.0 * (zeta - 1.0) ** 3 / shape**2, (zeta - 1.0) ** 4 / shape**2
        met = reaction * free * bound
        left = places[i - 2][0] if i > 1 else source
        change = -met
        if i < cells:  # at the far wall both coefficients are nought
            right = places[i][0]
            change = alpha / (2.0 * width) * (right - left) + beta / width**2 * (left - 2.0 * free + right) - met
        sketch.rate(f"free{i}", change)
        sketch.rate(f"bound{i}", -met)
    return Problem(
        sketch.build(), 20.0, 1e-4, AKZO,
        parameters=ONE | {"source": 2.0}, events=(Event(5.0, changes=(("source", 0.0),)),),
    )  # fmt: skip


PROBLEMS = {
    "robertson": robertson,
    "hires": hires,
    "oregonator": oregonator,
    "pollution": pollution,
    "e5": e5,
    "van der pol": van_der_pol,
    "medical akzo nobel": medical_akzo_nobel,
}
