"""Published studies as residuals of a fit.

    ln observed = ln predicted + sign·b + e,     b ~ N(0, ω²) of each study and drug,     e ~ N(0, σ²)
    rᵢ = (ln predictedᵢ + signᵢ·b − ln observedᵢ)·wᵢ/σᵢ

b is the study's own: by how much its subjects had higher levels than the kinetics explain; sign is +1 for areas and
levels, −1 for clearances, and a study has no effect on ratios, half-lives and times. It is no part of any prediction.
A study speaks once for each analyte and quantity: wᵢ² = min(1, speaks/n) for n results of one kind.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import Residuals, resolved, soft
from reuptake.calibration.parameters import Parameter, Prior
from reuptake.calibration.rows import AbstractExplained, Row
from reuptake.calibration.specification import USUAL_SIGMA, Weighing
from reuptake.calibration.translation import Settings, Translation
from reuptake.evidence.base import Evidence
from reuptake.evidence.studies import Arm, Observation, Study
from reuptake.simulation.gradients import derivative, sloped
from reuptake.simulation.observation import (
    OBSERVED,
    Laboratories,
    arms_behind,
    observed,
    request_of,
    treatment,
)
from reuptake.simulation.request import Request
from reuptake.simulation.run import RELATIVE_TOLERANCE, Laboratory
from reuptake.trajectories import Trajectories

__all__ = ["EFFECT", "SIGNS", "Published", "Question", "carried"]

Array = NDArray[np.float64]
Question = tuple[Study, Observation]
Answers = Mapping[tuple[str, str], Trajectories]
# Quantities on which a study's own level of exposure tells, and which way.
SIGNS = {
    "auc_inf": 1.0, "auc_last": 1.0, "auc_tau": 1.0, "cmax": 1.0, "cavg": 1.0, "clearance": -1.0,
    "oral_clearance": -1.0,
}  # fmt: skip
EFFECT = "effect of "
FEW = 3  # subjects below whom a result is rough
AT_ONCE = 8  # places: what they need fits a small machine, and fills its lanes
WIDEST_EFFECT = 2.0  # of a study, on the log scale: sevenfold


@dataclass(frozen=True)
class _Room:
    """One model, and the arms that run in it."""

    laboratory: Laboratory
    keys: tuple[tuple[str, str], ...]
    requests: tuple[Request, ...]


class Published(AbstractExplained):
    """Results of studies, asked of the model as the studies asked their subjects.

    Parameters
    ----------
    evidence : Evidence
    questions : sequence of (Study, Observation)
        That the model can answer (`reuptake.simulation.observation.askable`), each with a number above nought.
    translation : Translation
    weighing : Weighing
    sigma : float
        Standard deviation of single results, log scale.
    threads : int
    relative : float
        Tolerance of the integration.

    Attributes
    ----------
    weights : array (question,)
        What a log ratio is multiplied by, wᵢ/σᵢ.
    """

    def __init__(
        self, evidence: Evidence, questions: Sequence[Question], translation: Translation, weighing: Weighing,
        sigma: float = USUAL_SIGMA, threads: int = 1, relative: float = RELATIVE_TOLERANCE,
    ) -> None:  # fmt: skip
        self.evidence, self.questions, self.translation = evidence, tuple(questions), translation
        self.weighing, self.sigma, self.threads, self.relative = weighing, sigma, threads, relative
        self.resolution = resolved(relative)
        self.observed = np.array([observation.number for _, observation in self.questions], dtype=float)
        self.effects = self._effects()
        self.parameters = (*translation.parameters, *(self._effect(key) for key in self.effects))
        self.labels = tuple(f"{study.id} {o.arm} {o.analyte} {o.quantity}" for study, o in self.questions)
        self._rooms = self._furnished(Laboratories(evidence, kinds=OBSERVED))
        self.weights, self._effect_slopes = self._weighed(), self._signed()

    def _effects(self) -> tuple[tuple[str, str], ...]:
        if self.weighing.omega is None:
            return ()
        return tuple(sorted({key for study, o in self.questions if (key := carried(study, o))}))

    def _effect(self, key: tuple[str, str]) -> Parameter:
        omega, name = self.weighing.omega or 1.0, f"{EFFECT}{key[0]} {key[1]}"
        return Parameter(name, 0.0, -WIDEST_EFFECT, WIDEST_EFFECT, scale="linear", prior=Prior(0.0, omega),
                         nuisance=True)  # fmt: skip

    def _furnished(self, laboratories: Laboratories) -> list[_Room]:
        arms: dict[tuple[str, str], tuple[str, Arm]] = {}
        for study, observation in self.questions:
            for arm in arms_behind(study, observation):
                arms.setdefault(treatment(study.species, arm), (study.species, arm))
        rooms: dict[int, tuple[Laboratory, list[tuple[str, str]], list[Request]]] = {}
        for key, (species, arm) in arms.items():
            request = request_of(self.evidence, species, arm)
            laboratory = laboratories.of(request)
            _, keys, requests = rooms.setdefault(id(laboratory), (laboratory, [], []))
            keys.append(key)
            requests.append(request)
        return [
            _Room(laboratory.reporting(self._outputs(laboratory)), tuple(keys), tuple(requests))
            for laboratory, keys, requests in rooms.values()
        ]

    def _outputs(self, laboratory: Laboratory) -> set[str]:
        """Outputs that some question may be read off."""
        analytes = {name for _, o in self.questions for name in f"{o.analyte}+{o.relative_to_analyte}".split("+")}
        brain = any("brain" in o.quantity for _, o in self.questions)
        names = [output.name for output in laboratory.kernel.system.outputs]
        return {name for name in names if name.partition(".")[2] in analytes and (brain or name.startswith("plasma."))}

    def _weighed(self) -> Array:
        """What a log ratio is multiplied by, wᵢ/σᵢ (question,)."""
        rough = [o.quantity == "tmax" or (study.arm(o.arm).n or FEW) < FEW for study, o in self.questions]
        sigmas = np.where(rough, self.weighing.rough or self.sigma, self.sigma)
        weights: Array = np.sqrt(self.worth) / sigmas
        return weights

    @property
    def worth(self) -> Array:
        kinds = [(study.id, o.analyte, o.quantity, o.relative_to is None) for study, o in self.questions]
        speaks = self.weighing.speaks
        return np.array([1.0 if speaks is None else min(1.0, speaks / kinds.count(kind)) for kind in kinds])

    def _signed(self) -> Array:
        """∂ln predicted/∂b (question, effect)."""
        slopes = np.zeros((len(self.questions), len(self.effects)))
        for row, (study, observation) in enumerate(self.questions):
            key = carried(study, observation)
            if key in self.effects:
                slopes[row, self.effects.index(key)] = SIGNS[observation.quantity]
        return slopes

    def effect_of(self, question: Question) -> str:
        """Name of the parameter whose e^b a result carries; empty if it carries none."""
        key = carried(*question)
        return f"{EFFECT}{key[0]} {key[1]}" if key in self.effects and key is not None else ""

    def residuals(self, x: Array) -> Residuals:
        return self.several([x])[0]

    def several(self, places: Sequence[Array]) -> list[Residuals]:
        found: list[Residuals] = []
        for begin in range(0, len(places), AT_ONCE):
            found += self._some(places[begin : begin + AT_ONCE])
        return found

    def _some(self, places: Sequence[Array]) -> list[Residuals]:
        count = len(self.translation.parameters)
        asked = self._asked([self.translation.settings(x[:count]) for x in places])
        return [self._missed(logs, slopes, x[count:]) for (logs, slopes), x in zip(asked, places, strict=True)]

    def predicted(self, x: Array) -> Array:
        """Answers (question,) of the model itself, without the effects of studies, each in the unit of its question."""
        (logs, _), *_ = self._asked([self.translation.settings(x[: len(self.translation.parameters)])])
        answers: Array = np.exp(logs)
        return answers

    def rows(self, x: Array) -> tuple[Row, ...]:
        """Every result beside what the model says of it, without the effect of its study."""
        predicted = self.predicted(x)
        effects = self._effect_slopes @ x[len(self.translation.parameters) :]
        residuals = (np.log(predicted / self.observed) + effects) * self.weights
        return tuple(
            Row(study.id, f"{o.quantity} of {o.analyte}, {o.arm}", found, said, o.unit, residual)
            for (study, o), found, said, residual in zip(
                self.questions, self.observed.tolist(), predicted.tolist(), residuals.tolist(), strict=True
            )
        )

    def _missed(self, logs: Array, slopes: Array, effects: Array) -> Residuals:
        raw = (logs + self._effect_slopes @ effects - np.log(self.observed)) * self.weights
        whole = np.concatenate([slopes, self._effect_slopes], axis=1) * self.weights[:, None]
        found = Residuals(raw, whole)
        return found if self.weighing.bend is None else soft(found, self.weighing.bend)

    def _asked(self, settings: Sequence[Settings]) -> list[tuple[Array, Array]]:
        """Logarithms of the answers (question,) and their slopes (question, parameter), at each place."""
        answers: list[dict[tuple[str, str], Trajectories]] = [{} for _ in settings]
        for room in self._rooms:
            species = room.laboratory.species
            suffix, table = f".{species}", room.laboratory.table
            own = [i for i, name in enumerate(self.translation.names) if name.removesuffix(suffix) in table.names]
            names = [self.translation.names[i].removesuffix(suffix) for i in own]
            requests = [
                replace(request, settings=table.own(at.values, species)) for at in settings for request in room.requests
            ]
            curves = iter(sloped(room.laboratory, requests, names, relative=self.relative, threads=self.threads))
            for at, found in zip(settings, answers, strict=True):
                for key in room.keys:
                    found[key] = next(curves).neighbours(at.slopes[own])
        return [self._read(found) for found in answers]

    def _read(self, answers: Answers) -> tuple[Array, Array]:
        size = len(self.questions)
        logs, slopes = np.full(size, np.nan), np.full((size, len(self.translation.parameters)), np.nan)
        if not all(course.solved.all() for course in answers.values()):
            return logs, slopes

        def simulated(species: str, arm: Arm) -> Trajectories:
            return answers[treatment(species, arm)]

        for row, (study, observation) in enumerate(self.questions):
            value, slope = derivative(observed(study, observation, simulated, self.evidence))
            logs[row], slopes[row] = math.log(value), slope / value
        return logs, slopes


def carried(study: Study, observation: Observation) -> tuple[str, str] | None:
    """The effect that an observation carries, of its study and of the drug given; none if it is a ratio or a time."""
    relative = observation.relative_to or observation.relative_to_analyte
    given = study.arm(observation.arm).compound
    return None if relative or observation.quantity not in SIGNS or given is None else (study.id, given)
