"""The dossier says all that is known of a compound, and says so where nothing is."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from jinja2 import Environment

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.experiments.protocols import protocols
from reuptake.model.assemble import assemble
from reuptake.reports.dossier import SECTIONS, dossier
from reuptake.reports.pages import environment

VOID = {"meta", "wbr", "br", "link", "img", "hr", "input"}
COURSE = {"dose": "75 mg", "every": "24 h", "duration": "7 d"}


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


@pytest.mark.parametrize("name", ["imipramine", "desipramine"])
def test_the_same_evidence_gives_the_same_bytes_in_another_process(name):
    script = (
        "import hashlib\nfrom reuptake.reports.dossier import dossier\n"
        f"print(hashlib.sha256(dossier({name!r}, **{COURSE!r}).encode()).hexdigest())"
    )
    surroundings = {**os.environ, "PYTHONHASHSEED": "17", "TZ": "Asia/Tokyo"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=surroundings)
    here = dossier(name, packaged(), **COURSE)
    assert done.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_every_element_is_closed_and_every_identifier_is_given_once(page):
    parsed = Page(page[1])
    identifiers = [attributes["id"] for _, attributes in parsed.found if "id" in attributes]
    assert parsed.open == []
    assert len(identifiers) == len(set(identifiers))


def test_links_lead_to_places_in_the_page_and_nothing_is_fetched(page):
    parsed = Page(page[1])
    identifiers = {attributes.get("id") for _, attributes in parsed.found}
    for tag, attributes in parsed.found:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed"}
        for key in ("href", "xlink:href", "src"):
            if key in attributes:
                assert attributes[key].startswith("#")
                assert attributes[key][1:] in identifiers
    assert "@import" not in page[1]
    assert not re.search(r"url\((?!#)", page[1])


def test_every_claim_of_the_compound_appears_under_its_row(page):
    name, text = page
    parsed = Page(text)
    rows = {attributes.get("id") for tag, attributes in parsed.found if tag == "tr"}
    claims = [claim for claim in packaged().claims if claim.subject == name]
    assert {claim.id for claim in claims} <= rows
    for claim in claims:
        if claim.correlate:
            assert claim.correlate in words(text)


def test_every_number_cited_is_in_the_list_and_every_source_listed_is_cited(page):
    cited = {int(number) for number in re.findall(r'href="#reference-(\d+)"', page[1])}
    listed = [int(number) for number in re.findall(r'id="reference-(\d+)"', page[1])]
    assert listed == list(range(1, len(listed) + 1))
    assert cited == set(listed)


def test_references_are_numbered_in_the_order_in_which_they_are_first_cited(page):
    # Links in the text, and plain numbers in brackets where a drawing cites.
    seen: list[int] = []
    for link, drawn in re.findall(r'href="#reference-(\d+)"|<text[^>]*>[^<]*\[([\d, ]+)\][^<]*</text>', page[1]):
        for number in map(int, link.split() or drawn.split(", ")):
            if number not in seen:
                seen.append(number)
    assert seen == list(range(1, len(seen) + 1))


def test_sections_without_evidence_are_named(minimal):
    text = words(dossier("novelin", minimal, **COURSE))
    for letter in SECTIONS:
        assert f"No evidence for section {letter}:" in text
    assert "cannot be simulated yet" in text
    assert "novelin.fraction_unbound" in text


def test_rows_without_a_claim_are_named():
    text = words(dossier("desipramine", packaged(), **COURSE))
    told = {claim.row for claim in packaged().claims if claim.subject == "desipramine"}
    for letter in SECTIONS:
        rows = {f"{letter}{n}" for n in range(1, 5)}
        lacking = sorted(rows - told)
        assert lacking == [] or lacking[0] in text or f"No evidence for section {letter}" in text


def test_a_user_s_words_are_shown_and_never_obeyed(minimal):
    text = dossier("novelin", minimal, **COURSE)
    assert "<script" not in text
    assert "<b>" not in text
    assert "Novelin &lt;script&gt;alert(1)&lt;/script&gt; &amp; $x^2$" in text


def test_every_setting_of_both_protocols_is_printed():
    text = words(dossier("imipramine", packaged(), **COURSE))
    for known in protocols().values():
        assert known.title in text
        for setting in known.settings:
            assert setting.name in text
        for group in known.groups:
            assert all(dose in text for dose in group.doses)


def test_a_compound_that_no_protocol_gives_has_none():
    assert "Protocol:" not in dossier("desipramine", packaged(), **COURSE)


def test_research_use_only_stands_at_the_top_and_at_the_bottom(page):
    text = words(page[1])
    assert text.count("Research use only.") == 2
    assert text.rindex("Research use only.") > text.index("How to cite")


def test_what_the_model_lacks_is_listed_and_what_it_has_is_not():
    text = dossier("imipramine", packaged(), **COURSE)
    pending = text[text.index('<h2 id="pending"') : text.index('<h2 id="references"')]
    assert "effects.dry_mouth" in pending
    assert "fst.immobility" in pending
    assert "occupancy.SERT" not in pending
    assert "analytes.desipramine" not in pending


def test_every_assumption_is_listed_with_its_argument(page):
    name, text = page
    own = [r for r in packaged().records if r.use and r.status == "assumed" and r.name.startswith(f"{name}.")]
    listed = text[text.index("All assumptions") : text.index('<h2 id="pending"')]
    assert all(record.name in listed for record in own)


def test_three_drawings_of_the_mechanism_stand_in_the_page():
    text = dossier("imipramine", packaged(), **COURSE)
    for label in ("figure-a5", "figure-b5", "figure-e5"):
        drawn = text[text.index(f'<figure id="{label}"') :]
        svg = drawn[drawn.index("<svg") : drawn.index("</svg>") + len("</svg>")]
        assert ElementTree.fromstring(svg).tag.endswith("svg")


def test_a_table_has_a_caption_and_its_columns_are_named(page):
    tables = re.findall(r"<table.*?</table>", page[1], flags=re.S)
    assert tables
    assert all("<caption>" in table and 'scope="' in table for table in tables)


@pytest.mark.parametrize("course", [{"dose": "75"}, {"every": "0 h"}, {"duration": "-1 d"}])
def test_a_course_that_makes_no_sense_is_refused(course):
    with pytest.raises(InputError):
        dossier("imipramine", packaged(), **{**COURSE, **course})


def test_an_unknown_compound_names_the_closest():
    with pytest.raises(InputError, match="imipramine"):
        dossier("imipramin", packaged(), **COURSE)


def test_templates_escape_by_default():
    made: Environment = environment()
    assert made.autoescape is True


def test_what_the_model_computes_is_not_said_to_be_missing():
    page = unescape(dossier("imipramine", **COURSE))
    pending = page[page.index('id="pending"') : page.index('id="references"')]
    for computed in (
        "mass_balance.urine_unchanged_fraction",
        "occupancy.SERT",
        "analytes.desipramine",
        "occupancy.NET.imipramine",
    ):
        assert computed not in pending
    assert "transmitters.prefrontal.5-HT" in pending.replace("<wbr>", "")


def test_the_equations_are_those_that_are_computed():
    page = unescape(dossier("imipramine", **COURSE))
    for left, right in assemble(packaged(), "human", {"imipramine": ["po"]}).equations():
        assert f"<dt>{left}</dt><dd>= {right}</dd>" in page
