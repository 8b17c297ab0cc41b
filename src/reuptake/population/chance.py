"""Random numbers of one's own: keyed by (seed, subject, stream), so that nobody's draws move anybody else's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["first_normals", "first_uniforms", "generator"]

Array = NDArray[np.float64]


def generator(seed: int, subject: int, stream: str) -> np.random.Generator:
    """The random numbers of one subject for one purpose; the same on every machine."""
    return np.random.Generator(np.random.Philox(key=int.from_bytes(_key(seed, subject, stream), "little")))


def first_normals(seed: int, subjects: Sequence[int], stream: str) -> Array:
    """The first standard normal number of every subject's `generator`, (subject,): the same bits, five times faster."""
    normals = np.empty(len(subjects))
    for i, chance in enumerate(_generators(seed, subjects, stream)):
        normals[i] = chance.standard_normal()
    return normals


def first_uniforms(seed: int, subjects: Sequence[int], stream: str, count: int) -> Array:
    """The first uniform numbers of every subject's `generator`, (subject, count), from 0 up to but not 1."""
    uniforms = np.empty((len(subjects), count))
    for i, chance in enumerate(_generators(seed, subjects, stream)):
        chance.random(out=uniforms[i])
    return uniforms


def _generators(seed: int, subjects: Sequence[int], stream: str) -> Iterator[np.random.Generator]:
    """Every subject's `generator`, one after the other; each is good until the next is asked for."""
    keys = np.frombuffer(b"".join(_key(seed, subject, stream) for subject in subjects), dtype="<u8")
    # Making a generator costs more than drawing from it; one is put at the start of each stream instead.
    bits = np.random.Philox(key=0)
    chance, start = np.random.Generator(bits), bits.state
    for key in keys.astype(np.uint64).reshape(-1, 2):
        start["state"]["key"] = key
        bits.state = start
        yield chance


def _key(seed: int, subject: int, stream: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{subject}/{stream}".encode(), digest_size=16).digest()
