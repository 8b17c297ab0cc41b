"""What the published studies ask of the model, and which of their answers count.

Every observation of a study of kinetics is one question. Its domain follows from what was done and measured, and
whether it counts in the statistics from what kind of number it is: both by the rules below, never row by row. So the
table of questions is settled before any model is run or fitted.

- Curves enter by their AUC and Cmax. The time of the peak is shown and not counted: of a mean curve it is one of the
  times at which blood was drawn, hours apart where the curve is flat, so its fold error tells about the sampling.
- A level or area needs the dose; where the dose was not read only ratios, clearances and the like are counted.
- What the evidence itself does not use is shown with the reason that the evidence gives.
- A study none of whose quantities has an observable yet is told in one line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from reuptake.evidence.base import Evidence
from reuptake.evidence.studies import Arm, Observation, Study
from reuptake.simulation.observation import QUANTITIES

__all__ = ["DOMAINS", "EXPOSURES", "Question", "Questions", "questions", "table"]

OBSERVABLES = frozenset(
    {*QUANTITIES, *(f"brain_{name}" for name in QUANTITIES), "bioavailability", "brain_to_plasma_ratio"}
)
# Quantities that grow with exposure, and those that shrink with it.
EXPOSURES = {
    "level": 1, "cmax": 1, "auc_inf": 1, "auc_last": 1, "auc_tau": 1, "cavg": 1, "oral_clearance": -1, "clearance": -1,
}  # fmt: skip
NEEDS_DOSE = frozenset(quantity for quantity, sign in EXPOSURES.items() if sign > 0)
DISPOSITION = frozenset({"clearance", "volume_steady_state", "half_life", "bioavailability"})
ORDINARY, ACTIVITY = ("EM", "NM"), "activity_score"
SPARSE = "the peak of a mean curve is one of the times at which blood was drawn"
NO_DOSE = "a level needs the dose, which was not read"
NO_OBSERVABLE = "no observable yet"


@dataclass(frozen=True)
class Question:
    """One observation of one study."""

    study: Study
    observation: Observation

    @property
    def arm(self) -> Arm:
        """The arm that was observed."""
        return self.study.arm(self.observation.arm)

    @property
    def reference(self) -> Arm | None:
        """The arm it is relative to, if any."""
        name = self.observation.relative_to
        return None if name is None else self.study.arm(name)

    @property
    def compound(self) -> str:
        """What was given; empty where nothing was."""
        return self.arm.compound or ""

    @property
    def ratio_of_interaction(self) -> bool:
        """Whether it compares an arm with the same without what was co-administered."""
        return self.reference is not None and self.arm.coadministered != self.reference.coadministered

    @property
    def absolute(self) -> bool:
        """Whether it is an amount of something, and no ratio to another arm or analyte."""
        return self.observation.relative_to is None and self.observation.relative_to_analyte is None

    @property
    def domain(self) -> str:
        """The first of `DOMAINS` that it belongs to."""
        return next(name for name, belongs in DOMAINS.items() if belongs(self))

    @property
    def because(self) -> str:
        """Why it does not count; empty if it does."""
        if not self.observation.use:
            return self.observation.because
        if self.observation.quantity == "tmax":
            return SPARSE
        if self.absolute and self.observation.quantity in NEEDS_DOSE and self.arm.dose is None:
            return NO_DOSE
        return ""


def _arms(question: Question) -> tuple[Arm, ...]:
    return tuple(arm for arm in (question.arm, question.reference) if arm is not None)


def _of_another_genotype(question: Question) -> bool:
    """Whether enzymes are other than usual, or differ from those of the arm that it is relative to."""
    arms = _arms(question)
    unusual = any(arm.genotype and arm.genotype.partition("=")[2] not in ORDINARY for arm in arms)
    scored = any(ACTIVITY in trait for arm in arms for trait in arm.traits)
    return unusual or scored or len({arm.genotype for arm in arms}) > 1


def _of_a_metabolite(question: Question) -> bool:
    observation = question.observation
    return observation.relative_to_analyte is not None or observation.analyte not in (question.compound, None)


DOMAINS: dict[str, Callable[[Question], bool]] = {
    "rodent": lambda q: q.study.species != "human",
    "interaction": lambda q: any(arm.coadministered for arm in _arms(q)),
    "genotype": _of_another_genotype,
    "population": lambda q: any(arm.traits for arm in _arms(q)),
    "metabolite": _of_a_metabolite,
    "steady state": lambda q: q.arm.every is not None,
    "disposition": lambda q: q.observation.quantity in DISPOSITION,
    "exposure": lambda q: True,
}


@dataclass(frozen=True)
class Questions:
    """All that is asked, and the studies that ask for what has no observable yet."""

    asked: tuple[Question, ...]
    beyond: tuple[Study, ...]


def questions(evidence: Evidence, role: str | None = None) -> Questions:
    """Every observation of every study, of one role or of all, in the order of the evidence."""
    chosen = [study for study in evidence.studies if role in (None, study.role)]
    kinetic = [study for study in chosen if any(o.quantity in OBSERVABLES for o in study.observations)]
    return Questions(
        tuple(Question(study, observation) for study in kinetic for observation in study.observations),
        tuple(study for study in chosen if study not in kinetic),
    )


def table(evidence: Evidence, role: str | None = None) -> str:
    """The table of questions as CSV: what will count, settled before anything is simulated."""
    asked = questions(evidence, role)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("study", "role", "domain", "compound", "arm", "analyte", "quantity", "relative_to", "observed", "unit",
         "counted", "because")
    )  # fmt: skip
    for question in asked.asked:
        o, study = question.observation, question.study
        observed = o.direction if o.number is None else f"{o.number:g}"
        writer.writerow(
            (study.id, study.role, question.domain, question.compound, o.arm, o.analyte, o.quantity,
             o.relative_to or o.relative_to_analyte or "", observed, o.unit,
             "no" if question.because else "yes", question.because)
        )  # fmt: skip
    for study in asked.beyond:
        names = " ".join(dict.fromkeys(o.quantity for o in study.observations))
        writer.writerow((study.id, study.role, "", "", "", "", names, "", "", "", "no", NO_OBSERVABLE))
    return text.getvalue()
