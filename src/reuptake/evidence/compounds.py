"""One substance: what it is, what enzymes make of it, and every number known of it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from reuptake.evidence.claims import Claim
from reuptake.evidence.records import SPECIES, Frozen, Record, SpeciesName

__all__ = ["Compound", "Identity", "Pathway"]


def _key(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", text):
        raise ValueError("a compound is named in lower case letters, digits and hyphens")
    return text


class Identity(Frozen):
    """Registry identifiers of the free base and of the form doses are given in, each looked up."""

    cas: str | None = None
    cas_dose_form: str | None = None
    inchikey: str | None = None
    formula: str | None = None


class Pathway(Frozen):
    """One reaction: the enzyme, what it does, the product that is followed (or none), and in whom."""

    enzyme: str
    reaction: str
    product: Annotated[str, AfterValidator(_key)] | None = None
    gut: bool = False
    species: tuple[SpeciesName, ...] = SPECIES


class Compound(Frozen):
    """A compound file; see ``docs/reference/evidence-files.md``.

    ``disposition`` says how much body the compound gets: every organ (``whole-body``), or a liver and one or
    two pools for the rest (``compact``), which is enough for what only inhibits or induces. An ``exposure``
    is no dose but a lasting habit, such as smoking: it only shifts enzymes. A ``caution`` is told with every
    interaction.
    """

    compound: Annotated[str, AfterValidator(_key)]
    title: str
    aliases: tuple[Annotated[str, AfterValidator(_key)], ...] = ()
    kind: Literal["drug", "metabolite", "exposure"] = "drug"
    disposition: Literal["whole-body", "compact"] = "whole-body"
    binds: Literal["aag", "albumin", "constant"] = "constant"
    identity: Identity = Identity()
    dose_form: str = "free base"
    caution: str = ""
    pathways: tuple[Pathway, ...] = ()
    values: tuple[Record, ...] = ()
    claims: tuple[Claim, ...] = ()
    sources: str = ""

    def reactions(self, species: str) -> tuple[Pathway, ...]:
        """Pathways of one species."""
        return tuple(pathway for pathway in self.pathways if species in pathway.species)
