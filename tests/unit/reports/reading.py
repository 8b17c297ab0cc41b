"""Pages as tests read them: their elements, and their words."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

VOID = {"meta", "wbr", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Elements of a page: which are opened, and whether each is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def words(text: str) -> str:
    """A page as it is read: no tags, no entities, one blank between words."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", re.sub(r"<wbr>", "", text))).split())
