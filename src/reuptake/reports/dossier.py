"""The living datasheet of one compound: tables, figures, protocols, a simulated course, references."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from reuptake.evidence.base import Evidence, packaged
from reuptake.evidence.claims import ROWS
from reuptake.experiments.protocols import Protocol, protocols
from reuptake.reports.figures.course import holders, occupancy, plasma
from reuptake.reports.figures.pathways import pathways
from reuptake.reports.figures.receptors import receptors
from reuptake.reports.figures.synapse import synapse
from reuptake.reports.pages import Figure, render
from reuptake.reports.profile import Profile, profile
from reuptake.reports.tables import (
    ClaimRow,
    References,
    claim_rows,
    counted,
    exposure_rows,
    number_text,
    occupancy_rows,
    parameter_groups,
    share_text,
    spread_text,
    unit_text,
)

__all__ = ["SECTIONS", "Section", "dossier"]

# The mechanism's tables, in order: letter, anchor, heading.
SECTIONS = {
    "A": "Primary targets: inhibition of presynaptic reuptake",
    "B": "Receptors: the side-effect profile",
    "C": "Forced swim test",
    "D": "Liver cytochrome P450 study",
    "E": "Metabolism and pharmacokinetics",
    "F": "Adaptation, zinc and onset",
}
_WHO = {"A": "Target", "B": "Receptor", "C": "Part", "D": "Enzyme", "E": "Enzyme", "F": "Target"}

_CAPTIONS = {
    "A": (
        "from a dose to the cleft. Each transporter is filled with the mean share that each ligand holds over the "
        "last dosing interval; the arrows of reuptake are the thinner, the more is blocked. Numbers in brackets are "
        "references; a value without a status was measured."
    ),
    "B": (
        "receptor profile. Points: Kd, with the middle 90 % of what laboratories would find where a spread is known; "
        "crosses: Kd times the in-vivo scale, where that is not one. Bands: simulated unbound level in brain. Bars: "
        "mean occupancy by each ligand. Effects are those that the claims of this dossier tie to a target; grey words "
        "are the claimed outcome where no clinical correlate is claimed. "
        "Occupancy is computed at the level in brain, also "
        "where an effect arises outside it (saliva, bladder, vessels)."
    ),
    "E": (
        "what the liver makes of it. Coloured widths and per cent: share of a compound's intrinsic clearance, from "
        "clearance per enzyme molecule times molecules in the liver. What the gut removes on the way in is not in it."
    ),
}
_COURSES = {
    "plasma": "Levels in plasma of the compound and of what it turns into; right, the last interval.",
    "occupancy": "Occupancy of every target by all ligands together; targets with one and the same curve share a line.",
    "holders": "The transporters, divided among the ligands that hold them.",
}


@dataclass(frozen=True)
class Section:
    """One lettered part of the dossier: claims, figures, protocols, and what is missing."""

    letter: str
    heading: str
    who: str
    rows: tuple[ClaimRow, ...]
    lacking: tuple[str, ...]
    figures: tuple[Figure, ...] = ()
    protocols: tuple[tuple[Protocol, tuple[int, ...]], ...] = ()
    clearances: tuple[dict[str, Any], ...] = ()

    @property
    def anchor(self) -> str:
        """Identifier of the section in the page."""
        return f"section-{self.letter.lower()}"

    @property
    def empty(self) -> bool:
        """Whether nothing at all is known here."""
        return not self.rows and not self.figures and not self.protocols


def dossier(
    compound: str,
    evidence: Evidence | None = None,
    *,
    dose: str = "75 mg",
    every: str = "24 h",
    duration: str = "28 d",
) -> str:
    """The dossier of a compound as one HTML page that needs nothing beside it.

    Parameters
    ----------
    compound : str
        Name of a compound file, packaged or the user's own.
    evidence : Evidence, optional
        The packaged evidence unless given; see `reuptake.evidence.base.load`.
    dose, every, duration : str
        The course that is simulated, as text with units.

    Returns
    -------
    str
        HTML; the same evidence and course give the same bytes.

    Raises
    ------
    InputError
        If the compound is unknown, or dose and times are no such thing. A compound that
        lacks what a simulation needs still has its dossier, which says what is missing.
    """
    known = evidence or packaged()
    content = _content(profile(compound, known, dose=dose, every=every, duration=duration))
    return render("dossier.html.j2", content)


def _content(profile: Profile) -> dict[str, Any]:
    """Everything that the template sets, gathered in the order of the page, so that references count up."""
    references = References(profile.evidence)
    identity = _identity(profile, references)
    sections = [_section(profile, letter, references) for letter in SECTIONS]
    records = profile.parameters()
    groups = parameter_groups(profile, references)
    return {
        "profile": profile,
        "compound": profile.compound,
        "version": version("reuptake"),
        "identity": identity,
        "sections": sections,
        "courses": _courses(profile),
        "exposure": exposure_rows(profile),
        "occupancies": occupancy_rows(profile),
        "summary": profile.summary,
        "groups": groups,
        "statuses": counted(records),
        "parameter_count": len(records),
        "assumptions": [row for group in groups for row in group.rows if row.status == "assumed"],
        "pending": _pending(profile, sections),
        "highlights": _highlights(profile),
        "run_hash": str(profile.course.provenance.get("hash", "")) if profile.course else "",
        "references": references.listed(),
    }


def _identity(profile: Profile, references: References) -> list[tuple[str, str, tuple[int, ...]]]:
    """What the substance is, each fact with its references; what nobody has looked up is said so."""
    compound, identity = profile.compound, profile.compound.identity
    facts: list[tuple[str, str, tuple[int, ...]]] = [
        ("Kind", compound.kind, ()),
        ("CAS number of the base", identity.cas or "not recorded", ()),
        ("CAS number of the dose form", identity.cas_dose_form or "not recorded", ()),
        ("InChIKey of the base", identity.inchikey or "not recorded", ()),
        ("Formula of the base", identity.formula or "not recorded", ()),
        ("Doses are given as", compound.dose_form, ()),
    ]
    for quantity, said in (
        ("molar_mass", "Molar mass of the base"),
        ("dose_form.molar_mass", "Molar mass of the dose form"),
    ):
        record = profile.evidence.find(f"{compound.compound}.{quantity}")
        if record:
            facts.append((said, f"{number_text(record.number)} {unit_text(record.unit)}", references.of(record)))
    followed = ", ".join(profile.names[1:])
    facts.append(("Metabolites followed", followed or "none", ()))
    return facts


def _section(profile: Profile, letter: str, references: References) -> Section:
    rows = claim_rows(profile, letter, references)
    used = tuple((p, references.cite(*_known(profile, p.source))) for p in _protocols(profile, letter))
    told = {row.row for row in rows}
    lacking = tuple(row for row in ROWS if row[0] == letter and row not in told)
    figures = _figures(profile, letter, references)
    clearances = _clearances(profile, references) if letter == "E" else ()
    return Section(letter, SECTIONS[letter], _WHO[letter], rows, lacking, figures, used, clearances)


def _known(profile: Profile, source: str) -> tuple[str, ...]:
    return (source,) if source in profile.evidence.sources else ()


def _protocols(profile: Profile, letter: str) -> Iterable[Protocol]:
    """Protocols of a table in which this compound is given."""
    return [p for p in protocols().values() if letter in p.tables and profile.compound.compound in p.compounds]


def _figures(profile: Profile, letter: str, references: References) -> tuple[Figure, ...]:
    title = profile.compound.title
    drawn = {"A": lambda: synapse(profile, references), "B": lambda: receptors(profile), "E": lambda: pathways(profile)}
    if letter not in drawn:
        return ()
    text = drawn[letter]()
    return (
        (Figure(f"figure-{letter.lower()}5", text, f"Figure {letter}5. {title}: {_CAPTIONS[letter]}"),) if text else ()
    )


def _clearances(profile: Profile, references: References) -> tuple[dict[str, Any], ...]:
    """Every hepatic route of every compound followed, with the sources of its numbers."""
    rows = []
    for name in profile.names:
        for way in profile.clearances(name):
            numbers = tuple(dict.fromkeys(n for record in way.records for n in references.of(record)))
            first = way.records[0] if way.records else None
            told = {"status": first.status, "spread": spread_text(first)} if first else {"status": "", "spread": ""}
            rows.append({"name": name, "way": way, "numbers": numbers} | told)
    return tuple(rows)


def _courses(profile: Profile) -> tuple[Figure, ...]:
    course = profile.course
    if course is None:
        return ()
    drawn = {"plasma": plasma(course), "occupancy": occupancy(course), "holders": holders(course)}
    return tuple(Figure(f"figure-{name}", text, _COURSES[name]) for name, text in drawn.items() if text)


def _pending(profile: Profile, sections: list[Section]) -> list[tuple[str, tuple[str, ...]]]:
    """Outputs that claims name and the model does not have, each with the rows that wait for it."""
    waiting: dict[str, list[str]] = {}
    for section in sections:
        for row in section.rows:
            for test in row.tests:
                if test.output not in profile.outputs:
                    waiting.setdefault(test.output, []).append(row.row)
    return [(output, tuple(dict.fromkeys(rows))) for output, rows in sorted(waiting.items())]


def _highlights(profile: Profile) -> list[tuple[str, str]]:
    """The few numbers that a reader comes for."""
    name, found = profile.compound.compound, []
    for target in ("SERT", "NET", "DAT"):
        kd, whole = profile.kd(name, target), profile.occupancy(target)
        if kd:
            found.append((f"Kd at {target}", f"{number_text(kd.number)} {unit_text(kd.unit)}"))
        if whole:
            own = profile.occupancy(target, name)
            by_itself = f", {share_text(own.mean)} by itself" if own else ""
            found.append((f"Mean occupancy of {target}", f"{share_text(whole.mean)}{by_itself}"))
    for analyte in profile.names[:2]:
        level = profile.plasma(analyte)
        if level:
            found.append((f"Mean plasma level of {analyte}", f"{level.mean:.3g} ng/mL"))
    return found
