"""What every chapter of the model promises, and what it is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from reuptake.dosing.regimens import Route
from reuptake.equations.system import SystemBuilder
from reuptake.evidence.base import Evidence
from reuptake.evidence.compounds import Compound, Pathway
from reuptake.evidence.records import Record

__all__ = ["PERFUSED", "TARGETS", "UNASSIGNED", "AbstractMechanism", "Cast"]

# Organs that blood equilibrates with; brain, portal vein and the blood pools come beside them.
PERFUSED = ("adipose", "bone", "gut", "heart", "kidney", "liver", "lung", "muscle", "skin", "spleen", "rest")
TARGETS = ("SERT", "NET", "DAT", "M1", "M2", "M3", "M4", "M5", "H1", "alpha1", "5-HT2A", "5-HT2C")


# Names of pathways that no enzyme stands behind: what is left over, linear.
UNASSIGNED = ("minor", "other", "unassigned")


@dataclass(frozen=True)
class Cast:
    """Who takes part: species, compounds followed, and by which routes each is given."""

    species: str
    compounds: tuple[Compound, ...]
    dosed: Mapping[str, frozenset[Route]]
    evidence: Evidence

    def find(self, name: str) -> Record | None:
        """The record of an optional quantity, or None where nobody knows it."""
        return self.evidence.find(name, self.species)

    def first(self, *names: str) -> str | None:
        """The first of some names that has a record."""
        return next((name for name in names if self.find(name)), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the compounds followed."""
        return tuple(compound.compound for compound in self.compounds)

    @property
    def whole_body(self) -> tuple[str, ...]:
        """Compounds that every organ holds."""
        return tuple(one.compound for one in self.compounds if one.disposition == "whole-body")

    @property
    def compact(self) -> tuple[str, ...]:
        """Compounds that get a liver and one or two pools."""
        return tuple(one.compound for one in self.compounds if one.disposition == "compact")

    @property
    def habits(self) -> tuple[str, ...]:
        """Lasting exposures that evidence knows, such as tobacco smoke; nobody need be exposed."""
        return tuple(name for name, one in self.evidence.compounds.items() if one.kind == "exposure")

    @cached_property
    def enzymes(self) -> tuple[str, ...]:
        """Enzymes that anything here is turned over by, in alphabetical order."""
        return tuple(sorted({pathway.enzyme for _, pathway in self._reactions} - set(UNASSIGNED)))

    @cached_property
    def gut_enzymes(self) -> tuple[str, ...]:
        """Enzymes of the gut wall that something swallowed meets there."""
        swallowed = [name for name in self.whole_body if "po" in self.dosed.get(name, ())]
        return tuple(sorted({one.enzyme for name, one in self._reactions if one.gut and name in swallowed}))

    @property
    def _reactions(self) -> list[tuple[str, Pathway]]:
        return [(name, pathway) for name in self.names for pathway in self.reactions(name)]

    def reactions(self, name: str) -> tuple[Pathway, ...]:
        """What this species makes of a compound."""
        return next(one for one in self.compounds if one.compound == name).reactions(self.species)

    def veins(self, name: str) -> str:
        """Where blood that leaves the liver brings a compound."""
        return "central" if name in self.compact else "venous"


class AbstractMechanism(ABC):
    """A chapter: adds its states, flows, definitions and outputs to the equations.

    It may lean on what chapters before it have defined (`SystemBuilder.known`), never on
    their code; it asks for numbers by the name of their evidence record.
    """

    name: ClassVar[str]

    @abstractmethod
    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        """Add this chapter's part."""
