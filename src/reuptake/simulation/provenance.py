"""What a result came from: what was asked, the equations and numbers it ran on, and who said so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from reuptake.equations.system import System
from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import ParameterTable
from reuptake.simulation.request import Request

__all__ = ["USE", "provenance"]

USE = "Research use only."


def provenance(
    request: Request, system: System, table: ParameterTable, evidence: Evidence, tolerances: Mapping[str, float]
) -> dict[str, Any]:
    """All that a rerun needs, as JSON; ``hash`` names the whole.

    Two runs of one hash have the same curves. How many threads worked, and on how many subjects at once, is no
    part of it.
    """
    from importlib.metadata import version

    parameters = [
        {
            "name": name, "number": table.overridden.get(name, record.number), "unit": record.unit,
            "status": "set by the user" if name in table.overridden else record.status, "record": record.name,
            "source": record.source,
        }
        for name, record in zip(table.names, table.records, strict=True)
    ]  # fmt: skip
    keys = sorted({record.source for record in table.records if record.source})
    content = {
        "request": dict(request.words), "version": version("reuptake"), "parameters": parameters,
        "equations": _digest("\n".join(_equations(system))), "tolerances": dict(tolerances),
        "sources": {key: evidence.reference(key) for key in keys},
        "compound_files": dict(evidence.guests),
        "notes": [*request.notes, *(f"values of {name} are those of the user's own file" for name in evidence.guests)],
        "use": USE,
    }  # fmt: skip
    return content | {"hash": _digest(json.dumps(content, sort_keys=True))}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _equations(system: System) -> Iterator[str]:
    """Every equation of a system, a line each: a run is another run when one of them is."""
    for state in system.states:
        yield f"start of {state.name} = {state.initial}"
    for name, expression in system.definitions.items():
        yield f"{name} = {expression}"
    for flow in system.flows:
        yield f"{flow.name}: {flow.source} to {flow.target} = {flow.rate}"
    for entry in system.inputs:
        yield f"{entry.name}: into {entry.state}"
    for trigger in system.triggers:
        changes = ", ".join(f"{name} = {expression}" for name, expression in trigger.changes.items())
        yield f"{trigger.name}: when {trigger.crossing} > 0: {changes}"
    for output in system.outputs:
        yield f"{output.name} in {output.unit} = {output.expression}"
