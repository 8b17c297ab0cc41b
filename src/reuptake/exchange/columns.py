"""What the columns of a table of measurements mean, from headers as people write them.

``Subject``, ``USUBJID`` or ``animal`` say who; ``time (h)``, ``Time_min`` or ``TAD`` when; ``conc [ng/mL]``, ``DV`` or
``Cp_ug_per_mL`` how much. A unit may stand in round or square brackets, after a comma, or behind an underscore.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reuptake.errors import InputError, Problem, nearest
from reuptake.units import Unit, unit

__all__ = ["ROLES", "Column", "measuring", "parted", "personal", "recognised", "unit_of"]

# Header words of each role, the most telling first; all lower case, without blanks, dots, dashes and underscores.
ROLES: dict[str, tuple[str, ...]] = {
    "id": (
        "id", "#id", "subject", "subjectid", "usubjid", "subjid", "subj", "patient", "patientid", "animal", "animalid",
        "participant", "volunteer", "rat", "mouse",
    ),
    "time": (
        "time", "timeafterdose", "tad", "atime", "actualtime", "nominaltime", "ntime", "hours", "hour", "t", "tafd",
        "zeit",
    ),
    "conc": (
        "conc", "concentration", "dv", "cp", "plasmaconc", "plasmaconcentration", "serumconc", "drugconc", "level",
        "plasmalevel", "aval", "pcstresn", "konzentration",
    ),
    "dose": ("dose", "doseamount", "dosis"),
    "amt": ("amt", "amount"),
    "evid": ("evid",),
    "mdv": ("mdv",),
    "rate": ("rate",),
    "duration": ("dur", "duration", "tinf", "infusiontime", "infusionduration"),
    "addl": ("addl",),
    "ii": ("ii", "tau"),
    "ss": ("ss",),
    "cmt": ("cmt",),
    "blq": ("blq", "bql", "bloq", "bloqflag", "blqflag", "cens"),
    "lloq": ("lloq", "loq"),
    "weight": ("weight", "wt", "bw", "bodyweight", "bodymass"),
    "route": ("route", "admin", "administration"),
    "analyte": ("analyte", "compound", "drug", "substance", "dvid", "dvname", "param", "paramcd"),
    "period": ("period", "occasion", "occ", "visit", "day"),
    "treatment": ("treatment", "trt", "trta", "arm", "formulation", "group"),
}  # fmt: skip
# What a table may tell of a subject, for those who ask after it; genes come with their own names.
_OF_SUBJECTS = {"age": ("age", "ageyears", "alter"), "sex": ("sex", "gender", "geschlecht")}
_OF_GENES = ("", "genotype", "diplotype", "phenotype", "metaboliser", "metabolizer", "status")
_BRACKETS = re.compile(r"^(.*?)\s*[(\[]\s*([^)\]]*?)\s*[)\]]\s*$")
_BEHIND = re.compile(
    r"^(.+?)[\s_.,]+(h|hr|hrs|hours?|min|mins|minutes?|d|days?|s|sec|"
    r"[munpµμk]?c?(?:g|mol|M)(?:[\s_./]+(?:per[\s_.]*)?(?:m|u|µ|d)?[lL])?|[munp]M|[munµ]?c?g[\s_./]+(?:per[\s_.]*)?kg|"
    r"kg|[munpµ]?c?g)$"
)
_WORDS = {
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "mins": "min", "minute": "min", "minutes": "min", "sec": "s",
    "secs": "s", "second": "s", "seconds": "s", "day": "d", "days": "d", "mcg": "ug", "gm": "g", "kgs": "kg",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column that was recognised: its header as written, and its unit, empty where none is stated."""

    name: str
    unit: str = ""


def recognised(headers: Iterable[str], chosen: Mapping[str, str], where: str) -> dict[str, Column]:
    """Columns by role.

    Parameters
    ----------
    headers : iterable of str
    chosen : mapping of role to header
        What the user said; it goes before what the headers say.
    where : str
        File and line of the header, for messages.

    Raises
    ------
    InputError
        If a role or a header that the user named does not exist; all at once.
    """
    headers = list(headers)
    by_word: dict[str, Column] = {}
    for header in headers:
        name, written = parted(header)
        by_word.setdefault(_word(header), Column(header))
        by_word.setdefault(_word(name), Column(header, written))
    found = {}
    for role, words in ROLES.items():
        match = next((by_word[word] for word in words if word in by_word), None)
        if match is not None and match.name not in chosen.values():
            found[role] = match
    problems = []
    for role, header in chosen.items():
        if role not in ROLES:
            problems.append(Problem(f"no role '{role}' of a column", "--column", nearest(role, ROLES)))
        elif header not in headers:
            problems.append(Problem(f"no column '{header}' in {where}", "--column", nearest(header, headers)))
        else:
            found[role] = Column(header, parted(header)[1])
    if problems:
        raise InputError(problems)
    return found


def personal(headers: Iterable[str], genes: Iterable[str]) -> dict[str, Column]:
    """Columns that tell what a subject is: ``age``, ``sex``, and a genotype or phenotype by the name of its gene.

    Columns of genes are headed ``CYP2D6``, ``cyp2d6 phenotype``, ``CYP2C19_diplotype`` and the like.
    """
    by_word: dict[str, str] = {}
    for header in headers:
        by_word.setdefault(_word(header), header)
        by_word.setdefault(_word(parted(header)[0]), header)
    words = {**_OF_SUBJECTS, **{gene: tuple(gene.lower() + end for end in _OF_GENES) for gene in genes}}
    found = {key: next((by_word[word] for word in own if word in by_word), None) for key, own in words.items()}
    return {key: Column(header) for key, header in found.items() if header is not None}


def unit_of(text: str, where: str) -> Unit:
    """A unit as people write it: ``hours``, ``mcg/ml``, ``ng_ml``, ``mg/kg``."""
    tidy = re.sub(r"(?<=[A-Za-zµμ])[\s_.]+(?:per[\s_.]*)?(?=[A-Za-zµμ])", "/", text.strip())
    parts = [_WORDS.get(part.lower(), part) for part in re.split(r"\s*/\s*", tidy)]
    parts = [re.sub(r"^mc(?=g$|L$|l$)", "u", re.sub(r"^([munpµμdk]?)[lL]$", r"\1L", part)) for part in parts]
    written = re.sub(r"/kg$", "/kg_body", "/".join(parts))
    try:
        return unit(written)
    except InputError as error:
        raise InputError(Problem(f"unknown unit '{text}'", where, error.problems[0].hint)) from None


def measuring(text: str, examples: Sequence[str], what: str, where: str) -> Unit:
    """A unit of one of the dimensions that the examples have.

    Raises
    ------
    InputError
        If it is unknown or measures something else; `what` says what was wanted.
    """
    found = unit_of(text, where)
    if found.dimension not in [unit(example).dimension for example in examples]:
        hint = "for example " + ", ".join(example.replace("_body", "") for example in examples)
        raise InputError(Problem(f"'{text}' is no unit of {what}", where, hint))
    return found


def parted(header: str) -> tuple[str, str]:
    """A header without its unit, and the unit."""
    for pattern in (_BRACKETS, _BEHIND):
        if match := pattern.match(header):
            return match[1], match[2]
    return header, ""


def _word(text: str) -> str:
    return re.sub(r"[\s_.\-]+", "", text.lower())
