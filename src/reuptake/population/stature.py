"""How old, how tall and how heavy people are.

    age ~ even;  height ~ N(μ, σ);  ln mass = ln M + s·(r·z_h + √(1 − r²)·z)      by sex and age

z_h is how many σ somebody is taller than others. Who does not fit the limits asked for is drawn anew, with the same
sex and age, so that their shares stay as asked for.

    surface = √(height·mass/3600)       m², of cm and kg (Mosteller)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem
from reuptake.population.chance import AbstractChance, accepted_normals
from reuptake.population.facts import Facts
from reuptake.population.recipe import Range, Recipe

__all__ = ["Stature", "surface"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
MOSTELLER = 3600.0  # cm·kg/m⁴; ring2017 uses the same for adults


@dataclass(frozen=True)
class Stature:
    """Sex, age and size, and whether they smoke.

    Attributes
    ----------
    female, smoker : array of bool (subject,)
    age : array (subject,), y
    height : array (subject,), cm
    mass : array (subject,), kg
    """

    female: Flags
    age: Array
    height: Array
    mass: Array
    smoker: Flags

    @property
    def bmi(self) -> Array:
        """Body-mass index, (subject,), kg/m²."""
        return self.mass / (self.height / 100.0) ** 2

    @property
    def surface(self) -> Array:
        """Surface of the body, (subject,), m²."""
        return surface(self.height, self.mass)

    @staticmethod
    def draw(facts: Facts, recipe: Recipe, chance: AbstractChance, mass: float | None = None) -> Stature:
        """People of a recipe; of one body mass (kg) if it is given.

        Raises
        ------
        InputError
            If nobody, or hardly anybody, is of the size asked for.
        """
        who = chance.uniforms("people.who", 3)
        age = recipe.ages.low + (recipe.ages.high - recipe.ages.low) * who[:, 1]
        female, adult = who[:, 0] < recipe.women, age >= facts.number("adult.least_age", "y")
        smoker = adult & (who[:, 2] < recipe.smokers)

        def course(quantity: str, unit: str = "") -> Array:
            return facts.over_age(quantity, female, age, unit)

        centre, spread = course("height_mean", "cm"), course("height_sd", "cm")
        usual, width = course("mass_median", "kg_body"), course("mass_log_sd")
        together = course("mass_height_correlation")

        def made(z: Array, rows: NDArray[np.intp]) -> tuple[Array, Array]:
            r = together[rows]
            heavier = r * z[:, 0] + np.sqrt(1.0 - r**2) * z[:, 1]
            height = centre[rows] + spread[rows] * z[:, 0]
            return height, usual[rows] * np.exp(width[rows] * heavier) if mass is None else np.full(len(rows), mass)

        def fits(z: Array, rows: NDArray[np.intp]) -> Flags:
            height, weight = made(z, rows)
            return _within(height, recipe.height) & (_within(weight, recipe.mass) | (mass is not None))

        z, unfit = accepted_normals(chance, "people.stature", 2, fits)
        if len(unfit):
            asked = " and ".join(
                f"{text} {unit}" for text, unit in ((recipe.mass, "kg"), (recipe.height, "cm")) if text is not None
            )
            raise InputError(
                Problem(
                    f"hardly anybody of {recipe.ages} years is of {asked}",
                    "--weight",
                    "allow a wider range",
                )
            )
        height, weight = made(z, np.arange(chance.size))
        return Stature(female, age, height, weight, smoker)


def surface(height: Array, mass: Array) -> Array:
    """Surface of the body, (subject,), m², of cm and kg."""
    return np.sqrt(height * mass / MOSTELLER)


def _within(values: Array, limits: Range | None) -> Flags:
    if limits is None:
        return np.full(len(values), True)
    return (values >= limits.low) & (values <= limits.high)
