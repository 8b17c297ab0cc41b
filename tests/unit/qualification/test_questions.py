"""What counts and where it belongs follows from the observation alone."""

import pytest

from reuptake.evidence.studies import Study
from reuptake.qualification.questions import DOMAINS, Question

ARMS = [
    {"id": "iv", "compound": "desipramine", "dose": "50 mg", "route": "iv"},
    {"id": "po", "compound": "desipramine", "dose": "50 mg", "genotype": "CYP2D6=EM"},
    {"id": "pm", "compound": "desipramine", "dose": "50 mg", "genotype": "CYP2D6=PM"},
    {"id": "fast", "compound": "desipramine", "dose": "50 mg", "traits": {"cyp2d6.activity_score.human": 2.5}},
    {"id": "heavy", "compound": "desipramine", "dose": "50 mg", "traits": {"body.mass": 120}},
    {
        "id": "with",
        "compound": "desipramine",
        "dose": "50 mg",
        "genotype": "CYP2D6=EM",
        "coadministered": ["quinidine 200 mg every 24h"],
    },
    {"id": "daily", "compound": "desipramine", "dose": "50 mg", "every": "24 h", "duration": "28 d"},
    {"id": "unread", "compound": "desipramine"},
]


def question(species="human", **row):
    row = {"analyte": "desipramine", "number": 1.0, "unit": "ng/mL", **row}
    study = Study.model_validate(
        {"id": "s", "source": "x", "role": "validation", "species": species, "arms": ARMS, "observations": [row]}
    )
    return Question(study, study.observations[0])


@pytest.mark.parametrize(
    ("domain", "row"),
    [
        ("rodent", {"arm": "po", "quantity": "cmax", "species": "rat"}),
        ("interaction", {"arm": "with", "quantity": "auc_inf", "relative_to": "po"}),
        ("interaction", {"arm": "with", "quantity": "cmax"}),
        ("genotype", {"arm": "pm", "quantity": "cmax"}),
        ("genotype", {"arm": "po", "quantity": "cmax", "relative_to": "pm"}),
        ("genotype", {"arm": "fast", "quantity": "cmax"}),
        ("population", {"arm": "heavy", "quantity": "cmax"}),
        ("metabolite", {"arm": "daily", "quantity": "cavg", "analyte": "2-hydroxydesipramine"}),
        (
            "metabolite",
            {
                "arm": "po",
                "quantity": "auc_inf",
                "analyte": "2-hydroxydesipramine",
                "relative_to_analyte": "desipramine",
            },
        ),
        ("steady state", {"arm": "daily", "quantity": "cavg"}),
        ("disposition", {"arm": "iv", "quantity": "clearance"}),
        ("disposition", {"arm": "po", "quantity": "half_life"}),
        ("exposure", {"arm": "po", "quantity": "oral_clearance"}),
    ],
)
def test_the_domain_follows_from_what_was_done_and_measured(domain, row):
    assert question(**row).domain == domain
    assert domain in DOMAINS


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"arm": "po", "quantity": "cmax"}, ""),
        ({"arm": "po", "quantity": "tmax"}, "times at which blood was drawn"),
        ({"arm": "po", "quantity": "cmax", "use": False, "because": "another assay"}, "another assay"),
        ({"arm": "unread", "quantity": "cmax"}, "dose"),
        ({"arm": "unread", "quantity": "half_life"}, ""),
        ({"arm": "unread", "quantity": "oral_clearance"}, ""),
        ({"arm": "unread", "quantity": "cavg", "relative_to_analyte": "imipramine"}, ""),
    ],
)
def test_whether_it_counts_follows_from_the_kind_of_number(row, why):
    because = question(**row).because
    assert why in because
    assert bool(because) == bool(why)


def test_only_a_ratio_with_and_without_an_inhibitor_has_limits():
    assert question(arm="with", quantity="auc_inf", relative_to="po").ratio_of_interaction
    assert not question(arm="with", quantity="auc_inf").ratio_of_interaction
    assert not question(arm="pm", quantity="auc_inf", relative_to="po").ratio_of_interaction
