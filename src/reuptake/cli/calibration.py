"""Commands of calibration: their options and their help; `reuptake.cli.main` gives them their names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reuptake.cli.options import (
    CompoundFileOption,
    GenotypeOption,
    ImpairmentOption,
    JsonOption,
    PhenotypeOption,
    SettingOption,
    WithOption,
    complete_compound,
    complete_output,
    complete_route,
    complete_value,
)

__all__ = ["FIT_EXAMPLES", "INDIVIDUAL_EXAMPLES", "SENSITIVITY_EXAMPLES", "fit", "individual", "sensitivity"]

PERSON = "Who it is"
FIT_EXAMPLES = (
    "Examples: reuptake fit fits/rat-1.yaml · reuptake fit mine.yaml --starts 20 --profile all --out out/mine · "
    "reuptake fit mine.yaml --profile desipramine.cyp2d6.clint --records records.yaml --json · "
    "reuptake fit fits/rat-1.yaml --petab out/rat-1 · reuptake fit out/rat-1/rat-1.yaml · "
    "reuptake fit cohort.yaml --out out/cohort"
)
INDIVIDUAL_EXAMPLES = (
    "Examples: reuptake individual imipramine --dose '75 mg' --every 24h --for 28d "
    "--level 'imipramine 120 ng/mL at 27d 23h' --level 'desipramine 210 ng/mL at 27d 23h' --genotype 'CYP2D6=*1/*4' "
    "--age 54 --sex female --weight 62 --predict '50 mg every 24h'"
)
SENSITIVITY_EXAMPLES = (
    "Examples: reuptake sensitivity imipramine --dose '50 mg' · "
    "reuptake sensitivity imipramine --dose '50 mg' --output occupancy.SERT.mean --method sobol --plot sobol.svg · "
    "reuptake sensitivity desipramine --dose '75 mg' --every 24h --for 28d --method morris --out out/morris --json"
)


def sensitivity(
    compound: Annotated[str, typer.Argument(help="What is given.", autocompletion=complete_compound)],
    dose: Annotated[str, typer.Option(help="'50 mg' or '1 mg/kg', in the dose form of the compound.")],
    every: Annotated[str | None, typer.Option(help="Interval of repeated doses, such as 8h.")] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="How long, such as 28d; 10 d for a single dose.")
    ] = None,
    route: Annotated[str, typer.Option(help="po, iv, im and so on.", autocompletion=complete_route)] = "po",
    infuse_over: Annotated[str | None, typer.Option(help="Length of an infusion; 1 h unless given.")] = None,
    species: Annotated[str, typer.Option(help="human, rat or mouse.")] = "human",
    coadministered: WithOption = None,
    lead: Annotated[str | None, typer.Option(help="How long the other drugs are taken before, such as 14d.")] = None,
    genotype: GenotypeOption = None,
    phenotype: PhenotypeOption = None,
    settings: SettingOption = None,
    output: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", autocompletion=complete_output,
            help="What is read, such as plasma.imipramine.auc_inf or occupancy.SERT.mean; may be repeated. Area and "
            "peak of the drug and its main metabolite, and occupancy of SERT and NET, unless given.",
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", autocompletion=complete_value,
            help="What is varied; may be repeated. All values that tell a spread, or differ between subjects, unless "
            "given.",
        ),
    ] = None,
    method: Annotated[
        str, typer.Option(help="local (elasticities), morris (elementary effects) or sobol (shares of variance).")
    ] = "local",
    samples: Annotated[
        int | None, typer.Option(help="Paths of morris, 50 unless given; points of sobol, 1024, a power of two.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same samples.")] = 1,
    width: Annotated[
        float, typer.Option("--range", metavar="FACTOR", help="Down and up, where no record tells a range.")
    ] = 1.5,
    compound_file: CompoundFileOption = None,
    threads: Annotated[int | None, typer.Option(help="Runs side by side; never changes a result.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write answer (JSON), table (CSV), figure.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Draw a tornado, bars of Sobol or effects of Morris.")
    ] = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Which numbers of the evidence a result hangs on, and by how much."""
    from reuptake.cli.sensitivity import show_sensitivity

    words = {
        "dose": dose, "every": every, "duration": duration, "route": route, "infuse_over": infuse_over,
        "species": species, "coadministered": coadministered or [], "lead": lead, "genotypes": genotype or [],
        "phenotypes": phenotype or [], "settings": settings or [], "outputs": output or [],
        "parameters": parameter or [], "method": method, "samples": samples, "seed": seed, "width": width,
        "threads": threads,
    }  # fmt: skip
    show_sensitivity(compound, words, compound_file or [], out, plot, json)


def fit(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FIT.yaml", help="What is moved, and what it must explain; or the YAML of a PEtab problem."
        ),
    ],
    starts: Annotated[
        int | None,
        typer.Option(help="Places to start from: that of the file, then others in its bounds; 5 unless given."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same starts; 1 unless given.")] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Profile likelihood of a quantity, or of all of them; may be repeated."),
    ] = None,
    posterior: Annotated[
        int | None, typer.Option(metavar="DRAWS", help="Sample the posterior too: draws of each of four chains.")
    ] = None,
    compound_file: CompoundFileOption = None,
    threads: Annotated[int | None, typer.Option(help="Subjects side by side; never changes a result.")] = None,
    records: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Write what was found as evidence records.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write answer (JSON), records, table, report (HTML), figures.")
    ] = None,
    petab: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the fit as a PEtab problem, for other tools to repeat it.")
    ] = None,
    petab_version: Annotated[
        int | None, typer.Option("--petab-version", metavar="1|2", help="Of PEtab; 1 unless given.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Fit values of the model to published studies and to tables of your own, or a PEtab problem.

    A file with `between` estimates a population: typical values, and by how much people differ.
    """
    from reuptake.cli.fit import run_fit

    given = {
        "starts": starts, "seed": seed, "profile": "all" if profile == ["all"] else profile, "posterior": posterior,
        "threads": threads,
    }  # fmt: skip
    words = {word: value for word, value in given.items() if value is not None}
    run_fit(file, words, compound_file or [], out, records, petab, petab_version, json)


def individual(
    compound: Annotated[str, typer.Argument(help="What was taken.", autocompletion=complete_compound)],
    dose: Annotated[str, typer.Option(help="Each dose, '75 mg' or '1 mg/kg'.")],
    every: Annotated[str | None, typer.Option(help="Interval of repeated doses, such as 24h.")] = None,
    duration: Annotated[str | None, typer.Option("--for", help="How long doses went on, such as 28d.")] = None,
    level: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'ANALYTE LEVEL at TIME'",
            help="A measured level, 'imipramine 120 ng/mL at 27d 23h' since the first dose; may be repeated.",
        ),
    ] = None,
    levels: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Levels in a table: columns analyte, level, time.")
    ] = None,
    predict: Annotated[
        list[str] | None,
        typer.Option(metavar="'DOSE every TIME'", help="Another regimen, '50 mg every 24h'; may be repeated."),
    ] = None,
    route: Annotated[str, typer.Option(help="po, iv, iv-infusion or im.", autocompletion=complete_route)] = "po",
    infuse_over: Annotated[str | None, typer.Option(help="Length of an infusion; 1 h unless given.")] = None,
    genotype: GenotypeOption = None,
    phenotype: PhenotypeOption = None,
    age: Annotated[str | None, typer.Option(metavar="YEARS", rich_help_panel=PERSON, help="Such as 54.")] = None,
    sex: Annotated[str | None, typer.Option(rich_help_panel=PERSON, help="female or male; needed.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="KG", rich_help_panel=PERSON, help="Such as 62.")] = None,
    impairment: ImpairmentOption = None,
    coadministered: WithOption = None,
    lead: Annotated[
        str | None, typer.Option(help="How long the other drugs were taken before this one, such as 14d.")
    ] = None,
    settings: SettingOption = None,
    sigma: Annotated[
        float | None, typer.Option(help="SD of the logarithm of a level; that of the evidence unless given.")
    ] = None,
    draws: Annotated[int, typer.Option(help="People drawn for intervals.")] = 400,
    seed: Annotated[int, typer.Option(help="The same seed gives the same intervals.")] = 1,
    compound_file: CompoundFileOption = None,
    threads: Annotated[int | None, typer.Option(help="People side by side; never changes a result.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the answer (JSON) and every course (CSV).")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw the course and the levels.")] = None,
    json: JsonOption = False,
) -> None:
    """One person's parameters from a few levels, and levels under other doses. Research use only."""
    from reuptake.cli.individual import show_individual

    words = {
        "dose": dose, "every": every, "duration": duration, "levels": level or [], "table": levels,
        "predict": predict or [], "route": route, "infuse_over": infuse_over, "genotypes": genotype or [],
        "phenotypes": phenotype or [], "age": age, "sex": sex, "weight": weight, "impairment": impairment,
        "coadministered": coadministered or [], "lead": lead, "settings": settings or [], "sigma": sigma,
        "draws": draws, "seed": seed, "threads": threads,
    }  # fmt: skip
    show_individual(compound, words, compound_file or [], out, plot, json)
