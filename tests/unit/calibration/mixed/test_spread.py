"""Covariances of η are positive definite wherever they are searched for, and turn as they say."""

import numpy as np
import pytest

from reuptake.calibration.mixed.spread import Diagonal, Full

SPREADS = [
    Diagonal({"a": 0.5, "b": 0.2}),
    Full(("a", "b", "c"), ((0.3, 0.05, 0.02), (0.05, 0.2, -0.03), (0.02, -0.03, 0.1))),
]


@pytest.mark.parametrize("spread", SPREADS, ids=["diagonal", "full"])
def test_slopes_are_differences(spread):
    x = spread.start() + 0.1
    slopes = spread.omega(x)[1]
    for k in range(len(x)):
        nudge = 1e-6 * np.eye(len(x))[k]
        exact = (spread.omega(x + nudge)[0] - spread.omega(x - nudge)[0]) / 2e-6
        assert slopes[k] == pytest.approx(exact, abs=1e-8)
    assert np.linalg.eigvalsh(spread.omega(x)[0])[0] > 0.0


def test_what_went_in_comes_out():
    diagonal, full = SPREADS
    assert diagonal.report(diagonal.start()) == pytest.approx([0.5, 0.2])
    assert full.omega(full.start())[0] == pytest.approx(np.array(full.covariance), rel=1e-12)
    report = dict(zip(full.labels, full.report(full.start()), strict=True))
    assert report["omega b"] == pytest.approx(0.2**0.5)
    assert report["correlation c b"] == pytest.approx(-0.03 / (0.1 * 0.2) ** 0.5)
