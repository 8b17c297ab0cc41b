"""One substance: what it is, what enzymes make of it, and every number known of it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from reuptake.evidence.claims import Claim
from reuptake.evidence.records import Frozen, Record

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
    """One reaction: the enzyme, what it does, and the product that is followed (or none)."""

    enzyme: str
    reaction: str
    product: Annotated[str, AfterValidator(_key)] | None = None
    gut: bool = False


class Compound(Frozen):
    """A compound file; see ``docs/reference/evidence-files.md``."""

    compound: Annotated[str, AfterValidator(_key)]
    title: str
    kind: Literal["drug", "metabolite"] = "drug"
    binds: Literal["aag", "albumin", "constant"] = "constant"
    identity: Identity = Identity()
    dose_form: str = "free base"
    pathways: tuple[Pathway, ...] = ()
    values: tuple[Record, ...] = ()
    claims: tuple[Claim, ...] = ()
    sources: str = ""
