"""Options that several commands share, and what a shell completes them with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AgeOption",
    "AncestryOption",
    "CompoundFileOption",
    "GenotypeOption",
    "HeightOption",
    "ImpairmentOption",
    "JsonOption",
    "PhenotypeOption",
    "SettingOption",
    "SexOption",
    "SmokersOption",
    "WeightOption",
    "WithOption",
    "complete_compound",
    "complete_gene",
    "complete_output",
    "complete_route",
    "complete_target",
    "complete_value",
]


def complete_compound(incomplete: str) -> list[str]:
    """Names of compounds."""
    from reuptake.evidence.base import packaged

    return [name for name in packaged().compounds if name.startswith(incomplete)]


def complete_target(incomplete: str) -> list[str]:
    """Names of targets."""
    from reuptake.model.mechanism import TARGETS

    return [name for name in TARGETS if name.lower().startswith(incomplete.lower())]


def complete_route(incomplete: str) -> list[str]:
    """Routes."""
    return [name for name in ("po", "iv", "iv-infusion", "im") if name.startswith(incomplete)]


def complete_setting(incomplete: str) -> list[str]:
    """Values that can be set."""
    return [f"{name}=" for name in complete_value(incomplete)]


def complete_value(incomplete: str) -> list[str]:
    """Names of values."""
    from reuptake.evidence.base import packaged

    return [name for name in packaged().in_use if name.startswith(incomplete)]


def complete_output(context: typer.Context, incomplete: str) -> list[str]:
    """Measures of a simulation of the compound that is given."""
    from reuptake.errors import ReuptakeError
    from reuptake.simulation.run import stream

    # A shell that is in the middle of an option has not got as far as the arguments.
    given = [context.params.get("compound"), *context.args]
    compound = next((name for name in given if name), "imipramine")
    route = context.params.get("route") or "po"
    try:
        read = stream(compound, dose="1 mg", duration="1 h", route=route)
    except ReuptakeError:  # nothing sensible is given yet
        return []
    return [name for name in read.columns if name.startswith(incomplete)]


def complete_gene(incomplete: str) -> list[str]:
    """Genes."""
    from reuptake.evidence.base import packaged

    return [name for name in packaged().alleles if name.startswith(incomplete.upper())]


def complete_ancestry(incomplete: str) -> list[str]:
    """Ancestries."""
    from reuptake.evidence.base import packaged
    from reuptake.population.inheritance import ancestries

    return [name for name in ancestries(packaged()) if name.lower().startswith(incomplete.lower())]


def complete_impairment(incomplete: str) -> list[str]:
    """Diseases."""
    from reuptake.population.recipe import IMPAIRMENTS

    return [name for name in IMPAIRMENTS if name.startswith(incomplete)]


WHO = "Who the subjects are (adults of both sexes unless said; one subject is then the typical one of its kind)"
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
WithOption = Annotated[
    list[str] | None,
    typer.Option(
        "--with", metavar="'NAME DOSE every TIME'", autocompletion=complete_compound,
        help="Another drug taken too, 'quinidine 200 mg every 24h [by ROUTE] [from TIME] [for TIME]', "
        "or a habit, 'smoking'; may be repeated.",
    ),
]  # fmt: skip
GenotypeOption = Annotated[
    list[str] | None,
    typer.Option("--genotype", metavar="GENE=A/B", help="Diplotype, CYP2D6=*1/*4; may be repeated."),
]
PhenotypeOption = Annotated[
    list[str] | None,
    typer.Option("--phenotype", metavar="GENE=PM", help="PM, IM, NM, RM or UM of a gene; may be repeated."),
]
SettingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", autocompletion=complete_setting, help="Replace a value; may be repeated."
    ),
]
AgeOption = Annotated[
    str | None, typer.Option(metavar="YEARS", rich_help_panel=WHO, help="18-65 or 40; 6 to 90 years.")
]
SexOption = Annotated[str | None, typer.Option(rich_help_panel=WHO, help="female, male or both.")]
AncestryOption = Annotated[
    str | None,
    typer.Option(rich_help_panel=WHO, help="Whose genes, such as 'East Asian'.", autocompletion=complete_ancestry),
]
SmokersOption = Annotated[float | None, typer.Option(rich_help_panel=WHO, help="Share of adults who smoke, 0 to 1.")]
WeightOption = Annotated[str | None, typer.Option(metavar="KG", rich_help_panel=WHO, help="Body mass, 50-120.")]
HeightOption = Annotated[str | None, typer.Option(metavar="CM", rich_help_panel=WHO, help="150-190.")]
ImpairmentOption = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=WHO, help="child-pugh-a, -b or -c; renal-mild, -moderate or -severe.",
        autocompletion=complete_impairment,
    ),
]  # fmt: skip
CompoundFileOption = Annotated[
    list[Path] | None,
    typer.Option("--compound", metavar="FILE.yaml", help="A compound file of your own; may be repeated."),
]
