"""Small random systems of pharmacology with all that happens to them, on which back-ends have to agree.

They are well posed by construction. Every state is made at a constant rate and lost in proportion to
itself, so that it stays above nought and below a bound; what moves between states is conserved; what is
regulated or saturable has a bounded factor. Rates reach over five decades, so that many are stiff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.equations.expression import Expression
from reuptake.equations.system import System, SystemBuilder

__all__ = ["Case", "random_systems"]

Draw = st.DrawFn


@dataclass(frozen=True)
class Case:
    """A system, and one subject's run of it.

    Attributes
    ----------
    parameters : mapping of name to value, canonical units
    events : tuple of Event, rising in time
    grid : array (time,), h
    """

    system: System
    parameters: Mapping[str, float]
    events: tuple[Event, ...]
    grid: NDArray[np.float64]


class Mixture:
    """Collects random mechanisms and the values of their parameters."""

    def __init__(self, draw: Draw, size: int) -> None:
        self.draw, self.values = draw, dict[str, float]()
        self.builder = SystemBuilder("random")
        self.volume = self.parameter("volume", "L", 0.0, 1.5)
        self.names = [f"state{i}" for i in range(size)]
        self.amounts: dict[str, Expression] = {}
        for name in self.names:
            initial = self.parameter(f"initial {name}", "nmol", 0.0, 2.0)
            self.amounts[name] = self.builder.state(name, "nmol", initial=initial)
            self.builder.flow(f"made {name}", self.parameter(f"made {name}", "nmol/h", -1.0, 1.0), target=name)
            loss = self.parameter(f"loss {name}", "1/h", -1.5, 0.0)
            self.builder.flow(f"lost {name}", loss * self.amounts[name], source=name)

    def parameter(self, name: str, unit: str, low: float, high: float) -> Expression:
        """A parameter whose value lies between powers of ten."""
        self.values[name] = 10.0 ** self.draw(st.floats(low, high))
        return self.builder.parameter(name, unit)

    def some(self) -> str:
        """One of the states."""
        return self.draw(st.sampled_from(self.names))

    def concentration(self, name: str) -> Expression:
        """nmol/L of one state."""
        return self.amounts[name] / self.volume

    def transfer(self, name: str) -> None:
        """First order, from one state to another, and back at another rate; from very slow to very fast."""
        for i, (source, target) in enumerate([pair := (self.some(), self.some()), pair[::-1]]):
            rate = self.parameter(f"{name} {i}", "1/h", -2.0, 3.0)
            self.builder.flow(f"{name} {i}", rate * self.amounts[source], source=source, target=target)

    def saturable(self, name: str) -> None:
        """Michaelis and Menten, out of the system or to another state."""
        source, target = self.some(), self.draw(st.sampled_from([None, *self.names]))
        most, half = (
            self.parameter(f"{name} most", "nmol/h", -1.0, 2.0),
            self.parameter(f"{name} half", "nmol/L", -1.0, 2.0),
        )
        level = self.concentration(source)
        self.builder.flow(name, most * level / (half + level), source=source, target=target)

    def binding(self, name: str) -> None:
        """Mass action: a ligand and a receptor of its own make a complex, which falls apart again."""
        ligand = self.some()
        on, off = self.parameter(f"{name} on", "L/nmol/h", -3.0, 1.0), self.parameter(f"{name} off", "1/h", -1.0, 2.0)
        total = self.parameter(f"{name} total", "nmol", 0.0, 2.0)
        held = self.builder.state(f"{name} complex", "nmol")
        self.amounts[f"{name} complex"] = held
        made = on * self.concentration(ligand) * (total - held) - off * held
        self.builder.flow(name, made, source=ligand, target=f"{name} complex")

    def regulated(self, name: str) -> None:
        """Production that another state drives, after Hill, with an exponent that need not be whole."""
        most, half = (
            self.parameter(f"{name} most", "nmol/h", -1.0, 2.0),
            self.parameter(f"{name} half", "nmol/L", -1.0, 2.0),
        )
        steepness = self.parameter(f"{name} steepness", "1", 0.0, 0.6)
        driven = (self.concentration(self.some()) / half) ** steepness
        share = driven / (1.0 + driven) if self.draw(st.booleans()) else 1.0 / (1.0 + driven)
        self.builder.flow(name, most * share, target=self.some())

    def rhythm(self, name: str) -> None:
        """Production by the time of the day, never below nought."""
        most, turn = (
            self.parameter(f"{name} most", "nmol/h", -1.0, 1.5),
            self.parameter(f"{name} turn", "1/h", -1.5, 0.5),
        )
        graph = self.builder.graph
        wave = (graph.sin if self.draw(st.booleans()) else graph.cos)(turn * self.builder.time)
        self.builder.flow(name, most * (1.0 + wave), target=self.some())

    def fading(self, name: str) -> None:
        """A loss that fades with the time, and one that grows with the logarithm of a level."""
        loss, fade = self.parameter(f"{name} loss", "1/h", -1.0, 1.0), self.parameter(f"{name} fade", "1/h", -2.0, 0.5)
        half, source, graph = self.parameter(f"{name} half", "nmol/L", 0.0, 2.0), self.some(), self.builder.graph
        faded = graph.exp(-(fade * self.builder.time)) + graph.log(1.0 + self.concentration(source) / half)
        self.builder.flow(name, loss * faded * self.amounts[source], source=source)

    def finished(self) -> System:
        """The system, with a door for doses into two states, an amount for each state and an occupancy."""
        for name in self.names[:2]:
            self.builder.input(f"into {name}", into=name)
        for name, amount in self.amounts.items():
            self.builder.output(f"amount {name}", amount, "nmol", kind="amount")
        level, held = self.concentration(self.names[0]), self.parameter("affinity", "nmol/L", -1.0, 2.0)
        self.builder.output("level", level, "pmol/mL", kind="level")
        self.builder.output("occupancy", level / (level + held), "1", kind="occupancy")
        return self.builder.build()

    def events(self, length: float) -> tuple[Event, ...]:
        """Boluses, infusions that may overlap and may outlast the run, changes of a loss, and a reset."""
        times = st.floats(0.0, length).map(lambda time: round(time, 3))
        found = []
        for name in self.names[:2]:
            door = f"into {name}"
            amount = self.draw(st.floats(1.0, 100.0))
            interval = self.draw(st.floats(length / 6.0, length))
            found += [
                Event(i * interval, door, amount) for i in range(self.draw(st.integers(0, 4))) if i * interval <= length
            ]
            for _ in range(self.draw(st.integers(0, 2))):
                start, rate = self.draw(times), self.draw(st.floats(1.0, 50.0))
                found += [Event(start, door, rate=rate), Event(start + self.draw(times), door, rate=-rate)]
        if self.draw(st.booleans()):
            loss = f"loss {self.some()}"
            found.append(Event(self.draw(times), changes=((loss, self.values[loss] * self.draw(st.floats(0.2, 5.0))),)))
        running = [event.time for event in found if event.rate < 0.0]
        if self.draw(st.integers(0, 4)) == 0:
            # A reset ends every infusion, so it comes after the last has ended: ending one twice would leave a sink.
            found.append(Event(max([self.draw(times), *running]), reset=True))
        # Events of one time keep their order; a reset at the end of an infusion follows it.
        return tuple(sorted(found, key=lambda event: event.time))


@st.composite
def random_systems(draw: Draw) -> Case:
    """Systems of two to seven states, with parameters, events and a grid."""
    mixture = Mixture(draw, draw(st.integers(2, 4)))
    kinds = ("transfer", "saturable", "binding", "regulated", "rhythm", "fading")
    for i, kind in enumerate(draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4))):
        if kind != "binding" or len(mixture.amounts) < 7:
            getattr(mixture, kind)(f"{kind}{i}")
    system, length = mixture.finished(), draw(st.sampled_from([6.0, 24.0, 100.0]))
    return Case(system, mixture.values, mixture.events(length), np.linspace(0.0, length, 13))
