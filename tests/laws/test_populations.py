"""What nature asks of virtual people: balances, limits, trends, and that nobody depends on anybody else."""

import numpy as np
import pytest

from reuptake.evidence.base import packaged
from reuptake.evidence.parameters import resolve
from reuptake.model.assemble import assemble
from reuptake.population.people import draw, typical
from reuptake.population.recipe import IMPAIRMENTS, Range, Recipe

RECIPES = {
    "adults": Recipe(),
    "children": Recipe(ages=Range(6.0, 17.0)),
    "old": Recipe(ages=Range(75.0, 90.0)),
    "light": Recipe(mass=Range(45.0, 60.0)),
    **{name: Recipe(impairment=name) for name in IMPAIRMENTS},
}


@pytest.fixture(scope="module")
def table():
    return tabled()


def tabled(**settings):
    system = assemble(packaged(), "human", {"imipramine": ["po"]})
    return resolve(packaged(), [(p.name, p.unit) for p in system.parameters], "human", settings)


@pytest.fixture(scope="module", params=RECIPES)
def people(request, table):
    return draw(table, packaged(), RECIPES[request.param], range(1, 1001), 5)


def test_organs_and_blood_are_the_body(people):
    # 1e-12: rounding of a sum of thirteen numbers
    assert sum(people.masses.values()) == pytest.approx(people.stature.mass, rel=1e-12)
    assert all(np.all(mass > 0.0) for mass in people.masses.values())


def test_fractions_that_the_model_is_given_add_up_to_the_body(people):
    shares = [values for name, values in people.parameters.items() if name.endswith(".mass_fraction")]
    brain = people.parameters["brain.mass"] / people.parameters["body.mass"]
    assert sum(shares) + brain == pytest.approx(np.ones(len(brain)), rel=1e-12)


def test_organs_get_no_more_blood_than_the_heart_pumps(people):
    assert np.all(sum(people.shares.values()) < 1.0)
    assert all(np.all(share > 0.0) for share in people.shares.values())


def test_everything_is_finite_and_not_negative(people):
    assert all(np.all(np.isfinite(values) & (values >= 0.0)) for values in people.parameters.values())


def test_people_are_within_the_limits_asked_for(table):
    recipe = Recipe(ages=Range(40.0, 41.0), women=1.0, mass=Range(60.0, 70.0), height=Range(160.0, 165.0))
    stature = draw(table, packaged(), recipe, range(1, 301), 2).stature
    assert stature.female.all()
    for values, limits in ((stature.age, recipe.ages), (stature.mass, recipe.mass), (stature.height, recipe.height)):
        assert np.all((values >= limits.low) & (values <= limits.high))


def test_a_subject_is_the_same_to_the_bit_whoever_else_is_drawn(table):
    recipe = Recipe(mass=Range(50.0, 75.0), impairment="child-pugh-b")
    among = draw(table, packaged(), recipe, range(1, 401), 3)
    for some in ([7], [5, 6], [400, 3, 77], list(range(100, 290))):
        alone = draw(table, packaged(), recipe, some, 3)
        rows = np.array(some) - 1
        for name, values in alone.parameters.items():
            assert values.tobytes() == among.parameters[name][rows].tobytes(), name


def test_a_subject_is_the_same_whatever_else_the_model_asks_for(table):
    smaller = resolve(packaged(), [("body.mass", "kg_body"), ("cyp2d6.abundance", "pmol_enzyme/mg_protein")], "human")
    few, all_of_them = (draw(one, packaged(), Recipe(), range(1, 21), 3).parameters for one in (smaller, table))
    assert set(few) == {"body.mass", "cyp2d6.abundance"}
    assert all(few[name].tolist() == all_of_them[name].tolist() for name in few)


def test_another_seed_makes_other_people(table):
    first, second = (draw(table, packaged(), Recipe(), [1], seed) for seed in (1, 2))
    assert first.stature.mass[0] != second.stature.mass[0]
    assert first.parameters["cyp3a4.abundance"][0] != second.parameters["cyp3a4.abundance"][0]


def test_what_the_user_sets_stays_as_set():
    fixed = tabled(**{"body.mass": 80.0, "cyp2d6.activity_score": 0.0, "liver.microsomal_protein": 30.0})
    people = draw(fixed, packaged(), Recipe(), range(1, 51), 1)
    assert not {"body.mass", "cyp2d6.activity_score", "liver.microsomal_protein"} & people.parameters.keys()
    assert np.all(people.stature.mass == 80.0)  # organs are those of a body so heavy
    assert sum(people.masses.values()) == pytest.approx(np.full(50, 80.0), rel=1e-12)


def aged(table, ages, **words):
    people = [typical(table, packaged(), Recipe(ages=Range(age, age), mass=None, **words)) for age in ages]
    return people, {name: np.array([one.parameters[name][0] for one in people]) for name in people[0].parameters}


@pytest.mark.parametrize("women", [0.0, 1.0])
def test_with_age_the_heart_pumps_less_and_less_is_filtered_and_metabolised(table, women):
    people, parameters = aged(table, (30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0), women=women)
    assert np.all(np.diff([one.output[0] for one in people]) < 0.0)
    surfaces = np.array([one.stature.surface[0] for one in people])
    assert np.all(np.diff(parameters["kidney.filtration_rate"] / surfaces)[:-2] < 0.0)  # beyond 75 y it is not known
    assert np.all(np.diff(parameters["liver.microsomal_protein"])[1:] < 0.0)
    assert np.all(np.diff(parameters["plasma.aag"])[1:] > 0.0)
    assert np.all(np.diff(parameters["plasma.albumin"])[1:] < 0.0)


@pytest.mark.parametrize("women", [0.0, 1.0])
def test_children_grow(table, women):
    people, parameters = aged(table, (6.0, 8.0, 10.0, 12.0, 14.0, 16.0), women=women)
    for values in ([one.stature.height[0] for one in people], [one.stature.mass[0] for one in people],
                   [one.output[0] for one in people], [one.masses["liver"][0] for one in people]):  # fmt: skip
        assert np.all(np.diff(values) > 0.0)
    for enzyme in ("cyp1a2", "cyp2c19", "cyp2d6", "cyp3a4"):
        assert np.all(np.diff(parameters[f"{enzyme}.abundance"]) >= 0.0)
        assert np.all(parameters[f"{enzyme}.abundance"] <= table[f"{enzyme}.abundance"])


def test_the_worse_the_liver_the_less_it_has():
    people = [typical(tabled(), packaged(), Recipe(women=0.0, impairment=f"child-pugh-{g}")) for g in "abc"]
    for name in ("cyp1a2.abundance", "cyp2d6.abundance", "cyp3a4.abundance", "plasma.albumin", "plasma.aag",
                 "liver.mass_fraction", "gut.flow_fraction"):  # fmt: skip
        assert np.all(np.diff([one.parameters[name][0] for one in people]) < 0.0), name
    assert np.all(np.diff([one.parameters["liver.flow_fraction"][0] for one in people]) > 0.0)  # the artery makes up


def test_filtration_lies_in_the_category_of_the_impairment(table):
    for stage, low, high in (("mild", 60.0, 90.0), ("moderate", 30.0, 60.0), ("severe", 15.0, 30.0)):
        people = draw(table, packaged(), Recipe(impairment=f"renal-{stage}"), range(1, 201), 4)
        per_surface = people.parameters["kidney.filtration_rate"] / people.stature.surface * 1000.0 / 60.0 * 1.73
        assert per_surface.min() >= low * (1.0 - 1e-9)  # rounding of the records to six digits is far below
        assert per_surface.max() <= high * (1.0 + 1e-5)


def test_the_typical_man_of_the_reference_size_is_the_reference_man():
    size = tabled(**{"body.mass": 73.0})
    # Tall as ICRP's man within the survey's half centimetre, so organs agree to a part in a hundred.
    man = typical(size, packaged(), Recipe(ages=Range(35.0, 35.0), women=0.0))
    for organ in ("adipose", "bone", "gut", "heart", "kidney", "liver", "lung", "muscle", "skin", "spleen", "blood"):
        assert man.parameters[f"{organ}.mass_fraction"][0] == pytest.approx(size[f"{organ}.mass_fraction"], rel=0.01)
    assert man.parameters["heart.output"][0] == pytest.approx(size["heart.output"], rel=0.01)
    for name in ("plasma.aag", "plasma.albumin", "cyp2d6.abundance", "cyp3a4.abundance", "liver.microsomal_protein"):
        assert man.parameters[name][0] == pytest.approx(size[name], rel=1e-12)
