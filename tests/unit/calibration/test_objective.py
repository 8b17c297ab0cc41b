"""What is made small: slopes are those of the residuals, of robust ones and of priors too."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reuptake.calibration.objective import Residuals, soft, with_priors
from reuptake.calibration.parameters import Parameter, Prior
from unit.calibration.curves import linear


@given(st.floats(-1e3, 1e3), st.floats(0.1, 10.0))
def test_soft_residuals_have_the_loss_and_the_slope_they_say(z, bend):
    def at(value):
        return soft(Residuals(np.array([value]), np.ones((1, 1))), bend)

    loss = bend**2 * (np.hypot(1.0, z / bend) - 1.0)
    step = 1e-5 * max(1.0, abs(z))
    difference = (at(z + step).values - at(z - step).values) / (2 * step)
    np.testing.assert_allclose(at(z).values[0] ** 2 / 2, loss, rtol=1e-6, atol=1e-14 * bend**2)
    np.testing.assert_allclose(at(z).slopes[0], difference, rtol=1e-6)  # what such a difference is good for


def test_soft_residuals_are_plain_ones_below_the_bend_down_to_the_smallest():
    small = Residuals(np.array([-1e-3, -1e-7, 0.0, 1e-12, 1e-5]), np.ones((5, 1)))
    np.testing.assert_allclose(soft(small, 1.0).values, small.values, rtol=1e-6)
    np.testing.assert_allclose(soft(small, 1.0).slopes, 1.0, rtol=1e-6)
    far = soft(Residuals(np.array([1e6]), np.ones((1, 1))), 2.0)
    np.testing.assert_allclose(0.5 * far.values**2, 2.0 * 1e6, rtol=1e-5)  # b·|z|


def test_priors_follow_the_data_one_row_for_each():
    objective = linear(np.eye(2), [0.0, 0.0])
    objective.parameters = (
        objective.parameters[0],
        Parameter("b1", 0.1, -1.0, 1.0, scale="linear", prior=Prior(0.5, 0.25)),
    )
    found = with_priors(objective, np.array([0.3, 0.75]))
    assert found.values.tolist() == [0.3, 0.75, 1.0]
    assert found.slopes.tolist() == [[1.0, 0.0], [0.0, 1.0], [0.0, 4.0]]
    np.testing.assert_allclose(found.gradient, [0.3, 0.75 + 4.0])
