"""From a person's words to what a result hangs on: who is varied, what is read, by which method.

Parameters are first moved one at a time to both ends of their ranges (2n + 1 runs in one batch). Those that move
nothing are listed and left out; where nobody named parameters, a method that samples takes only those that decide a
thousandth or more of an output, so that samples are not spent on the others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.sensitivity.effects import Effects, Model, Scale, Swings, left_out, one_at_a_time
from reuptake.calibration.sensitivity.local import STEPPED, elasticities
from reuptake.calibration.sensitivity.morris_sobol import Morris, Sobol, see_salib, shaky
from reuptake.calibration.sensitivity.ranges import Factor, factors
from reuptake.engine.ensemble import Progress
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence, packaged
from reuptake.model.assemble import followed
from reuptake.simulation.request import MOST_SUBJECTS, Request, parse_request
from reuptake.simulation.run import Laboratory, plan, prepare
from reuptake.simulation.sweep import looking_at, sweep
from reuptake.trajectories import Measures

__all__ = ["METHODS", "WIDTH", "Sensitivity", "column_of", "sensitivity"]

Array = NDArray[np.float64]
METHODS = ("local", "morris", "sobol")
WIDTH = 1.5  # factor down and up where no record tells a range
WIDEST = 1e3
SHARE = 1e-3  # of the squared moves of an output: below, a parameter is not worth its samples
OCCUPANCIES = ("occupancy.SERT.mean", "occupancy.NET.mean")
INDEPENDENT = "parameters are varied independently of one another; a parameter that differs between subjects, alone"
SCALED = (
    "indices are of the logarithm of levels, areas, clearances and times, which are products of positive numbers and "
    "have long tails, and of pure numbers (occupancy, activity, shares) as they are"
)


@dataclass(frozen=True)
class Sensitivity:
    """What a method found about some outputs of one simulation.

    Attributes
    ----------
    request : Request
    outputs : tuple of str (output,)
        As they were asked for.
    units : tuple of str (output,)
    factors : tuple of Factor (parameter,)
        That were varied.
    idle : tuple of str
        Parameters that move no output.
    held : tuple of str
        Parameters that hardly move one, held so that samples go to the others.
    effects : Effects (output, parameter)
    swings : Swings (output, parameter)
        One at a time, at the ends of each range.
    scale : Scale
    rows : int
        How often the model was run for the method.
    notes : tuple of str
    provenance : mapping
        Of the run with all parameters as in use.
    """

    request: Request
    outputs: tuple[str, ...]
    units: tuple[str, ...]
    factors: tuple[Factor, ...]
    idle: tuple[str, ...]
    held: tuple[str, ...]
    effects: Effects
    swings: Swings
    scale: Scale
    rows: int
    notes: tuple[str, ...]
    provenance: Mapping[str, Any]

    def to_csv(self) -> str:
        """A line for each output and parameter, the parameter that matters most first; empty where untold."""
        text = io.StringIO()
        written = csv.writer(text, lineterminator="\n")
        heads = ("output", "output_unit", "parameter", "number", "unit", "status", "range", "p05", "p95")
        written.writerow((*heads, "output_at_p05", "output_at_p95", *self.effects.columns))
        for i, (output, unit) in enumerate(zip(self.outputs, self.units, strict=True)):
            for j in self.effects.ranked(i):
                one = self.factors[j]
                parts = (self.swings.low, self.swings.high, *self.effects.columns.values())
                told = (f"{part[i, j]:.10g}" if np.isfinite(part[i, j]) else "" for part in parts)
                ends = (f"{end:.10g}" for end in one.range.ends)
                written.writerow((output, unit, one.name, f"{one.number:.10g}", one.unit, one.status, one.range.told(),
                                  *ends, *told))  # fmt: skip
        return text.getvalue()


def sensitivity(
    compound: str,
    *,
    dose: str,
    method: str = "local",
    outputs: Iterable[str] = (),
    parameters: Iterable[str] = (),
    samples: int | None = None,
    seed: int = 1,
    width: float = WIDTH,
    evidence: Evidence | None = None,
    progress: Progress | None = None,
    **words: Any,
) -> Sensitivity:
    """Which numbers of the evidence a simulation hangs on.

    Parameters
    ----------
    compound, dose : str
        As in `simulate`.
    method : str
        ``local`` (elasticities), ``morris`` (elementary effects) or ``sobol`` (shares of variance).
    outputs : iterable of str
        Measures of the simulation, ``"plasma.imipramine.auc_inf"``, ``"occupancy.SERT.mean"``; area and peak of the
        compound and its main metabolite, and mean occupancy of SERT and NET, unless given.
    parameters : iterable of str
        Names of values; all that tell a spread, or differ between subjects, unless given.
    samples : int, optional
        Paths of Morris (50), points of Sobol (1024, a power of two).
    seed : int
        The same seed gives the same samples.
    width : float
        Factor down and up for a named parameter that tells no range.
    progress : callable, optional
        Told how many runs are done, and of how many.
    **words
        Route, species, settings, genotypes, … of one subject, as in `simulate`.

    Raises
    ------
    InputError
        With every mistake in the request; if no parameter moves any output.

    Examples
    --------
    >>> found = sensitivity("imipramine", dose="50 mg", outputs=["plasma.imipramine.auc_inf"],
    ...                     parameters=["imipramine.fraction_absorbed"])
    >>> round(float(found.effects.columns["elasticity"][0, 0]), 1)
    1.0
    """
    known = evidence or packaged()
    chosen, request = _checked(known, compound, method, samples, width, {**words, "dose": dose, "seed": seed})
    question = _question(known, request, method, list(outputs), list(parameters), width)
    swings = one_at_a_time(question.model(), question.factors, question.columns)
    idle = swings.idle
    if idle.all():
        hint = "ask for other outputs (--output), or leave out --parameter to see what matters"
        raise InputError(Problem("no parameter moves any of these outputs", "--parameter", hint))
    small = np.zeros_like(idle)
    if chosen is not None and not question.named:
        small = ~idle & (swings.shares(question.scale).max(axis=0) < SHARE)
    kept = ~(idle | small)
    varied = replace(question, factors=tuple(np.array(question.factors, dtype=object)[kept]))
    effects = _local(varied) if chosen is None else _sampled(varied, chosen, seed, progress)
    names = np.array([factor.name for factor in question.factors])
    return Sensitivity(
        request, question.outputs, tuple(question.usual.units[name] for name in question.columns), varied.factors,
        tuple(names[idle].tolist()), tuple(names[small].tolist()), effects, swings.of(kept), question.scale,
        1 if chosen is None else chosen.rows(len(varied.factors)),
        tuple(_notes(question, effects, int(idle.sum()), int(small.sum()), width)), question.usual.provenance,
    )  # fmt: skip


@dataclass(frozen=True)
class _Question:
    """Outputs of one simulation, the parameters that may move them, and where it is run.

    `outputs` are as asked for, `columns` what measures call them; `named` says whether somebody named the parameters.
    """

    request: Request
    laboratory: Laboratory
    usual: Measures
    outputs: tuple[str, ...]
    factors: tuple[Factor, ...]
    named: bool

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column_of(name, repeated=self.usual.repeated) for name in self.outputs)

    @property
    def scale(self) -> Scale:
        told = self.usual
        return Scale({name: bool(told.units[name]) and bool(told.columns[name][0] > 0.0) for name in self.columns})

    def model(self, progress: Progress | None = None) -> Model:
        """The simulation as a function of the parameters."""

        def outputs(rows: Array) -> Mapping[str, Array]:
            swept = {factor.name: rows[:, j] for j, factor in enumerate(self.factors)}
            return sweep(self.request, self.laboratory, swept, progress=progress).columns

        return outputs


def column_of(output: str, *, repeated: bool) -> str:
    """What measures call an output: the area of a course is that over its last interval."""
    return f"{output.removesuffix('tau')}last" if repeated and output.endswith(".auc_tau") else output


def _local(question: _Question) -> Effects:
    found = elasticities(question.laboratory, question.request, question.factors, question.columns)
    return Effects("local", question.columns, {"elasticity": found}, np.ones(len(found), dtype=np.int64), 1)


def _sampled(question: _Question, method: Morris | Sobol, seed: int, progress: Progress | None) -> Effects:
    rows = method.rows(len(question.factors))
    if rows > MOST_SUBJECTS:
        message = f"{method.samples} samples of {len(question.factors)} parameters take {rows} runs"
        hint = f"take fewer, or name fewer parameters; {MOST_SUBJECTS} runs are the most"
        raise InputError(Problem(message, "--samples", hint))
    return method.analyse(question.model(progress), question.factors, question.columns, question.scale, seed)


def _checked(
    evidence: Evidence, compound: str, method: str, samples: int | None, width: float, words: Mapping[str, Any]
) -> tuple[Morris | Sobol | None, Request]:
    """The method (None for the local one) and the request; every mistake of the words at once."""
    problems: list[Problem] = []
    if method not in METHODS:
        message = f"unknown method (got '{method}', allowed {', '.join(METHODS)})"
        problems.append(Problem(message, "--method", nearest(method, METHODS)))
    elif method == "local" and samples is not None:
        problems.append(Problem("the local method takes no samples", "--samples", "ask for --method morris or sobol"))
    elif samples is not None and samples < 2:
        problems.append(Problem(f"two samples or more are needed (got {samples})", "--samples"))
    elif method == "sobol" and samples is not None and samples & (samples - 1):
        near = 2 ** samples.bit_length()
        message = f"points of a Sobol sequence are balanced in powers of two only (got {samples})"
        problems.append(Problem(message, "--samples", f"take {near // 2} or {near}"))
    if not 1.0 < width <= WIDEST:
        problems.append(Problem(f"a factor lies above 1 and up to {WIDEST:g} (got {width:g})", "--range"))
    try:
        if method != "local" and method in METHODS:
            see_salib()
    except InputError as error:
        problems += error.problems
    try:
        request = parse_request(evidence, compound, **words)
    except InputError as error:
        raise InputError([*error.problems, *problems]) from None
    if problems:
        raise InputError(problems)
    if method == "local":
        return None, request
    kind = Morris if method == "morris" else Sobol
    return kind() if samples is None else kind(samples), request


def _question(
    evidence: Evidence, request: Request, method: str, outputs: list[str], parameters: list[str], width: float
) -> _Question:
    """What is read and who is varied, seen against the run with all parameters as in use."""
    laboratory = prepare(evidence, request.species, request.doors, request.backend)
    made = plan(request, evidence, laboratory)
    usual = made.measures()
    problems: list[Problem] = []
    chosen = tuple(outputs) or tuple(_usual_outputs(evidence, request, usual))
    for name in chosen:
        problems += _unreadable(name, usual, method)
    if len(set(chosen)) < len(chosen):
        problems.append(Problem("an output is named twice", "--output"))
    found: tuple[Factor, ...] = ()
    try:
        found = factors(made.laboratory.table, evidence, request.species, parameters, width)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    if not found:
        hint = "name parameters by --parameter"
        raise InputError(Problem("no value of this model tells a spread", "--parameter", hint))
    columns = [column_of(name, repeated=usual.repeated) for name in chosen]
    seen = looking_at(laboratory, columns, request.backend)
    return _Question(request, seen, usual, chosen, found, bool(parameters))


def _unreadable(name: str, usual: Measures, method: str) -> Iterable[Problem]:
    """Why an output cannot be asked about."""
    column = column_of(name, repeated=usual.repeated)
    if column not in usual.columns:
        known = [*usual.columns]
        yield Problem(f"this simulation gives no '{name}'", "--output", nearest(name, known))
    elif not np.isfinite(usual.columns[column]).all():
        hint = "simulate longer (--for), or ask for auc_last"
        yield Problem(f"'{name}' cannot be told: no terminal phase in this run", "--output", hint)
    elif method == "local" and name.rpartition(".")[2] in STEPPED:
        message = f"'{name}' is read on the grid of times: it moves in steps and has no elasticity"
        yield Problem(message, "--output", "ask for --method morris or sobol")


def _usual_outputs(evidence: Evidence, request: Request, usual: Measures) -> Iterable[str]:
    """Area and peak of the compound and of its main metabolite, that of the largest area; occupancy of SERT, NET."""
    own = [one.compound for one in followed(evidence, [request.compound], request.species)]
    areas = {name: float(usual.columns[f"plasma.{name}.auc_last"][0]) for name in own
             if f"plasma.{name}.auc_last" in usual.columns}  # fmt: skip
    products = [name for name in areas if name != request.compound]
    for name in [request.compound, *([max(products, key=areas.__getitem__)] if products else [])]:
        told = not usual.repeated and bool(np.isfinite(usual.columns[f"plasma.{name}.auc_inf"]).all())
        yield f"plasma.{name}.{'auc_tau' if usual.repeated else 'auc_inf' if told else 'auc_last'}"
        yield f"plasma.{name}.cmax"
    yield from (name for name in OCCUPANCIES if name in usual.columns)


def _notes(question: _Question, effects: Effects, idle: int, small: int, width: float) -> Iterable[str]:
    """What a reader must know."""
    everyone = len(question.factors)
    if not question.named:
        yield (
            f"{everyone} parameters tell a spread or differ between subjects and were moved one at a time: {idle} move "
            "none of these outputs" + (f", {small} decide less than a thousandth of each and are held" * bool(small))
        )
    wide = [factor.name for factor in question.factors if factor.origin == "factor"]
    if wide:
        yield f"no record tells a range of {', '.join(wide)}: varied by a factor {width:g} down and up (--range)"
    if question.named and idle:
        yield f"{idle} of the parameters named move none of these outputs"
    if effects.method == "local":
        yield "elasticity: by how many per cent an output moves when a parameter grows by one"
        untold = np.isnan(effects.columns["elasticity"]).sum(axis=1).tolist()
        yield from (
            f"{name}: no elasticity to {number} parameters, where it is nought or jumps (a terminal phase read anew)"
            for name, number in zip(question.outputs, untold, strict=True)
            if number
        )
    else:
        yield SCALED
        yield INDEPENDENT
    yield from left_out(effects)
    yield from shaky(effects)
