"""Virtual people: what each differs in, as parameters of the model.

One person is a sex, an age, a height and a mass (`stature`), organs and their blood (`organs`), what the blood
carries and the kidneys filter (`blood`), genes (`inheritance`) and enzymes (`enzymes`). What else the evidence gives a
``between_subject_cv`` is log-normal around the reference (`drawing`). Numbers are keyed by (seed, subject, purpose): a
subject is the same whoever else is drawn, and whatever else the model at hand asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import ParameterTable
from reuptake.population.blood import filtration_rate, haematocrit, protein_factors
from reuptake.population.chance import AbstractChance, Seeded, Typical
from reuptake.population.drawing import scattered, varying
from reuptake.population.enzymes import abundance_factors, microsomal_protein_factor
from reuptake.population.facts import SPECIES, Facts
from reuptake.population.inheritance import drawn as drawn_genes
from reuptake.population.organs import cardiac_output, flow_shares, organ_masses
from reuptake.population.recipe import Recipe
from reuptake.population.stature import Stature

__all__ = ["People", "draw", "made", "typical"]

Array = NDArray[np.float64]
# What hangs on an organ and grows with it: brain fluids with the brain, the gut wall with the gut.
ON_BRAIN = ("brain.interstitial_volume", "brain.csf_volume", "brain.interstitial_flow", "brain.csf_flow")
ON_GUT = ("enterocyte.volume", "cyp3a4.gut_amount")


@dataclass(frozen=True)
class People:
    """Some people.

    Attributes
    ----------
    parameters : mapping of parameter name to array (subject,)
        Canonical units; only what the model asks for and the user has not set.
    stature : Stature
        Sex, age, height, mass and smoking.
    masses : mapping of organ to array (subject,), kg
    output : array (subject,), L/h
        Cardiac output.
    shares : mapping of organ to array (subject,)
        Of the cardiac output.
    """

    parameters: Mapping[str, Array]
    stature: Stature
    masses: Mapping[str, Array]
    output: Array
    shares: Mapping[str, Array]


def draw(table: ParameterTable, evidence: Evidence, recipe: Recipe, subjects: Sequence[int], seed: int) -> People:
    """People of a recipe.

    Parameters
    ----------
    table : ParameterTable
        The reference individual; what the user has set holds for everybody.
    subjects : sequence of int (subject,)
        Their numbers.

    Raises
    ------
    InputError
        If hardly anybody is of the size asked for, or nothing is known of the ancestry.
    """
    genes = drawn_genes(evidence, recipe.ancestry, subjects, seed)
    return made(table, evidence, recipe, Seeded(seed, subjects), genes)


def typical(table: ParameterTable, evidence: Evidence, recipe: Recipe) -> People:
    """One person in the middle of a recipe: median in everything, with the genes of the reference individual."""
    return made(table, evidence, recipe, Typical(), {})


def made(
    table: ParameterTable, evidence: Evidence, recipe: Recipe, chance: AbstractChance, genes: Mapping[str, Array]
) -> People:
    """People of a recipe whose chance is told; of the reference individual's genes where none are (`genes` empty)."""
    facts = Facts(evidence)
    stature = Stature.draw(facts, recipe, chance, table["body.mass"] if "body.mass" in table.overridden else None)
    masses = organ_masses(facts, recipe, stature, chance)
    output, shares = cardiac_output(facts, stature, chance), flow_shares(facts, recipe, stature, chance)
    parameters = {
        **_body(facts, table, stature, masses, output, shares),
        **_chemistry(facts, table, recipe, stature, chance),
        **genes,
        "tobacco-smoke.exposure": np.where(stature.smoker, 1.0, 0.0),
    }
    asked = {n: v for n, v in parameters.items() if n in table.names and n not in table.overridden}
    spreads = {n: cv for n, cv in varying(table, evidence, SPECIES).items() if n not in asked}
    return People({**asked, **scattered(table, spreads, chance)}, stature, masses, output, shares)


def _body(
    facts: Facts,
    table: ParameterTable,
    stature: Stature,
    masses: Mapping[str, Array],
    output: Array,
    shares: Mapping[str, Array],
) -> dict[str, Array]:
    """Organs and flows as the model asks for them: masses per body mass, shares of an output at a reference mass."""
    relative = stature.mass / facts.number("body.reference_mass", "kg_body")
    usual_flow = facts.number("heart.output", "L/h") * facts.number("gut.flow_fraction")
    brain = masses["brain"] / facts.number("male.20.brain_mass", "kg_tissue")
    gut = masses["gut"] / facts.number("male.20.gut_mass", "kg_tissue")
    scaled = {name: brain for name in ON_BRAIN} | {name: gut for name in ON_GUT}
    scaled["enterocyte.blood_flow"] = output * shares["gut"] / usual_flow
    return {
        "body.mass": stature.mass,
        "brain.mass": masses["brain"],
        "heart.output": output / relative ** facts.number("heart.output_exponent"),
        **{f"{organ}.mass_fraction": mass / stature.mass for organ, mass in masses.items()},
        **{f"{organ}.flow_fraction": share for organ, share in shares.items()},
        **{name: table[name] * factor for name, factor in scaled.items() if name in table.names},
    }


def _chemistry(
    facts: Facts, table: ParameterTable, recipe: Recipe, stature: Stature, chance: AbstractChance
) -> dict[str, Array]:
    """Blood, kidneys and enzymes."""
    proteins = protein_factors(facts, recipe, stature, chance)
    enzymes = abundance_factors(facts, recipe, stature, chance)
    factors = {
        **{f"plasma.{protein}": factor for protein, factor in proteins.items()},
        **{f"{enzyme}.abundance": factor for enzyme, factor in enzymes.items()},
        "liver.microsomal_protein": microsomal_protein_factor(facts, stature, chance),
    }
    return {
        "blood.haematocrit": haematocrit(facts, recipe, stature, chance),
        "kidney.filtration_rate": filtration_rate(facts, recipe, stature, chance),
        **{name: table[name] * factor for name, factor in factors.items() if name in table.names},
    }
