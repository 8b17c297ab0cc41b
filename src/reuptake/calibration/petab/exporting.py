"""A fit of ours, written down so that others can repeat it with their tools.

    ln(measurement) = ln(e^b · output) + noise,   noise ~ N(0, sd²)

with b the effect of a study or a person, if there is one. An area is a state of its own, dA/dt = output; where it
begins later than the start, dA/dt = output·w with w a window, shut at nought until one enters it as a dose would. What
is searched on the logit scale is told by its logit, from which a rule of the model takes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reuptake.calibration.parameters import Parameter
from reuptake.dosing.events import Event
from reuptake.equations.expression import Expression
from reuptake.equations.system import Flow, Input, Output, State, System
from reuptake.errors import InputError, nearest
from reuptake.errors import Problem as Trouble
from reuptake.exchange.petab import problem as told
from reuptake.exchange.sbml.writing import Names, Written, write_model
from reuptake.units import DIMENSIONLESS, unit

__all__ = ["Arm", "Observed", "to_petab"]

WINDOW, OPENS = "window of areas", "window opens"
_SCALES: dict[str, told.Scale] = {"log": "log", "logit": "lin", "linear": "lin"}


@dataclass(frozen=True)
class Arm:
    """Whom some measurements come from: a subject, or the mean of a group.

    Attributes
    ----------
    name : str
    values : mapping of parameter name to float
        Parameters of the system in which this arm differs, canonical units; another arm that does not name one has
        it from the values of the fit, or from the first arm that does.
    events : tuple of Event
        What is given; doses and infusions only.
    """

    name: str
    values: Mapping[str, float] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Observed:
    """One number that was measured.

    Attributes
    ----------
    arm, output : str
    time : float, h
    value : float
        In the unit of the output; of an area, that unit times h.
    log_sd : float
        Standard deviation of its logarithm.
    area : bool
        Whether it is the area under the output from `begin` to the time.
    begin : float, h
        The same for all areas of one arm.
    effect : str
        Parameter b, searched linearly, whose e^b the measurement carries.
    """

    arm: str
    output: str
    time: float
    value: float
    log_sd: float
    area: bool = False
    effect: str = ""
    begin: float = 0.0


def to_petab(
    name: str, system: System, values: Mapping[str, float], arms: Sequence[Arm], observed: Sequence[Observed],
    parameters: Sequence[Parameter], *, best: Mapping[str, float] | None = None,
    follows: Mapping[str, Expression] | None = None, left_out: Sequence[str] = (),
) -> told.Problem:  # fmt: skip
    """A fit as a PEtab problem.

    Parameters
    ----------
    name : str
    system : System
    values : mapping of parameter name to float
        In canonical units; of every parameter of the system that is neither moved nor follows.
    arms : sequence of Arm
    observed : sequence of Observed
    parameters : sequence of Parameter
        What the fit moves: parameters of the system, of `follows`, or effects.
    best : mapping of parameter name to float, optional
        Nominal values, as a person reads them; starts of the search unless given.
    follows : mapping of parameter name to Expression, optional
        Parameters of the system that follow from others (of the system's graph).
    left_out : sequence of str
        What PEtab cannot say, with reasons; kept as notes of the problem.

    Raises
    ------
    InputError
        If something is named that is not there, or is said in two places; all at once.
    """
    own = {key: value for arm in reversed(arms) for key, value in arm.values.items()}
    plan = _Plan(name, system, own | dict(values), tuple(arms), tuple(observed), tuple(parameters), dict(best or {}))
    _check(plan, follows or {})
    return plan.problem(follows or {}, left_out)


def _check(plan: _Plan, follows: Mapping[str, Expression]) -> None:
    arms, outputs = {arm.name for arm in plan.arms}, {output.name for output in plan.system.outputs}
    moved = {one.name: one for one in plan.parameters}
    known = {entry.name for entry in plan.system.parameters}
    known |= {node.name for rule in follows.values() for node in rule.walk() if node.op == "parameter"}
    problems: list[Trouble] = []
    for one in plan.observed:
        where = f"{one.arm}, {one.output} at {one.time:g} h"
        if one.arm not in arms:
            problems.append(Trouble(f"no arm '{one.arm}'", where, nearest(one.arm, arms)))
        if one.output not in outputs:
            problems.append(Trouble(f"no output '{one.output}'", where, nearest(one.output, outputs)))
        if one.effect and (one.effect not in moved or moved[one.effect].scale != "linear"):
            problems.append(Trouble(f"the effect '{one.effect}' is no linear parameter of the fit", where))
        if not (one.value > 0.0 and one.log_sd > 0.0 and one.time >= 0.0 and math.isfinite(one.time)):
            problems.append(Trouble("value and log_sd must be above 0, the time finite and no less than 0", where))
        if one.area and not 0.0 <= one.begin < one.time:
            problems.append(Trouble(f"no area runs from {one.begin:g} h to {one.time:g} h", where))
    for name in sorted({one.arm for one in plan.observed if len(_begins(plan.observed, one.arm)) > 1}):
        problems.append(Trouble("areas of one arm begin together", f"arm {name}", "part it into two arms"))
    effects = {one.effect for one in plan.observed}
    units = {entry.name: entry.unit for entry in plan.system.parameters}
    for name, one_moved in moved.items():
        if name in units and one_moved.unit and unit(one_moved.unit).dimension != unit(units[name]).dimension:
            said = f"'{name}' is moved in {one_moved.unit}, the system counts it in {units[name] or 'pure numbers'}"
            problems.append(Trouble(said, plan.name))
    for name in moved:
        if name not in known and name not in effects:
            problems.append(Trouble(f"'{name}' is no parameter of the system", plan.name, nearest(name, known)))
        if name in follows:
            problems.append(Trouble(f"'{name}' is moved by the fit and follows from others", plan.name))
    for arm in plan.arms:
        for name in arm.values:
            if name not in known or name in moved or name in follows:
                said = "is no parameter" if name not in known else "is moved by the fit" if name in moved else "follows"
                problems.append(Trouble(f"'{name}' {said}: it cannot be set", f"arm {arm.name}"))
    if problems:
        raise InputError(problems)


@dataclass(frozen=True)
class _Plan:
    """What is to be written."""

    name: str
    system: System
    values: dict[str, float]
    arms: tuple[Arm, ...]
    observed: tuple[Observed, ...]
    parameters: tuple[Parameter, ...]
    best: dict[str, float]

    def problem(self, follows: Mapping[str, Expression], left_out: Sequence[str]) -> told.Problem:
        system = _with_areas(self.system, self.observed)
        rules = {**follows, **self._logits()}
        values = self.values | {self._told(one): self._nominal(one) for one in self.parameters}
        values = {name: value for name, value in values.items() if name not in rules}
        courses = [(*arm.events, *self._opening(arm)) for arm in self.arms]
        written = write_model(system, values, courses or [()], rules)
        names = Names(set(written.taken))
        identifiers = {
            one.name: written.parameters.get(self._told(one)) or names.new(one.name) for one in self.parameters
        }
        conditions = {arm.name: names.new(arm.name) for arm in self.arms}
        observables = {kind: names.new(f"observed {_output(kind[0], kind[1])}{' with effect' if kind[2] else ''}")
                       for kind in dict.fromkeys(map(_kind, self.observed))}  # fmt: skip
        return told.Problem(
            self.name, written.text,
            tuple(self._parameter(one, identifiers[one.name]) for one in self.parameters),
            tuple(self._observable(kind, own, written) for kind, own in observables.items()),
            tuple(self._condition(arm, numbers, conditions[arm.name], written)
                  for arm, numbers in zip(self.arms, written.courses, strict=False)),
            tuple(self._measurement(one, observables[_kind(one)], conditions[one.arm], identifiers)
                  for one in self.observed),
            notes=(
                "Amounts are in nmol, volumes in L, times in h; observables in the units that their names tell.",
                *(f"{identifiers[one.name]} is {one.name}" + (f" ({one.unit})" if one.unit else "")
                  for one in self.parameters if identifiers[one.name] != one.name),
                *(f"Left out: {note}" for note in left_out),
            ),
        )  # fmt: skip

    def _opening(self, arm: Arm) -> tuple[Event, ...]:
        """The window of areas opens, where any area begins later than the start."""
        if not _windowed(self.observed):
            return ()
        return tuple(Event(begin, OPENS, amount=1.0) for begin in _begins(self.observed, arm.name))

    # Parameters

    def _told(self, one: Parameter) -> str:
        """Name of the model parameter that is moved: of a share, its logit."""
        return f"logit {one.name}" if one.scale == "logit" else one.name

    def _logits(self) -> dict[str, Expression]:
        """Shares, as what follows from their logits."""
        graph = self.system.states[0].initial.graph
        return {
            one.name: 1.0 / (1.0 + graph.exp(-graph.symbol("parameter", self._told(one), DIMENSIONLESS)))
            for one in self.parameters if one.scale == "logit"
        }  # fmt: skip

    def _worth(self, one: Parameter) -> float:
        """What one of a parameter's unit is in canonical units."""
        return unit(one.unit).factor if one.scale != "logit" else 1.0

    def _plain(self, one: Parameter, value: float) -> float:
        """A value as PEtab's table holds it."""
        return one.search(value) if one.scale == "logit" else value * self._worth(one)

    def _nominal(self, one: Parameter) -> float:
        return self._plain(one, self.best.get(one.name, one.start))

    def _parameter(self, one: Parameter, identifier: str) -> told.Parameter:
        prior = None
        if one.prior is not None:
            worth = self._worth(one)
            mean, sd = one.prior.mean, one.prior.sd
            numbers = (mean + math.log(worth), sd) if one.scale == "log" else (mean * worth, sd * worth)
            prior = told.Prior("parameterScaleNormal", numbers)
        return told.Parameter(
            identifier, _SCALES[one.scale], self._plain(one, one.low), self._plain(one, one.high), self._nominal(one),
            prior=prior, name=self._told(one),
        )  # fmt: skip

    # Conditions, observables and measurements

    def _condition(self, arm: Arm, numbers: Mapping[str, float], identifier: str, written: Written) -> told.Condition:
        """Everything in which arms differ, and nothing else."""
        differing = sorted({name for other in self.arms for name in other.values})
        settings = {
            written.parameters[name]: arm.values.get(name, self.values.get(name, math.nan)) for name in differing
        }
        same = {key for key in numbers if len({other[key] for other in written.courses}) == 1}
        settings |= {key: value for key, value in numbers.items() if key not in same}
        return told.Condition(identifier, settings, arm.name)

    def _observable(self, kind: tuple[str, bool, bool], identifier: str, written: Written) -> told.Observable:
        output, area, effect = kind
        told_output = written.outputs[_output(output, area)]
        factor = f"exp({told.placeholder('observable', 1, identifier)}) * " if effect else ""
        counted = next(entry.unit for entry in self.system.outputs if entry.name == output) or "1"
        name = f"{_output(output, area)} ({counted}{'·h' if area else ''})"
        noise = told.placeholder("noise", 1, identifier)
        return told.Observable(identifier, factor + told_output, noise, "log", name=name)

    def _measurement(
        self, one: Observed, observable: str, condition: str, identifiers: Mapping[str, str]
    ) -> told.Measurement:
        effects = (identifiers[one.effect],) if one.effect else ()
        return told.Measurement(observable, condition, one.time, one.value, effects, (one.log_sd,))


def _kind(one: Observed) -> tuple[str, bool, bool]:
    return one.output, one.area, bool(one.effect)


def _output(name: str, area: bool) -> str:
    return f"area under {name}" if area else name


def _begins(observed: Sequence[Observed], arm: str) -> set[float]:
    return {one.begin for one in observed if one.area and one.arm == arm}


def _windowed(observed: Sequence[Observed]) -> bool:
    return any(one.area and one.begin > 0.0 for one in observed)


def _with_areas(system: System, observed: Sequence[Observed]) -> System:
    """The system with the outputs that are observed, a state for each area, and a window if they need one."""
    outputs = {output.name: output for output in system.outputs}
    graph = system.states[0].initial.graph
    states, flows, inputs, kept = list(system.states), list(system.flows), list(system.inputs), []
    window = graph.number(1.0)
    if _windowed(observed):
        window = graph.symbol("state", WINDOW, DIMENSIONLESS)
        states.append(State(WINDOW, "", graph.number(0.0), WINDOW))
        inputs.append(Input(OPENS, WINDOW, graph.symbol("input", OPENS, unit("1/h").dimension)))
    for name, area in dict.fromkeys((one.output, one.area) for one in observed):
        output = outputs[name]
        if not area:
            kept.append(output)
            continue
        # Counted in the unit that is reported: a solver's tolerance means nothing for milliardths.
        label, one = _output(name, True), graph.number(unit(output.unit).factor, unit(output.unit).dimension)
        counted = f"{output.unit}*h" if output.unit else "h"
        states.append(State(label, "h", graph.zero(unit("h").dimension), label))
        flows.append(Flow(f"{label} grows", output.expression / one * window, None, label))
        kept.append(Output(label, graph.symbol("state", label, unit("h").dimension) * one, counted, "amount"))
    return replace(
        system, states=tuple(states), flows=tuple(flows), inputs=tuple(inputs), outputs=tuple(kept)
    )  # fmt: skip
