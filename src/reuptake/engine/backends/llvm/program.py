"""All that is compiled for one system and one method: equations, derivatives, linear algebra, driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.engine.backends.llvm.expressions import Layout, function, prologue
from reuptake.engine.backends.llvm.linear import DENSE_FROM, dense_sizes, factorisation, misfit, solution
from reuptake.engine.backends.llvm.lowering import fields, lower
from reuptake.engine.backends.llvm.words import Target
from reuptake.engine.method import Tableau
from reuptake.equations.derivative import jacobian
from reuptake.equations.elimination import eliminate
from reuptake.equations.expression import Expression
from reuptake.equations.gathering import gathered
from reuptake.equations.program import straighten
from reuptake.equations.system import System
from reuptake.units import unit

__all__ = ["Program", "elementary", "table", "translate"]

HERE = Path(__file__).parent
CHAPTERS = ("dense", "step", "grid", "lanes", "run")
Sparse = dict[tuple[int, int], Expression]


@dataclass(frozen=True)
class Program:
    """Text to compile, and what its caller must know.

    Attributes
    ----------
    text : str
    sizes : mapping of name to int
        Elements of each array of the table that the lanes work on; vectors where it holds vectors.
    places : mapping of name to array (entry, 2)
        Row and column of the entries of each sparse array, by the name of its slot.
    flops : int
        Floating-point operations of one step of one subject, a fused one counted as two.
    """

    text: str
    sizes: Mapping[str, int]
    places: Mapping[str, NDArray[np.int64]]
    flops: int


@dataclass(frozen=True)
class Parts:
    """The expressions of a system by the function that computes them, in the order of its results."""

    roots: Mapping[str, tuple[Expression, ...]]
    places: Mapping[str, tuple[tuple[int, int], ...]]


def translate(system: System, tableau: Tableau, target: Target, directions: Sequence[str] = ()) -> Program:
    """The program of a system; `directions` are the parameters whose sensitivities it computes."""
    parts = _parts(system, directions)
    moving = {name: roots for name, roots in parts.roots.items() if name not in ("start", "starting")}
    kept = _kept([root for roots in moving.values() for root in roots])
    start = len(kept)
    hoisted = dict(enumerate([*kept, *parts.roots["start"], *parts.roots["starting"]]))
    layout = Layout(
        {state.name: i for i, state in enumerate(system.states)},
        {entry.name: i for i, entry in enumerate(system.inputs)},
        {parameter.name: i for i, parameter in enumerate(system.parameters)},
        {node.serial: slot for slot, node in enumerate(kept)},
    )  # fmt: skip
    functions = {name: function(name, target, layout, roots) for name, roots in moving.items()}
    plan = eliminate(len(system.states), parts.places["entries_at"])
    dense = plan.operations > DENSE_FROM
    if not dense:
        functions["factor"] = factorisation(target, plan, parts.places["entries_at"])
        functions["solve"] = solution(target, plan)
        functions["misfit"] = misfit(target, plan, parts.places["entries_at"])
    sizes = _sizes(system, tableau, parts, directions, start)
    text = [
        *elementary(target), *(text for text, _ in functions.values()),
        prologue("prologue", target.lanes, Target(1, target.fused), layout, hoisted),
        _driver(target, dense, tuple(sorted((_constants(tableau) | sizes).items(), key=str))),
    ]  # fmt: skip
    flops = {name: count for name, (_, count) in functions.items()} | (dense_sizes(len(system.states)) if dense else {})
    room = _room(target.lanes, sizes, len(hoisted), len(system.states) ** 2 if dense else plan.entries)
    places = {name: np.array(at or [(0, 0)], dtype=np.int64) for name, at in parts.places.items()}
    chosen = {name: j for j, name in enumerate(directions)}
    of_each = [chosen.get(parameter.name, -1) for parameter in system.parameters]
    at = {parameter.name: i for i, parameter in enumerate(system.parameters)}
    places["asked_for"] = np.array([at[name] for name in directions] or [0], dtype=np.int64)
    places["direction_of"] = np.array(of_each or [-1], dtype=np.int64)
    return Program("\n".join(text), room, places, _flops(tableau, len(system.states), flops))


def _parts(system: System, directions: Sequence[str]) -> Parts:
    """Right-hand sides and all derivatives that a step, its tangents and its events ask for."""
    states = {state.name: i for i, state in enumerate(system.states)}
    chosen = {name: j for j, name in enumerate(directions)}
    rates = gathered(system.rates())
    outputs = gathered([output.expression * (1.0 / unit(output.unit).factor) for output in system.outputs])
    entries = _sparse(rates, states)
    drifts = {row: entry for (row, _), entry in jacobian(rates, "time").items()}
    zero = rates[0].graph.number(0.0)
    drift = [drifts.get(row, zero) for row in range(len(rates))]
    initial = [state.initial for state in system.states]
    triggers = gathered([trigger.crossing for trigger in system.triggers])
    changes = [(k, states[n], e) for k, trigger in enumerate(system.triggers) for n, e in trigger.changes.items()]
    slopes = list(entries.values())
    sparse = {
        "entries": entries, "leanings": _sparse(rates, chosen, "parameter"),
        "bends": _sparse(slopes, states) if chosen else {}, "twists": _sparse(slopes, chosen, "parameter"),
        "drift_bends": _sparse(drift, states) if chosen else {}, "drift_twists": _sparse(drift, chosen, "parameter"),
        "output_slopes": _sparse(outputs, states) if chosen else {},
        "output_leanings": _sparse(outputs, chosen, "parameter"), "starting": _sparse(initial, chosen, "parameter"),
    }  # fmt: skip
    dense = {
        "rates": rates, "drift": tuple(drift), "outputs": outputs, "crossings": triggers, "start": tuple(initial),
        "consequences": gathered([value for _, _, value in changes]),
    }  # fmt: skip
    places = {f"{name}_at": tuple(found) for name, found in sparse.items()}
    return Parts(
        dense | {name: tuple(found.values()) for name, found in sparse.items()},
        places | {"changes_at": tuple((k, s) for k, s, _ in changes)},
    )


def _sparse(expressions: Sequence[Expression], columns: Mapping[str, int], op: str = "state") -> Sparse:
    """Derivatives that are not always nought, by row and column.

    One column after another: a loop that adds to rows then seldom waits for the row it has just written.
    """
    if not columns:
        return {}
    found = [(row, columns[n], entry) for (row, n), entry in jacobian(expressions, op).items() if n in columns]
    return {(row, column): entry for row, column, entry in sorted(found, key=lambda one: (one[1], one[0]))}


def _kept(roots: Sequence[Expression]) -> list[Expression]:
    """What must be known before the time loop: hoisted nodes that others, or the roots themselves, read."""
    program = straighten(roots)
    fixed = {node.serial for node in program.hoisted}
    kept: dict[int, Expression] = {}
    for node in [*(arg for user in program.body for arg in user.args), *roots]:
        while node.op == "named":
            node = node.args[0]
        if node.serial in fixed or node.op == "parameter":
            kept[node.serial] = node
    return list(kept.values())


def _sizes(
    system: System, tableau: Tableau, parts: Parts, directions: Sequence[str], start: int
) -> dict[str, int | bool]:
    """The constants that the driver calls by capital names."""
    roots = parts.roots
    return {
        "STATES": len(system.states), "STAGES": len(tableau.a), "INPUTS": len(system.inputs),
        "OUTPUTS": len(system.outputs), "PARAMETERS": len(system.parameters), "TRIGGERS": len(system.triggers),
        "CHANGES": len(roots["consequences"]), "DIRECTIONS": len(directions), "START": start,
        "START_DOT": start + len(system.states), "DRIFTING": any(not _is_zero(node) for node in roots["drift"]),
        **{
            name.upper(): len(roots[name])
            for name in ("entries", "leanings", "bends", "twists", "drift_bends", "drift_twists", "output_slopes",
                         "output_leanings", "starting")
        },
    }  # fmt: skip


def _is_zero(node: Expression) -> bool:
    return node.op == "number" and node.value == 0.0


def _constants(tableau: Tableau) -> dict[str, Any]:
    """The tableau by the names that the driver uses."""
    a = tableau.a
    chained = [
        i > 1 and a[i, i - 1] == 1.0 and bool(np.any(a[i - 1])) and np.array_equal(a[i, : i - 1], a[i - 1, : i - 1])
        for i in range(len(a))
    ]
    return {
        "A": a.tolist(), "B": tableau.b.tolist(), "E": tableau.e.tolist(), "DENSE": tableau.dense.tolist(),
        "C": tableau.c.tolist() if tableau.c is not None else [], "NODES": tableau.nodes.tolist(),
        "DRIFTS": tableau.drifts.tolist(), "CHAINED": chained, "GAMMA": tableau.gamma or 0.0, "ORDER": tableau.order,
        "IMPLICIT": tableau.implicit,
    }  # fmt: skip


def _room(lanes: int, sizes: Mapping[str, int], hoisted: int, factors: int) -> dict[str, int]:
    """How many elements each array of the lanes' workspace has; those not named hold one."""
    n, m, stages, inputs = sizes["STATES"], sizes["DIRECTIONS"], sizes["STAGES"], sizes["INPUTS"]
    names = (
        "states", "new", "tolerated", "inner", "outer", "right", "drifted", "sampled", "dot_inner", "dot_sampled"
    )  # fmt: skip
    counted = {
        "bent": "BENDS", "twisted": "TWISTS", "drift_bent": "DRIFT_BENDS", "drift_twisted": "DRIFT_TWISTS",
        "output_sloped": "OUTPUT_SLOPES", "output_leaned": "OUTPUT_LEANINGS", "reported": "OUTPUTS",
        "dot_reported": "OUTPUTS", "jacobian": "ENTRIES", "dot_matrix": "ENTRIES", "armed": "TRIGGERS",
        "firing": "TRIGGERS", "heights": "TRIGGERS", "heights_before": "TRIGGERS", "changed": "CHANGES",
    }  # fmt: skip
    return {
        **dict.fromkeys(names, n), **{name: sizes[size] for name, size in counted.items()},
        "own": lanes * sizes["PARAMETERS"], "remembered": 2 * inputs, "learned": 2 * inputs, "inputs": inputs,
        "hoisted": hoisted, "stages": stages * n, "weights": stages, "factors": factors,
        "pivoted": lanes * n * n, "swaps": lanes * n, "live": m, "sized": m, "missed": 2, "dot": m * n,
        "dot_new": m * n, "dot_stages": m * stages * n,
        "stage_jacobian": stages * sizes["ENTRIES"], "stage_leanings": stages * sizes["LEANINGS"],
    }  # fmt: skip


def _flops(tableau: Tableau, states: int, parts: Mapping[str, int]) -> int:
    """Operations of one step: the functions it calls, and the combinations of stages."""
    nonzero = [np.count_nonzero(part) for part in (tableau.a, tableau.b, tableau.e)]
    once = parts["entries"] + parts["factor"] + parts["misfit"] if tableau.implicit else 0
    each = parts["rates"] + (parts["solve"] if tableau.implicit else states)
    if tableau.c is not None:
        nonzero.append(np.count_nonzero(tableau.c))
    return int(once + len(tableau.a) * each + states * (2 * sum(nonzero) + 8))


@cache
def _source(name: str) -> str:
    folder = HERE.parent.parent if name == "control" else HERE / "driver"
    return (folder / f"{name}.py").read_text(encoding="utf-8")


@cache
def table() -> dict[str, str]:
    """The slots of the table that the driver reads: name to kind, in order."""
    return fields(_source("workspace"))


@cache
def elementary(target: Target) -> tuple[str, ...]:
    """Functions like exp for whole vectors and for single numbers, and what LLVM itself provides."""
    widths = sorted({1, target.lanes})
    texts = [lower([_source("elementary")], Target(w, target.fused), {}, suffix=f".w{w}") for w in widths]
    vectors = [(f"v{w}f64", f"<{w} x double>") for w in widths] + [("f64", "double")]
    lines = [
        f"declare {t} @llvm.{word}.{s}({t})" for s, t in vectors for word in ("fabs", "sqrt", "floor", "roundeven")
    ]
    lines += [f"declare {t} @llvm.fma.{s}({t}, {t}, {t})" for s, t in vectors]
    return (*texts, *lines, "attributes #0 = { nounwind }", "!0 = !{}")


def _driver(target: Target, dense: bool, constants: tuple[tuple[str, Any], ...]) -> str:
    known = {**dict(constants), "DENSELY": dense}
    optional = ("triggers",) * bool(known["TRIGGERS"]) + ("tangents",) * bool(known["DIRECTIONS"])
    sources = [_source(name) for name in ("workspace", "control", *CHAPTERS, *optional)]
    return lower(sources, target, known, entry="run")
