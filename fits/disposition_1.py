"""Fit of the disposition of imipramine, desipramine and their hydroxy metabolites.

Reads the studies whose role is calibration, moves the quantities of `START` so that the log ratios of
predicted to observed are least squares (soft L1), and writes `values/fits/disposition-1.yaml`.
Run from the project's root:  python fits/disposition_1.py   (two to three minutes)

Assumptions of this fit
- quinidine (200 mg/day) leaves no CYP2D6 and ketoconazole (200 mg/day) no CYP3A4; neither has a model of
  its own yet. Other interaction arms, and fast metabolisers, are left out; the run prints which.
- shares that no study here tells are records of their own, marked assumed: `imipramine.demethylation_share_2c19`,
  `imipramine.minor_share`, `desipramine.demethylation_share`. What follows from them is written as derived.
- the two hydroxy metabolites share a scale of partition; didesmethylimipramine takes desipramine's.
- the man of the model stands for every study's mean subject. Levels differ between studies more than
  kinetics explains (oral clearance of imipramine 80 to 150 L/h); no study effect is fitted, so the
  result lies between them.

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

from reuptake.dosing.regimens import Route
from reuptake.evidence.base import DATA, packaged
from reuptake.evidence.studies import Arm, Observation, Study
from reuptake.simulation.observation import NotSimulated, observe, simulator
from reuptake.simulation.run import Laboratory, prepare
from reuptake.trajectories import Trajectories

FIT = "disposition-1"
OUT = DATA / "values" / "fits" / f"{FIT}.yaml"
DOORS: tuple[tuple[str, Route], ...] = (
    ("imipramine", "iv"), ("imipramine", "po"), ("desipramine", "iv"), ("desipramine", "po"),
    ("2-hydroxyimipramine", "iv"),
)  # fmt: skip
INHIBITED = {"quinidine": "cyp2d6.abundance.human", "ketoconazole": "cyp3a4.abundance.human"}
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
    "imipramine.other.clint": ("derived", "abernethy1984", "intrinsic clearance times imipramine.minor_share"),
    "imipramine.kp_scale.human": ("fitted", "lombardo2018", "scale of partition"),
    "imipramine.absorption_rate.human": ("fitted", "abernethy1984", "rate of uptake from the gut"),
    "desipramine.cyp2d6.clint": ("fitted", "brosengram1988", "intrinsic clearance by CYP2D6"),
    "desipramine.unassigned.clint": ("derived", "brosengram1988", "the rest, by desipramine.demethylation_share"),
    "desipramine.other.clint": ("derived", "brosengram1988", "the rest, by desipramine.demethylation_share"),
    "desipramine.kp_scale.human": ("fitted", "brosengram1988", "scale of partition"),
    "desipramine.absorption_rate.human": ("fitted", "brosen1986", "rate of uptake from the gut"),
    "2-hydroxyimipramine.ugt.clint": ("fitted", "lombardo2018", "intrinsic clearance"),
    "2-hydroxyimipramine.escape_fraction.human": ("fitted", "potter1982", "share that leaves the liver unconjugated"),
    "2-hydroxyimipramine.kp_scale.human": ("fitted", "lombardo2018", "scale of partition"),
    "2-hydroxydesipramine.ugt.clint": ("fitted", "potter1982", "intrinsic clearance"),
    "2-hydroxydesipramine.kp_scale.human": ("assumed", "lombardo2018", "taken from 2-hydroxyimipramine"),
    "didesmethylimipramine.kp_scale.human": ("assumed", "brosengram1988", "taken from desipramine"),
}  # fmt: skip

Question = tuple[Study, Observation]
Theta = Mapping[str, float]


def settings_of(theta: Theta) -> dict[str, float]:
    """Values of the records, each in its own unit, that the fitted quantities stand for."""
    evidence = packaged()
    liver = evidence.record("liver.mass_fraction", "human").number * evidence.record("body.mass", "human").number
    protein = evidence.record("liver.microsomal_protein", "human").number

    def molecule(enzyme: str, clint: float) -> float:
        """µL/min/pmol_enzyme from L/h of the whole liver."""
        picomoles = evidence.record(f"{enzyme}.abundance", "human").number * protein * liver * 1e3
        return clint * 1e6 / 60.0 / picomoles

    total, by_2d6, by_3a4 = (theta[f"imipramine.{key}"] for key in ("clint_total", "share_2d6", "share_3a4"))
    minor = evidence.record("imipramine.minor_share").number
    by_2c19 = evidence.record("imipramine.demethylation_share_2c19").number
    demethylation = total * (1.0 - by_2d6 - by_3a4 - minor)
    rest, to_product = (
        theta["desipramine.clint_rest"] / liver,
        evidence.record("desipramine.demethylation_share").number,
    )
    return {name: value for name, value in theta.items() if name in RECORDS} | {
        "imipramine.cyp2d6.clint": molecule("cyp2d6", total * by_2d6),
        "imipramine.cyp3a4.clint": molecule("cyp3a4", total * by_3a4),
        "imipramine.cyp2c19.clint": molecule("cyp2c19", demethylation * by_2c19),
        "imipramine.cyp1a2.clint": molecule("cyp1a2", demethylation * (1.0 - by_2c19)),
        "imipramine.other.clint": total * minor / liver,
        "desipramine.cyp2d6.clint": molecule("cyp2d6", theta["desipramine.clint_2d6"]),
        "desipramine.unassigned.clint": rest * to_product,
        "desipramine.other.clint": rest * (1.0 - to_product),
        "2-hydroxyimipramine.ugt.clint": theta["2-hydroxyimipramine.ugt"] / liver,
        "2-hydroxydesipramine.ugt.clint": theta["2-hydroxydesipramine.ugt"] / liver,
        "2-hydroxydesipramine.kp_scale.human": theta["2-hydroxyimipramine.kp_scale.human"],
        "didesmethylimipramine.kp_scale.human": theta["desipramine.kp_scale.human"],
    }


def predictions(
    theta: Theta, questions: list[Question], laboratories: Mapping[tuple[str, str], Laboratory]
) -> list[float]:
    """The model's answer to each question; each arm is simulated once."""
    courses: dict[str, Trajectories] = {}
    settings = settings_of(theta)

    def simulated(arm: Arm) -> Trajectories:
        drugs = [text.split()[0] for text in arm.coadministered]
        if not set(drugs) <= set(INHIBITED):
            raise NotSimulated(f"no model yet of {', '.join(arm.coadministered)}")
        blocked = {INHIBITED[drug]: 0.0 for drug in drugs}
        key = repr((arm.compound, arm.dose, arm.route, arm.every, arm.genotype, blocked))
        if key not in courses:
            laboratory = laboratories.get((arm.compound or "", arm.route))
            names = laboratory.table.names if laboratory else ()
            own = {name: value for name, value in (settings | blocked).items() if name.removesuffix(".human") in names}
            plain = arm.model_copy(update={"coadministered": ()})
            courses[key] = simulator(packaged(), "human", laboratories, own)(plain)
        return courses[key]

    return [observe(study, observation, simulated, packaged()) for study, observation in questions]


def askable(laboratories: Mapping[tuple[str, str], Laboratory]) -> list[Question]:
    """Numeric calibration observations that the model can answer; prints the others with the reason."""
    found = []
    for study in packaged().studies:
        if study.role != "calibration" or study.species != "human":
            continue
        for observation in study.observations:
            if not observation.use or not observation.number or observation.analyte not in packaged().compounds:
                continue
            try:
                predictions(START, [(study, observation)], laboratories)
            except NotSimulated as reason:
                print(f"left out  {study.id:16} {observation.arm:24} {observation.quantity:20} {reason}")
            else:
                found.append((study, observation))
    return found


def main() -> int:
    """Fit, report, write."""
    laboratories: dict[tuple[str, str], Laboratory] = {
        door: prepare(packaged(), "human", {door[0]: [door[1]]}) for door in DOORS
    }
    questions = askable(laboratories)
    observed = np.array([observation.number for _, observation in questions])
    # A study speaks once for each analyte and quantity: its arms share the weight.
    groups = [(study.id, o.analyte, o.quantity, o.relative_to is None) for study, o in questions]
    weights = np.array([1.0 / math.sqrt(groups.count(group)) for group in groups])

    def residuals(x: NDArray[np.float64]) -> NDArray[np.float64]:
        theta = dict(zip(START, np.exp(x).tolist(), strict=True))
        result: NDArray[np.float64] = np.log(predictions(theta, questions, laboratories) / observed) * weights
        return result

    start = np.log(list(START.values()))
    most = [math.log(0.95) if name.split(".")[1] in SHARES else x + 2.5 for name, x in zip(START, start, strict=True)]
    fit = least_squares(
        residuals,
        start,
        diff_step=1e-3,
        loss="soft_l1",
        f_scale=0.3,
        verbose=2,
        max_nfev=25,
        bounds=(start - 2.5, most),
    )
    theta = dict(zip(START, np.exp(fit.x).tolist(), strict=True))
    if np.any(fit.active_mask):
        stuck = [name for name, active in zip(START, fit.active_mask, strict=True) if active]
        print(
            f"not written: at a bound of the search are {', '.join(stuck)}; fix them by assumption, or widen the search"
        )
        return 1
    freedom = len(set(groups)) - len(theta)
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * 2.0 * fit.cost / freedom
    errors = written_errors(fit.x, covariance)
    ratios = predictions(theta, questions, laboratories) / observed
    fold = float(np.exp(np.mean(np.abs(np.log(ratios)))))
    for (study, o), ratio in zip(questions, ratios, strict=True):
        print(f"{study.id:16} {o.arm:24} {o.analyte:22} {o.quantity:20} {o.number:10.4g} {o.unit:16} ×{ratio:5.2f}")
    print(f"{len(questions)} observations, geometric mean fold error {fold:.3f}")
    for (name, value), variance in zip(theta.items(), np.diag(covariance), strict=True):
        print(f"  {name:44} {value:10.4g}   cv {math.sqrt(variance):.2f}")
    write(settings_of(theta), errors, len(questions), fold)
    return 0


def written_errors(x: NDArray[np.float64], covariance: NDArray[np.float64]) -> dict[str, float]:
    """Standard error of the log of each record: √(g·C·gᵀ), g the gradient of log record by log fitted."""

    def logs(at: NDArray[np.float64]) -> NDArray[np.float64]:
        values = settings_of(dict(zip(START, np.exp(at).tolist(), strict=True)))
        return np.log([values[name] for name in RECORDS])

    step = 1e-5
    gradient = np.stack([(logs(x + step * e) - logs(x - step * e)) / (2.0 * step) for e in np.eye(len(x))], axis=1)
    variances = np.einsum("ij,jk,ik->i", gradient, covariance, gradient)
    return dict(zip(RECORDS, np.sqrt(variances).tolist(), strict=True))


def write(values: Mapping[str, float], errors: Mapping[str, float], count: int, fold: float) -> None:
    """Records, each naming the fit and carrying its standard error as spread."""
    text = [
        f"# Written by fits/disposition_1.py from the studies of role calibration: {count} observations,",
        f"# geometric mean fold error {fold:.3f}. Do not edit; run the fit again. The spread is the standard",
        "# error of the fit on the log scale: where it is near one or above, the data hardly tell the value.",
    ]
    for name, (status, source, how) in sorted(RECORDS.items()):
        text += [
            f"- name: {name}",
            f"  number: {values[name]:.4g}",
            f"  unit: {_unit(name)}",
            f"  status: {status}",
            f"  source: {source}",
            f'  because: "Fit {FIT} (fits/disposition_1.py): {how}."',
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
    return "fraction" if "fraction" in name else "''"


if __name__ == "__main__":
    sys.exit(main())
