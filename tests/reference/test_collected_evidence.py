"""Records agree with the collected evidence that they were entered from."""

import csv

import pytest

from reuptake.evidence.base import packaged
from reuptake.units import convert

pytestmark = pytest.mark.needs("shared")


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_transporter_affinities(shared):
    found = [
        row for row in rows(shared / "evidence" / "pharmacodynamics.csv")
        if row["citation"].startswith("Tatsumi") and row["drug"] in ("imipramine", "desipramine")
    ]  # fmt: skip
    assert len(found) == 6
    for row in found:
        record = packaged().record(f"{row['drug']}.{row['target_or_endpoint'].lower()}.kd")
        assert record.number == float(row["value"])


def test_tissue_composition(shared):
    columns = {
        "f_ew": "water_extracellular", "f_iw": "water_intracellular", "f_n_l": "neutral_lipid", "f_n_pl": "neutral_phospholipid",
        "apl_mg_per_g": "acidic_phospholipid",
    }  # fmt: skip
    compared = 0
    for row in rows(shared / "evidence" / "physiology" / "tissue_composition_RR_wide.csv"):
        tissue = {"rbcs": "rbc"}.get(row["tissue"].lower(), row["tissue"].lower())
        for column, quantity in columns.items():
            record = packaged().find(f"{tissue}.{quantity}")
            if record and row[column]:
                assert record.number == float(row[column])
                compared += 1
    assert compared > 50


def test_organs_and_flows_of_the_reference_man(shared):
    organs = {
        row["organ"]: row
        for row in rows(shared / "evidence" / "physiology" / "organs_human.csv")
        if row["stage"] == "adult" and row["sex"] == "M"
    }
    for name, organ in {
        "adipose": "adipose",
        "muscle": "muscle",
        "liver": "liver",
        "bone": "bone_skeleton",
        "kidney": "kidney",
    }.items():
        mass = (
            packaged().record(f"{name}.mass_fraction", "human").number * packaged().record("body.mass", "human").number
        )
        assert mass == pytest.approx(float(organs[organ]["volume_L"]), rel=1e-5)
        assert packaged().record(f"{name}.flow_fraction", "human").number == float(organs[organ]["flow_fraction_CO"])
    output = packaged().record("heart.output", "human")
    assert convert(output.number, output.unit, "L/min") == float(organs["liver"]["CO_L_min"])


def test_no_study_changed_sides(shared):
    """A study that the targets put into one role keeps it."""
    other = {"Abernethy1984_JPET": "abernethy1984", "Abernethy1984_CPT_OCS": "abernethy1984ocs", "SmPC": "tofranil",
             "Spina1997_keto": "spina1997", "Lombardo2018_compiled": "lombardo2018", "Brosen1986_CPT": "brosen1986"}  # fmt: skip
    roles = {study.id: study.role for study in packaged().studies}
    targets = [
        row for row in rows(shared / "evidence" / "pk_targets.csv") if row["set"] in ("calibration", "validation")
    ]
    for row in targets:
        for name in row["study"].split():
            assert roles[other.get(name, name.lower())] == row["set"], name
    assert len(targets) > 30
