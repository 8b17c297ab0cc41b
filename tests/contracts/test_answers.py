"""JSON answers keep the keys that others rely on; keys are only ever added."""

import json

import pytest

from reuptake.evidence.base import packaged
from reuptake.exchange.analysis import UNITS
from reuptake.exchange.samples import KEYS
from reuptake.reports.answers.evidence import EvidenceAnswer, ExplainAnswer, evidence_answer
from reuptake.reports.answers.fit import FitAnswer, ParameterAnswer
from reuptake.reports.answers.genotypes import GeneAnswer, GenotypeAnswer
from reuptake.reports.answers.individual import IndividualAnswer
from reuptake.reports.answers.population_fit import (
    IndividualFitAnswer,
    LevelAnswer,
    NumberAnswer,
    PopulationFitAnswer,
)
from reuptake.reports.answers.populations import PopulationAnswer
from reuptake.reports.answers.profiles import NcaAnswer, ProfileAnswer
from reuptake.reports.answers.sensitivity import EffectAnswer, SensitivityAnswer
from reuptake.reports.answers.simulation import SimulateAnswer, simulate_answer
from reuptake.reports.answers.speed import BenchAnswer
from reuptake.reports.answers.validation import ValidateAnswer
from reuptake.simulation.run import simulate

PROMISED = {
    BenchAnswer: {"rows", "ratio", "work_precision"},
    EvidenceAnswer: {"claims", "values"},
    ExplainAnswer: {"records", "used_by"},
    FitAnswer: {
        "fit", "converged", "cost", "freedom", "inflation", "fold_error", "parameters", "records", "effects", "rows",
        "correlations", "profiles", "starts", "notes",
    },
    PopulationFitAnswer: {
        "fit", "method", "outcome", "objective", "minus_two_log_likelihood", "subjects", "observations", "typical",
        "between", "correlations", "residual", "residual_shrinkage", "individuals", "rows", "records", "notes",
    },
    NumberAnswer: {
        "name", "value", "unit", "error", "robust_error", "relative_error", "low", "high", "shrinkage",
    },
    IndividualFitAnswer: {"subject", "eta", "conditional_sd", "values"},
    LevelAnswer: {"subject", "period", "output", "time", "observed", "population", "individual", "residual"},
    ParameterAnswer: {
        "name", "value", "unit", "status", "low", "high", "log_error", "told", "reason", "start", "bound_low",
        "bound_high",
    },
    IndividualAnswer: {"analytes", "parameters", "levels", "predictions", "uninformed", "run", "notes"},
    GeneAnswer: {"gene", "parameter", "alleles", "haplotypes", "phenotypes"},
    GenotypeAnswer: {"genotypes", "notes"},
    NcaAnswer: {"subjects", "units", "notes"},
    ProfileAnswer: {"id", "cmax", "tmax", "auc_last", "auc_inf", "lambda_z", "half_life", "flags"},
    EffectAnswer: {"at_p05", "at_p95", "elasticity", "mu_star", "sigma", "first", "total"},
    SensitivityAnswer: {"method", "outputs", "parameters", "effects", "idle", "held", "runs", "run", "notes"},
    SimulateAnswer: {
        "subjects", "analytes", "occupancy", "transmitters", "adaptation", "effects", "mass_balance", "run", "notes",
    },
    PopulationAnswer: {"subjects", "seed", "recipe", "covariates", "phenotypes", "rows", "off", "notes"},
    ValidateAnswer: {
        "rows", "reported", "directions", "excluded", "gmfe", "gmfe_by", "within_1_25", "within_1_5", "within_2",
        "within", "study_effects", "run", "notes",
    },
}  # fmt: skip
LEVEL = {"cmax", "tmax", "auc_last", "auc_inf", "auc_tau", "cavg", "cmin", "half_life"}


@pytest.mark.parametrize("shape", PROMISED, ids=lambda shape: shape.__name__)
def test_promised_keys_are_there(shape):
    assert PROMISED[shape] <= set(shape.model_fields)


@pytest.fixture(scope="module")
def answer():
    return json.loads(simulate_answer(simulate("imipramine", dose="50 mg", subjects=3), 0.1).text())


def test_every_quantity_is_a_median_with_its_quantiles_and_unit(answer):
    units = {
        "cmax": "ng/mL",
        "tmax": "h",
        "auc_last": "ng·h/mL",
        "auc_inf": "ng·h/mL",
        "cavg": "ng/mL",
        "cmin": "ng/mL",
        "half_life": "h",
    }
    for level in answer["analytes"].values():
        assert set(level) == LEVEL
        for measure, expected in units.items():
            value = level[measure]
            assert set(value) == {"median", "p05", "p95", "unit"}
            assert value["unit"] == expected
            assert value["p05"] <= value["median"] <= value["p95"]
    for target in answer["occupancy"].values():
        assert set(target) == {"max", "mean", "min"}
        assert all(set(value) == {"median", "p05", "p95"} for value in target.values())
        assert 0.0 <= target["min"]["p05"] <= target["mean"]["median"] <= target["max"]["p95"] < 1.0


def test_what_cannot_be_computed_is_null_with_a_reason(answer):
    assert answer["analytes"]["imipramine"]["auc_tau"] is None
    for key in ("transmitters", "adaptation", "effects"):
        assert answer[key] is None
        assert any(note.startswith(key) for note in answer["notes"])


def test_run_and_balance_are_plain_numbers(answer):
    assert set(answer["run"]) >= {"seed", "backend", "hash", "seconds"}
    assert set(answer["mass_balance"]) == {"dosed", "recovered", "urine_unchanged_fraction"}
    assert answer["mass_balance"]["recovered"] == pytest.approx(answer["mass_balance"]["dosed"], rel=1e-6)


def test_claims_and_values_carry_what_others_read():
    base = packaged()
    answer = evidence_answer(list(base.claims), list(base.records), base, [])
    for claim in answer.claims:
        assert {"row", "subject", "target", "action", "outcome", "correlate", "sources"} <= set(claim.model_dump())
        assert claim.target is None or claim.target.isascii()
    for value in answer.values:
        assert {"name", "number", "unit", "status", "source", "use"} <= set(value.model_dump())


def test_numbers_survive_the_trip_through_text(answer):
    course = simulate("imipramine", dose="50 mg", subjects=3)
    exact = course.summary()["analytes"]["imipramine"]["auc_inf"]["median"]
    assert answer["analytes"]["imipramine"]["auc_inf"]["median"] == exact


def test_a_profile_has_every_measure_of_an_analysis_and_no_other():
    assert set(ProfileAnswer.model_fields) == {*KEYS, "route", *UNITS, "flags"}
