"""Show, explain and check what is known."""

from __future__ import annotations

from pathlib import Path

from reuptake.cli.show import plain, table
from reuptake.errors import InputError, Problem, ReuptakeError, nearest
from reuptake.evidence.base import Evidence, load, packaged
from reuptake.evidence.claims import Claim
from reuptake.evidence.records import SPECIES, Record
from reuptake.model.mechanism import TARGETS
from reuptake.reports.answers.evidence import (
    ExplainAnswer,
    ResponseAnswer,
    UsedByAnswer,
    claim_answer,
    evidence_answer,
    value_answer,
)

__all__ = ["check_evidence", "known", "show_evidence", "show_explanation"]


def known(compound_files: list[Path]) -> Evidence:
    """The packaged evidence, with the user's compound files if there are any."""
    return load(compound_files) if compound_files else packaged()


def show_evidence(compound: str | None, target: str | None, compound_files: list[Path], json: bool) -> None:
    """Claims and values of one compound or all, of one target or all."""
    base = known(compound_files)
    if compound is not None:
        base.compound(compound, "COMPOUND")
    aimed = _target(base, target) if target is not None else None
    claims = [claim for claim in base.claims if _wanted(claim, compound, aimed)]
    records = [record for record in base.records if _of(record, compound, aimed)]
    notes = (
        []
        if claims or records
        else [f"nothing is known of {compound or 'any compound'}" + (f" at {aimed}" if aimed else "")]
    )
    answer = evidence_answer(claims, records, base, notes)
    if json:
        plain(answer.text())
        return
    table(
        "Claims", ("row", "of", "target", "says"),
        [
            (c.row, c.subject, c.target or "–", f"{c.statement} ({c.grade}: {', '.join(c.sources)})")
            for c in answer.claims
        ],
    )  # fmt: skip
    table(
        "Values", ("name", "number", "unit", "status", "source", "in use"),
        [
            (v.name, f"{v.number:g}", v.unit, v.status, v.source or "–", "yes" if v.use else "rival")
            for v in answer.values
        ], right=(1,),
    )  # fmt: skip
    for note in notes:
        plain(note)


def _target(base: Evidence, text: str) -> str:
    names = {*TARGETS, *(claim.target for claim in base.claims if claim.target)}
    for name in names:
        if name.lower() == text.lower():
            return name
    raise InputError(Problem(f"unknown target '{text}'", "--target", nearest(text, sorted(names))))


def _wanted(claim: Claim, compound: str | None, target: str | None) -> bool:
    return (compound is None or claim.subject == compound) and (target is None or claim.target == target)


def _of(record: Record, compound: str | None, target: str | None) -> bool:
    parts = record.name.split(".")
    return (compound is None or parts[0] == compound) and (target is None or target.lower() in parts)


def show_explanation(name: str, compound_files: list[Path], json: bool) -> None:
    """Records and rivals of one value, the equations it stands in, the outputs it moves."""
    from reuptake.simulation.influence import entrances, responses

    base = known(compound_files)
    records = base.rivals(name)
    if not records:
        raise InputError(
            Problem(
                f"no value '{name}' in the evidence",
                "NAME",
                nearest(name, [*base.in_use, *{r.stem for r in base.records}]),
            )
        )
    used = next((record for record in records if record.use and not record.name.endswith(SPECIES[1:])), records[0])
    enters = entrances(base, used.stem)
    compound = used.stem.split(".")[0]
    probe = compound if compound in base.compounds and base.compounds[compound].kind == "drug" else "imipramine"
    notes = [] if enters else ["no equation of the present model uses this value"]
    if used.stem.endswith(".between_subject_cv"):
        notes = ["how far subjects of a population lie from one another in the value before it"]
    elif used.stem.endswith("molar_mass"):
        notes.append("turns doses into moles, and moles into the ng/mL of an answer")
    moved = []
    if enters and used.use:
        try:
            moved = responses(base, used.name, probe)
        except ReuptakeError:
            notes.append(
                f"one oral dose of {probe} does not tell what it moves: not in that model, or not free to grow"
            )
    if moved:
        notes.append(f"responses: {probe} 50 mg by mouth, reference individual, {used.name} raised by ten per cent")
    claims = [claim for claim in base.claims if used.name in claim.values or used.stem in claim.values]
    answer = ExplainAnswer(
        name=name,
        records=[value_answer(record, base) for record in records],
        used_by=[UsedByAnswer(system=e.system, where=e.where, equation=e.equation) for e in enters],
        responses=[ResponseAnswer(output=r.output, percent=round(r.percent, 4)) for r in moved],
        claims=[claim_answer(claim, base) for claim in claims],
        notes=notes,
    )
    if json:
        plain(answer.text())
    else:
        _print_explanation(answer)


def _print_explanation(answer: ExplainAnswer) -> None:
    for value in answer.records:
        given = {key: number for key, number in (value.spread or {}).items() if number is not None}
        spread = ", spread " + " ".join(f"{key} {number}" for key, number in given.items()) if given else ""
        plain(
            f"{value.name} = {value.number:g} {value.unit}  "
            f"[{value.status}{'' if value.use else ', not in use'}{spread}]"
        )
        for line in (value.locator, value.because, value.reference):
            if line:
                plain(f"    {line}")
    if answer.used_by:
        table("Enters", ("where", "equation"), [(entry.where, entry.equation) for entry in answer.used_by])
    strongest = sorted(answer.responses, key=lambda r: -abs(r.percent))
    if strongest:
        table(
            "If it were ten per cent more",
            ("output", "change, %"),
            [(r.output, f"{r.percent:+.2f}") for r in strongest],
            right=(1,),
        )
    for claim in answer.claims:
        plain(f"Claim {claim.row}: {claim.statement}")
    for note in answer.notes:
        plain(note)


def check_evidence(compound_files: list[Path]) -> None:
    """Read and check every file, and find every number of every model that can be assembled."""
    from reuptake.model.absorption import open_routes
    from reuptake.model.assemble import MODELLED_SPECIES
    from reuptake.simulation.run import prepare

    base = load(compound_files)
    drugs = [name for name, compound in base.compounds.items() if compound.kind == "drug"]
    models = [
        (species, drug)
        for species in MODELLED_SPECIES
        for drug in drugs
        if species == "human" or f"{drug}.fraction_unbound.{species}" in base.in_use
    ]
    parameters = {
        record.name
        for species, drug in models
        for record in prepare(base, species, {drug: open_routes(base, drug, species)}).table.records
    }
    plain(
        f"{len(base.records)} records, {len(base.claims)} claims, {len(base.studies)} studies, "
        f"{len(base.sources)} sources: in order; {len(parameters)} parameters of {len(drugs)} drugs in "
        f"{', '.join(dict.fromkeys(species for species, _ in models))} resolve"
    )
