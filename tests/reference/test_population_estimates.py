"""Population estimates agree with what established programs published for the same numbers.

NONMEM's objective function values for the ten simulated subjects of table 1 of Wang, J Pharmacokinet Pharmacodyn
2007; 34: 575-593, and the estimates of nlmixr2 (FOCEI) for theophylline in its article "Running PK models with
nlmixr", were read where the tests name them.
"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from contracts.closed_forms import Bolus, Oral
from reuptake.calibration.mixed.curvature import FirstOrder, Laplace
from reuptake.calibration.mixed.estimate import estimate
from reuptake.calibration.mixed.marginal import Population, marginal
from reuptake.calibration.mixed.residual import Additive, LogNormal, Proportional
from reuptake.calibration.mixed.spread import Diagonal
from reuptake.calibration.parameters import Parameter

DATA = Path(__file__).parent / "data"
WANG = [
    (10.68, 3.6837), (10.402, 6.454), (9.8814, 5.8565), (9.3408, 5.6209), (10.082, 6.7583),
    (9.8938, 6.5049), (9.8908, 6.9557), (10.234, 6.4488), (9.9882, 6.7112), (9.6736, 6.6402),
]  # fmt: skip
ROOT_TENTH = math.sqrt(0.1)


@pytest.fixture(scope="module")
def theophylline():
    """Twelve subjects; the dose is given per kilogram."""
    with (DATA / "theophylline.csv").open() as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    names = tuple(dict.fromkeys(row["subject"] for row in rows))
    own = [[row for row in rows if row["subject"] == name] for name in names]
    return Oral(
        names,
        tuple(float(part[0]["dose"]) * float(part[0]["weight"]) for part in own),
        tuple(np.array([float(row["time"]) for row in part]) for part in own),
        tuple(np.array([float(row["concentration"]) for row in part]) for part in own),
    )


def population(curvature):
    """The model of the article, from its first values."""
    thetas = (("ka", math.exp(0.45), "1/h"), ("cl", 2.7, "L/h"), ("v", math.exp(3.45), "L"))
    return Population(
        tuple(Parameter(name, start, start / 100.0, start * 100.0, unit) for name, start, unit in thetas),
        Diagonal({"ka": math.sqrt(0.6), "cl": math.sqrt(0.3), "v": math.sqrt(0.1)}),
        Additive(0.7),
        curvature,
    )


@pytest.fixture(scope="module")
def fitted(theophylline):
    return estimate(population(FirstOrder()), theophylline)


def test_the_theophylline_table_is_the_known_one(theophylline):
    # 12 subjects, 11 samples each within 25 h, doses 3.1 to 5.86 mg/kg near 320 mg in all; highest level 11.4 mg/L.
    assert [len(levels) for levels in theophylline.observed] == [11] * 12
    assert max(times.max() for times in theophylline.times) == 24.65
    assert max(levels.max() for levels in theophylline.observed) == 11.4
    assert np.allclose(theophylline.doses, 320.0, rtol=0.2)


# Objective function values of NONMEM as repeated in the tests of nlmixr2est (test-focei-wang2007 and the older
# inner test, which gives them with ten digits): θ 0.5, ω² 0.04, residual variance 0.1, nothing estimated.
@pytest.mark.parametrize(
    ("error", "objective", "digits"),
    [
        (Proportional(ROOT_TENTH), 39.4575500857102, 1e-6),
        (Additive(ROOT_TENTH), -2.05879522891223, 1e-6),
        (LogNormal(ROOT_TENTH), 40.039, 5e-4),
    ],
    ids=["proportional", "additive", "log-normal"],
)
def test_objective_is_that_of_nonmem_for_the_ten_subjects_of_wang(error, objective, digits):
    subjects = Bolus(tuple("abcdefghij"), 10.0, (np.array([0.0, 1.0]),) * 10, tuple(np.array(row) for row in WANG))
    model = Population((Parameter("ke", 0.5, 0.01, 10.0, "1/h"),), Diagonal({"ke": 0.2}), error)
    found = marginal(model, subjects, model.start())
    assert found.value == pytest.approx(objective, abs=digits)  # what is left out, n·ln 2π, would be 36.8
    if isinstance(error, Proportional):
        # NONMEM's own conditional estimates of η, given with eight digits, and its objective of the first subject.
        assert found.etas[:4, 0] == pytest.approx([0.071545, 0.0057045, 0.024947, 0.03195], abs=1e-6)
        assert found.parts[0] == pytest.approx(5.20178380742227, abs=1e-6)


def test_theophylline_gives_the_objective_of_nlmixr2(fitted):
    # OBJF 116.8044 and log-likelihood −179.7021 with all constants; its search stops at a relative 1e-4 or so.
    assert fitted.outcome == "converged"
    assert fitted.objective == pytest.approx(116.8044, abs=0.01)
    assert fitted.objective <= 116.8044
    assert -0.5 * fitted.minus_two_log_likelihood == pytest.approx(-179.7021, abs=0.005)


def test_theophylline_gives_the_estimates_of_nlmixr2(fitted):
    # Printed: tka 0.464, tcl 1.01, tv 3.46 (logarithms), add.sd 0.693; ka 1.59, CL 2.75, V 31.8.
    assert math.log(fitted["ka"].number) == pytest.approx(0.464, abs=0.0015)
    assert math.log(fitted["cl"].number) == pytest.approx(1.01, abs=0.006)
    assert math.log(fitted["v"].number) == pytest.approx(3.46, abs=0.006)
    assert fitted["sigma additive"].number == pytest.approx(0.693, rel=0.005)
    # Between subjects, printed as coefficients of variation √(exp ω² − 1) of 70.6, 26.8 and 13.9 %.
    for name, cv in (("ka", 0.706), ("cl", 0.268), ("v", 0.139)):
        found = math.sqrt(math.expm1(fitted[f"omega {name}"].number ** 2))
        assert found == pytest.approx(cv, rel=0.01), name


def test_theophylline_gives_the_errors_and_shrinkage_of_nlmixr2(fitted):
    # Sandwich errors of the logarithms, 0.195, 0.0751, 0.0435: its Hessian is one of coarse differences.
    for name, error in (("ka", 0.195), ("cl", 0.0751), ("v", 0.0435)):
        assert fitted[name].robust_error / fitted[name].number == pytest.approx(error, rel=0.03), name
    for (name, share), printed in zip(fitted.eta_shrinkage, (0.0194, 0.0396, 0.103), strict=True):
        assert share == pytest.approx(printed, abs=0.003), name


def test_full_and_first_order_curvature_tell_theophylline_alike(theophylline, fitted):
    # Rich data: the two approximations differ by far less than a standard error.
    full = estimate(population(Laplace()), theophylline)
    assert full.outcome == "converged"
    for one in fitted.estimates:
        assert abs(full[one.name].number - one.number) < 0.15 * one.error, one.name
