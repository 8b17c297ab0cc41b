"""What the packaged evidence promises: every row claimed, every number with an origin, roles kept apart."""

import re
from collections import defaultdict

import pytest

from reuptake.calibration.specification import read_specification
from reuptake.evidence.base import DATA, packaged
from reuptake.evidence.claims import ROWS
from reuptake.model.mechanism import TARGETS
from reuptake.population.genotypes import parse_genotype, parse_phenotype

CORRELATES = {
    "B1": {"dry mouth", "blurred vision", "constipation", "urinary retention", "cognitive impairment"},
    "B2": {"drowsiness and sedation", "weight gain"},
    "B3": {"orthostatic hypotension", "dizziness", "reflex tachycardia"},
}


def test_every_row_of_the_mechanism_is_claimed_with_a_source():
    rows = defaultdict(list)
    for claim in packaged().claims:
        if claim.subject == "imipramine":
            rows[claim.row].append(claim)
    assert set(rows) == set(ROWS)
    assert all(claim.sources for claims in rows.values() for claim in claims)


@pytest.mark.parametrize("row", CORRELATES)
def test_every_clinical_correlate_is_claimed_in_its_own_words(row):
    said = {c.correlate for c in packaged().claims if c.row == row and c.subject == "imipramine" and c.correlate}
    assert CORRELATES[row] <= said


def test_claims_are_one_for_each_target_and_correlate():
    seen = defaultdict(list)
    for claim in packaged().claims:
        if claim.correlate and claim.row[0] == "B":
            seen[claim.subject, claim.row, claim.target, claim.correlate].append(claim.id)
    assert not [ids for ids in seen.values() if len(ids) > 1]


def test_the_primary_affinities_are_those_of_the_source():
    known = {
        ("imipramine", "sert"): 1.4,
        ("imipramine", "net"): 37.0,
        ("desipramine", "net"): 0.8,
        ("desipramine", "sert"): 17.6,
    }
    for (compound, target), kd in known.items():
        record = packaged().record(f"{compound}.{target}.kd")
        assert (record.number, record.unit, record.source) == (kd, "nmol/L", "tatsumi1997")


def test_imipramine_and_desipramine_bind_every_target():
    for compound in ("imipramine", "desipramine"):
        for target in TARGETS:
            assert packaged().find(f"{compound}.{target.lower()}.kd")


def test_fitted_values_name_a_fit_that_is_committed():
    root = DATA.parents[3]
    fitted = [record for record in packaged().records if record.status == "fitted"]
    assert fitted
    for record in fitted:
        named = re.match(r"Fit ([\w-]+):", record.because)
        assert named, record.name
        assert (root / "fits" / f"{named[1]}.yaml").exists(), record.name
        assert record.spread is not None, f"{record.name} has no interval"


def test_no_value_rests_on_a_validation_study_alone():
    """Studies for judging are not for making: no value in use rests on one."""
    judging = {study.source for study in packaged().studies if study.role == "validation"}
    training = {study.source for study in packaged().studies if study.role == "calibration"}
    leaning = [r.name for r in packaged().records if r.use and r.source in judging - training]
    assert not leaning


@pytest.mark.parametrize("file", sorted((DATA.parents[3] / "fits").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_fit_asks_calibration_studies_only(file):
    """A role, not a list of studies, says what is fitted: a study that changes sides changes here too."""
    said, _ = read_specification(file)
    assert said.data.studies == "calibration"
    assert not said.data.tables
    assert said.fit == file.stem


def test_a_study_has_one_role_and_a_source():
    roles = defaultdict(set)
    for study in packaged().studies:
        roles[study.id].add(study.role)
    assert all(len(kinds) == 1 for kinds in roles.values())
    assert {"calibration", "validation"} <= {role for kinds in roles.values() for role in kinds}


def test_every_assumption_is_argued():
    for record in packaged().records:
        if record.status == "assumed":
            assert len(record.because.split()) >= 4, record.name


def test_every_genotype_of_a_study_can_be_simulated():
    said = {arm.genotype for study in packaged().studies for arm in study.arms if arm.genotype}
    assert said
    for text in said:
        person = parse_genotype(packaged(), text) if "*" in text else parse_phenotype(packaged(), text)
        assert person.settings
