"""Interactions: paired subjects, ratios by their definition, ranges of what is assumed, clear errors."""

import csv
import io

import numpy as np
import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.experiments.interaction import interact
from reuptake.simulation.run import simulate

QUINIDINE = "quinidine 200 mg every 24h"


@pytest.fixture(scope="module")
def study():
    return interact("desipramine", dose="50 mg", coadministered=[QUINIDINE], subjects=12, seed=4)


def test_ratios_are_of_the_same_subjects(study):
    alone = simulate("desipramine", dose="50 mg", duration="21 d", subjects=12, seed=4)
    single = [summary["analytes"]["desipramine"]["auc_inf"]["median"] for summary in
              (alone.part(slice(i, i + 1)).summary() for i in range(12))]  # fmt: skip
    with_it = study.beside.columns["plasma.desipramine.auc_inf"]
    assert study.ratio("desipramine", "auc_inf") == pytest.approx(with_it / np.array(single), rel=1e-9)


def test_a_summary_is_the_median_of_paired_ratios(study):
    ratio = study.ratio("desipramine", "auc_inf")
    assert study.summary()["ratios"]["desipramine"]["auc"]["median"] == pytest.approx(np.median(ratio))
    assert ratio.min() > 1.0 - 1e-6  # a poor metaboliser has nothing to inhibit


def test_the_table_has_a_line_a_subject(study):
    rows = list(csv.DictReader(io.StringIO(study.to_csv())))
    assert [int(row["subject"]) for row in rows] == list(range(1, 13))
    told = [float(row["desipramine.auc_ratio"]) for row in rows]
    assert told == pytest.approx(study.ratio("desipramine", "auc_inf"), rel=1e-9)


def test_pathways_are_fractions_and_shift_away_from_what_is_inhibited(study):
    summary = study.summary()
    for key in ("pathways", "pathways_with"):
        assert sum(summary[key]["desipramine"].values()) == pytest.approx(1.0)
    assert summary["pathways_with"]["desipramine"]["CYP2D6"] < summary["pathways"]["desipramine"]["CYP2D6"]
    assert summary["activity"]["CYP2D6"]["median"] < 0.3


def test_nothing_changes_where_nothing_acts():
    nothing = interact("desipramine", dose="50 mg", coadministered=["smoking"])
    assert nothing.summary()["ratios"]["desipramine"]["auc"]["median"] == pytest.approx(1.0, abs=1e-6)


def test_a_smoker_makes_more_of_cyp1a2_and_has_less_imipramine():
    smoker = interact("imipramine", dose="50 mg", coadministered=["smoking"]).summary()
    fold = packaged().record("tobacco-smoke.cyp1a2.fold", "human").number
    assert smoker["activity"]["CYP1A2"]["median"] == pytest.approx(fold, rel=1e-3)
    share = smoker["pathways"]["imipramine"]["CYP1A2"]
    assert smoker["ratios"]["imipramine"]["auc"]["median"] == pytest.approx(1 / (1 + share * (fold - 1)), rel=0.03)


def test_a_poor_metaboliser_has_nothing_to_inhibit():
    poor = interact("desipramine", dose="50 mg", coadministered=[QUINIDINE], phenotypes=["CYP2D6=PM"], duration="60 d")
    assert poor.summary()["ratios"]["desipramine"]["auc"]["median"] == pytest.approx(1.0, abs=0.02)


def test_an_inhibitor_converts_the_phenotype():
    (converted,) = interact("desipramine", dose="50 mg", coadministered=[QUINIDINE]).phenoconversions(packaged())
    assert converted.gene == "CYP2D6"
    assert converted.effective_activity < 0.5 * converted.activity
    assert converted.effective_phenotype in ("PM", "IM")


def test_an_assumed_constant_shows_what_its_range_leaves_open():
    study = interact("desipramine", dose="50 mg", coadministered=["darifenacin 15 mg every 24h"])
    leeway = next(one for one in study.leeways if one.record.name.startswith("darifenacin.cyp2d6.ki"))
    ratio = study.summary()["ratios"]["desipramine"]["auc"]["median"]
    assert leeway.at_low > ratio > leeway.at_high > 1.0  # a lower Ki inhibits more


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"coadministered": ["desipramine 50 mg every 24h"]}, "beside itself"),
        ({"coadministered": [QUINIDINE, QUINIDINE]}, "given twice"),
        ({"coadministered": [QUINIDINE], "lead": "soon"}, "--lead"),
        ({"coadministered": [QUINIDINE], "every": "24h"}, "--for"),
        ({"coadministered": [QUINIDINE], "phenotypes": ["CYP2D6=PM"], "genotypes": ["CYP2D6=*1/*1"]}, "CYP2D6"),
    ],
)
def test_what_makes_no_study_says_why(words, complaint):
    with pytest.raises(InputError, match=complaint):
        interact("desipramine", dose="50 mg", **words)


def test_a_course_is_read_over_whole_intervals_of_all():
    """A victim three times a day beside a perpetrator once a day: one day is read, whatever hour it ends at."""
    study = interact("desipramine", dose="10 mg", every="8h", duration="7d", coadministered=[QUINIDINE])
    daily = interact("desipramine", dose="30 mg", every="24h", duration="7d", coadministered=[QUINIDINE])
    peaks = [one.summary()["perpetrators"]["quinidine"]["cmax"]["median"] for one in (study, daily)]
    assert peaks[0] == pytest.approx(peaks[1], rel=0.01)
    assert study.request.reading == 24.0
    left = [one.summary()["activity"]["CYP2D6"]["median"] for one in (study, daily)]
    assert left[0] == pytest.approx(left[1], rel=0.02)


def test_what_the_victim_itself_occupies_converts_nobody():
    study = interact(
        "imipramine", dose="50 mg", every="8h", duration="7d", coadministered=["smoking"], genotypes=["CYP2D6=*1/*10"]
    )
    assert study.summary()["activity"]["CYP2D6"]["median"] < 0.99  # imipramine and desipramine hold some of it
    (kept,) = study.phenoconversions(packaged())
    assert (kept.effective_activity, kept.effective_phenotype) == (1.25, "NM")


def test_ripple_leaves_nobody_out(study):
    assert np.isnan(study.ratio("2-hydroxydesipramine", "auc_inf")).any()
    assert np.isfinite(study.area_ratio("2-hydroxydesipramine")).all()
    assert any("areas to the end of the run" in note for note in study.summary()["notes"])


def test_nothing_beside_it_is_no_study_and_one_text_is_one_drug():
    with pytest.raises(InputError, match="nothing is given beside it"):
        interact("desipramine", dose="50 mg", coadministered=[])
    one = interact("desipramine", dose="50 mg", coadministered=QUINIDINE, duration="5 d")
    assert one.request.words["coadministered"] == [QUINIDINE]


def test_a_run_too_short_for_a_terminal_phase_is_answered_all_the_same():
    study = interact("desipramine", dose="50 mg", duration="1 h", coadministered=[QUINIDINE])
    assert np.isfinite(study.area_ratio("desipramine")).all()
    assert study.leeways
    assert all(np.isfinite([leeway.at_low, leeway.at_high]).all() for leeway in study.leeways)


def test_ranges_hold_beside_a_value_that_is_set():
    study = interact("desipramine", dose="50 mg", coadministered=[QUINIDINE], settings="body.mass=90", duration="5 d")
    assert study.leeways[0].at_low > study.leeways[0].at_high > 1.0
