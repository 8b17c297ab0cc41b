"""Every peer, used every way, solves the course that ours solves."""

import warnings

import numpy as np
import pytest

from reuptake.qualification.course import error
from reuptake.qualification.peers import ScikitSundae, Scipy, installed

WAYS = [
    (peer, variant) for peer in (Scipy(lent=True), Scipy(lent=False), ScikitSundae()) for variant in peer.variants()
]


@pytest.mark.parametrize(("peer", "variant"), WAYS, ids=lambda one: getattr(one, "name", getattr(one, "tool", "")))
def test_a_peer_computes_what_the_reference_computes(course, reference, peer, variant):
    if installed(peer) is None:
        pytest.skip(f"{peer.tool} is not installed")
    run = peer.ready(course.first(1), variant)
    with warnings.catch_warnings():
        found = run(0, 1e-8, 1e-11 * course.amount)[None]
    assert np.all(np.isfinite(found))
    assert error(found, reference[:1]) < 5e-5  # the roughest is LSODA, whose errors add up over the steps


def test_a_peer_that_is_not_there_has_no_version():
    class Nobody(ScikitSundae):
        distribution = "no-such-package-of-anybody"

    assert installed(Nobody()) is None
    assert installed(Scipy(lent=True))
