"""Priors and scales of PEtab mean the same here."""

import math

import numpy as np
import pytest

from reuptake.calibration.parameters import Prior
from reuptake.calibration.petab.scales import of_petab
from reuptake.errors import InputError
from reuptake.exchange.petab.problem import Parameter
from reuptake.exchange.petab.problem import Prior as Told


def one(scale="lin", prior=None, low=0.1, high=10.0, nominal=1.0):
    return of_petab([Parameter("p", scale, low, high, nominal, prior=prior)])[0]


def test_a_decadic_scale_is_searched_on_the_natural_logarithm():
    found = one("log10", Told("parameterScaleNormal", (0.3, 0.2)))
    assert found.scale == "log"
    assert found.prior == Prior(0.3 * math.log(10.0), 0.2 * math.log(10.0))
    assert (found.low, found.high, found.start) == pytest.approx((0.1, 10.0, 1.0))


@pytest.mark.parametrize("scale", ["lin", "log", "log10"])
def test_densities_of_the_value_are_kept_but_for_a_constant(scale):
    mu, sd = 0.4, 0.6
    found = one(scale, Told("logNormal", (mu, sd)))
    values = np.array([0.3, 1.0, 4.0])
    density = np.log(values) + 0.5 * ((np.log(values) - mu) / sd) ** 2
    ours = np.array([0.5 * ((found.search(v) - found.prior.mean) / found.prior.sd) ** 2 for v in values])
    assert np.ptp(density - ours) < 1e-12
    assert one(scale, Told("normal", (mu, sd))).scale == "linear"


def test_uniform_priors_are_bounds():
    found = one("log10", Told("parameterScaleUniform", (-0.5, 0.5)))
    assert (found.low, found.high) == pytest.approx((10.0**-0.5, 10.0**0.5))
    assert one("lin", Told("uniform", (0.5, 20.0))).low == 0.5


@pytest.mark.parametrize("nominal", [0.0, 0.1, 10.0, 99.0, None])
@pytest.mark.parametrize("scale", ["lin", "log"])
def test_a_start_lies_inside_its_bounds(scale, nominal):
    found = one(scale, nominal=nominal)
    assert found.low < found.start < found.high


def test_what_is_not_normal_is_refused_all_at_once():
    wrong = [
        Parameter("a", "lin", 0.0, 1.0, 0.5, prior=Told("laplace", (0.0, 1.0))),
        Parameter("b", "lin", 0.0, 1.0, 0.5, prior=Told("logNormal", (0.0, 1.0))),
        Parameter("c", "lin", 0.0, 1.0, 0.5, prior=Told("normal", (0.0, 0.0))),
        Parameter("d", "lin", 0.0, 1.0, 0.5, prior=Told("uniform", (2.0, 3.0))),
    ]
    with pytest.raises(InputError) as caught:
        of_petab(wrong)
    assert len(caught.value.problems) == 4
