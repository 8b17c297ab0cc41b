"""How a page is set: one HTML file that needs nothing beside it, its text escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reuptake.reports.figures.style import shown_target
from reuptake.reports.tables import number_text, share_text, unit_text

__all__ = ["Figure", "environment", "render"]


@dataclass(frozen=True)
class Figure:
    """A drawing with its anchor and what it shows."""

    label: str
    svg: str
    caption: str


def render(template: str, content: Mapping[str, Any]) -> str:
    """A page from a template of this package and all that it sets; the same content gives the same bytes."""
    return str(environment().get_template(template).render(content))


def environment() -> Any:
    """How templates are read: everything is escaped, and a name that is not there is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("reuptake.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"unit": unit_text, "target": shown_target, "percent": share_text, "number": number_text}
    return made
