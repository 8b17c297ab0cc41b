"""The partition that the equations of the model compute against an independent calculation of the same method."""

import csv

import pytest

from reuptake.equations.evaluation import evaluate
from reuptake.evidence.base import packaged
from reuptake.evidence.parameters import resolve
from reuptake.model.assemble import assemble

pytestmark = pytest.mark.needs("shared")
# Inputs of that calculation: fraction unbound and blood:plasma ratio of man and rat; log P 4.8, pKa 9.4, haematocrit 0.45.
INPUTS = {"Kp_human_RR_pred_fu0p10_BP1p07": (0.10, 1.07), "Kp_rat_RR_pred": (0.24, 1.67)}


@pytest.mark.parametrize("column", INPUTS)
def test_rodgers_and_rowland_as_calculated_elsewhere(shared, column):
    system = assemble(packaged(), "human", {"imipramine": ["po"]})
    table = resolve(packaged(), [(p.name, p.unit) for p in system.parameters], "human")
    at = dict(zip(table.names, table.values.tolist(), strict=True))
    unbound, blood = INPUTS[column]
    at |= {
        "imipramine.logp": 4.8,
        "imipramine.pka": 9.4,
        "imipramine.kp_scale": 1.0,
        "blood.haematocrit_reference": 0.45,
    }
    at |= {"imipramine.fraction_unbound": unbound, "imipramine.blood_plasma_ratio": blood}
    path = shared / "evidence" / "physiology" / "kp_rr_check_imipramine.csv"
    with path.open(encoding="utf-8") as file:
        rows = {row["tissue"].lower(): float(row[column]) for row in csv.DictReader(file)}
    compared = 0
    for tissue, expected in rows.items():
        kpu = system.definitions.get(f"imipramine.{tissue}.kpu")
        if kpu is not None:
            ours = unbound * evaluate(kpu, at | {f"{tissue}.kp_scalar": 1.0})
            assert ours == pytest.approx(expected, rel=5e-4), tissue  # the table has four digits
            compared += 1
    assert compared >= 11
