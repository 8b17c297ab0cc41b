"""The small language that the driver and the elementary functions are written in.

It is Python, restricted to what `reuptake.engine.backends.llvm.lowering` can turn into
machine code: numbers, loops, branches, arrays, and the words below. A ``Vector`` holds one
number for each lane; ``Lanes`` is an array of them; ``Floats`` and ``Ints`` are arrays of
single numbers. This file gives the words a type for readers and checkers; what they do is
said in the lowering.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

__all__ = [
    "Floats", "Ints", "Lanes", "Mask", "Vector", "anywhere", "bits_to_exponent", "bits_to_mantissa",
    "floats", "floor", "fma", "magnitude", "nearest", "part", "power_of_two", "root", "spread", "unrolled", "where",
]  # fmt: skip

N = TypeVar("N", float, "Vector")
P = TypeVar("P", "Lanes", "Floats", "Ints")


class Mask(Protocol):
    """A yes or no for each lane."""

    def __and__(self, other: Mask) -> Mask: ...
    def __or__(self, other: Mask) -> Mask: ...


class Vector(Protocol):
    """One number for each lane; arithmetic is lane by lane, and never crosses lanes."""

    def __add__(self, other: Vector | float) -> Vector: ...
    def __radd__(self, other: float) -> Vector: ...
    def __sub__(self, other: Vector | float) -> Vector: ...
    def __rsub__(self, other: float) -> Vector: ...
    def __mul__(self, other: Vector | float) -> Vector: ...
    def __rmul__(self, other: float) -> Vector: ...
    def __truediv__(self, other: Vector | float) -> Vector: ...
    def __rtruediv__(self, other: float) -> Vector: ...
    def __neg__(self) -> Vector: ...
    def __lt__(self, other: Vector | float) -> Mask: ...
    def __le__(self, other: Vector | float) -> Mask: ...
    def __gt__(self, other: Vector | float) -> Mask: ...
    def __ge__(self, other: Vector | float) -> Mask: ...
    def __eq__(self, other: Vector | float) -> Mask: ...  # type: ignore[override]
    def __ne__(self, other: Vector | float) -> Mask: ...  # type: ignore[override]


class Lanes(Protocol):
    """An array of vectors."""

    def __getitem__(self, index: int) -> Vector: ...
    def __setitem__(self, index: int, value: Vector | float) -> None: ...


class Floats(Protocol):
    """An array of numbers."""

    def __getitem__(self, index: int) -> float: ...
    def __setitem__(self, index: int, value: float) -> None: ...


class Ints(Protocol):
    """An array of whole numbers."""

    def __getitem__(self, index: int) -> int: ...
    def __setitem__(self, index: int, value: int) -> None: ...


def unrolled(steps: Sequence[int]) -> Iterable[int]:
    """A loop written out: its number is known while compiling."""
    return steps


def fma(a: N, b: N | float, c: N | float) -> N:
    """a·b + c, rounded once where the processor can."""
    raise TypeError("this word has a meaning only in compiled code")


def where(condition: Mask, yes: Vector | float, no: Vector | float) -> Vector:
    """One or the other, lane by lane."""
    raise TypeError("this word has a meaning only in compiled code")


def anywhere(condition: Mask) -> bool:
    """Whether any lane says yes; for control only, never for a number."""
    raise TypeError("this word has a meaning only in compiled code")


def spread(number: float) -> Vector:
    """The same number in every lane."""
    raise TypeError("this word has a meaning only in compiled code")


def floats(array: Lanes) -> Floats:
    """The same memory as single numbers: lane l of vector i is number i·LANES + l."""
    raise TypeError("this word has a meaning only in compiled code")


def part(array: P, start: int) -> P:
    """The array from one element on."""
    raise TypeError("this word has a meaning only in compiled code")


def magnitude(x: N) -> N:
    """|x|."""
    raise TypeError("this word has a meaning only in compiled code")


def root(x: N) -> N:
    """√x."""
    raise TypeError("this word has a meaning only in compiled code")


def floor(x: N) -> N:
    """The largest whole number not above x."""
    raise TypeError("this word has a meaning only in compiled code")


def nearest(x: N) -> N:
    """The nearest whole number; halves go to the even one."""
    raise TypeError("this word has a meaning only in compiled code")


def power_of_two(whole: Vector) -> Vector:
    """2ᵏ of whole numbers from −1022 to 1023."""
    raise TypeError("this word has a meaning only in compiled code")


def bits_to_exponent(x: Vector) -> Vector:
    """The k of x = m·2ᵏ with 1 ≤ m < 2, read from the bits of a normal positive x."""
    raise TypeError("this word has a meaning only in compiled code")


def bits_to_mantissa(x: Vector) -> Vector:
    """The m of x = m·2ᵏ with 1 ≤ m < 2, read from the bits of a normal positive x."""
    raise TypeError("this word has a meaning only in compiled code")
