"""A short course of the shipped model, and its reference, for all tests here."""

import pytest

from reuptake.engine.ensemble import compiled
from reuptake.qualification.course import Course, states_reported
from reuptake.qualification.speed import solve


@pytest.fixture(scope="session")
def course():
    return Course.shipped(2, backend="numpy", duration="2 d")


@pytest.fixture(scope="session")
def reference(course):
    """States (subject, time, state) by the reference back-end at 1e-9."""
    return solve(compiled(states_reported(course.system), "numpy"), course, 1e-9, 1e-12 * course.amount)
