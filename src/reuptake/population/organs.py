"""How heavy people's organs are, and how much blood each gets.

Everybody is compared with a reference person of the same sex and age (ICRP 89), index 0. Fat-free mass tells lean
from fat; organs of a lean person's size follow it, each with a spread of its own; muscle closes the balance.

    FFM      = a·m/(b + BMI) · (c + (1 − c)/(1 + (age/h)^−n))            alsallami2015
    adipose  = adipose₀·(m − FFM)/(m₀ − FFM₀)·e^z + muscle lost with age
    skin     = skin₀·surface/surface₀·e^z;   brain = brain₀·e^(−years past the reference age/τ)·e^z
    organ    = organ₀·λ·e^z,   λ = (FFM − brain − skin)/(FFM₀ − brain₀ − skin₀)     bone, gut, liver, blood, …
    muscle   = m − all others

    output   = output₀·(height/height₀)^¾·(1 − 0.005·years past 25)·e^z
    flow     = output·share·e^z;  the rest of the body takes what is left

Whoever would have no muscle left, or no blood for the rest of the body, is drawn anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import RunError
from reuptake.population.chance import AbstractChance, accepted_normals
from reuptake.population.facts import Facts
from reuptake.population.recipe import Recipe
from reuptake.population.stature import Stature, surface

__all__ = ["FLOWING", "cardiac_output", "fat_free_mass", "flow_shares", "organ_masses", "together"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
LEAN = ("bone", "gut", "heart", "kidney", "liver", "lung", "spleen", "rest", "blood")
SCATTERED = ("adipose", "brain", "skin", *LEAN)  # the order of their random numbers
FLOWING = ("brain", "adipose", "bone", "gut", "heart", "kidney", "liver", "muscle", "skin", "spleen")
PORTAL = ("gut", "spleen")


def fat_free_mass(facts: Facts, female: Flags, age: Array, height: Array, mass: Array) -> Array:
    """Mass of the body without its fat, (subject,), kg."""
    bmi = mass / (height / 100.0) ** 2
    scale = facts.by_sex("fat_free_mass_scale", female, "kg_body/m^2")
    half = facts.by_sex("fat_free_mass_half", female, "kg_body/m^2")
    child = facts.by_sex("fat_free_mass_child_factor", female)
    grown = facts.by_sex("fat_free_mass_maturation_age", female, "y")
    hill = facts.by_sex("fat_free_mass_maturation_hill", female)
    return scale * mass / (half + bmi) * (child + (1.0 - child) / (1.0 + (age / grown) ** -hill))


def organ_masses(facts: Facts, recipe: Recipe, people: Stature, chance: AbstractChance) -> dict[str, Array]:
    """Organs and blood, {name: array (subject,), kg}; together they are the body."""
    typical = _typical_masses(facts, recipe, people)
    widths = np.array([facts.width(f"{organ}.mass_residual_cv") for organ in SCATTERED])
    lost = typical.pop("lost muscle")

    def made(z: Array, rows: Rows) -> dict[str, Array]:
        masses = {
            organ: typical[organ][rows] * np.exp(width * z[:, i])
            for i, (organ, width) in enumerate(zip(SCATTERED, widths, strict=True))
        }
        masses["adipose"] = masses["adipose"] + lost[rows]
        masses["muscle"] = people.mass[rows] - together(masses)
        return masses

    z, unfit = accepted_normals(chance, "people.organs", len(SCATTERED), lambda z, rows: made(z, rows)["muscle"] > 0.0)
    if len(unfit):
        raise RunError(f"organs heavier than the body in {len(unfit)} of {chance.size} people")
    return made(z, np.arange(chance.size))


def _typical_masses(facts: Facts, recipe: Recipe, people: Stature) -> dict[str, Array]:
    """Organs of people without any chance, and what muscle they have lost to age, kg."""
    female, age = people.female, people.age

    def reference(quantity: str, unit: str = "kg_tissue") -> Array:
        return facts.over_age(quantity, female, age, unit)

    height, mass = reference("reference_height", "cm"), reference("reference_mass", "kg_body")
    own = fat_free_mass(facts, female, age, people.height, people.mass)
    usual = fat_free_mass(facts, female, age, height, mass)
    past = age - facts.number("adult.reference_age", "y")
    older = np.maximum(past, 0.0) * (age + facts.number("adult.reference_age", "y"))  # a² − a₀²
    brain_usual, skin_usual = reference("brain_mass"), reference("skin_mass")
    brain = brain_usual * np.exp(-np.maximum(past, 0.0) / facts.number("brain.age_constant", "y"))
    skin = skin_usual * people.surface / surface(height, mass)
    lean = (own - brain - skin) / (usual - brain_usual - skin_usual)
    masses = {organ: reference(f"{organ}_mass") * lean for organ in LEAN}
    masses["liver"] = masses["liver"] * facts.factor(f"{recipe.impairment}.liver_mass_factor")
    return masses | {
        "brain": brain,
        "skin": skin,
        "adipose": reference("adipose_mass") * (people.mass - own) / (mass - usual),
        "lost muscle": reference("muscle_mass") * lean * facts.number("muscle.age_loss", "1/y^2") * older,
    }


def cardiac_output(facts: Facts, people: Stature, chance: AbstractChance) -> Array:
    """Blood that the heart pumps, (subject,), L/h."""
    taller = people.height / facts.over_age("reference_height", people.female, people.age, "cm")
    usual = facts.over_age("cardiac_output", people.female, people.age, "L/h")
    older = np.maximum(people.age - facts.number("heart.output_decline_from", "y"), 0.0)
    left = 1.0 - facts.number("heart.output_decline", "1/y") * older
    spread = np.exp(facts.width("heart.output_residual_cv") * chance.normals("people.output", 1)[:, 0])
    return usual * taller ** facts.number("heart.output_height_exponent") * left * spread


def flow_shares(facts: Facts, recipe: Recipe, people: Stature, chance: AbstractChance) -> dict[str, Array]:
    """Share of the cardiac output of each organ of `FLOWING`, {name: array (subject,)}; what is left is the rest's."""
    usual = {organ: _shares_by_sex(facts, recipe, organ, people.female) for organ in FLOWING}
    width = facts.width("organ.flow_residual_cv")

    def made(z: Array, rows: Rows) -> dict[str, Array]:
        return {organ: usual[organ][rows] * np.exp(width * z[:, i]) for i, organ in enumerate(FLOWING)}

    z, unfit = accepted_normals(chance, "people.flows", len(FLOWING), lambda z, rows: together(made(z, rows)) < 1.0)
    if len(unfit):
        raise RunError(f"organs take more blood than the heart pumps in {len(unfit)} of {chance.size} people")
    return made(z, np.arange(chance.size))


def _shares_by_sex(facts: Facts, recipe: Recipe, organ: str, female: Flags) -> Array:
    place = "portal" if organ in PORTAL else organ
    ill = facts.factor(f"{recipe.impairment}.{place}_flow_factor")
    men, women = facts.number(f"{organ}.flow_fraction"), facts.number(f"female.{organ}.flow_fraction")
    return np.where(female, women, men) * ill


def together(parts: Mapping[str, Array]) -> Array:
    """Sum over organs, (subject,); one by one, since other ways round by how many subjects there are."""
    return reduce(np.add, parts.values())
