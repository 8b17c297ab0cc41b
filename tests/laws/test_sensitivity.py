"""What elasticities must obey whatever the numbers are."""

import numpy as np
import pytest

from reuptake.calibration.sensitivity.local import elasticities
from reuptake.calibration.sensitivity.ranges import Factor, Uniform
from reuptake.evidence.base import packaged
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import prepare
from reuptake.simulation.sweep import looking_at
from reuptake.units import unit

HOURS = unit("h").dimension.exponents.index(1)


def test_nothing_hangs_on_the_unit_of_time():
    """Were hours longer, rates would be larger: elasticities times powers of time add up to the power of the output."""
    known = packaged()
    request = parse_request(known, "imipramine", dose="50 mg", threads=2)
    outputs = ["plasma.imipramine.auc_inf", "plasma.imipramine.cmax", "plasma.desipramine.auc_inf"]
    laboratory = looking_at(prepare(known, "human", request.doors), outputs, request.backend)
    table = laboratory.table
    powers = np.array([float(unit(record.unit).dimension.exponents[HOURS]) for record in table.records])
    timed = [i for i, power in enumerate(powers) if power and table.values[i]]
    factors = [Factor(table.names[i], table.records[i].number, Uniform(0.0, 1.0)) for i in timed]
    found = elasticities(laboratory, request, factors, outputs)
    # The rest is the grid's: a peak is looked for every eighth of an hour, an area is a sum of trapezoids.
    assert found @ powers[timed] == pytest.approx([1.0, 0.0, 1.0], abs=5e-3)
