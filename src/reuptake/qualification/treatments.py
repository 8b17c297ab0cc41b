"""The arms of published studies, simulated: each model is compiled once, each treatment runs once.

Two arms that were treated alike are one treatment, whatever their studies call them. What cannot be simulated is
remembered with its reason too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reuptake.dosing.regimens import ROUTES, Route
from reuptake.errors import InputError, ReuptakeError
from reuptake.evidence.base import Evidence
from reuptake.evidence.studies import Arm
from reuptake.model.assemble import MODELLED_SPECIES
from reuptake.qualification.questions import Question
from reuptake.simulation.observation import NotSimulated, Simulator, simulator
from reuptake.simulation.run import Laboratory, prepare
from reuptake.trajectories import Trajectories

__all__ = ["reason", "treatments"]

Door = tuple[str, Route]


def treatments(evidence: Evidence, asked: Iterable[Question]) -> dict[str, Simulator]:
    """A way to run the arms of some questions, by species."""
    doors: dict[str, dict[Door, None]] = {}
    for question in asked:
        doors.setdefault(question.study.species, {}).update(dict.fromkeys(_doors(question)))
    return {species: _remembered(_runner(evidence, species, own)) for species, own in doors.items()}


def reason(error: ReuptakeError) -> str:
    """What an error says, without place and hint."""
    return error.problems[0].message if isinstance(error, InputError) else str(error)


def _doors(question: Question) -> Iterator[Door]:
    """Compounds and routes that a question takes; bioavailability compares with the vein, listed as an arm or not."""
    for arm in (question.arm, question.reference):
        if arm is not None and arm.compound is not None:
            vein = question.observation.quantity == "bioavailability"
            yield from ((arm.compound, route) for route in ROUTES if route == arm.route or (vein and route == "iv"))


def _runner(evidence: Evidence, species: str, doors: Iterable[Door]) -> Simulator:
    """Arms of one species, run in laboratories that stand ready by (compound, route)."""
    if species not in MODELLED_SPECIES:

        def refused(arm: Arm) -> Trajectories:
            raise NotSimulated(f"no model yet of the {species}")

        return refused
    laboratories: dict[tuple[str, str], Laboratory] = {}
    for compound, route in doors:
        try:
            laboratories[compound, route] = prepare(evidence, species, {compound: [route]})
        except InputError:  # no such compound, or values of it are missing: its arms will say that there is no model
            continue
    return simulator(evidence, species, laboratories, {})


def _remembered(run: Simulator) -> Simulator:
    """The same, run once for each treatment."""
    courses: dict[str, Trajectories | ReuptakeError] = {}

    def simulated(arm: Arm) -> Trajectories:
        treatment = arm.model_dump_json(exclude={"id", "n", "note"})
        if treatment not in courses:
            try:
                courses[treatment] = run(arm)
            except ReuptakeError as error:
                courses[treatment] = error
        found = courses[treatment]
        if isinstance(found, ReuptakeError):
            raise found
        return found

    return simulated
