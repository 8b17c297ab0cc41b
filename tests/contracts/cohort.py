"""Virtual people whose truth is known: desipramine by mouth, CYP2D6 and partition of their own, errors that multiply."""

from dataclasses import dataclass, field, replace

import numpy as np

from reuptake.calibration.measured import Levels, PeopleBatch, Person
from reuptake.calibration.parameters import Parameter
from reuptake.calibration.translation import Translation
from reuptake.equations.expression import Graph
from reuptake.evidence.base import packaged
from reuptake.population.chance import normals
from reuptake.simulation.observation import OBSERVED, Laboratories
from reuptake.simulation.request import parse_request
from reuptake.units import unit

NAMES = ("desipramine.cyp2d6.clint", "desipramine.kp_scale.human")
CVS, SIGMA = np.array([0.35, 0.25]), 0.12
OMEGAS = np.sqrt(np.log1p(CVS**2))
TIMES = np.array([2.0, 6.0, 12.0, 24.0, 48.0, 96.0])
OUTPUT = "plasma.desipramine"


@dataclass
class Cohort:
    """A study of some size; ask for as many replicates as wanted, each with people and errors of its own."""

    size: int
    evidence: object = field(default_factory=packaged)

    def __post_init__(self):
        self.laboratories = Laboratories(self.evidence, kinds=OBSERVED)
        self.typical = np.array([self.evidence.record(name).number for name in NAMES])
        request = parse_request(self.evidence, "desipramine", dose="50 mg", duration="96 h", threads=1)
        empty = Levels(OUTPUT, TIMES, np.ones(len(TIMES)))
        self.people = [Person(f"S{i + 1}", request, (empty,)) for i in range(self.size)]
        self._batch = PeopleBatch(self.people, NAMES, self.evidence, laboratories=self.laboratories, relative=1e-9)

    def replicate(self, seed):
        """People with the levels of one study."""
        etas = OMEGAS * normals(seed, range(self.size), "cohort.eta", 2)
        noise = np.exp(SIGMA * normals(seed, range(self.size), "cohort.error", len(TIMES)))
        curves = self._batch.predict(np.log(self.typical) + etas)
        return [
            replace(person, levels=(replace(person.levels[0], values=curve * row),))
            for person, curve, row in zip(self.people, curves, noise, strict=True)
        ]

    def translation(self, start=1.0):
        """Both records, moved by themselves, from a multiple of the truth."""
        graph, parameters, records = Graph(), [], {}
        for name, value in zip(NAMES, self.typical, strict=True):
            text = self.evidence.record(name).unit
            parameters.append(Parameter(name, start * value, value / 20.0, value * 20.0, text))
            records[name] = (graph.symbol("parameter", name, unit(text).dimension), text)
        return Translation(tuple(parameters), records)


def write_study(folder, people, between=NAMES, more=""):
    """A table of the levels and a fit file beside it, which starts away from the truth; gives the fit file."""
    lines = ["id,time (h),conc (ng/mL)"]
    for person in people:
        for one in person.levels:
            lines += [f"{person.name},{t:g},{c:.8g}" for t, c in zip(one.times, one.values, strict=True)]
    (folder / "levels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = f"""fit: cohort-1
quantities:
  - {{name: {NAMES[0]}, start: 22}}
  - {{name: {NAMES[1]}, start: 5}}
between: {{{", ".join(f"{name}: 0.5" for name in between)}}}
{more}
data:
  tables:
    - {{file: levels.csv, compound: desipramine, dose: 50 mg, route: po, error: {{log: 0.3}}}}
"""
    path = folder / "cohort.yaml"
    path.write_text(text, encoding="utf-8")
    return path
