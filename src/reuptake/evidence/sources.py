"""Who said so: the bibliography, and how a reference is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType

from reuptake.errors import InputError, Problem

__all__ = ["Source", "read_bibliography"]

_OPEN = re.compile(r"@(\w+)\{([a-z0-9_-]+),\s*\Z")
_FIELD = re.compile(r"\s*(\w+)\s*=\s*\{([^{}]*)\},?\s*\Z")


@dataclass(frozen=True)
class Source:
    """One entry of the bibliography."""

    key: str
    kind: str
    fields: MappingProxyType[str, str]
    where: str = field(compare=False, default="")

    def reference(self) -> str:
        """The entry as a line of a reference list."""
        get = self.fields.get
        # An entry whose authors are not known is led by its title.
        who, title = _authors(get("author", "")) or get("title", ""), get("title", "") if get("author") else ""
        head = " ".join(filter(None, [who, f"({get('year')})" if get("year") else ""]))
        place = " ".join(filter(None, [get("journal", get("publisher", get("booktitle", ""))), get("volume", "")]))
        if get("pages"):
            place = f"{place}:{get('pages')}" if place else get("pages", "")
        identifiers = [
            f"doi:{get('doi')}" if get("doi") else "",
            f"PMID {get('pmid')}" if get("pmid") else "",
        ]
        parts = [head, title, place, ", ".join(filter(None, identifiers)), get("note", "")]
        return ". ".join(part.rstrip(".") for part in parts if part) + "."


def _authors(text: str) -> str:
    names = [name.strip() for name in text.split(" and ") if name.strip()]
    known = [name for name in names if name != "others"]
    return ", ".join(known[:3]) + (", et al." if len(known) > 3 or len(known) < len(names) else "")


def read_bibliography(text: str, file: str, first_line: int = 1) -> dict[str, Source]:
    """Entries of a BibTeX text, in a strict subset: one ``field = {value},`` per line.

    Raises
    ------
    InputError
        With every line that does not fit and every key given twice.
    """
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    entry: tuple[str, str, dict[str, str], int] | None = None
    for number, line in enumerate(text.splitlines(), first_line):
        where, stripped = f"{file}:{number}:1", line.strip()
        if not stripped or stripped.startswith("%"):
            continue
        if entry is None:
            opened = _OPEN.match(stripped)
            if opened is None:
                problems.append(Problem(f"'{stripped[:40]}' does not begin an entry", where, "write @article{key2004,"))
            # An entry with a bad beginning is read to its end all the same, so that one mistake is told once.
            entry = (opened[1].lower(), opened[2], {}, number) if opened else ("", "", {}, number)
        elif stripped == "}":
            kind, key, fields, begun = entry
            if key and key in sources:
                problems.append(Problem(f"source '{key}' is given twice", f"{file}:{begun}:1"))
            if key:
                sources[key] = Source(key, kind, MappingProxyType(fields), f"{file}:{begun}:1")
            entry = None
        else:
            matched = _FIELD.match(line)
            if matched is None:
                problems.append(Problem("one field a line, written 'field = {value},'", where))
            elif matched[1].lower() in entry[2]:
                problems.append(Problem(f"'{matched[1].lower()}' is given twice in entry '{entry[1]}'", where))
            else:
                entry[2][matched[1].lower()] = matched[2].strip()
    if entry is not None:
        problems.append(Problem(f"entry '{entry[1]}' has no closing brace", f"{file}:{entry[3]}:1"))
    if problems:
        raise InputError(problems)
    return sources
