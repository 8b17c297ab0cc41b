"""Any number of subjects, in parts of bounded size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.evidence.base import packaged
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import plan
from reuptake.simulation.shards import SHARD_BYTES, Shard, divided


@given(subjects=st.integers(2, 5000), each=st.integers(1, 10**6), most=st.integers(1, 10**8))
def test_shards_hold_everybody_once_in_order_within_their_bound(subjects, each, most):
    shards = divided(subjects, each, most)
    assert [subject for shard in shards for subject in range(shard.first, shard.last + 1)] == list(
        range(1, subjects + 1)
    )
    assert all(shard.size * each <= most or shard.size == 1 for shard in shards)
    assert all(shard.subjects.tolist() == list(range(shard.first, shard.last + 1)) for shard in shards[:3])


def test_the_reference_individual_is_subject_nought():
    assert divided(1, 100) == (Shard(0, 0),)


def test_a_million_subjects_over_a_month_are_planned_within_the_bound(pretend):
    words = {"dose": "50 mg", "every": "8 h", "duration": "28 d", "subjects": 1_000_000}
    made = plan(parse_request(packaged(), "imipramine", **words), packaged(), pretend)
    assert made.curve_bytes > 1e11
    each = made.curve_bytes // 1_000_000
    assert max(shard.size for shard in made.shards) * each <= SHARD_BYTES
    assert sum(shard.size for shard in made.shards) == 1_000_000
    assert len(made.shards) == pytest.approx(
        made.curve_bytes / SHARD_BYTES, rel=0.05
    )  # none much smaller than it could be
