"""How a text file becomes data without losing where each word stood.

YAML in, plain lists and mappings out, with the position of every value beside them,
so that an error found much later still names file, line and column. Only plain data
is accepted: anchors, aliases, tags of one's own and keys given twice are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from reuptake.errors import InputError, Problem, nearest

__all__ = ["Document", "parse", "read", "validated"]

T = TypeVar("T")
Key = str | int
Position = tuple[int, int]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\Z")
_SHAPES_SAID = re.compile(r"\ba valid (string|tuple|list|dictionary)( or instance of \w+)?")
_SHAPE_WORDS = {"string": "text", "tuple": "a list", "list": "a list", "dictionary": "a mapping"}
_DEEPEST = 40
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Document:
    """Plain data of one file, and where each part of it stood."""

    file: str
    data: Any
    positions: dict[tuple[Key, ...], Position] = field(repr=False)

    def where(self, path: Sequence[Key]) -> str:
        """``file:line:column`` of a value, or of the nearest thing that holds it."""
        steps = tuple(path)
        while steps and steps not in self.positions:
            steps = steps[:-1]
        line, column = self.positions.get(steps, (1, 1))
        return f"{self.file}:{line}:{column}"


def read(path: Path, shown: str | None = None) -> Document:
    """Data of a YAML file.

    Raises
    ------
    InputError
        If the file cannot be read, or is not plain YAML; a syntax error is reported alone.
    """
    name = shown or str(path)
    try:
        if path.exists() and not path.is_file():
            raise InputError(Problem("this is no file", name))
        if path.exists() and path.stat().st_size > MOST_BYTES:
            raise InputError(Problem(f"more than {MOST_BYTES // 1_000_000} MB are no evidence file", name))
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(Problem(f"cannot read this file: {reason}", name)) from None
    return parse(text, name)


def parse(text: str, file: str) -> Document:
    """Data of a YAML text."""
    try:
        node = yaml.compose(_forbid_references(text, file), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise InputError(Problem(f"not YAML: {error.problem or error.context}", where)) from None
    except yaml.YAMLError as error:
        raise InputError(Problem(f"not YAML: {error}", file)) from None
    positions: dict[tuple[Key, ...], Position] = {}
    problems: list[Problem] = []
    data = None if node is None else _plain(node, (), file, positions, problems)
    if problems:
        raise InputError(problems)
    return Document(file, data, positions)


def _forbid_references(text: str, file: str) -> str:
    """The text itself, if it has no anchor, alias or tag (looked for before anything is built)."""
    if "&" in text or "*" in text or "!" in text:
        for event in yaml.parse(text, Loader=_Loader):
            what = {"AliasEvent": "alias"}.get(type(event).__name__) or (
                "anchor" if getattr(event, "anchor", None) else "tag" if getattr(event, "tag", None) else ""
            )
            if what:
                mark = event.start_mark
                where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
                raise InputError(
                    Problem(f"a YAML {what} is not allowed here", where, "write the value out where it is needed")
                )
    return text


def _plain(
    node: yaml.Node,
    path: tuple[Key, ...],
    file: str,
    positions: dict[tuple[Key, ...], Position],
    problems: list[Problem],
) -> Any:
    mark = node.start_mark
    positions[path] = (mark.line + 1, mark.column + 1)
    if len(path) > _DEEPEST:
        raise InputError(Problem("nested too deeply", f"{file}:{mark.line + 1}:{mark.column + 1}"))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), file, positions, problems) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in mapping:
                where = f"{file}:{key_node.start_mark.line + 1}:{key_node.start_mark.column + 1}"
                problems.append(Problem(f"'{key}' is given twice", where))
            mapping[key] = _plain(value_node, (*path, key), file, positions, problems)
        return mapping
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    """A scalar as text unless it plainly is a number, true, false or null (no dates, no yes/no)."""
    text: str = node.value
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return text
    if text in ("true", "false"):
        return text == "true"
    if text in ("null", "~", ""):
        return None
    if _NUMBER.match(text):
        return int(text) if re.fullmatch(r"[-+]?\d{1,15}", text) else float(text)
    return text


def validated(document: Document, shape: TypeAdapter[T], fields: Iterable[str] = ()) -> T:
    """Data of a document in a given shape.

    Raises
    ------
    InputError
        With one problem for each thing that does not fit, each with its position.
    """
    try:
        return shape.validate_python(document.data)
    except ValidationError as error:
        raise InputError(_problems(document, error, list(fields))) from None


def _within(path: tuple[Key, ...], whole: tuple[Key, ...]) -> bool:
    return len(path) > len(whole) and path[: len(whole)] == whole


def _problems(document: Document, error: ValidationError, fields: list[str]) -> list[Problem]:
    """One problem for each thing that does not fit, in the order of the file."""
    found: dict[tuple[str, str], Problem] = {}
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and any(_within(other["loc"], detail["loc"]) for other in details):
            continue  # it is short of what could not be read
        path, kind, given = detail["loc"], detail["type"], detail["input"]
        # Where several shapes are allowed, the last steps name the shape that was tried, and no place in the file.
        written = path[:-1] if kind == "missing" else path
        while written and written not in document.positions:
            written = written[:-1]
        name = str(path[-1] if kind == "missing" else written[-1] if written else "this file")
        where = document.where(written)
        if kind == "missing":
            problem = Problem(f"'{name}' is missing", where, f"add '{name}:'")
        elif kind == "extra_forbidden":
            problem = Problem(f"unknown key '{name}'", where, nearest(name, fields))
        else:
            message = detail["msg"].removeprefix("Value error, ")
            message = _SHAPES_SAID.sub(lambda said: _SHAPE_WORDS[said[1]], message[0].lower() + message[1:])
            shown = "" if isinstance(given, dict | list) else f" (got {given!r})"
            if (where, name) in found and kind != "value_error":  # another shape that would have been allowed
                known = found[where, name]
                problem = replace(known, message=known.message.replace(shown, "") + f", or {message}{shown}")
            else:
                problem = Problem(f"'{name}': {message}{shown}", where)
        found[where, name] = problem
    places = {key: tuple(int(part) for part in key[0].rsplit(":", 2)[1:]) for key in found}
    return [found[key] for key in sorted(found, key=lambda key: places[key])]
