"""Fit of the disposition of imipramine, desipramine and their hydroxy metabolites in man.

Reads the studies whose role is calibration, moves the quantities of `START` so that the log ratios of predicted to
observed are least squares (soft L1), and writes `values/fits/disposition-2.yaml`.
Run from the project's root:  python fits/disposition_2.py   (some minutes)

    ln observed = ln predicted + b·sign + e      b ~ N(0, ω²) for each study and drug,  e ~ N(0, σ²)

b is the study's own: by how much its subjects had higher levels than the kinetics explain (sign +1 for areas and
levels, −1 for clearances, nought for ratios, half-lives and times). It is named and printed, written as a comment
beside the values, and never part of a prediction.

Assumptions of this fit
- shares that no study here tells are records of their own, marked assumed: `imipramine.demethylation_share_2c19`,
  `imipramine.minor_share`, `desipramine.demethylation_share`, `desipramine.hydroxylation_share`,
  `desipramine.unextracted_fraction`, `2-hydroxyimipramine.onward_share`. What follows from them is written as derived.
- the two hydroxy metabolites share a scale of partition; didesmethylimipramine takes desipramine's.
- perpetrators are as in their compound files; nothing of theirs is moved here.

Intervals are standard errors of log values: the covariance of the fit, taken through the formulas from what was
fitted to what is written, with one degree of freedom for each study, analyte and quantity.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from reuptake.evidence.base import DATA, packaged
from reuptake.evidence.studies import Observation, Study
from reuptake.simulation.observation import Laboratories, askable, observe, simulator

FIT = "disposition-2"
OUT = DATA / "values" / "fits" / f"{FIT}.yaml"
OMEGA, SIGMA = 0.25, 0.15  # of study effects and of single results, log scale
# What the rows hardly tell is held near a value: (value, its SD on the log scale). Clearance fell by 0.17 when
# ketoconazole took CYP3A4 away (spina1997), read directly; the rows as a whole let the share go to nought.
HELD = {"imipramine.share_3a4": (0.17, 0.4)}
ROUGH = 0.4  # σ of what is read off a few sampling times, or was found in fewer than three people
SIGNS = {"auc_inf": 1.0, "auc_last": 1.0, "auc_tau": 1.0, "cmax": 1.0, "cavg": 1.0, "clearance": -1.0,
         "oral_clearance": -1.0}  # fmt: skip
SHARES = ("share_2d6", "share_3a4", "escape_fraction")  # cannot pass one

# What is fitted. Clearances are intrinsic, of the whole liver, L/h of unbound drug.
START = {
    "imipramine.clint_total": 2000.0,
    "imipramine.share_2d6": 0.35,
    "imipramine.share_3a4": 0.17,
    "imipramine.kp_scale.human": 3.0,
    "imipramine.absorption_rate.human": 0.3,
    "desipramine.clint_2d6": 350.0,
    "desipramine.clint_rest": 70.0,
    "imipramine.clint_minor": 50.0,
    "desipramine.kp_scale.human": 4.0,
    "desipramine.absorption_rate.human": 0.2,
    "2-hydroxyimipramine.ugt": 150.0,
    "2-hydroxyimipramine.escape_fraction.human": 0.35,
    "2-hydroxyimipramine.kp_scale.human": 3.0,
    "2-hydroxydesipramine.ugt": 300.0,
}
# What is written: its status, the study that weighs most, and how it follows from the fit.
RECORDS = {
    "imipramine.cyp2d6.clint": ("fitted", "brosengram1989", "intrinsic clearance and share of CYP2D6"),
    "imipramine.cyp3a4.clint": ("fitted", "spina1997", "intrinsic clearance and share of CYP3A4"),
    "imipramine.cyp2c19.clint": ("derived", "abernethy1984", "the rest, by imipramine.demethylation_share_2c19"),
    "imipramine.cyp1a2.clint": ("derived", "abernethy1984", "the rest, by imipramine.demethylation_share_2c19"),
    "imipramine.minor.clint": ("fitted", "brosen1986ss", "2-hydroxylation that poor metabolisers of CYP2D6 have left"),
    "desipramine.minor.clint": ("derived", "brosengram1988", "the rest, by desipramine.hydroxylation_share"),
    "imipramine.other.clint": ("derived", "abernethy1984", "intrinsic clearance times imipramine.minor_share"),
    "imipramine.kp_scale.human": ("fitted", "lombardo2018", "scale of partition"),
    "imipramine.absorption_rate.human": ("fitted", "abernethy1984", "rate of uptake from the gut"),
    "desipramine.cyp2d6.clint": ("fitted", "brosengram1988", "intrinsic clearance by CYP2D6"),
    "desipramine.unassigned.clint": ("derived", "brosengram1988", "the rest, by desipramine.demethylation_share"),
    "desipramine.other.clint": ("derived", "brosengram1988", "the rest, by desipramine.demethylation_share"),
    "desipramine.kp_scale.human": ("fitted", "brosengram1988", "scale of partition"),
    "desipramine.absorption_rate.human": ("fitted", "brosen1986", "rate of uptake from the gut"),
    "2-hydroxyimipramine.ugt.clint": ("fitted", "lombardo2018", "intrinsic clearance, less what is demethylated"),
    "2-hydroxyimipramine.unassigned.clint": ("derived", "lombardo2018", "intrinsic clearance, by its onward_share"),
    "2-hydroxyimipramine.escape_fraction.human": ("fitted", "potter1982", "share that leaves the liver unconjugated"),
    "2-hydroxyimipramine.kp_scale.human": ("fitted", "lombardo2018", "scale of partition"),
    "2-hydroxydesipramine.ugt.clint": ("fitted", "potter1982", "intrinsic clearance"),
    "2-hydroxydesipramine.kp_scale.human": ("assumed", "lombardo2018", "taken from 2-hydroxyimipramine"),
    "didesmethylimipramine.kp_scale.human": ("assumed", "brosengram1988", "taken from desipramine"),
}  # fmt: skip

Array = NDArray[np.float64]
Question = tuple[Study, Observation]
Theta = Mapping[str, float]


def settings_of(theta: Theta) -> dict[str, float]:
    """Values of the records, each in its own unit, that the fitted quantities stand for."""
    evidence = packaged()
    liver = evidence.record("liver.mass_fraction", "human").number * evidence.record("body.mass", "human").number
    protein = evidence.record("liver.microsomal_protein", "human").number

    def molecule(enzyme: str, clint: float) -> float:
        """µL/min/pmol_enzyme from L/h of the reference individual's whole liver."""
        picomoles = evidence.record(f"{enzyme}.abundance", "human").number * protein * liver * 1e3
        return clint * 1e6 / 60.0 / (picomoles * relative_activity(enzyme))

    total, by_2d6, by_3a4 = (theta[f"imipramine.{key}"] for key in ("clint_total", "share_2d6", "share_3a4"))
    minor = evidence.record("imipramine.minor_share").number
    by_2c19 = evidence.record("imipramine.demethylation_share_2c19").number
    demethylation = total * (1.0 - by_2d6 - by_3a4 - minor)
    rest, hydroxyl = (
        theta["desipramine.clint_rest"] / liver, evidence.record("desipramine.hydroxylation_share").number,
    )  # fmt: skip
    to_product = (1.0 - hydroxyl) * evidence.record("desipramine.demethylation_share").number
    hydroxylated = theta["2-hydroxyimipramine.ugt"] / liver
    onward = evidence.record("2-hydroxyimipramine.onward_share", "human").number
    return {name: value for name, value in theta.items() if name in RECORDS} | {
        "imipramine.cyp2d6.clint": molecule("cyp2d6", total * by_2d6),
        "imipramine.cyp3a4.clint": molecule("cyp3a4", total * by_3a4),
        "imipramine.cyp2c19.clint": molecule("cyp2c19", demethylation * by_2c19),
        "imipramine.cyp1a2.clint": molecule("cyp1a2", demethylation * (1.0 - by_2c19)),
        "imipramine.other.clint": total * minor / liver,
        "desipramine.cyp2d6.clint": molecule("cyp2d6", theta["desipramine.clint_2d6"]),
        "imipramine.minor.clint": theta["imipramine.clint_minor"] / liver,
        "desipramine.minor.clint": rest * hydroxyl,
        "desipramine.unassigned.clint": rest * to_product,
        "desipramine.other.clint": rest * (1.0 - hydroxyl - to_product),
        "2-hydroxyimipramine.ugt.clint": hydroxylated * (1.0 - onward),
        "2-hydroxyimipramine.unassigned.clint": hydroxylated * onward,
        "2-hydroxydesipramine.ugt.clint": theta["2-hydroxydesipramine.ugt"] / liver,
        "2-hydroxydesipramine.kp_scale.human": theta["2-hydroxyimipramine.kp_scale.human"],
        "didesmethylimipramine.kp_scale.human": theta["desipramine.kp_scale.human"],
    }


def relative_activity(enzyme: str) -> float:
    """What the genes of the reference individual make of an enzyme, relative to usual."""
    evidence = packaged()
    score = evidence.find(f"{enzyme}.activity_score", "human")
    if score is None:
        plain = evidence.find(f"{enzyme}.relative_activity", "human")
        return plain.number if plain else 1.0
    usual = evidence.record(f"{enzyme}.score_reference", "human").number
    relative: float = (score.number / usual) ** evidence.record(f"{enzyme}.score_exponent", "human").number
    return relative


class Fit:
    """The questions, how the model answers them, and the study effects beside it."""

    def __init__(self) -> None:
        self.laboratories = Laboratories(packaged())
        run = simulator(self.laboratories, settings_of(START))
        self.questions, left_out = askable(packaged(), "calibration", "human", run)
        print(*left_out, sep="\n")
        self.observed = np.array([observation.number for _, observation in self.questions])
        self.effects = sorted({key for study, o in self.questions if (key := _effect(study, o))})
        self.groups = [(study.id, o.analyte, o.quantity, o.relative_to is None) for study, o in self.questions]
        self._known: dict[tuple[float, ...], Array] = {}

    def predicted(self, logs: Array) -> Array:
        """The model's answer to each question."""
        key = tuple(logs.tolist())
        if key not in self._known:
            if len(self._known) > 50:
                self._known.clear()
            run = simulator(self.laboratories, settings_of(named(logs)))
            self._known[key] = np.array([observe(study, o, run, packaged()) for study, o in self.questions])
        return self._known[key]

    def residuals(self, x: Array) -> Array:
        """Weighted log ratios, then what the study effects and departures from held values cost."""
        logs, own = x[: len(START)], dict(zip(self.effects, x[len(START) :].tolist(), strict=True))
        shift = np.array([
            own[key] * SIGNS[o.quantity] if (key := _effect(study, o)) else 0.0 for study, o in self.questions
        ])  # fmt: skip
        # A study speaks once for each analyte and quantity: its arms share the weight.
        weights = np.array([1.0 / math.sqrt(self.groups.count(group)) for group in self.groups])
        rough = [o.quantity == "tmax" or (study.arm(o.arm).n or 3) < 3 for study, o in self.questions]
        sigmas = np.where(rough, ROUGH, SIGMA)
        misses = (np.log(self.predicted(logs) / self.observed) + shift) * weights / sigmas
        held = [(logs[list(START).index(name)] - math.log(value)) / sd for name, (value, sd) in HELD.items()]
        return np.concatenate([_soft(misses), np.array(list(own.values())) / OMEGA, held])


def _effect(study: Study, observation: Observation) -> tuple[str, str] | None:
    """The study effect that an observation carries: of its study and of the drug given."""
    relative = observation.relative_to or observation.relative_to_analyte
    given = study.arm(observation.arm).compound
    return None if relative or observation.quantity not in SIGNS or given is None else (study.id, given)


def _soft(z: Array) -> Array:
    """Soft L1 with its bend at two, as residuals whose squares add up."""
    bend = 2.0
    soft: Array = np.sign(z) * bend * np.sqrt(2.0 * (np.sqrt(1.0 + (z / bend) ** 2) - 1.0))
    return soft


def named(logs: Array) -> dict[str, float]:
    """Fitted quantities by name."""
    return dict(zip(START, np.exp(logs).tolist(), strict=True))


def main() -> int:
    """Fit, report, write."""
    fit = Fit()
    start = np.log(list(START.values()))
    most = [math.log(0.95) if name.split(".")[1] in SHARES else x + 2.5 for name, x in zip(START, start, strict=True)]
    none = np.zeros(len(fit.effects))
    found = least_squares(
        fit.residuals, np.concatenate([start, none]), diff_step=1e-3, verbose=2, max_nfev=20, x_scale="jac",
        bounds=(np.concatenate([start - 2.5, none - 2.0]), np.concatenate([most, none + 2.0])),
    )  # fmt: skip
    logs = found.x[: len(START)]
    if np.any(found.active_mask):
        stuck = [name for name, active in zip(START, found.active_mask, strict=False) if active]
        print(f"not written: at a bound of the search are {', '.join(stuck)}; fix them by assumption, or widen it")
        return 1
    freedom = len(set(fit.groups)) - len(START)
    scale = max(1.0, 2.0 * found.cost / freedom)
    covariance = np.linalg.pinv(found.jac.T @ found.jac)[: len(START), : len(START)] * scale
    ratios = fit.predicted(logs) / fit.observed
    fold = float(np.exp(np.mean(np.abs(np.log(ratios)))))
    for (study, o), ratio in zip(fit.questions, ratios, strict=True):
        print(f"{study.id:16} {o.arm:24} {o.analyte:22} {o.quantity:20} {o.number:10.4g} {o.unit:16} ×{ratio:5.2f}")
    effects = dict(zip(fit.effects, found.x[len(START) :].tolist(), strict=True))
    print(f"{len(fit.questions)} observations, geometric mean fold error {fold:.3f}; σ scale {math.sqrt(scale):.2f}")
    for (study_id, drug), b in effects.items():
        print(f"  study effect {study_id:16} {drug:22} ×{math.exp(b):.2f}")
    for (name, value), variance in zip(named(logs).items(), np.diag(covariance), strict=True):
        print(f"  {name:44} {value:10.4g}   cv {math.sqrt(variance):.2f}")
    write(settings_of(named(logs)), written_errors(logs, covariance), effects, len(fit.questions), fold)
    return 0


def written_errors(x: Array, covariance: Array) -> dict[str, float]:
    """Standard error of the log of each record: √(g·C·gᵀ), g the gradient of log record by log fitted."""

    def logs(at: Array) -> Array:
        values = settings_of(named(at))
        return np.log([values[name] for name in RECORDS])

    step = 1e-5
    gradient = np.stack([(logs(x + step * e) - logs(x - step * e)) / (2.0 * step) for e in np.eye(len(x))], axis=1)
    variances = np.einsum("ij,jk,ik->i", gradient, covariance, gradient)
    return dict(zip(RECORDS, np.sqrt(variances).tolist(), strict=True))


def write(
    values: Mapping[str, float], errors: Mapping[str, float], effects: Mapping[tuple[str, str], float], count: int,
    fold: float,
) -> None:  # fmt: skip
    """Records, each naming the fit and carrying its standard error as spread."""
    text = [
        f"# Written by fits/disposition_2.py from the studies of role calibration: {count} observations,",
        f"# geometric mean fold error {fold:.3f} without study effects. Do not edit; run the fit again. The spread is",
        "# the standard error of the fit on the log scale: near one or above, the data hardly tell the value.",
        "# Study effects, levels relative to what the kinetics explain (no part of any prediction):",
        *(f"#   {study} {drug} {math.exp(b):.2f}" for (study, drug), b in effects.items()),
    ]
    for name, (status, source, how) in sorted(RECORDS.items()):
        text += [
            f"- name: {name}",
            f"  number: {values[name]:.4g}",
            f"  unit: {_unit(name)}",
            f"  status: {status}",
            f"  source: {source}",
            f'  because: "Fit {FIT} (fits/disposition_2.py): {how}."',
            f"  spread: {{kind: lognormal, cv: {min(9.0, max(0.01, errors[name])):.2g}}}",
        ]
    temporary = Path(f"{OUT}.part")
    temporary.write_text("\n".join(text) + "\n", encoding="utf-8")
    temporary.replace(OUT)
    print(f"wrote {OUT.name}")


def _unit(name: str) -> str:
    if name.endswith(".clint"):
        return "µL/min/pmol_enzyme" if ".cyp" in name else "L/h/kg_tissue"
    if "absorption_rate" in name:
        return "1/h"
    return "fraction" if "fraction" in name or "share" in name else "''"


if __name__ == "__main__":
    sys.exit(main())
