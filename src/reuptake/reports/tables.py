"""What a report sets in rows: claims, parameters, routes and levels, each with its references."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reuptake.evidence.base import Evidence
from reuptake.evidence.claims import Claim
from reuptake.evidence.records import Record
from reuptake.reports.profile import SPECIES, Profile

__all__ = [
    "ClaimRow",
    "ParameterGroup",
    "ParameterRow",
    "References",
    "Test",
    "Value",
    "claim_rows",
    "exposure_rows",
    "interval_text",
    "number_text",
    "occupancy_rows",
    "parameter_groups",
    "parameter_row",
    "three_digits",
    "unit_text",
]


# Text between which the numbers of sources stand.
Prose = tuple[str | int, ...]
_KEY = re.compile(r"(\([a-z]+\d{4}[a-z]*\)|\b[a-z]+\d{4}[a-z]*\b)")


class References:
    """The reference list of one document: a source gets its number when it is first cited."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._numbers: dict[str, int] = {}

    def cite(self, *keys: str) -> tuple[int, ...]:
        """Numbers of some sources, rising, none twice."""
        numbers = [self._numbers.setdefault(key, len(self._numbers) + 1) for key in dict.fromkeys(keys) if key]
        return tuple(sorted(numbers))

    def of(self, record: Record) -> tuple[int, ...]:
        """Numbers of a record's source and of the compilation that it was read in."""
        return self.cite(record.source, record.via)

    def mark(self, record: Record) -> str:
        """Numbers of a record as they stand in a figure; a letter where nobody measured it."""
        numbers = ", ".join(str(number) for number in self.of(record))
        status = "" if record.status == "measured" else f" {record.status}"
        return f"[{numbers}]{status}" if numbers else status.strip()

    def prose(self, text: str) -> Prose:
        """A text with every source key in it turned into its number."""
        parts: list[str | int] = []
        for i, word in enumerate(_KEY.split(text)):
            if i % 2 and word.strip("()") in self._evidence.sources:
                parts += self.cite(word.strip("()"))
            else:
                parts.append(word)
        return tuple(part for part in parts if part != "")

    def listed(self) -> tuple[tuple[int, str], ...]:
        """The list, in the order of first citation."""
        return tuple((number, self._evidence.reference(key)) for key, number in self._numbers.items())


@dataclass(frozen=True)
class Value:
    """A number beside the claim that leans on it."""

    name: str
    value: str
    unit: str
    status: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class ParameterRow:
    """One record as it is printed."""

    name: str
    value: str
    unit: str
    status: str
    spread: str
    because: Prose
    locator: str
    numbers: tuple[int, ...]
    rivals: int


@dataclass(frozen=True)
class ParameterGroup:
    """Records that belong together, with a count for each status."""

    title: str
    rows: tuple[ParameterRow, ...]
    statuses: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Test:
    """An output that tests a claim: what it came to, or None where it is not computed yet."""

    output: str
    value: str | None


@dataclass(frozen=True)
class ClaimRow:
    """One claim as it is printed."""

    id: str
    row: str
    statement: Prose
    target: str
    action: str
    outcome: str
    correlate: str
    direction: str
    grade: str
    note: Prose
    values: tuple[Value, ...]
    tests: tuple[Test, ...]
    numbers: tuple[int, ...]


def claim_rows(profile: Profile, table: str, references: References) -> tuple[ClaimRow, ...]:
    """The claims of one compound under one table of the mechanism, by row.

    Parameters
    ----------
    profile : Profile
    table : str
        A letter, A to F.
    references : References
        Takes up what the rows cite.
    """
    subject = profile.compound.compound
    claims = [claim for claim in profile.evidence.claims if claim.subject == subject and claim.row[0] == table]
    return tuple(_claim_row(profile, claim, references) for claim in sorted(claims, key=lambda claim: claim.row))


def _claim_row(profile: Profile, claim: Claim, references: References) -> ClaimRow:
    # In the order of the columns, so that numbers rise as the row is read.
    statement, note = references.prose(claim.statement), references.prose(claim.note)
    records = [record for record in (profile.evidence.find(name, SPECIES) for name in claim.values) if record]
    values = tuple(
        Value(record.name, number_text(record.number), unit_text(record.unit), record.status, references.of(record))
        for record in records
    )
    return ClaimRow(
        id=claim.id,
        row=claim.row,
        statement=statement,
        target=claim.target or "",
        action=claim.action or "",
        outcome=claim.outcome or "",
        correlate=claim.correlate or "",
        direction=claim.direction or "",
        grade=claim.grade,
        note=note,
        values=values,
        tests=tuple(Test(output, _result(profile, output)) for output in claim.tested_by),
        numbers=references.cite(*claim.sources),
    )


def _result(profile: Profile, output: str) -> str | None:
    """What an output came to over the last interval, in words; None if the model does not have it."""
    kind, _, name = output.partition(".")
    if output not in profile.outputs:
        return None
    if kind == "occupancy":
        measured, own = profile.occupancy(name), profile.occupancy(name, profile.compound.compound)
        if not measured:
            return None
        by_itself = f", of which {share_text(own.mean)} by {profile.compound.compound} itself" if own else ""
        return f"mean {share_text(measured.mean)}{by_itself}"
    if kind == "analytes":
        measured = profile.plasma(name)
        return f"mean {measured.mean:.3g} ng/mL in plasma" if measured else None
    fraction = profile.summary["mass_balance"].get(name)
    return f"{share_text(fraction)} of the dose" if fraction is not None else None


def share_text(fraction: float) -> str:
    """A fraction in per cent, with a digit more where it is small."""
    value = 100.0 * fraction
    return f"{value:.2f} %" if value < 1.0 else f"{value:.0f} %"


def number_text(number: float) -> str:
    """A number as a record gives it, without a tail of noughts."""
    return f"{number:.5g}" if abs(number) < 1e5 else f"{number:,.0f}"


def three_digits(number: float) -> str:
    """A number to three digits, without an exponent.

    Examples
    --------
    >>> three_digits(4649.0), three_digits(0.27149)
    ('4650', '0.271')
    """
    return f"{float(f'{number:.3g}'):.10g}"


def interval_text(low: float | None, high: float | None) -> str:
    """An interval as it is printed; an end that is None is open."""
    if low is None and high is None:
        return "open"
    return " to ".join("open" if end is None else three_digits(end) for end in (low, high))


def unit_text(text: str) -> str:
    """A unit as it is printed: body, tissue, protein and enzyme said in words."""
    return "" if text in ("fraction", "1") else text.replace("_", " ").replace("*", "·")


def parameter_row(evidence: Evidence, record: Record, references: References) -> ParameterRow:
    """A record as it is printed."""
    return ParameterRow(
        record.name,
        number_text(record.number),
        unit_text(record.unit),
        record.status,
        spread_text(record),
        references.prose(record.because),
        record.locator,
        references.of(record),
        sum(1 for r in evidence.records if r.name == record.name) - 1,
    )


def spread_text(record: Record) -> str:
    """How uncertain a record is, as it is printed; empty where nobody says."""
    spread = record.spread
    if spread is None:
        return ""
    if spread.kind == "range":
        return f"{spread.low:g} to {spread.high:g}"
    return f"CV {100 * (spread.cv or 0):.0f} %" if spread.kind == "lognormal" else f"SD {spread.sd:g}"


def parameter_groups(profile: Profile, references: References) -> tuple[ParameterGroup, ...]:
    """Every parameter of the model, by what it belongs to: each compound, targets, enzymes, body."""
    shelves: dict[str, list[Record]] = {name: [] for name in profile.names}
    for title in ("targets", "enzymes", "body and organs"):
        shelves[title] = []
    for record in profile.parameters():
        owner = record.name.split(".")[0]
        shelves[owner if owner in profile.names else _shelf(owner)].append(record)
    return tuple(
        ParameterGroup(
            title,
            tuple(
                parameter_row(profile.evidence, record, references) for record in sorted(records, key=lambda r: r.name)
            ),
            counted(records),
        )
        for title, records in shelves.items()
        if records
    )


def _shelf(owner: str) -> str:
    from reuptake.model.mechanism import TARGETS

    if owner in {target.lower() for target in TARGETS}:
        return "targets"
    return "enzymes" if owner.startswith(("cyp", "ugt")) else "body and organs"


def counted(records: Iterable[Record]) -> tuple[tuple[str, int], ...]:
    """How many records are measured, derived, fitted and assumed."""
    statuses = [record.status for record in records]
    return tuple(
        (status, statuses.count(status))
        for status in ("measured", "derived", "fitted", "assumed")
        if status in statuses
    )


def exposure_rows(profile: Profile) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Levels of every compound followed: at the end of the course, and after one dose alone."""
    single: Mapping[str, Any] = profile.single.summary()["analytes"] if profile.single else {}
    rows = []
    for name, levels in profile.summary.get("analytes", {}).items():
        alone = single.get(name, {})
        cells = [_median(levels[key]) for key in ("cmax", "cavg", "cmin", "auc_tau")]
        cells += [_median(alone.get(key)) for key in ("cmax", "tmax", "auc_inf", "half_life")]
        rows.append((name, tuple(cells)))
    return tuple(rows)


def occupancy_rows(profile: Profile) -> tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], ...]:
    """Occupancy of every target over the last interval, and the mean share of each ligand."""
    rows = []
    for target in profile.targets:
        total = profile.occupancy(target)
        if total is None:
            continue
        held = [(name, profile.occupancy(target, name)) for name in profile.ligands(target)]
        shares = tuple((name, share_text(span.mean)) for name, span in held if span)
        rows.append((target, tuple(share_text(value) for value in (total.low, total.mean, total.high)), shares))
    return tuple(rows)


def _median(value: Mapping[str, Any] | None) -> str:
    return "–" if value is None else f"{value['median']:.3g}"
