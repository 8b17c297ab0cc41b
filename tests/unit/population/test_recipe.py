"""Words become a population, and every wrong word is named at once."""

import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.population.recipe import Range, Recipe, parse_recipe, population_of


def test_what_is_not_said_is_usual():
    assert parse_recipe(packaged()) == Recipe()


def test_words_are_read():
    recipe = parse_recipe(
        packaged(), age="65 - 90 years", sex="Female", ancestry="east asian", smokers=0.5, weight="50-120 kg",
        height="150-180", impairment="Child-Pugh B",
    )  # fmt: skip
    assert recipe == Recipe(
        Range(65.0, 90.0), 1.0, "East Asian", 0.5, Range(50.0, 120.0), Range(150.0, 180.0), "child-pugh-b"
    )


@pytest.mark.parametrize(
    "recipe", [Recipe(), Recipe(women=0.3), Recipe(Range(6.0, 11.5), 0.0, "South Asian", 0.0, Range(20.0, 40.0))]
)
def test_the_words_of_a_recipe_make_it_again(recipe):
    assert parse_recipe(packaged(), **recipe.words) == recipe


BAD = {
    "age": ("4-10", "5", "65-18", "young", "18-200", ""),
    "sex": ("femal", "1.5"),
    "ancestry": ("Klingon",),
    "smokers": (1.2, -0.1, "many", float("nan")),
    "weight": ("50-", "0-10", "120-50", "1e3"),
    "height": ("tall", "1.50-1.90"),
    "impairment": ("child-pugh-d", "renal"),
}


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in BAD.items() for word in words])
def test_a_wrong_word_names_its_option(name, word):
    with pytest.raises(InputError) as caught:
        parse_recipe(packaged(), **{name: word})
    assert [problem.where for problem in caught.value.problems] == [f"--{name}"]


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InputError) as caught:
        parse_recipe(packaged(), **{name: words[0] for name, words in BAD.items()})
    assert {problem.where for problem in caught.value.problems} == {f"--{name}" for name in BAD}


def test_disease_of_children_is_not_known():
    with pytest.raises(InputError, match="children"):
        parse_recipe(packaged(), age="6-12", impairment="renal-mild")


def test_one_subject_is_the_reference_individual_unless_a_kind_is_asked_for():
    assert population_of(packaged(), None, "human", 1) is None
    assert population_of(packaged(), {"age": None}, "human", 1) is None
    assert population_of(packaged(), {"sex": "female"}, "human", 1) == Recipe(women=1.0)
    assert population_of(packaged(), None, "human", 2) == Recipe()
    with pytest.raises(InputError, match="one sex"):
        population_of(packaged(), {"age": "40"}, "human", 1)


def test_animals_are_of_no_human_population():
    assert population_of(packaged(), None, "rat", 10) is None
    with pytest.raises(InputError, match="rat"):
        population_of(packaged(), Recipe(), "rat", 10)


def test_notes_say_what_is_extrapolated():
    assert len(Recipe().notes) == 1
    assert any("below 18" in note for note in Recipe(ages=Range(6.0, 12.0)).notes)
    assert any("shunts" in note for note in Recipe(impairment="child-pugh-c").notes)
