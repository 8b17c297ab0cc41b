"""Whether the people drawn look like the people measured.

Each row compares a number of the people drawn with a record of the evidence. Most records went into the draw, and the
row says whether they come out again; some did not (the survey's adults taken as a whole, livers weighed elsewhere) and
the row is a check. Adults are compared with the survey, people of about the reference height and mass with the
reference person of their sex. A row agrees if it is within three standard errors of drawing or a twentieth of the
target, whichever is more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import resolve
from reuptake.model.assemble import assemble
from reuptake.population.chance import Seeded
from reuptake.population.enzymes import abundance_factors, correlations, spreads
from reuptake.population.facts import Facts
from reuptake.population.genotypes import parse_genotype
from reuptake.population.inheritance import diplotypes, phenotype_shares
from reuptake.population.people import People, draw
from reuptake.population.recipe import HEALTHY, Range, Recipe
from reuptake.units import unit

__all__ = ["Census", "Row", "census"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
SURVEY, REFERENCE_AGES = Range(18.0, 65.0), Range(20.0, 50.0)  # y: the survey's adults, the adult of ICRP
NEAR_HEIGHT, NEAR_MASS = 0.03, 0.1  # how far from the reference person still counts as near
FEWEST = 20  # people in a row; fewer say nothing
ERRORS, LEEWAY = 3.0, 0.05
SEXES = {"male": "men", "female": "women"}
ORGANS = (
    "adipose", "bone", "brain", "gut", "heart", "kidney", "liver", "lung", "muscle", "skin", "spleen", "rest", "blood",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One number of the people drawn, and what it should be.

    Attributes
    ----------
    count : int
        People it is taken over.
    error : float
        Standard error of `drawn`.
    record : str
        Where the target stands.
    check : bool
        Whether the target did not go into the draw.
    """

    quantity: str
    group: str
    count: int
    drawn: float
    error: float
    target: float
    unit: str
    record: str
    check: bool = False

    @property
    def agrees(self) -> bool:
        """Whether it is what it should be, as far as so many people can tell."""
        return abs(self.drawn - self.target) <= max(ERRORS * self.error, LEEWAY * abs(self.target))


@dataclass(frozen=True)
class Census:
    """The people of a recipe, their genes, and how they compare."""

    recipe: Recipe
    subjects: tuple[int, ...]
    seed: int
    people: People
    diplotypes: dict[str, list[str]]
    phenotypes: dict[str, list[str]]
    rows: tuple[Row, ...]


def census(evidence: Evidence, recipe: Recipe, subjects: int, seed: int) -> Census:
    """People drawn and compared.

    Raises
    ------
    InputError
        If hardly anybody is of the size asked for.
    """
    system = assemble(evidence, "human", {"imipramine": ["po"]})
    table = resolve(evidence, [(one.name, one.unit) for one in system.parameters], "human")
    numbers = list(range(1, subjects + 1))
    people = draw(table, evidence, recipe, numbers, seed)
    genes = diplotypes(evidence, recipe.ancestry, numbers, seed)
    phenotypes = {gene: _phenotypes(evidence, gene, names) for gene, names in genes.items()}
    facts = Facts(evidence)
    rows = [
        *(_survey(facts, people) if recipe.mass is None and recipe.height is None else ()),
        *(_livers(facts, people) if recipe.impairment == HEALTHY else ()),
        *(_reference_people(facts, people) if recipe.impairment == HEALTHY else ()),
        *(_blood_and_kidneys(facts, people) if recipe.impairment == HEALTHY else ()),
        *_genes(evidence, recipe, phenotypes),
        *_enzymes(facts, recipe, people, Seeded(seed, numbers)),
    ]
    kept = tuple(row for row in rows if row.count >= FEWEST)
    return Census(recipe, tuple(numbers), seed, people, genes, phenotypes, kept)


def _phenotypes(evidence: Evidence, gene: str, names: Sequence[str]) -> list[str]:
    known = {name: parse_genotype(evidence, f"{gene}={name}").phenotype for name in set(names)}
    return [known[name] for name in names]


def _sexes(people: People) -> Iterator[tuple[str, Flags]]:
    yield "male", ~people.stature.female
    yield "female", people.stature.female


def _aged(people: People, ages: Range) -> Flags:
    return (people.stature.age >= ages.low) & (people.stature.age <= ages.high)


def _survey(facts: Facts, people: People) -> Iterator[Row]:
    """Size of body and red cells of adults, by sex."""
    stature, cells = people.stature, people.parameters["blood.haematocrit"]
    wanted: tuple[tuple[str, str, Array, str, Callable[[Array], tuple[float, float]]], ...] = (
        ("height, mean", "height_mean", stature.height, "cm", _mean),
        ("height, SD", "height_sd", stature.height, "cm", _sd),
        ("body mass, mean", "mass_mean", stature.mass, "kg_body", _mean),
        ("body mass, SD", "mass_sd", stature.mass, "kg_body", _sd),
        ("BMI, 5th percentile", "bmi_p05", stature.bmi, "kg_body/m^2", lambda values: _quantile(values, 0.05)),
        ("BMI, median", "bmi_median", stature.bmi, "kg_body/m^2", _median),
        ("BMI, 95th percentile", "bmi_p95", stature.bmi, "kg_body/m^2", lambda values: _quantile(values, 0.95)),
        ("haematocrit, mean", "haematocrit_mean", cells, "", _mean),
    )
    for sex, own in _sexes(people):
        those = own & _aged(people, SURVEY)
        for quantity, name, values, measure, statistic in wanted:
            yield _row(
                facts,
                quantity,
                f"{SEXES[sex]} 18-64 y",
                values[those],
                statistic,
                f"{sex}.adult.{name}",
                measure,
                True,
            )


def _reference_people(facts: Facts, people: People) -> Iterator[Row]:
    """Organs and cardiac output of people like the reference man and woman."""
    for sex, own in _sexes(people):
        height = facts.number(f"{sex}.20.reference_height", "cm")
        mass = facts.number(f"{sex}.20.reference_mass", "kg_body")
        near = own & _aged(people, REFERENCE_AGES)
        near &= np.abs(people.stature.height / height - 1.0) < NEAR_HEIGHT
        near &= np.abs(people.stature.mass / mass - 1.0) < NEAR_MASS
        group = f"reference {'man' if sex == 'male' else 'woman'}"
        for organ in ORGANS:
            # Compared at the reference mass, since those near it are on the average a little heavier.
            values = people.masses[organ][near] * mass / people.stature.mass[near]
            yield _row(facts, f"{organ}, median", group, values, _median, f"{sex}.20.{organ}_mass", "kg_tissue")
        if sex == "male":
            output = people.output[near]
            yield _row(facts, "cardiac output, median", group, output, _median, "heart.output", "L/h")


def _livers(facts: Facts, people: People) -> Iterator[Row]:
    """Liver mass against what was weighed in people of such body mass, age and sex."""
    stature, ages = people.stature, Range(facts.number("adult.least_age", "y"), REFERENCE_AGES.high)
    weighed = (
        facts.number("liver.regression_offset", "kg_tissue")
        + facts.number("liver.regression_body_mass", "kg_tissue/kg_body") * stature.mass
        + facts.number("liver.regression_age", "kg_tissue/y") * stature.age
        - facts.number("liver.regression_female", "kg_tissue") * stature.female
    )
    for sex, own in _sexes(people):
        those = own & _aged(people, ages)
        if those.sum() >= FEWEST:
            drawn, error = _mean(people.masses["liver"][those])
            target = float(weighed[those].mean())
            yield Row("liver, mean", f"{SEXES[sex]} 18-50 y", int(those.sum()), drawn, error, target, "kg_tissue",
                      "liver.regression_body_mass.human", check=True)  # fmt: skip


def _blood_and_kidneys(facts: Facts, people: People) -> Iterator[Row]:
    """Proteins of men of the ages at which reference levels hold; filtration where the survey has a group."""
    men = ~people.stature.female & _aged(people, Range(18.0, facts.number("adult.reference_age", "y")))
    for protein in ("aag", "albumin"):
        name = f"plasma.{protein}"
        values = people.parameters[name][men] / unit("g/L").factor
        yield _row(facts, f"{protein}, median", "men 18-35 y", values, _median, name, "g/L")
        yield _row(facts, f"{protein}, cv", "men 18-35 y", values, _cv, f"{name}.between_subject_cv", "")
    per_surface = people.parameters["kidney.filtration_rate"] / people.stature.surface
    for sex, own in _sexes(people):
        for low, high in ((30, 39), (60, 69)):
            values = per_surface[own & _aged(people, Range(low, high + 1.0))]
            name = f"{sex}.{low}-{high}.filtration_median"
            yield _row(facts, "filtration per m², median", f"{SEXES[sex]} {low}-{high} y", values,
                       _median, name, "L/h/m^2")  # fmt: skip


def _genes(evidence: Evidence, recipe: Recipe, phenotypes: dict[str, list[str]]) -> Iterator[Row]:
    for gene, names in phenotypes.items():
        for phenotype, share in phenotype_shares(evidence, gene, recipe.ancestry).items():
            if share > 0.0:
                found = names.count(phenotype) / len(names)
                error = math.sqrt(share * (1.0 - share) / len(names))
                yield Row(f"{gene} {phenotype}, share", recipe.ancestry, len(names), found, error, share, "",
                          f"alleles/{gene.lower()}.yaml")  # fmt: skip


def _enzymes(facts: Facts, recipe: Recipe, people: People, chance: Seeded) -> Iterator[Row]:
    """Spreads and rank correlations of abundances among adults."""
    adults = people.stature.age >= facts.number("adult.least_age", "y")
    drawn = abundance_factors(facts, recipe, people.stature, chance)
    factors = {name: values[adults] for name, values in drawn.items()}
    for enzyme in spreads(facts):
        residual = f"{enzyme}.abundance.residual_cv"
        name = residual if facts.has(residual) else f"{enzyme}.abundance.between_subject_cv"
        yield _row(facts, f"{enzyme.upper()} abundance, cv", "adults", factors[enzyme], _cv, name, "")
    names = list(factors)
    ranks = correlations(facts.evidence, names)
    for i, one in enumerate(names):
        for j in range(i):
            if ranks[i, j] and adults.sum() >= FEWEST:
                found = _rank_correlation(factors[one], factors[names[j]])
                error = (1.0 - ranks[i, j] ** 2) / math.sqrt(len(factors[one]))
                pair = f"{one}.abundance_correlation.{names[j]}"
                record = pair if facts.has(pair) else f"{names[j]}.abundance_correlation.{one}"
                yield Row(f"{one.upper()} with {names[j].upper()}, rank r", "adults", len(factors[one]),
                          found, error, float(ranks[i, j]), "", f"{record}.human")  # fmt: skip


def _row(
    facts: Facts,
    quantity: str,
    group: str,
    values: Array,
    statistic: Callable[[Array], tuple[float, float]],
    name: str,
    measure: str,
    check: bool = False,
) -> Row:
    drawn, error = statistic(values) if len(values) >= FEWEST else (math.nan, math.nan)
    record = facts.evidence.record(name, "human")
    return Row(quantity, group, len(values), drawn, error, facts.number(name, measure), measure, record.name, check)


def _mean(values: Array) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))


def _sd(values: Array) -> tuple[float, float]:
    sd = float(values.std(ddof=1))
    return sd, sd / math.sqrt(2.0 * len(values))


def _cv(values: Array) -> tuple[float, float]:
    """Coefficient of variation of a log-normal quantity, from the SD of its logarithm."""
    width, error = _sd(np.log(values))
    cv = math.sqrt(math.expm1(width**2))
    return cv, error * math.exp(width**2) * width / cv


def _quantile(values: Array, at: float) -> tuple[float, float]:
    step = math.sqrt(at * (1.0 - at) / len(values))
    low, middle, high = np.quantile(values, [max(at - step, 0.0), at, min(at + step, 1.0)])
    return float(middle), float(high - low) / 2.0


def _median(values: Array) -> tuple[float, float]:
    return _quantile(values, 0.5)


def _rank_correlation(first: Array, second: Array) -> float:
    one, other = (np.argsort(np.argsort(values)).astype(float) for values in (first, second))
    return float(np.corrcoef(one, other)[0, 1])
