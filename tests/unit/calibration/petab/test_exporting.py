"""A fit that is written down is the same fit when it is read again, by us and by others."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import least_squares

from reuptake.calibration.objective import with_priors
from reuptake.calibration.parameters import Parameter, Prior, to_search
from reuptake.calibration.petab.exporting import Arm, Observed, to_petab
from reuptake.calibration.petab.importing import from_petab, likelihood, nominal
from reuptake.dosing.events import administered
from reuptake.engine.ensemble import compiled, integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.system import System, SystemBuilder
from reuptake.errors import InputError
from reuptake.exchange.petab.reading import is_petab, read_problem
from reuptake.exchange.petab.writing import write_problem

pytest.importorskip("libsbml")
TRUTH = {"clearance": 3.0, "volume": 20.0, "absorption": 0.9, "exchange": 2.0, "deep volume": 45.0, "share": 0.7}
ARMS = (
    Arm("oral, twice", {}, (*administered(0.0, "oral", 1000.0), *administered(12.0, "oral", 500.0))),
    Arm("infused", {"volume": 25.0}, administered(0.5, "drip", 800.0, 2.0)),
)
EFFECT = "effect of the second study"
MOVED = (
    Parameter("clearance", 30.0, 5.0, 500.0, "mL/min", prior=Prior(np.log(60.0), 0.3)),
    Parameter("share", 0.4, 0.05, 0.99, scale="logit", prior=Prior(0.5, 1.0)),
    Parameter("absorption", 1.5, 0.05, 20.0, "1/h"),
    Parameter(EFFECT, 0.0, -2.0, 2.0, scale="linear", prior=Prior(0.0, 0.2), nuisance=True),
)
AT = {"clearance": 50.0, "share": 0.7, "absorption": 0.9, EFFECT: 0.15}  # 50 mL/min are 3 L/h


def compartments(deep: bool) -> System:
    """One or two compartments, a share of the oral dose absorbed."""
    b = SystemBuilder("compartments")
    gut, central = b.state("gut", "nmol"), b.state("central", "nmol")
    level = b.define("level", central / b.parameter("volume", "L"), "nmol/L")
    leaves = b.parameter("absorption", "1/h") * gut
    share = b.parameter("share", "")
    b.flow("absorbed", share * leaves, source="gut", target="central")
    b.flow("lost", (1.0 - share) * leaves, source="gut")
    b.flow("eliminated", b.parameter("clearance", "L/h") * level, source="central")
    if deep:
        pool = b.state("deep", "nmol")
        exchange = b.parameter("exchange", "L/h")
        b.flow("there", exchange * level, source="central", target="deep")
        b.flow("back", exchange * (pool / b.parameter("deep volume", "L")), source="deep", target="central")
    b.input("oral", into="gut")
    b.input("drip", into="central")
    b.output("plasma", level, "nmol/mL", kind="level")
    b.output("held", central, "nmol", kind="amount")
    return b.build()


def direct(system: System, x: np.ndarray, observed) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and their slopes (measurement, parameter) by the engine itself."""
    clearance, share, absorption, effect = (one.value(float(place)) for one, place in zip(MOVED, x, strict=True))
    moved = {"clearance": clearance * 0.06, "share": share, "absorption": absorption}
    rows = [[{**TRUTH, **arm.values, **moved}[entry.name] for entry in system.parameters] for arm in ARMS]
    grid = np.array(sorted({0.0, *(one.time for one in observed)}))
    batch = Batch(np.array(rows), tuple(arm.events for arm in ARMS))
    solution = integrate(compiled(system, "llvm"), batch, grid, Tolerances(1e-11, 1e-9), sensitivities=list(moved))
    names, arms = [output.name for output in system.outputs], [arm.name for arm in ARMS]
    values, slopes = [], []
    for one in observed:
        at = (arms.index(one.arm), int(np.searchsorted(grid, one.time)), names.index(one.output))
        factor = np.exp(effect) if one.effect else 1.0
        steps = [moved["clearance"], share * (1.0 - share), absorption]
        values.append(solution.values[at] * factor)
        slopes.append([*(solution.sensitivities[at] * steps * factor), values[-1] if one.effect else 0.0])
    return np.array(values), np.array(slopes)


def measurements(system: System, noise: np.ndarray | None = None) -> list[Observed]:
    """At the truth, or with noise of 10 %."""
    asked = [
        Observed(arm.name, output, time, 1.0, 0.1 if output == "plasma" else 0.2, effect=EFFECT if arm is ARMS[1] else "")
        for arm in ARMS for output in ("plasma", "held") for time in (1.0, 2.0, 4.0, 9.0, 13.0, 24.0)
    ]  # fmt: skip
    values, _ = direct(system, to_search(MOVED, [AT[one.name] for one in MOVED]), asked)
    factors = np.ones(len(values)) if noise is None else np.exp(0.1 * noise)
    return [dataclasses.replace(one, value=float(v)) for one, v in zip(asked, values * factors, strict=True)]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("deep", [False, True])
def test_written_and_read_again_it_costs_the_same(deep, version, tmp_path):
    system = compartments(deep)
    observed = measurements(system, np.random.default_rng(1).standard_normal(24))
    problem = to_petab("a fit", system, TRUTH, ARMS, observed, MOVED, best=AT, left_out=["ratios: no."])
    path = write_problem(problem, tmp_path / "fit", version)
    assert path.name == "a_fit.yaml"
    assert is_petab(path)
    assert "Left out: ratios: no." in (path.parent / "README.md").read_text()
    objective = from_petab(read_problem(path), 1e-11)
    at = to_search(MOVED, [AT[one.name] for one in MOVED]) + np.array([0.1, -0.2, 0.05, 0.02])
    assert objective.parameters[1].scale == "linear"  # a logit is a plain number there
    shift = np.array([np.log(0.06), 0.0, 0.0, 0.0])  # mL/min in L/h
    place = at + shift
    if version == 2:  # which knows no logarithmic search: what is positive is searched so
        assert [one.scale for one in objective.parameters] == ["log", "linear", "log", "linear"]
    predicted, slopes = direct(system, at, observed)
    sds = np.array([one.log_sd for one in observed])
    residuals = (np.log([one.value for one in observed]) - np.log(predicted)) / sds
    priors = np.array([(x - one.prior.mean) / one.prior.sd for x, one in zip(at, MOVED, strict=True) if one.prior])
    found = with_priors(objective, place)
    assert found.cost == pytest.approx(0.5 * (residuals @ residuals + priors @ priors), rel=1e-8)
    gradient = -(slopes / (predicted * sds)[:, None]).T @ residuals
    assert objective.residuals(place).gradient == pytest.approx(gradient, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("deep", [False, True])
def test_without_noise_the_optimum_is_the_truth(deep, tmp_path):
    system = compartments(deep)
    free = [dataclasses.replace(one, prior=None) for one in MOVED]
    problem = to_petab("fit", system, TRUTH, ARMS, measurements(system), free)
    objective = from_petab(read_problem(write_problem(problem, tmp_path / "fit")), 1e-10)
    start = nominal(problem, objective.parameters)
    found = least_squares(
        lambda x: objective.residuals(x).values, start, lambda x: objective.residuals(x).slopes, xtol=1e-12
    )
    truth = to_search(MOVED, [AT[one.name] for one in MOVED]) + np.array([np.log(0.06), 0.0, 0.0, 0.0])
    assert found.x == pytest.approx(truth, abs=1e-6)


def test_an_area_is_a_state_of_its_own():
    system = compartments(False)
    asked = [Observed("infused", "plasma", 200.0, 5.0, 0.1, area=True)]
    density = likelihood(to_petab("fit", system, TRUTH, ARMS, asked, MOVED[:1], best={"clearance": 50.0}))
    area = 800.0 / 3.0 * 1e-3  # dose over clearance, in nmol/mL·h
    expected = 0.5 * (np.log(5.0 / area) / 0.1) ** 2 + np.log(0.1 * 5.0) + 0.5 * np.log(2.0 * np.pi)
    assert density(np.log([3.0]))[0] == pytest.approx(expected, rel=1e-6)


def test_an_area_may_begin_on_the_way(tmp_path):
    system = compartments(True)
    asked = [Observed("oral, twice", "plasma", 30.0, 5.0, 0.1, area=True, begin=12.0),
             Observed("oral, twice", "plasma", 20.0, 5.0, 0.1, area=True, begin=12.0),
             Observed("infused", "held", 24.0, 5.0, 0.1, area=True),
             Observed("infused", "plasma", 24.0, 5.0, 0.1, area=True)]  # fmt: skip
    x = to_search(MOVED, [AT[one.name] for one in MOVED])
    fine = [
        [dataclasses.replace(one, time=t, area=False) for t in np.linspace(one.begin, one.time, 2001)] for one in asked
    ]
    levels = [direct(system, x, points)[0] for points in fine]
    # Simpson's rule: 2001 points on 24 h leave 1e-7 or less, but for the corner at the end of the infusion.
    areas = np.array([(one.time - one.begin) / 6000.0 * np.array([1.0, *[4.0, 2.0] * 999, 4.0, 1.0]) @ y
                      for one, y in zip(asked, levels, strict=True)])  # fmt: skip
    problem = to_petab("fit", system, TRUTH, ARMS, asked, MOVED[:3], best=AT)
    objective = from_petab(read_problem(write_problem(problem, tmp_path / "fit")), 1e-10)
    found = objective.residuals(nominal(problem, objective.parameters)).values
    assert found == pytest.approx((np.log(5.0) - np.log(areas)) / 0.1, abs=1e-4)
    with pytest.raises(InputError, match="areas of one arm begin together"):
        to_petab("fit", system, TRUTH, ARMS, [asked[0], dataclasses.replace(asked[1], begin=0.0)], MOVED[:3])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pandas, about petab
def test_the_linters_of_others_have_nothing_against_it(tmp_path):
    first, second = pytest.importorskip("petab.v1"), pytest.importorskip("petab.v2")
    system = compartments(True)
    observed = [*measurements(system), Observed("infused", "plasma", 24.0, 5.0, 0.1, area=True)]
    problem = to_petab("fit", system, TRUTH, ARMS, observed, MOVED)
    assert not first.lint_problem(first.Problem.from_yaml(write_problem(problem, tmp_path / "1")))
    issues = second.lint_problem(write_problem(problem, tmp_path / "2", version=2))
    assert [str(issue) for issue in issues if issue.level > second.lint.ValidationIssueSeverity.WARNING] == []


def test_what_does_not_fit_is_named_all_at_once():
    wrong = [Observed("orally", "plasm", 1.0, -1.0, 0.1, effect="clearance")]
    moved = [*MOVED, Parameter("weight", 1.0, 0.1, 10.0), Parameter("volume", 1.0, 0.1, 10.0, "h")]
    with pytest.raises(InputError) as caught:
        to_petab("fit", compartments(True), TRUTH, ARMS, wrong, moved)
    said = "\n".join(problem.message for problem in caught.value.problems)
    for part in ("no arm 'orally'", "no output 'plasm'", "no linear parameter", "above 0", "'weight' is no parameter",
                 "counts it in L", "'volume' is moved by the fit"):  # fmt: skip
        assert part in said
