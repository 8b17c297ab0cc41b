"""What a PEtab problem predicts for each measurement, and how errors are to be weighed, with exact slopes.

    y = formula(states, parameters),  σ = noise formula,  ∂y/∂x = Σ over model parameters p that x is: ∂y/∂p · dp/dx

Each condition is one subject of an ensemble; each way of filling an observable's placeholders is one output, whose
tangents the engine carries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.parameters import Parameter, from_search
from reuptake.calibration.petab.scales import of_petab
from reuptake.dosing.events import Event
from reuptake.engine.ensemble import compiled, integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.evaluation import evaluate
from reuptake.equations.expression import Expression
from reuptake.equations.formula import parse
from reuptake.equations.system import Output
from reuptake.equations.system import Parameter as Symbol
from reuptake.errors import InputError, Problem, nearest
from reuptake.exchange.petab import problem as told
from reuptake.exchange.sbml.model import Model
from reuptake.exchange.sbml.reading import read_model
from reuptake.units import unit

__all__ = ["Curves", "Predictions", "curves"]

Array = NDArray[np.float64]
PRECISE = 1e-8  # relative tolerance: derivatives of a fit ask for more than a figure
LEAST = 1e-4  # of the relative tolerance and of the largest start or dose: what no state needs to be known closer than


@dataclass(frozen=True)
class Predictions:
    """At one place; NaN throughout where a condition could not be solved.

    Attributes
    ----------
    values, noise : array (measurement,)
        Of the observable, not yet transformed, and σ.
    slopes, noise_slopes : array (measurement, parameter)
        ∂/∂x.
    """

    values: Array
    slopes: Array
    noise: Array
    noise_slopes: Array


@dataclass(frozen=True)
class Curves:
    """A problem, ready to be evaluated.

    Attributes
    ----------
    problem : Problem
    parameters : tuple of Parameter (parameter,)
        What is estimated.
    moving_noise : tuple of bool (measurement,)
        Whether σ depends on what is estimated or on the states.
    """

    problem: told.Problem
    parameters: tuple[Parameter, ...]
    moving_noise: tuple[bool, ...]
    at: Callable[[Array], Predictions] = field(repr=False)


def curves(problem: told.Problem, relative: float = PRECISE, threads: int = 1) -> Curves:
    """Curves of a problem; conditions are integrated on so many threads, which changes no bit.

    Raises
    ------
    InputError
        If model, formulas, conditions or parameters do not fit or need what is not supported; all that is found.
    """
    return _Draft(problem, relative, threads).curves()


class _Draft:
    """From tables to arrays."""

    def __init__(self, problem: told.Problem, relative: float, threads: int) -> None:
        self.problem, self.relative, self.threads = problem, relative, threads
        self.parameters = of_petab(problem.parameters)
        self.table = {one.id: one for one in problem.parameters}
        self.conditions = [one for one in problem.conditions if one.id in {m.condition for m in problem.measurements}]
        set_ = {name for one in self.conditions for name in one.settings}
        self.model = read_model(problem.model, problem.model_file, sorted(set_))
        self.graph = self.model.time.graph
        self.extras = {  # parameters that only formulas know
            name: self.graph.symbol("parameter", name, unit("").dimension)
            for name in (*self.table, *sorted(set_)) if name not in self.model.symbols
        }  # fmt: skip
        self.observables = {one.id: one for one in problem.observables}
        self.problems: list[Problem] = []
        self.formulas: dict[tuple[object, ...], Expression] = {}

    def curves(self) -> Curves:
        sources = [self._sources(one) for one in self.conditions]
        predicted = [self._formula(one, "observable") for one in self.problem.measurements]
        noise = [self._formula(one, "noise") for one in self.problem.measurements]
        self._check_timing(sources)
        if self.problems:
            raise InputError(list(dict.fromkeys(self.problems)))
        places = {one.id: i for i, one in enumerate(self.conditions)}
        at = np.array([places[one.condition] for one in self.problem.measurements])
        moving = tuple(self._moves(node, sources[i]) for node, i in zip(noise, at.tolist(), strict=True))
        return Curves(self.problem, self.parameters, moving, _Run(self, sources, predicted, noise, at, moving))

    def value(self, name: str) -> float | None:
        """What the table says of a parameter that is not estimated; None of one that is."""
        return None if self.table[name].estimated else self.table[name].nominal

    def _sources(self, condition: told.Condition) -> dict[str, float | str]:
        """For each model parameter that a condition or the table gives: a number, or which parameter it is."""
        given: dict[str, float | str] = {}
        for name, one in self.table.items():
            if (parameter := self._parameter(name, one.where)) is not None:
                given[parameter] = name
        columns = {name for one in self.conditions for name in one.settings}
        for name in sorted(columns):
            parameter = self._parameter(name, condition.where)
            if parameter is None:
                continue
            setting = condition.settings.get(name)
            if isinstance(setting, str) and setting not in self.table:
                self.problems.append(
                    Problem(f"no parameter '{setting}'", condition.where, nearest(setting, self.table))
                )
            elif setting is not None:
                given[parameter] = setting
            elif name in self.model.symbols:
                given[parameter] = self._otherwise(name, condition)
        resolved = {name: self.value(source) if isinstance(source, str) else source for name, source in given.items()}
        return {name: given[name] if value is None else value for name, value in resolved.items()}

    def _parameter(self, name: str, where: str) -> str | None:
        """The model parameter that an identifier of a table stands for."""
        if name in self.extras:
            return name
        if name not in self.model.starts:
            self.problems.append(Problem(f"'{name}' cannot be set: it follows from the model", where))
            return None
        return self.model.starts[name]

    def _otherwise(self, name: str, condition: told.Condition) -> float:
        """What the model says of an entity that other conditions set."""
        untouched = read_model(self.problem.model, self.problem.model_file)
        begins = untouched.begins[name]
        if {node.name for node in begins.walk() if node.op == "parameter"} & set(self._estimated(untouched)):
            message = f"'{name}' is set by some conditions only, and depends on what is estimated in the others"
            self.problems.append(Problem(message, condition.where, f"set '{name}' in every condition"))
            return 0.0
        values = dict(zip((one.name for one in untouched.system.parameters), untouched.subject()[0], strict=True))
        values |= {
            untouched.starts[key]: one.nominal for key, one in self.table.items()
            if key in untouched.starts and not one.estimated and one.nominal is not None
        }  # fmt: skip
        return evaluate(begins, values)

    def _estimated(self, model: Model) -> list[str]:
        return [model.starts[one.name] for one in self.parameters if one.name in model.starts]

    def _formula(self, measured: told.Measurement, kind: str) -> Expression:
        """The formula that a measurement's placeholders make of an observable's."""
        key = (kind, measured.observable, measured.observable_parameters, measured.noise_parameters)
        if key not in self.formulas:
            observable = self.observables[measured.observable]
            text = observable.formula if kind == "observable" else observable.noise
            filled = {
                **dict(zip(observable.placeholders("observable"), measured.observable_parameters, strict=True)),
                **dict(zip(observable.placeholders("noise"), measured.noise_parameters, strict=True)),
            }
            try:
                self.formulas[key] = parse(text, self.graph, lambda name: self._symbol(name, filled, measured),
                                           observable.where)  # fmt: skip
            except InputError as error:
                self.problems += error.problems
                self.formulas[key] = self.graph.number(1.0)
        return self.formulas[key]

    def _symbol(self, name: str, filled: Mapping[str, float | str], measured: told.Measurement) -> Expression | None:
        if name in filled:
            filling = filled[name]
            return self._symbol(filling, {}, measured) if isinstance(filling, str) else self.graph.number(filling)
        if name in self.model.symbols:
            return self.model.symbols[name]
        if name == measured.observable:  # noise in proportion to what is observed
            return self._formula(measured, "observable")
        return self.model.time if name == "time" else self.extras.get(name)

    def _check_timing(self, sources: Sequence[Mapping[str, float | str]]) -> None:
        reached = {name for own in sources for name, source in own.items() if isinstance(source, str)}
        for name in sorted(reached & self.model.timing):
            message = f"'{name}' says when something happens or how much of it: it cannot be estimated"
            self.problems.append(Problem(message, self.problem.model_file, "set estimate to 0"))

    def _moves(self, node: Expression, sources: Mapping[str, float | str]) -> bool:
        """Whether an expression depends on what is estimated, or on what changes with time."""
        changed = {name for one in self.model.changes for name in one.values}
        changed |= {one.parameter for one in self.model.switches}
        return any(
            part.op in ("state", "input", "time")
            or (part.op == "parameter" and (isinstance(sources.get(part.name), str) or part.name in changed))
            for part in node.walk()
        )


class _Run:
    """Evaluation at one place: all conditions at once."""

    def __init__(
        self, draft: _Draft, sources: Sequence[Mapping[str, float | str]], predicted: Sequence[Expression],
        noise: Sequence[Expression], at: NDArray[np.int64], moving: Sequence[bool],
    ) -> None:  # fmt: skip
        self._model, self._parameters, self._sources = draft.model, draft.parameters, sources
        self._relative, self._threads, self._subject = draft.relative, draft.threads, at
        asked = [*predicted, *(node for node, moves in zip(noise, moving, strict=True) if moves)]
        outputs = list({node.serial: node for node in asked}.values())
        place = {node.serial: i for i, node in enumerate(outputs)}
        self._output = np.array([place[node.serial] for node in predicted])
        self._moving = np.array(moving)
        self._noise_output = np.array([place.get(node.serial, 0) for node in noise])
        times = [one.time for one in draft.problem.measurements]
        self._grid = np.array(sorted({0.0, *times}))
        self._time = np.searchsorted(self._grid, times)
        self._extras = list(draft.extras)
        system = draft.model.system
        self._states = [state.initial for state in system.states]
        self._names = [*(one.name for one in system.parameters), *self._extras]
        system = replace(
            system,
            parameters=(*system.parameters, *(Symbol(name, "") for name in self._extras)),
            outputs=tuple(Output(f"output {i}", node, "", "level") for i, node in enumerate(outputs)),
        )
        # Derivatives are not carried through triggers; the reference back-end takes differences instead.
        self._kernel = compiled(system, "numpy" if system.triggers else "llvm")
        self._directions = sorted({name for own in sources for name, source in own.items() if isinstance(source, str)})
        self._index = {one.name: j for j, one in enumerate(draft.parameters)}
        values = [self._subject_at(own, {one.name: one.start for one in draft.parameters})[0] for own in sources]
        named = [dict(zip(self._names, row.tolist(), strict=True)) for row in values]
        self._fixed = np.array([
            1.0 if moves else evaluate(node, named[i])
            for node, moves, i in zip(noise, moving, at.tolist(), strict=True)
        ])  # fmt: skip

    def __call__(self, x: Array) -> Predictions:
        values = dict(zip(self._index, from_search(self._parameters, x).tolist(), strict=True))
        subjects = [self._subject_at(own, values) for own in self._sources]
        batch = Batch(np.array([row for row, _ in subjects]), tuple(events for _, events in subjects))
        tolerances = Tolerances(self._relative, self._absolute(batch))
        solution = integrate(
            self._kernel, batch, self._grid, tolerances, threads=self._threads, sensitivities=self._directions
        )  # fmt: skip
        slopes = np.zeros((*solution.values.shape, len(x)))
        if solution.sensitivities is not None:
            for c, own in enumerate(self._sources):
                for d, name in enumerate(self._directions):
                    source = own.get(name)
                    if isinstance(source, str):
                        j = self._index[source]
                        stretch = self._parameters[j].stretch(float(x[j]))
                        slopes[c, :, :, j] += solution.sensitivities[c, :, :, d] * stretch
        here = (self._subject, self._time)
        noisy = self._moving[:, None]
        found = Predictions(
            solution.values[(*here, self._output)], slopes[(*here, self._output)],
            np.where(self._moving, solution.values[(*here, self._noise_output)], self._fixed),
            np.where(noisy, slopes[(*here, self._noise_output)], 0.0),
        )  # fmt: skip
        if all(outcome.solved for outcome in solution.outcomes):
            return found
        return Predictions(*(np.full_like(part, np.nan) for part in vars(found).values()))

    def _subject_at(
        self, own: Mapping[str, float | str], values: Mapping[str, float]
    ) -> tuple[Array, tuple[Event, ...]]:
        """Parameters and events of one condition, at values of what is estimated."""
        given = {name: values[source] if isinstance(source, str) else source for name, source in own.items()}
        inside = {name: value for name, value in given.items() if name not in self._extras}
        parameters, events = self._model.subject(inside)
        return np.concatenate([parameters, [given.get(name, np.nan) for name in self._extras]]), events

    def _absolute(self, batch: Batch) -> Array:
        """Absolute tolerances (subject, 1), by what each subject begins with or is given."""
        sizes = []
        for row, events in zip(batch.parameters, batch.events, strict=True):
            named = dict(zip(self._names, row.tolist(), strict=True))
            starts = [abs(evaluate(initial, named)) for initial in self._states]
            largest = max([*starts, *(abs(event.amount) for event in events)], default=0.0)
            sizes.append(LEAST * self._relative * (largest if 0.0 < largest < np.inf else 1.0))
        return np.array(sizes)[:, None]
