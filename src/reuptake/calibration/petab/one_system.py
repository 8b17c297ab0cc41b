"""One system for all that a fit explains: the doors of every arm, and what is moved in the symbols of that system.

A PEtab problem holds one model, while arms that were given different drugs run in different ones here. What an arm was
not given is a dose that never comes: its pools stay empty and change nothing. Records that follow from what is moved
become rules of the model; constants in their formulas are those of the evidence, whoever the subjects of an arm are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.parameters import Parameter
from reuptake.calibration.petab.exporting import Arm
from reuptake.calibration.translation import Translation
from reuptake.dosing.regimens import Route
from reuptake.equations.expression import Expression
from reuptake.equations.system import System
from reuptake.equations.transcription import transcribed
from reuptake.evidence.base import Evidence
from reuptake.simulation.observation import OBSERVED
from reuptake.simulation.request import Request
from reuptake.simulation.run import Laboratory, plan, prepare
from reuptake.units import unit

__all__ = ["OneSystem"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class OneSystem:
    """A model for all arms.

    Attributes
    ----------
    laboratory : Laboratory
        At the best values of the fit.
    settings : mapping of record name to float
        Of the records that are moved there, in their units.
    values : mapping of parameter name to float
        Of the reference individual, canonical units: all that neither is moved nor follows.
    parameters : tuple of Parameter
        What is moved; one that is a parameter of the system bears its name.
    best : mapping of parameter name to float
        Where they are best, as a person reads them.
    follows : mapping of parameter name to Expression
    notes : tuple of str
        What the fit moves and this model does not.
    """

    laboratory: Laboratory
    settings: Mapping[str, float]
    values: Mapping[str, float]
    parameters: tuple[Parameter, ...]
    best: Mapping[str, float]
    follows: Mapping[str, Expression]
    notes: tuple[str, ...]

    @staticmethod
    def of(
        requests: Iterable[Request], evidence: Evidence, translation: Translation, x: Array, moves: Collection[str]
    ) -> OneSystem:
        """The model that some requests of one species can all run in.

        Parameters
        ----------
        x : array (parameter,)
            The best place of the translation's parameters.
        moves : collection of str
            Those of them that are to be moved; others are held there.
        """
        doors: dict[str, set[Route]] = {}
        asked = list(requests)
        for request in asked:
            for compound, routes in request.doors.items():
                doors.setdefault(compound, set()).update(routes)
        species, settings = asked[0].species, translation.settings(x).values
        whole = {compound: sorted(routes) for compound, routes in doors.items()}
        ready = prepare(evidence, species, whole, "numpy", OBSERVED)
        laboratory = ready.under(ready.table.own(settings, species))
        names = _Names.of(translation, ready.kernel.system, species)
        follows = _rules(translation, names, ready.kernel.system)
        used = {node.name for rule in follows.values() for node in rule.walk() if node.op == "parameter"}
        used |= {names.quantity(name) for name in names.own}
        values = {name: laboratory.table[name] for name in laboratory.table.names if name not in follows}
        parameters, best, notes = [], {}, []
        for one, place in zip(translation.parameters, x.tolist(), strict=True):
            name, value = names.quantity(one.name), one.value(place)
            if one.name in moves and name in used:
                parameters.append(replace(one, name=name))
                best[name] = value
                values.pop(name, None)
            else:
                values.setdefault(name, value * unit(one.unit).factor)
                notes.append(
                    f"{one.name} is held at {value:.6g} {one.unit}".rstrip() + ": it moves none of these numbers."
                )
        return OneSystem(laboratory, settings, values, tuple(parameters), best, follows, tuple(notes))

    @property
    def system(self) -> System:
        """Its equations, with levels as outputs."""
        return self.laboratory.kernel.system

    def arm(self, name: str, request: Request) -> Arm:
        """What was done in an arm, and in what its subject differs from the reference individual."""
        laboratory = self.laboratory
        own = laboratory.table.own(self.settings, request.species)
        made = plan(replace(request, settings={**own, **request.settings}), laboratory.evidence, laboratory)
        batch = made.start(made.shards[0]).batch
        row = dict(zip(laboratory.table.names, batch.parameters[0].tolist(), strict=True))
        differs = {key: value for key, value in row.items() if self.values.get(key, value) != value}
        return Arm(name, differs, batch.events[0])


@dataclass(frozen=True)
class _Names:
    """What things of the fit are called in the system."""

    species: str
    known: frozenset[str]
    own: frozenset[str]

    @staticmethod
    def of(translation: Translation, system: System, species: str) -> _Names:
        known = frozenset(entry.name for entry in system.parameters)
        own = {
            node.name for record, (node, _) in translation.records.items()
            if node.op == "parameter" and _stem(node.name, species) == _stem(record, species) in known
        }  # fmt: skip
        return _Names(species, known, frozenset(own))

    def quantity(self, name: str) -> str:
        """What is moved: a parameter of the system, if it is a record that it moves itself."""
        if name in self.own:
            return _stem(name, self.species)
        return f"{name} moved" if name in self.known else name


def _stem(name: str, species: str) -> str:
    return name.removesuffix(f".{species}")


def _rules(translation: Translation, names: _Names, system: System) -> dict[str, Expression]:
    """Parameters of the system that follow from what is moved, in its symbols."""
    graph = system.states[0].initial.graph

    def symbol(node: Expression) -> Expression:
        if node.op == "parameter":
            return graph.symbol("parameter", names.quantity(node.name), node.dimension)
        return graph.number(translation.constants[node.name], node.dimension)

    found = {}
    for record, (formula, _) in translation.records.items():
        name = _stem(record, names.species)
        moves = any(node.op == "parameter" for node in formula.walk())
        if name in names.known and moves and not (formula.op == "parameter" and formula.name in names.own):
            found[name] = transcribed(formula, graph, symbol)
    return found
