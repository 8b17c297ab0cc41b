"""A simulator that reads our SBML finds our results."""

from xml.etree import ElementTree

import numpy as np
import pytest

from reuptake.equations.system import SystemBuilder
from reuptake.qualification.course import error
from reuptake.qualification.peers import LibRoadRunner
from reuptake.qualification.sbml import sheet

SBML = "{http://www.sbml.org/sbml/level3/version2/core}"


@pytest.mark.parametrize("variant", LibRoadRunner().variants(), ids=lambda variant: variant.name)
def test_roadrunner_computes_what_the_reference_computes(course, reference, variant):
    pytest.importorskip("roadrunner")
    run = LibRoadRunner().ready(course, variant)
    found = np.array([run(subject, 1e-9, 1e-12 * course.amount) for subject in (0, 1)])
    assert error(found, reference) < 1e-6  # its local tolerance is 1e-9, over some thousand steps
    assert np.array_equal(run(0, 1e-9, 1e-12 * course.amount), found[0])  # nothing is left over from another subject


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("style", ["rate rules", "reactions"])
def test_the_text_is_whole(course, style, shared):
    told = sheet(course.system, style, shared=shared)
    model = ElementTree.fromstring(told.text).find(f"{SBML}model")
    kinds = "rateRule" if style == "rate rules" else "species"
    assert len(list(model.iter(f"{SBML}{kinds}"))) == len(course.system.states)
    assert len(list(model.iter(f"{SBML}reaction"))) == (len(course.system.flows) if style == "reactions" else 0)
    assert bool(list(model.iter(f"{SBML}assignmentRule"))) == shared
    known = {element.get("id") for element in model.iter() if element.get("id")}
    assert set(told.constants) | set(told.states) <= known
    mathml = "{http://www.w3.org/1998/Math/MathML}ci"
    assert {element.text for element in model.iter(mathml)} <= known
    assert len(told.values(course.system, course.parameters[0])) == len(told.constants)


def test_a_system_with_triggers_is_refused():
    builder = SystemBuilder("triggered")
    pool = builder.state("pool", "nmol")
    builder.trigger("empty", pool - builder.state("other", "nmol"), {"pool": builder.graph.zero(pool.dimension)})
    with pytest.raises(ValueError, match="triggers"):
        sheet(builder.build(), "rate rules", shared=True)
