"""Fit of the disposition of imipramine, desipramine and their hydroxy metabolites.

Reads the studies whose role is calibration, moves the quantities of `START` so that the log ratios of
predicted to observed are least squares (soft L1), and writes `values/fits/disposition-1.yaml`.
Run from the project's root:  python fits/disposition_1.py   (two to three minutes)

Assumptions of this fit
- quinidine (200 mg/day) leaves no CYP2D6 and ketoconazole (200 mg/day) no CYP3A4; neither has a model of
  its own yet. Other interaction arms, and fast metabolisers, are left out; the run prints which.
- of the demethylation of imipramine that CYP3A4 does not do, CYP2C19 and CYP1A2 share in a fixed
  proportion (28 to 17, inferred from pathway shares; no study here tells them apart).
- 0.03 of imipramine's intrinsic clearance is by minor routes; of desipramine's clearance beside CYP2D6
  one third is demethylation. Neither is told by the data.
- the two hydroxy metabolites share a scale of partition; didesmethylimipramine takes desipramine's.
- the transit rate of imipramine is assumed: a fit left it open.
- the man of the model stands for every study's mean subject. Levels differ between studies more than
  kinetics explains (oral clearance of imipramine 80 to 150 L/h); no study effect is fitted, so the
  result lies between them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from reuptake.dosing import Route
from reuptake.evidence.library import DATA, packaged
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
BY_2C19 = 0.28 / (0.28 + 0.17)
MINOR_SHARE = 0.03
DEMETHYLATION_OF_THE_REST = 1.0 / 3.0
SHARES = ("share_2d6", "share_3a4", "escape_fraction")  # cannot pass one

# What is fitted. Clearances are intrinsic, of the whole liver, L/h of unbound drug.
START = {
    "imipramine.clint_total": 2000.0,
    "imipramine.share_2d6": 0.35,
    "imipramine.share_3a4": 0.17,
    "imipramine.kp_scale.human": 3.0,
    "desipramine.clint_2d6": 350.0,
    "desipramine.clint_rest": 70.0,
    "desipramine.kp_scale.human": 4.0,
    "desipramine.transit_rate.human": 0.6,
    "2-hydroxyimipramine.ugt": 150.0,
    "2-hydroxyimipramine.escape_fraction.human": 0.35,
    "2-hydroxyimipramine.kp_scale.human": 3.0,
    "2-hydroxydesipramine.ugt": 300.0,
}
# Which fitted quantity each written record takes its interval from, and the study that weighs most.
RECORDS = {
    "imipramine.cyp2d6.clint": ("imipramine.share_2d6", "brosengram1989"),
    "imipramine.cyp3a4.clint": ("imipramine.share_3a4", "spina1997"),
    "imipramine.cyp2c19.clint": ("imipramine.clint_total", "abernethy1984"),
    "imipramine.cyp1a2.clint": ("imipramine.clint_total", "abernethy1984"),
    "imipramine.other.clint": ("imipramine.clint_total", "abernethy1984"),
    "imipramine.kp_scale.human": ("imipramine.kp_scale.human", "lombardo2018"),
    "desipramine.cyp2d6.clint": ("desipramine.clint_2d6", "brosengram1988"),
    "desipramine.unassigned.clint": ("desipramine.clint_rest", "brosengram1988"),
    "desipramine.other.clint": ("desipramine.clint_rest", "brosengram1988"),
    "desipramine.kp_scale.human": ("desipramine.kp_scale.human", "brosengram1988"),
    "desipramine.transit_rate.human": ("desipramine.transit_rate.human", "brosen1986"),
    "2-hydroxyimipramine.ugt.clint": ("2-hydroxyimipramine.ugt", "lombardo2018"),
    "2-hydroxyimipramine.escape_fraction.human": ("2-hydroxyimipramine.escape_fraction.human", "potter1982"),
    "2-hydroxyimipramine.kp_scale.human": ("2-hydroxyimipramine.kp_scale.human", "lombardo2018"),
    "2-hydroxydesipramine.ugt.clint": ("2-hydroxydesipramine.ugt", "potter1982"),
    "2-hydroxydesipramine.kp_scale.human": ("2-hydroxyimipramine.kp_scale.human", "lombardo2018"),
    "didesmethylimipramine.kp_scale.human": ("desipramine.kp_scale.human", "brosengram1988"),
}

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
    demethylation = total * (1.0 - by_2d6 - by_3a4 - MINOR_SHARE)
    rest = theta["desipramine.clint_rest"] / liver
    return {name: value for name, value in theta.items() if name in RECORDS} | {
        "imipramine.cyp2d6.clint": molecule("cyp2d6", total * by_2d6),
        "imipramine.cyp3a4.clint": molecule("cyp3a4", total * by_3a4),
        "imipramine.cyp2c19.clint": molecule("cyp2c19", demethylation * BY_2C19),
        "imipramine.cyp1a2.clint": molecule("cyp1a2", demethylation * (1.0 - BY_2C19)),
        "imipramine.other.clint": total * MINOR_SHARE / liver,
        "desipramine.cyp2d6.clint": molecule("cyp2d6", theta["desipramine.clint_2d6"]),
        "desipramine.unassigned.clint": rest * DEMETHYLATION_OF_THE_REST,
        "desipramine.other.clint": rest * (1.0 - DEMETHYLATION_OF_THE_REST),
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
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * 2.0 * fit.cost / max(1, len(questions) - len(theta))
    errors = dict(zip(START, np.sqrt(np.diag(covariance)).tolist(), strict=True))
    ratios = predictions(theta, questions, laboratories) / observed
    fold = float(np.exp(np.mean(np.abs(np.log(ratios)))))
    for (study, o), ratio in zip(questions, ratios, strict=True):
        print(f"{study.id:16} {o.arm:24} {o.analyte:22} {o.quantity:20} {o.number:10.4g} {o.unit:16} ×{ratio:5.2f}")
    print(f"{len(questions)} observations, geometric mean fold error {fold:.3f}")
    for name, value in theta.items():
        print(f"  {name:44} {value:10.4g}   cv {errors[name]:.2f}")
    write(settings_of(theta), errors, len(questions), fold)
    return 0


def write(values: Mapping[str, float], errors: Mapping[str, float], count: int, fold: float) -> None:
    """Fitted records, each naming the fit and carrying its standard error as spread."""
    text = [
        f"# Written by fits/disposition_1.py from the studies of role calibration: {count} observations,",
        f"# geometric mean fold error {fold:.3f}. Do not edit; run the fit again. The spread is the standard",
        "# error of the fit on the log scale: where it is near one or above, the data hardly tell the value.",
    ]
    for name, (quantity, source) in sorted(RECORDS.items()):
        text += [
            f"- name: {name}",
            f"  number: {values[name]:.4g}",
            f"  unit: {_unit(name)}",
            "  status: fitted",
            f"  source: {source}",
            f"  because: Fit {FIT}; fits/disposition_1.py states studies and assumptions.",
            f"  spread: {{kind: lognormal, cv: {min(9.0, max(0.01, errors[quantity])):.2g}}}",
        ]
    temporary = Path(f"{OUT}.part")
    temporary.write_text("\n".join(text) + "\n", encoding="utf-8")
    temporary.replace(OUT)
    print(f"wrote {OUT.name}")


def _unit(name: str) -> str:
    if name.endswith(".clint"):
        return "µL/min/pmol_enzyme" if ".cyp" in name else "L/h/kg_tissue"
    return "1/h" if "transit_rate" in name else "fraction"


if __name__ == "__main__":
    sys.exit(main())
