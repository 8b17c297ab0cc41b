"""Commands, their options and their help; every error in one form, every exit status."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from reuptake.cli.calibration import (
    FIT_EXAMPLES,
    INDIVIDUAL_EXAMPLES,
    SENSITIVITY_EXAMPLES,
    fit,
    individual,
    sensitivity,
)
from reuptake.cli.options import (
    AgeOption,
    AncestryOption,
    CompoundFileOption,
    GenotypeOption,
    HeightOption,
    ImpairmentOption,
    JsonOption,
    PhenotypeOption,
    SettingOption,
    SexOption,
    SmokersOption,
    WeightOption,
    WithOption,
    complete_compound,
    complete_gene,
    complete_route,
    complete_target,
    complete_value,
)
from reuptake.errors import InputError, Problem, ReuptakeError, nearest

__all__ = ["app", "main"]

app = typer.Typer(
    name="reuptake",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="The mechanism of action of reuptake inhibitors, executable. Research use only; no medical device.",
    epilog="Start with: reuptake simulate imipramine --dose '50 mg'",
)
_UsageError: type[Any] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run one command; exit status 0, 1 for a failed run, 2 for bad input."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Greek shows a question mark
    try:
        status = app(args=arguments, standalone_mode=False, prog_name="reuptake")
        sys.stdout.flush()
    except _UsageError as error:
        if not error.format_message():  # no command at all: the help has been shown
            return 0
        return _complain([Problem(error.format_message().rstrip("."), "", _usage_hint(error))], 2)
    except InputError as error:
        return _complain(list(error.problems), error.exit_status)
    except ReuptakeError as error:
        return _complain([Problem(str(error))], error.exit_status)
    except OSError as error:  # the terminal or pipe that answers go to
        return _complain([Problem(f"cannot print the answer: {error.strerror}")], 1)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    if status == INTERRUPTED:  # typer turns an interruption into this status
        return _complain([Problem("interrupted; nothing was written")], INTERRUPTED)
    return status if isinstance(status, int) else 0


def _complain(problems: list[Problem], status: int) -> int:
    for problem in problems:
        sys.stderr.write(problem.render() + "\n")
    return status


def _usage_hint(error: Any) -> str:
    path = getattr(getattr(error, "ctx", None), "command_path", "reuptake")
    name = str(getattr(error, "option_name", "") or "")
    known = [
        opt
        for parameter in getattr(getattr(error, "ctx", None), "command", app).__dict__.get("params", [])
        for opt in parameter.opts
    ]
    closest = nearest(name, known) if name and known else ""
    return "; ".join(filter(None, [closest if closest.startswith("did") else "", f"see {path} --help"]))


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from reuptake.cli.show import plain

        plain(f"reuptake {version('reuptake')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command(
    epilog="Examples: reuptake evidence imipramine --target SERT · reuptake evidence --json · reuptake evidence --check"
)
def evidence(
    compound: Annotated[
        str | None, typer.Argument(help="Compound; all if left out.", autocompletion=complete_compound)
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Only this target, such as SERT or M3.", autocompletion=complete_target),
    ] = None,
    compound_file: CompoundFileOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check every file, and that every model finds its numbers.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """What is known, by whom."""
    from reuptake.cli.evidence import check_evidence, show_evidence

    if check:
        check_evidence(compound_file or [])
    else:
        show_evidence(compound, target, compound_file or [], json)


@app.command(epilog="Examples: reuptake explain imipramine.sert.kd · reuptake explain cyp2d6.abundance --json")
def explain(
    name: Annotated[str, typer.Argument(help="A value, such as imipramine.sert.kd.", autocompletion=complete_value)],
    compound_file: CompoundFileOption = None,
    json: JsonOption = False,
) -> None:
    """One number: its records and rivals, where it enters, what would change."""
    from reuptake.cli.evidence import show_explanation

    show_explanation(name, compound_file or [], json)


@app.command(
    epilog="Examples: reuptake genotype 'CYP2D6=*1/*4' 'CYP2C19=*2/*17' · "
    "reuptake genotype 'CYP2D6=*36+*10/*10' --json · reuptake genotype --list CYP2D6"
)
def genotype(
    diplotypes: Annotated[
        list[str] | None,
        typer.Argument(metavar="DIPLOTYPE...", help="GENE=*1/*4; quoted, for a shell has its own stars."),
    ] = None,
    gene: Annotated[
        str | None,
        typer.Option(
            "--list",
            metavar="GENE",
            autocompletion=complete_gene,
            help="Alleles of a gene, how often they are met, and what follows.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """A genotype: its activity, phenotype and clearance, by whom."""
    from reuptake.cli.genotype import show_gene, show_genotypes

    if gene is not None:
        if diplotypes:
            raise InputError(Problem("a list takes no genotypes", "--list", "ask for one after the other"))
        show_gene(gene, json)
    else:
        show_genotypes(diplotypes or [], json)


@app.command(
    epilog="Examples: reuptake simulate imipramine --dose '50 mg' · "
    "reuptake simulate imipramine --dose '75 mg' --every 24h --for 28d --subjects 20 --out runs/a --plot a.svg · "
    "reuptake simulate desipramine --dose '50 mg' --route iv --set cyp2d6.abundance=0 --json · "
    "reuptake simulate imipramine --dose '50 mg' --subjects 100 --age 65-90 --sex female --impairment child-pugh-b"
)
def simulate(
    compound: Annotated[str, typer.Argument(help="What is given.", autocompletion=complete_compound)],
    dose: Annotated[
        str, typer.Option(help="Amount with unit, '50 mg' or '1 mg/kg', in the dose form of the compound.")
    ],
    every: Annotated[str | None, typer.Option(help="Interval of repeated doses, such as 8h.")] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="How long, such as 28d; 10 d for a single dose.")
    ] = None,
    route: Annotated[
        str,
        typer.Option(help="po, iv, iv-infusion, im, and ip or sc in rat and mouse.", autocompletion=complete_route),
    ] = "po",
    infuse_over: Annotated[str | None, typer.Option(help="Length of an infusion; 1 h unless given.")] = None,
    species: Annotated[str, typer.Option(help="human, rat or mouse.")] = "human",
    subjects: Annotated[
        int, typer.Option(help="1 is the reference individual; more are drawn from the population.")
    ] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same subjects.")] = 1,
    settings: SettingOption = None,
    genotype: GenotypeOption = None,
    phenotype: PhenotypeOption = None,
    age: AgeOption = None,
    sex: SexOption = None,
    ancestry: AncestryOption = None,
    smokers: SmokersOption = None,
    weight: WeightOption = None,
    height: HeightOption = None,
    impairment: ImpairmentOption = None,
    coadministered: WithOption = None,
    lead: Annotated[
        str | None, typer.Option(help="How long the other drugs are taken before this one, such as 14d.")
    ] = None,
    compound_file: CompoundFileOption = None,
    threads: Annotated[
        int | None,
        typer.Option(help="Subjects side by side, as many as processors unless given; never changes a result."),
    ] = None,
    backend: Annotated[
        str | None, typer.Option(help="llvm, compiled, unless given; numpy is the slow reference.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write the curves (Parquet) and all that a rerun needs (JSON); a run that was cut short goes on.",
        ),
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw the course.")] = None,
    json: JsonOption = False,
) -> None:
    """Time course of levels and occupancy after a dose or a course of doses."""
    from reuptake.cli.simulate import show_simulation

    words = {
        "dose": dose, "every": every, "duration": duration, "route": route, "infuse_over": infuse_over,
        "species": species,
        "subjects": subjects, "seed": seed, "settings": settings or [], "threads": threads,
        "coadministered": coadministered or [], "lead": lead, "genotypes": genotype or [],
        "phenotypes": phenotype or [],
        "population": {
            "age": age, "sex": sex, "ancestry": ancestry, "smokers": smokers, "weight": weight, "height": height,
            "impairment": impairment,
        },
    }  # fmt: skip
    if backend is not None:
        words["backend"] = backend
    show_simulation(compound, words, compound_file or [], out, plot, json)


@app.command(
    epilog="Examples: reuptake interact desipramine --dose '50 mg' --with 'quinidine 200 mg every 24h' · "
    "reuptake interact imipramine --dose '50 mg' --with 'paroxetine 20 mg every 24h' --with smoking --subjects 1000"
)
def interact(
    victim: Annotated[str, typer.Argument(help="The drug acted on.", autocompletion=complete_compound)],
    dose: Annotated[str, typer.Option(help="Of the victim, '50 mg' or '1 mg/kg'.")],
    coadministered: WithOption = None,
    every: Annotated[str | None, typer.Option(help="Interval of repeated doses of the victim, such as 8h.")] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="How long the victim is followed; 21 d after a single dose.")
    ] = None,
    lead: Annotated[str, typer.Option(help="How long the other drugs are taken before.")] = "14d",
    route: Annotated[str, typer.Option(help="Of the victim.", autocompletion=complete_route)] = "po",
    species: Annotated[str, typer.Option(help="human, rat or mouse.")] = "human",
    subjects: Annotated[
        int, typer.Option(help="1 is the reference individual; more are drawn, the same ones without and with.")
    ] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same subjects.")] = 1,
    genotype: GenotypeOption = None,
    phenotype: PhenotypeOption = None,
    age: AgeOption = None,
    sex: SexOption = None,
    ancestry: AncestryOption = None,
    smokers: SmokersOption = None,
    weight: WeightOption = None,
    height: HeightOption = None,
    impairment: ImpairmentOption = None,
    settings: SettingOption = None,
    compound_file: CompoundFileOption = None,
    threads: Annotated[int | None, typer.Option(help="Subjects side by side; never changes a result.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the answer (JSON) and every subject's ratios (CSV).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """What other drugs, or smoking, do to the levels of a drug: the same subjects without and with."""
    from reuptake.cli.interact import show_interaction

    if not coadministered:
        raise InputError(Problem("nothing is given beside it", "--with", "name a drug, 'quinidine 200 mg every 24h'"))
    words = {
        "dose": dose, "every": every, "duration": duration, "lead": lead, "coadministered": coadministered,
        "route": route, "species": species, "subjects": subjects, "seed": seed, "genotypes": genotype or [],
        "phenotypes": phenotype or [], "settings": settings or [], "threads": threads,
        "population": {
            "age": age, "sex": sex, "ancestry": ancestry, "smokers": smokers, "weight": weight, "height": height,
            "impairment": impairment,
        },
    }  # fmt: skip
    show_interaction(victim, words, compound_file or [], out, json)


app.command(epilog=FIT_EXAMPLES)(fit)
app.command(epilog=INDIVIDUAL_EXAMPLES)(individual)
app.command(epilog=SENSITIVITY_EXAMPLES)(sensitivity)


@app.command(
    epilog="Examples: reuptake population · reuptake population --age 6-17 --out out/children · "
    "reuptake population --subjects 5000 --ancestry 'East Asian' --json"
)
def population(
    subjects: Annotated[int, typer.Option(help="How many people.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    age: AgeOption = None,
    sex: SexOption = None,
    ancestry: AncestryOption = None,
    smokers: SmokersOption = None,
    weight: WeightOption = None,
    height: HeightOption = None,
    impairment: ImpairmentOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write everybody (CSV), comparison (JSON) and figure (SVG)."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Virtual people, and how they compare with those measured."""
    from reuptake.cli.population import show_population

    words = {
        "age": age, "sex": sex, "ancestry": ancestry, "smokers": smokers, "weight": weight, "height": height,
        "impairment": impairment,
    }  # fmt: skip
    show_population(words, subjects, seed, out, json)


@app.command(
    epilog="Examples: reuptake dossier imipramine --out dossier.html · "
    "reuptake dossier mydrug --compound mydrug.yaml --out mydrug.html"
)
def dossier(
    compound: Annotated[str, typer.Argument(help="Compound.", autocompletion=complete_compound)],
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="Where to write the page.")],
    compound_file: CompoundFileOption = None,
) -> None:
    """The living datasheet: tables, mechanism figures, protocols, a simulated profile, references."""
    from reuptake.cli.dossier import write_dossier

    write_dossier(compound, out, compound_file or [])


@app.command(epilog="Examples: reuptake bench · reuptake bench --quick · reuptake bench --json --plot speed.svg")
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Few settings and subjects: a first look, rougher.")] = False,
    backend: Annotated[str | None, typer.Option(help="Which back-end of ours; the fastest unless given.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw work and precision.")] = None,
    json: JsonOption = False,
) -> None:
    """Speed against other simulators at equal accuracy, and how it scales; some minutes."""
    from reuptake.cli.bench import show_bench

    show_bench(quick=quick, backend=backend, plot=plot, json=json)


@app.command(
    epilog="Examples: reuptake validate · reuptake validate --role validation --json · "
    "reuptake validate --out out/qualification · reuptake validate --rows-only"
)
def validate(
    role: Annotated[
        str | None, typer.Option(help="Only studies of this role: calibration, validation or information.")
    ] = None,
    rows_only: Annotated[
        bool, typer.Option("--rows-only", help="Only the table of what will count; nothing is simulated.")
    ] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write page, tables and figures.")] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Add a line about the studies of role validation.")
    ] = None,
    commit: Annotated[str | None, typer.Option(help="Which commit ran, for log and answer.")] = None,
    date: Annotated[str | None, typer.Option(help="When, for the log, such as 2026-01-31.")] = None,
    fail_above: Annotated[
        float | None,
        typer.Option(metavar="GMFE", help="Leave with status 1 if the GMFE of calibration and validation is above."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Published studies against the model: how far off, where, and what could not be asked."""
    from reuptake.cli.validate import show_rows, show_validation

    if rows_only:
        if json or log is not None or fail_above is not None:
            message = "the table of rows is written as CSV, and nothing is simulated"
            raise InputError(Problem(message, "--rows-only", "leave out --json, --log and --fail-above"))
        show_rows(role=role, out=out)
    else:
        show_validation(role=role, out=out, log=log, commit=commit, date=date, fail_above=fail_above, json=json)


@app.command(
    epilog="Examples: reuptake nca data.csv --dose '50 mg' · "
    "reuptake nca steady.csv --dose '75 mg' --tau 24h --lloq '0.5 ng/mL' --out results · "
    "reuptake nca rats.csv --dose '5 mg/kg' --weight '0.25 kg' --route iv --json · "
    "reuptake nca nonmem.csv --dose-unit mg --lambda-z-points 4"
)
def nca(
    data: Annotated[Path, typer.Argument(metavar="DATA.csv", help="Samples: a row each, or a column a subject.")],
    dose: Annotated[str | None, typer.Option(help="'50 mg' or '5 mg/kg'; else from a column dose or AMT.")] = None,
    route: Annotated[
        str | None,
        typer.Option(help="po, iv (bolus), iv-infusion, im, ip or sc; po unless given.", autocompletion=complete_route),
    ] = None,
    infuse_over: Annotated[str | None, typer.Option(help="Length of an infusion, such as 2h.")] = None,
    tau: Annotated[str | None, typer.Option(help="Interval of doses at steady state, such as 24h.")] = None,
    last_dose_at: Annotated[
        str | None, typer.Option(help="Time of the last dose of a course that began at 0; needs --tau.")
    ] = None,
    weight: Annotated[str | None, typer.Option(help="Body mass where the table has none, such as '70 kg'.")] = None,
    molar_mass: Annotated[str | None, typer.Option(help="For levels in nmol/L, such as '280.4 g/mol'.")] = None,
    lloq: Annotated[str | None, typer.Option(help="Limit of quantification, such as '0.5 ng/mL'.")] = None,
    blq_between: Annotated[
        str, typer.Option(help="Below the limit between two levels above it: missing or zero.")
    ] = "missing",
    blq_after: Annotated[
        str, typer.Option(help="Below the limit after the last level: missing, zero or half-lloq.")
    ] = "missing",
    lambda_z_from: Annotated[str | None, typer.Option(help="Terminal phase from this time since the dose.")] = None,
    lambda_z_to: Annotated[str | None, typer.Option(help="Terminal phase up to this time since the dose.")] = None,
    lambda_z_points: Annotated[int | None, typer.Option(help="Terminal phase: so many of the last points.")] = None,
    time_unit: Annotated[str | None, typer.Option(help="Of the times, if no header says it; h.")] = None,
    conc_unit: Annotated[str | None, typer.Option(help="Of the levels, if no header says it; ng/mL.")] = None,
    dose_unit: Annotated[str | None, typer.Option(help="Of a column dose or AMT, if no header says it; mg.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE=HEADER", help="Which column is what, such as conc=Cp; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write results (CSV) and figures (SVG).")] = None,
    json: JsonOption = False,
) -> None:
    """Non-compartmental analysis of measured concentration profiles."""
    from reuptake.cli.nca import show_nca

    words = {
        "dose": dose, "route": route, "infuse_over": infuse_over, "tau": tau, "last_dose_at": last_dose_at,
        "weight": weight, "molar_mass": molar_mass, "lloq": lloq, "blq_between": blq_between, "blq_after": blq_after,
        "lambda_z_from": lambda_z_from, "lambda_z_to": lambda_z_to, "lambda_z_points": lambda_z_points,
        "time_unit": time_unit, "conc_unit": conc_unit, "dose_unit": dose_unit, "columns": column or [],
    }  # fmt: skip
    show_nca(data, words, out, json)
