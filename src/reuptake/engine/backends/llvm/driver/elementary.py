"""Exp, log, pow, sin and cos of whole vectors: the same bits in every lane, for every width.

Libraries offer these one number at a time or with another rounding for each width, and a
result must not depend on who shares the vector. Each reduces its argument to a short
interval and sums a series there. Errors, tested against the mathematical library of Python: exp and
log within 2 units in the last place, pow within 2 + |y·ln x| of them, sin and cos within 2.3e-16 for
arguments up to 1e4; beyond 1e6 these two have no value.
"""

from __future__ import annotations

from reuptake.engine.backends.llvm.language import (
    Vector,
    bits_to_exponent,
    bits_to_mantissa,
    floor,
    fma,
    magnitude,
    nearest,
    power_of_two,
    where,
)  # fmt: skip

LOG2_E = 1.4426950408889634
# ln 2 and π/2 in parts, of which the first have so few bits that whole multiples of them are exact.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
TWO_OVER_PI = 0.6366197723675814
HALF_PI_1, HALF_PI_2, HALF_PI_3 = 1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21
LARGEST, SMALLEST = 709.8, -745.2  # beyond these, exp is infinite or nought
ROOT_2 = 1.4142135623730951
TINY, TINY_SCALE, TINY_POWER = 2.2250738585072014e-308, 1.8014398509481984e16, 54.0  # 2^-1022, 2^54
FARTHEST = 1e6  # of sin and cos: more quarter turns than this are not taken off to the last place
INFINITY, NAN = float("inf"), float("nan")


def exp(x: Vector) -> Vector:
    """e^x = 2^k·e^r with |r| ≤ ln 2 / 2, by its Taylor series to r¹³/13!."""
    bounded = where(x > LARGEST, LARGEST, where(x < SMALLEST, SMALLEST, where(x == x, x, 0.0)))
    k = nearest(bounded * LOG2_E)
    r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, bounded))
    p = fma(r, 1.0 / 6227020800.0, 1.0 / 479001600.0)
    p = fma(r, p, 1.0 / 39916800.0)
    p = fma(r, p, 1.0 / 3628800.0)
    p = fma(r, p, 1.0 / 362880.0)
    p = fma(r, p, 1.0 / 40320.0)
    p = fma(r, p, 1.0 / 5040.0)
    p = fma(r, p, 1.0 / 720.0)
    p = fma(r, p, 1.0 / 120.0)
    p = fma(r, p, 1.0 / 24.0)
    p = fma(r, p, 1.0 / 6.0)
    p = fma(r, p, 0.5)
    p = fma(r * r, p, r) + 1.0
    # Two factors, so that neither leaves the range of exponents.
    half = floor(k * 0.5)
    return where(x == x, p * power_of_two(half) * power_of_two(k - half), x)


def log(x: Vector) -> Vector:
    """ln(m·2^k) = k·ln 2 + 2·artanh(s), s = (m−1)/(m+1), by its series to s²¹."""
    normal = where(x < TINY, x * TINY_SCALE, x)
    m = bits_to_mantissa(normal)
    k = bits_to_exponent(normal) - where(x < TINY, TINY_POWER, 0.0)
    k = where(m > ROOT_2, k + 1.0, k)
    f = where(m > ROOT_2, m * 0.5, m) - 1.0
    s = f / (f + 2.0)
    z = s * s
    p = fma(z, 2.0 / 21.0, 2.0 / 19.0)
    p = fma(z, p, 2.0 / 17.0)
    p = fma(z, p, 2.0 / 15.0)
    p = fma(z, p, 2.0 / 13.0)
    p = fma(z, p, 2.0 / 11.0)
    p = fma(z, p, 2.0 / 9.0)
    p = fma(z, p, 2.0 / 7.0)
    p = fma(z, p, 2.0 / 5.0)
    p = fma(z, p, 2.0 / 3.0)
    # 2·artanh(s) = f − s·(f − z·p), with the rounding of f/(f+2) kept small.
    inner = f - s * (f - z * p)
    value = fma(k, LN2_HIGH, fma(k, LN2_LOW, inner))
    value = where(x == INFINITY, INFINITY, where(x == 0.0, -INFINITY, value))
    return where(x < 0.0, NAN, where(x == x, value, x))


def pow(x: Vector, y: Vector) -> Vector:
    """x^y = e^(y·ln|x|), negative where x is negative and y odd."""
    size = exp(y * log(magnitude(x)))
    whole = floor(y) == y
    odd = floor(y * 0.5) * 2.0 != y
    signed = where(x < 0.0, where(whole, where(odd, -size, size), NAN), size)
    return where(y == 0.0, 1.0, where(x == 1.0, 1.0, signed))


def sin(x: Vector) -> Vector:
    """Sine: quarter turns off, then the series of what is left."""
    k = nearest(x * TWO_OVER_PI)
    turn = k - 4.0 * floor(k * 0.25)
    left = _left(x, k)
    s = _sine(left)
    c = _cosine(left)
    value = where(turn == 0.0, s, where(turn == 1.0, c, where(turn == 2.0, -s, -c)))
    return where(magnitude(x) < FARTHEST, value, NAN)


def cos(x: Vector) -> Vector:
    """Cosine: quarter turns off, then the series of what is left."""
    k = nearest(x * TWO_OVER_PI)
    turn = k - 4.0 * floor(k * 0.25)
    left = _left(x, k)
    s = _sine(left)
    c = _cosine(left)
    value = where(turn == 0.0, c, where(turn == 1.0, -s, where(turn == 2.0, -c, s)))
    return where(magnitude(x) < FARTHEST, value, NAN)


def powlog(x: Vector, y: Vector) -> Vector:
    """x^y·ln x, which goes to nought with x where y is positive."""
    return where(x == 0.0, where(y > 0.0, 0.0, NAN), pow(x, y) * log(x))


def _left(x: Vector, k: Vector) -> Vector:
    """X − k·π/2, within π/4 of nought."""
    return fma(k, -HALF_PI_3, fma(k, -HALF_PI_2, fma(k, -HALF_PI_1, x)))


def _sine(r: Vector) -> Vector:
    z = r * r
    p = fma(z, -1.0 / 1307674368000.0, 1.0 / 6227020800.0)
    p = fma(z, p, -1.0 / 39916800.0)
    p = fma(z, p, 1.0 / 362880.0)
    p = fma(z, p, -1.0 / 5040.0)
    p = fma(z, p, 1.0 / 120.0)
    p = fma(z, p, -1.0 / 6.0)
    return fma(r * z, p, r)


def _cosine(r: Vector) -> Vector:
    z = r * r
    p = fma(z, 1.0 / 20922789888000.0, -1.0 / 87178291200.0)
    p = fma(z, p, 1.0 / 479001600.0)
    p = fma(z, p, -1.0 / 3628800.0)
    p = fma(z, p, 1.0 / 40320.0)
    p = fma(z, p, -1.0 / 720.0)
    p = fma(z, p, 1.0 / 24.0)
    p = fma(z, p, -0.5)
    return fma(z, p, 1.0)
