"""One person with few levels, in a model that is compiled once."""

from dataclasses import dataclass, replace
from functools import cache

from reuptake.calibration.asking import parse_individual
from reuptake.calibration.estimation import Case, relevance
from reuptake.calibration.samples import Sample
from reuptake.calibration.variation import Variation
from reuptake.evidence.base import packaged
from reuptake.simulation.run import plan, prepare

WORDS = {
    "dose": "75 mg", "every": "24h", "duration": "7d", "levels": ["imipramine 40 ng/mL at 6d 23h",
    "desipramine 60 ng/mL at 6d 12h"], "table": None, "predict": ["50 mg every 12h"], "age": "54", "sex": "female",
    "weight": "62", "impairment": None, "settings": [], "lead": None, "sigma": None, "draws": 40, "seed": 1,
    "genotypes": ["CYP2D6=*1/*4", "CYP2C19=*1/*1"], "threads": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Clinic:
    """The person asked about, and what it takes to see her."""

    asked: object
    laboratory: object
    case: Case
    relevance: object

    def at(self, samples: list[Sample], log_sd: float) -> Case:
        """The same person, sampled otherwise."""
        return replace(self.case, samples=tuple(samples), log_sd=log_sd)


@cache
def clinic() -> Clinic:
    """The person of `WORDS`."""
    asked = parse_individual(packaged(), "imipramine", **WORDS)
    laboratory = prepare(packaged(), "human", asked.request.doors, kinds=("level",))
    made = plan(asked.request, packaged(), laboratory)
    variation = Variation.of(made.laboratory.table, packaged(), asked.recipe)
    case = Case(made, variation, asked.samples, asked.first, asked.log_sd)
    return Clinic(asked, laboratory, case, relevance(case))
