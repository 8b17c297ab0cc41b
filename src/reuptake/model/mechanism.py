"""What every chapter of the model promises, and what it is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from reuptake.dosing.regimens import Route
from reuptake.equations.system import SystemBuilder
from reuptake.evidence.base import Evidence
from reuptake.evidence.compounds import Compound
from reuptake.evidence.records import Record

__all__ = ["PERFUSED", "TARGETS", "AbstractMechanism", "Cast"]

# Organs that blood equilibrates with; brain, portal vein and the blood pools come beside them.
PERFUSED = ("adipose", "bone", "gut", "heart", "kidney", "liver", "lung", "muscle", "skin", "spleen", "rest")
TARGETS = ("SERT", "NET", "DAT", "M1", "M2", "M3", "M4", "M5", "H1", "alpha1", "5-HT2A", "5-HT2C")


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

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the compounds followed."""
        return tuple(compound.compound for compound in self.compounds)


class AbstractMechanism(ABC):
    """A chapter: adds its states, flows, definitions and outputs to the equations.

    It may lean on what chapters before it have defined (`SystemBuilder.known`), never on
    their code; it asks for numbers by the name of their evidence record.
    """

    name: ClassVar[str]

    @abstractmethod
    def contribute(self, builder: SystemBuilder, cast: Cast) -> None:
        """Add this chapter's part."""
