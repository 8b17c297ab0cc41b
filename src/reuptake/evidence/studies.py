"""A published experiment: who was given what, what was measured, and for what it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from reuptake.evidence.claims import Direction
from reuptake.evidence.records import Frozen, Number, UnitText

__all__ = ["Arm", "Observation", "Role", "Study"]

Role = Literal["calibration", "validation", "information"]


class Arm(Frozen):
    """One treatment of a study; doses and times are text with units, as a person writes them.

    ``lead`` says how long the coadministered drugs were taken before. ``population`` says who the subjects were, by
    ``age``, ``sex`` and so on, where they were no middle-aged men as they come; ``traits`` are values that set these
    subjects apart, such as an activity score, by the name of their record and in its unit.
    """

    id: str
    compound: str | None = None
    dose: str | None = None
    route: str = "po"
    every: str | None = None
    duration: str | None = None
    coadministered: tuple[str, ...] = ()
    lead: str | None = None
    genotype: str | None = None
    population: Mapping[str, str] = {}
    traits: Mapping[str, Number] = {}
    n: int | None = None
    note: str = ""


class Observation(Frozen):
    """One result: a number with a unit, or a direction where only that is known.

    ``at`` is the time of a single level, ``until`` the end of an area that was cut short, both since the dose;
    in a course of doses since the last one.
    """

    arm: str
    quantity: str
    analyte: str | None = None
    number: Number | None = None
    unit: UnitText = ""
    direction: Direction | None = None
    relative_to: str | None = None
    relative_to_analyte: str | None = None
    at: str | None = None
    until: str | None = None
    sd: Number | None = None
    locator: str = ""
    use: bool = True
    because: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Observation:
        if (self.number is None) == (self.direction is None):
            raise ValueError("an observation has either a number or a direction")
        if not self.use and not self.because:
            raise ValueError("an observation that is not used needs 'because'")
        return self


class Study(Frozen):
    """A study with its role; whole studies stay on one side."""

    id: str
    source: str
    role: Role
    species: str
    n: int | None = None
    design: str = ""
    arms: tuple[Arm, ...]
    observations: tuple[Observation, ...]
    because: str = ""

    @model_validator(mode="after")
    def _arms_exist(self) -> Study:
        arms = {arm.id for arm in self.arms}
        lost = sorted({o.arm for o in self.observations} | {o.relative_to for o in self.observations if o.relative_to})
        unknown = [name for name in lost if name not in arms]
        if unknown:
            raise ValueError(f"no arm {', '.join(unknown)} in this study (arms: {', '.join(sorted(arms))})")
        return self

    def arm(self, name: str) -> Arm:
        """The arm of this id."""
        return next(arm for arm in self.arms if arm.id == name)
