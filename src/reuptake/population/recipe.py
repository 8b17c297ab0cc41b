"""Who is to be drawn: ages, sexes, ancestry, habits, size and disease of a population, from words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.population.inheritance import ancestries

__all__ = ["HEALTHY", "IMPAIRMENTS", "Range", "Recipe", "parse_recipe", "population_of"]

T = TypeVar("T")
HEALTHY = "none"
IMPAIRMENTS = ("child-pugh-a", "child-pugh-b", "child-pugh-c", "renal-mild", "renal-moderate", "renal-severe")
WOMEN = {"female": 1.0, "male": 0.0, "both": 0.5}
_SEX = {share: word for word, share in WOMEN.items()}
YOUNGEST, ADULT, OLDEST = 6.0, 18.0, 90.0  # y
LIGHTEST, HEAVIEST = 10.0, 300.0  # kg
SHORTEST, TALLEST = 80.0, 230.0  # cm


@dataclass(frozen=True)
class Range:
    """From a number to another."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}-{self.high:g}" if self.low < self.high else f"{self.low:g}"


@dataclass(frozen=True)
class Recipe:
    """A population, as it is asked for.

    Attributes
    ----------
    ages : Range, y
        Drawn evenly.
    women : float
        Share of women.
    ancestry : str
        Whose genes; sizes of body and organs are not told apart by ancestry.
    smokers : float
        Share of adults who smoke.
    mass : Range, kg, or None
        Others are drawn anew.
    height : Range, cm, or None
    impairment : str
        ``none``, or one of `IMPAIRMENTS`: the records that begin with it are what the disease does.
    """

    ages: Range = Range(18.0, 65.0)
    women: float = 0.5
    ancestry: str = "European"
    smokers: float = 0.2
    mass: Range | None = None
    height: Range | None = None
    impairment: str = HEALTHY

    @property
    def words(self) -> dict[str, Any]:
        """All of it as plain data: what `parse_recipe` makes it of again."""
        return {
            "age": str(self.ages), "sex": _SEX.get(self.women, self.women), "ancestry": self.ancestry,
            "smokers": self.smokers,
            "weight": str(self.mass) if self.mass else None, "height": str(self.height) if self.height else None,
            "impairment": self.impairment,
        }  # fmt: skip

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results has to know."""
        limits = [f"{self.mass} kg"] * (self.mass is not None) + [f"{self.height} cm"] * (self.height is not None)
        told = (
            f"the population: {self.ages} years, {self.women:.0%} women, {self.smokers:.0%} of adults smoke, genes of "
            f"{self.ancestry} ancestry, size of body as in a survey of the United States"
            f"{' within ' + ' and '.join(limits) if limits else ''}, impairment {self.impairment}; "
            "docs/reference/populations.md says how each number is drawn"
        )
        young = (
            "below 18 years shares of blood flow, spreads of organs and enzymes, and binding proteins are those of "
            "adults; absorption is not scaled by age"
        )
        ill = "blood that passes by the diseased liver goes with the rest of the body; shunts are not modelled"
        return (told, *(young,) * (self.ages.low < ADULT), *(ill,) * self.impairment.startswith("child-pugh"))


def parse_recipe(
    evidence: Evidence,
    *,
    age: str | None = None,
    sex: str | float | None = None,
    ancestry: str | None = None,
    smokers: float | None = None,
    weight: str | None = None,
    height: str | None = None,
    impairment: str | None = None,
) -> Recipe:
    """A population from words; what is not said is as in `Recipe`.

    Parameters
    ----------
    age, weight, height : str, optional
        ``18-65`` or ``40`` (y); ``50-120`` (kg); ``150-190`` (cm).
    sex : str or float, optional
        ``female``, ``male`` or ``both``, or the share of women, 0 to 1.
    smokers : float, optional
        Share of adults who smoke, 0 to 1.
    impairment : str, optional
        ``child-pugh-b``, ``renal-severe``, …

    Raises
    ------
    InputError
        With every mistake.
    """
    usual, problems = Recipe(), list[Problem]()

    def tried(given: Any, parse: Callable[[], T], fallback: T) -> T:
        try:
            return fallback if given is None else parse()
        except InputError as error:
            problems.extend(error.problems)
            return fallback

    recipe = Recipe(
        tried(age, lambda: _range(age, "--age", "years", YOUNGEST, OLDEST, "18-65"), usual.ages),
        tried(sex, lambda: _women(sex), usual.women),
        tried(ancestry, lambda: _word(ancestry, ancestries(evidence), "--ancestry"), usual.ancestry),
        tried(smokers, lambda: _share(smokers, "--smokers"), usual.smokers),
        tried(weight, lambda: _range(weight, "--weight", "kg", LIGHTEST, HEAVIEST, "50-120"), usual.mass),
        tried(height, lambda: _range(height, "--height", "cm", SHORTEST, TALLEST, "150-190"), usual.height),
        tried(impairment, lambda: _word(impairment, (HEALTHY, *IMPAIRMENTS), "--impairment"), usual.impairment),
    )  # fmt: skip
    if recipe.impairment != HEALTHY and recipe.ages.low < ADULT:
        problems.append(Problem("what disease does to children is not known", "--impairment", "ask for --age 18-65"))
    if problems:
        raise InputError(problems)
    return recipe


def population_of(
    evidence: Evidence, asked: Recipe | Mapping[str, Any] | None, species: str, subjects: int
) -> Recipe | None:
    """The recipe of a run: as asked for, in words or made before; the usual one for several people; else None.

    Raises
    ------
    InputError
        With every mistake; if one subject is to be of both sexes, or an animal of a human population.
    """
    if not isinstance(asked, Recipe):
        asked = {name: word for name, word in (asked or {}).items() if word is not None}
        if not asked:
            return Recipe() if species == "human" and subjects != 1 else None
    if species != "human":
        problem = f"ages, sexes and diseases are of people, not of {species}"
        raise InputError(Problem(problem, "--species", "leave them out"))
    recipe = asked if isinstance(asked, Recipe) else parse_recipe(evidence, **asked)
    if subjects == 1 and recipe.women not in (0.0, 1.0):
        hint = "say female or male, or draw several by --subjects 100"
        raise InputError(Problem("one typical subject has one sex", "--sex", hint))
    return recipe


def _range(text: str | None, where: str, unit: str, least: float, most: float, example: str) -> Range:
    match = re.fullmatch(rf"\s*(\d+(?:\.\d+)?)\s*(?:[-–]\s*(\d+(?:\.\d+)?))?\s*(?:{unit})?\s*", str(text))
    if match is None:
        raise InputError(Problem(f"'{text}' is no range in {unit}", where, f"write it like {where} {example}"))
    low = float(match[1])
    high = float(match[2]) if match[2] else low
    if not least <= low <= high <= most:
        raise InputError(Problem(f"a range goes upwards within {least:g} to {most:g} {unit} (got '{text}')", where))
    return Range(low, high)


def _share(given: Any, where: str) -> float:
    try:
        share = float(given)
    except (TypeError, ValueError):
        share = math.nan
    if not 0.0 <= share <= 1.0:
        raise InputError(Problem(f"a share lies between 0 and 1 (got '{given}')", where))
    return share


def _women(given: str | float | None) -> float:
    try:
        return _share(float(str(given)), "--sex")
    except ValueError:
        return WOMEN[_word(str(given), WOMEN, "--sex")]


def _word(given: str | None, allowed: Iterable[str] | Mapping[str, Any], where: str) -> str:
    names = {" ".join(re.split(r"[\s_-]+", name.lower())): name for name in allowed}
    found = names.get(" ".join(re.split(r"[\s_-]+", str(given).strip().lower())))
    if found is None:
        known = list(names.values())
        raise InputError(
            Problem(f"unknown (got '{given}', allowed {', '.join(known)})", where, nearest(str(given), known))
        )
    return found
