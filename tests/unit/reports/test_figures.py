"""Figures are honest SVG: named, described, whole in themselves, and drawn from the records."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from reuptake.evidence.base import packaged
from reuptake.reports.figures.course import course, holders, occupancy, plasma
from reuptake.reports.figures.pathways import pathways
from reuptake.reports.figures.receptors import effects, receptors
from reuptake.reports.figures.style import compound_colours
from reuptake.reports.figures.synapse import synapse
from reuptake.reports.profile import profile
from reuptake.reports.tables import References, number_text

SVG = "{http://www.w3.org/2000/svg}"


def drawn(known) -> dict[str, str]:
    figures = {
        "synapse": synapse(known, References(known.evidence)),
        "receptors": receptors(known),
        "pathways": pathways(known),
    }
    if known.course:
        figures |= {"plasma": plasma(known.course), "occupancy": occupancy(known.course)}
        figures |= {"holders": holders(known.course), "course": course(known.course)}
    return figures


@pytest.fixture(scope="module")
def figures(packaged_profile):
    return drawn(packaged_profile)


def texts(figure: str) -> str:
    return " | ".join(element.text or "" for element in ElementTree.fromstring(figure).iter(f"{SVG}text"))


def test_a_figure_is_xml_with_a_name_and_a_description(figures):
    for figure in figures.values():
        root = ElementTree.fromstring(figure)
        assert root.get("role") == "img"
        named = {element.get("id"): element.text for element in root if element.tag in (f"{SVG}title", f"{SVG}desc")}
        assert all(named[key] for key in root.get("aria-labelledby").split())


def test_a_figure_needs_nothing_beside_it(figures):
    for figure in figures.values():
        for element in ElementTree.fromstring(figure).iter():
            assert element.tag not in (f"{SVG}image", f"{SVG}script", f"{SVG}foreignObject")
            for key, value in element.attrib.items():
                if key.endswith("href"):
                    assert value.startswith("#")
        assert "<metadata" not in figure
        assert not re.search(r"url\((?!#)", figure)
        assert figure.startswith("<svg")


def test_figures_of_one_page_share_no_identifier(figures):
    found = [set(re.findall(r'\bid="([^"]+)"', figure)) for name, figure in figures.items()]
    assert sum(map(len, found)) == len(set.union(*found))


def test_every_reference_inside_a_figure_is_met(figures):
    for figure in figures.values():
        known = set(re.findall(r'\bid="([^"]+)"', figure))
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', figure)) <= known


def test_a_figure_drawn_twice_is_the_same(packaged_profile):
    assert drawn(packaged_profile) == drawn(packaged_profile)


def test_the_affinities_printed_are_those_of_the_records(packaged_profile, figures):
    shown = texts(figures["synapse"])
    for target in ("SERT", "NET"):
        for name in packaged_profile.ligands(target):
            assert f"{number_text(packaged_profile.kd(name, target).number)}  [" in shown


def test_the_sources_marked_in_the_figure_are_those_of_the_records():
    known = profile("imipramine", packaged(), dose="75 mg", every="24 h", duration="3 d")
    references = References(known.evidence)
    shown = texts(synapse(known, references))
    kd = known.kd("imipramine", "SERT")
    assert f"{number_text(kd.number)}  {references.mark(kd)}" in shown


def test_a_value_that_nobody_measured_is_marked_in_the_figure(packaged_profile, figures):
    assert packaged_profile.kd("2-hydroxydesipramine", "NET").status == "assumed"
    assert "assumed" in texts(figures["synapse"])


def test_every_correlate_stands_beside_its_target(packaged_profile, figures):
    shown = texts(figures["receptors"]).replace(" | ", " ")
    for correlates in effects(packaged_profile).values():
        for correlate in correlates:
            assert all(word in shown for word in correlate.replace(",", "").split())


def test_an_effect_that_was_not_found_is_not_drawn_as_one():
    known = profile("desipramine", packaged(), dose="75 mg", every="24 h", duration="3 d")
    assert "drowsiness and sedation (unchanged)" in effects(known)["H1"]


def test_every_compound_followed_has_its_box(packaged_profile, figures):
    shown = texts(figures["pathways"])
    for compound in packaged_profile.followed:
        assert compound.title in shown


def test_a_compound_has_one_colour_whoever_else_is_drawn():
    assert compound_colours(["imipramine"])["imipramine"] == compound_colours(["a", "imipramine", "b"])["imipramine"]
    colours = compound_colours(["imipramine", "desipramine", "a", "b", "c"])
    assert len(set(colours.values())) == 5


def test_a_title_with_dollar_signs_and_tags_is_drawn_as_it_is_written(minimal):
    known = profile("novelin", minimal, dose="75 mg", every="24 h", duration="3 d")
    for figure in drawn(known).values():
        if figure:
            root = ElementTree.fromstring(figure)
            assert known.compound.title in root.find(f"{SVG}title").text


def test_without_affinities_there_is_no_drawing_of_them(tmp_path):
    from reuptake.evidence.base import load

    path = tmp_path / "blank.yaml"
    path.write_text("compound: blank\ntitle: Blank\n")
    known = profile("blank", load([path]), dose="75 mg", every="24 h", duration="3 d")
    assert set(drawn(known).values()) == {""}


def test_a_compound_that_turns_into_itself_again_can_be_drawn(tmp_path):
    from reuptake.evidence.base import load

    path = tmp_path / "ring.yaml"
    path.write_text(
        "compound: ring\ntitle: Ring\npathways:\n  - {enzyme: other, reaction: back and forth, product: ring}\n"
    )
    known = profile("ring", load([path]), dose="75 mg", every="24 h", duration="3 d")
    assert "Ring" in texts(pathways(known))


def test_the_middle_of_many_subjects_lies_inside_the_figure():
    from reuptake.simulation.run import simulate

    result = simulate("imipramine", dose="50 mg", duration="24 h", subjects=3, seed=2)
    figure = course(result)
    assert "3 subjects" in texts(figure)
    assert np.isfinite([float(n) for n in re.findall(r"-?\d+\.\d+", figure)]).all()
