"""Elimination in Markowitz's order solves what any elimination solves, and fills in little."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.equations.elimination import eliminate


@st.composite
def patterns(draw):
    size = draw(st.integers(1, 12))
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    return size, draw(st.sets(pairs, max_size=40))


@given(patterns())
def test_every_unknown_is_a_pivot_once_and_the_fill_holds_all_that_arises(pattern):
    size, places = pattern
    plan = eliminate(size, places)
    assert sorted(plan.order) == list(range(size))
    chance = np.random.Generator(np.random.Philox(1))
    matrix = np.eye(size) * 50.0
    for row, column in places:
        matrix[row, column] += chance.uniform(0.5, 1.0)
    left = matrix.copy()
    for pivot, rows, columns in zip(plan.order, plan.lower, plan.upper, strict=True):
        for row in rows:
            share = left[row, pivot] / left[pivot, pivot]
            for column in columns:
                left[row, column] -= share * left[pivot, column]
            left[row, pivot] = 0.0
    position = {pivot: i for i, pivot in enumerate(plan.order)}
    below = [(r, c) for r in range(size) for c in range(size) if position[r] > position[c]]
    assert all(left[r, c] == 0.0 for r, c in below)
    diagonal = np.prod([left[p, p] for p in range(size)])
    assert diagonal == pytest.approx(np.linalg.det(matrix), rel=1e-10)  # products of a dozen numbers near 50


def test_a_star_fills_nothing_in():
    arms = 20
    places = [(0, i) for i in range(1, arms)] + [(i, 0) for i in range(1, arms)]
    plan = eliminate(arms, places)
    assert plan.entries == arms + len(places)
    assert set(plan.order[-2:]) >= {0}


def test_a_full_matrix_costs_a_third_of_its_cube():
    size = 30
    plan = eliminate(size, [(r, c) for r in range(size) for c in range(size)])
    assert plan.operations == pytest.approx(size**3 / 3, rel=0.1)
    assert plan.entries == size**2
