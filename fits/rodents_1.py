"""Fit of the disposition of imipramine and desipramine in rat and mouse.

Reads the rodent studies whose role is calibration, moves the quantities of `START` so that the log ratios of
predicted to observed are least squares, species by species, and writes `values/fits/rodents-1.yaml`.
Run from the project's root:  python fits/rodents_1.py   (about a minute)

Assumptions of this fit
- rat: partition of imipramine needs no scale, since the tissue scalars are those of imipramine in the rat; the
  clearance is that of the liver alone.
- mouse: no study that is fitted tells how fast imipramine is cleared; its intrinsic clearance is the one that makes
  `imipramine.hepatic_extraction` in a well-stirred liver. Desipramine takes imipramine's scale of partition.
- what a ratio of desipramine to imipramine cannot tell apart are records marked assumed:
  `imipramine.demethylation_share` (of the clearance in the liver), `desipramine.hydroxylation_share`, and
  `imipramine.minor_share` (of either).
- metabolites take the partition scale of the parent that they resemble.

Intervals are standard errors of log values: the covariance of the fit, taken through the formulas from what was
fitted to what is written. A species with no more observations than quantities has no freedom left; its residual
spread is then taken as that of the rat's, as the data of both are means of a few animals.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from reuptake.equations.evaluation import evaluate
from reuptake.evidence.base import DATA, packaged
from reuptake.evidence.parameters import resolve
from reuptake.evidence.studies import Observation, Study
from reuptake.model.assemble import assemble
from reuptake.simulation.observation import Laboratories, askable, observe, simulator

FIT = "rodents-1"
OUT = DATA / "values" / "fits" / f"{FIT}.yaml"
Question = tuple[Study, Observation]
Theta = Mapping[str, float]

# What is fitted, by species. Clearances are intrinsic, of unbound drug, L/h per kg of the organ.
START: dict[str, dict[str, float]] = {
    "rat": {"imipramine.liver": 500.0, "desipramine.liver": 30.0, "desipramine.kp_scale": 1.0},
    "mouse": {"imipramine.kp_scale": 3.0, "desipramine.liver": 500.0},
}
# What is written: its status, the study that weighs most in rat and mouse, and how it follows from the fit.
RECORDS = {
    "imipramine.cyp-demethylation.clint": (
        "derived",
        "cvtdb212",
        "clearance of the liver times imipramine.demethylation_share",
    ),
    "imipramine.cyp2d.clint": ("derived", "cvtdb212", "the rest of the clearance of the liver, by the shares assumed"),
    "imipramine.other.clint": ("derived", "cvtdb212", "clearance of the liver times imipramine.minor_share"),
    "desipramine.cyp2d.clint": ("derived", "", "clearance of the liver times desipramine.hydroxylation_share"),
    "desipramine.cyp-demethylation.clint": (
        "derived",
        "",
        "the rest of the clearance of the liver, by the shares assumed",
    ),
    "desipramine.other.clint": ("derived", "", "clearance of the liver times imipramine.minor_share"),
    "imipramine.kp_scale": ("fitted", "aagmice1996", "scale of partition"),
    "desipramine.kp_scale": ("fitted", "cvtdb212", "scale of partition"),
    "didesmethylimipramine.kp_scale": ("assumed", "", "taken from desipramine"),
    "2-hydroxyimipramine.kp_scale": ("assumed", "", "taken from imipramine"),
    "2-hydroxydesipramine.kp_scale": ("assumed", "", "taken from desipramine"),
}
# Where a species has another origin.
OTHER = {
    "imipramine.kp_scale.rat": (
        "derived",
        "pearce2017",
        "one, as the tissue scalars are those of imipramine in the rat",
    ),
    "desipramine.kp_scale.mouse": ("assumed", "", "taken from imipramine"),
    "imipramine.cyp-demethylation.clint.mouse": ("assumed", "", "imipramine.hepatic_extraction, by the shares assumed"),
    "imipramine.cyp2d.clint.mouse": ("assumed", "", "imipramine.hepatic_extraction, by the shares assumed"),
    "imipramine.other.clint.mouse": ("assumed", "", "imipramine.hepatic_extraction, by the shares assumed"),
}
STUDY = {"rat": "pregnantrats1985", "mouse": "aagmice1996"}  # of desipramine, where none is named above
RESIDUAL_FLOOR = 0.15  # log scale: no mean of a few animals is better known


def settings_of(species: str, theta: Theta) -> dict[str, float]:
    """Values of the records, each in its own unit, that the fitted quantities of a species stand for."""

    def known(name: str) -> float:
        return packaged().record(name, species).number

    minor = known("imipramine.minor_share")
    demethylated, hydroxylated = known("imipramine.demethylation_share"), known("desipramine.hydroxylation_share")
    secondary = theta["desipramine.liver"]
    liver = theta["imipramine.liver"] if species == "rat" else extracting(species)
    tertiary_scale = theta.get("imipramine.kp_scale", 1.0)
    secondary_scale = theta.get("desipramine.kp_scale", tertiary_scale)
    values = {
        "imipramine.cyp-demethylation.clint": liver * demethylated,
        "imipramine.cyp2d.clint": liver * (1.0 - demethylated - minor),
        "imipramine.other.clint": liver * minor,
        "desipramine.cyp2d.clint": secondary * hydroxylated,
        "desipramine.cyp-demethylation.clint": secondary * (1.0 - hydroxylated - minor),
        "desipramine.other.clint": secondary * minor,
        "imipramine.kp_scale": tertiary_scale,
        "desipramine.kp_scale": secondary_scale,
        "didesmethylimipramine.kp_scale": secondary_scale,
        "2-hydroxyimipramine.kp_scale": tertiary_scale,
        "2-hydroxydesipramine.kp_scale": secondary_scale,
    }
    return {f"{name}.{species}": value for name, value in values.items()}


def extracting(species: str) -> float:
    """Intrinsic clearance per mass of liver that takes the assumed share: fu·CLint = Q·(B:P)·E/(1 − E)."""
    system = assemble(packaged(), species, {"imipramine": ["iv"]})
    table = resolve(packaged(), [(p.name, p.unit) for p in system.parameters], species)
    at = dict(zip(table.names, table.values.tolist(), strict=True))

    def worth(name: str) -> float:
        return evaluate(system.definitions[name], at)

    share = packaged().record("imipramine.hepatic_extraction", species).number
    carried = (worth("liver.flow") + worth("portal.flow")) * worth("imipramine.blood_plasma_ratio")
    return carried * share / (1.0 - share) / worth("imipramine.unbound_fraction") / worth("liver.mass")


class Fit:
    """The questions of one species, and how the model answers them."""

    def __init__(self, species: str) -> None:
        self.species, self.start = species, START[species]
        self.laboratories = Laboratories(packaged())
        run = simulator(self.laboratories, self.settings(np.log(list(self.start.values()))))
        self.questions, left_out = askable(packaged(), "calibration", self.species, run)
        print(*left_out, sep="\n")
        self.observed = np.array([o.number for _, o in self.questions])

    def named(self, logs: NDArray[np.float64]) -> dict[str, float]:
        """Fitted quantities by name."""
        return dict(zip(self.start, np.exp(logs).tolist(), strict=True))

    def settings(self, logs: NDArray[np.float64]) -> dict[str, float]:
        """Values of the records they stand for."""
        return settings_of(self.species, self.named(logs))

    def residuals(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log ratios of predicted to observed; levels of one curve share its weight."""
        run = simulator(self.laboratories, self.settings(logs))
        predicted = [observe(study, o, run, packaged()) for study, o in self.questions]
        groups = [(study.id, o.analyte, o.quantity) for study, o in self.questions]
        weights = np.array([1.0 / math.sqrt(max(1.0, groups.count(group) / 3.0)) for group in groups])
        result: NDArray[np.float64] = np.log(np.array(predicted) / self.observed) * weights
        return result


def main() -> int:
    """Fit both species, report, write."""
    lines: list[str] = []
    residual = RESIDUAL_FLOOR
    for species in START:
        fit = Fit(species)
        start = np.log(list(fit.start.values()))
        found = least_squares(
            fit.residuals, start, diff_step=1e-3, verbose=1, max_nfev=30, bounds=(start - 3.5, start + 3.5)
        )
        if np.any(found.active_mask):
            print(f"not written: at a bound is {[n for n, a in zip(fit.start, found.active_mask, strict=True) if a]}")
            return 1
        freedom = len(fit.questions) - len(fit.start)
        if freedom > 0:
            residual = max(RESIDUAL_FLOOR, math.sqrt(2.0 * found.cost / freedom))
        covariance = np.linalg.pinv(found.jac.T @ found.jac) * residual**2
        report(fit, found.x, covariance)
        lines += written(fit, found.x, covariance)
    text = [
        "# Written by fits/rodents_1.py from the rodent studies of role calibration. Do not edit; run the fit again.",
        "# The spread is the standard error of the fit on the log scale; it does not hold what was assumed.",
        *lines,
    ]
    temporary = Path(f"{OUT}.part")
    temporary.write_text("\n".join(text) + "\n", encoding="utf-8")
    temporary.replace(OUT)
    print(f"wrote {OUT.name}")
    return 0


def report(fit: Fit, logs: NDArray[np.float64], covariance: NDArray[np.float64]) -> None:
    """Print each observation with the ratio of predicted to observed, and what was fitted."""
    run = simulator(fit.laboratories, fit.settings(logs))
    for study, o in fit.questions:
        ratio = observe(study, o, run, packaged()) / (o.number or 1.0)
        print(f"{study.id:20} {o.analyte:14} {o.quantity:26} {o.at or '':8} {o.number:10.4g} {o.unit:18} ×{ratio:5.2f}")
    for (name, value), variance in zip(fit.named(logs).items(), np.diag(covariance), strict=True):
        print(f"  {fit.species} {name:30} {value:10.4g}   cv {math.sqrt(variance):.2f}")


def written(fit: Fit, logs: NDArray[np.float64], covariance: NDArray[np.float64]) -> list[str]:
    """Records of one species, each naming the fit; what was fitted or follows carries its standard error."""
    values, step = fit.settings(logs), 1e-5

    def logarithms(at: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.log(list(fit.settings(at).values()))

    gradient = np.stack(
        [(logarithms(logs + step * e) - logarithms(logs - step * e)) / (2.0 * step) for e in np.eye(len(logs))], axis=1
    )
    errors = dict(zip(values, np.sqrt(np.einsum("ij,jk,ik->i", gradient, covariance, gradient)).tolist(), strict=True))
    lines = []
    for name, value in sorted(values.items()):
        status, source, how = OTHER.get(name) or RECORDS[name.removesuffix(f".{fit.species}")]
        source = source or (STUDY[fit.species] if status in ("fitted", "derived") else "")
        lines += [f"- name: {name}", f"  number: {value:.4g}", f"  unit: {_unit(name)}", f"  status: {status}"]
        lines += [f"  source: {source}"] if source else []
        lines += [f'  because: "Fit {FIT} (fits/rodents_1.py): {how}."']
        if errors[name] > 0.0:
            lines += [f"  spread: {{kind: lognormal, cv: {min(9.0, max(0.01, errors[name])):.2g}}}"]
    return lines


def _unit(name: str) -> str:
    return "L/h/kg_tissue" if ".clint" in name else "''"


if __name__ == "__main__":
    sys.exit(main())
