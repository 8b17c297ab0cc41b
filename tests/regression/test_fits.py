"""Every shipped fit, done again from the evidence alone, gives the numbers that are shipped."""

import math
from pathlib import Path

import pytest
import yaml

from reuptake.calibration.fit import fit
from reuptake.calibration.records import records_text
from reuptake.evidence.base import DATA

FITS = Path(__file__).parents[2] / "fits"
# Of a standard error: a search ends where the cost falls by less than the solver resolves, and other processors
# round otherwise. Records bear four digits.
OF_ERROR, DIGITS = 0.03, 1e-3


@pytest.mark.regression
@pytest.mark.parametrize("file", sorted(FITS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_fit_done_again_gives_the_shipped_records(file):
    again = {record["name"]: record for record in yaml.safe_load(records_text(fit(file, starts=1)))}
    shipped = yaml.safe_load((DATA / "values" / "fits" / file.name).read_text(encoding="utf-8"))
    assert sorted(again) == [record["name"] for record in shipped]
    for record in shipped:
        new = again[record["name"]]
        cv = record.get("spread", {}).get("cv", 0.0)
        assert abs(math.log(new["number"] / record["number"])) <= OF_ERROR * cv + DIGITS, record["name"]
        assert new.get("spread", {}).get("cv", 0.0) == pytest.approx(cv, rel=0.05)
        assert {key: new.get(key) for key in ("unit", "status", "source", "because")} == {
            key: record.get(key) for key in ("unit", "status", "source", "because")
        }
