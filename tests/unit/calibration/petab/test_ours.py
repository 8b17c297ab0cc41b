"""A fit of ours that is written as PEtab and read again is the same fit, as far as PEtab has words for it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reuptake.calibration.fit import fit
from reuptake.calibration.least_squares import Descent, Fitted, with_priors
from reuptake.calibration.moving import translation_of
from reuptake.calibration.parameters import to_search
from reuptake.calibration.petab.fitting import fit_problem
from reuptake.calibration.petab.importing import from_petab, nominal
from reuptake.calibration.petab.ours import problem_of
from reuptake.calibration.results import Calibration
from reuptake.calibration.specification import read_specification
from reuptake.calibration.task import Task
from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.exchange.petab.reading import read_problem
from reuptake.exchange.petab.writing import write_problem
from reuptake.simulation.observation import OBSERVED
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import prepare, run

pytest.importorskip("libsbml")
FITS = Path(__file__).resolve().parents[4] / "fits"
SPECIFICATION = """fit: own-1
data:
  tables:
    - {file: levels.csv, compound: desipramine, dose: 50 mg, error: ERROR}
quantities:
  - {name: desipramine.clearing, unit: L/h, start: 300}
  - {name: desipramine.kp_scale.human, start: 5}
  - {name: desipramine.absorption_rate, prior: {value: 0.2, cv: 0.5, because: a guess}}
  - {name: desipramine.share, unit: '', start: 0.7, scale: logit}
MORE
terms:
  liver.whole: liver.mass_fraction * body.mass
records:
  - name: desipramine.cyp2d6.clint
    formula: desipramine.clearing * desipramine.share / (cyp2d6.abundance * liver.microsomal_protein * liver.whole)
  - name: desipramine.other.clint
    formula: desipramine.clearing * (1 - desipramine.share) / liver.whole
"""
LEVELS = """id,time (h),conc (ng/mL),weight (kg),CYP2D6 phenotype
A,1,3.0,60,NM
A,3,12.1,60,NM
A,8,11.2,60,NM
A,24,6.2,60,NM
A,48,2.2,60,NM
B,2,7.6,85,PM
B,6,16.5,85,PM
B,30,13.0,85,PM
B,72,7.9,85,PM
B,120,5.1,85,PM
"""


def own(folder, levels=LEVELS, error="{log: 0.2}", moved=""):
    (folder / "levels.csv").write_text(levels, encoding="utf-8")
    path = folder / "own.yaml"
    path.write_text(SPECIFICATION.replace("ERROR", error).replace("MORE\n", moved), encoding="utf-8")
    return fit(path, starts=1, threads=2)


@pytest.fixture(scope="module")
def levels(tmp_path_factory):
    return own(tmp_path_factory.mktemp("own"))


def lint(path, version):
    first, second = pytest.importorskip("petab.v1"), pytest.importorskip("petab.v2")
    if version == 1:
        assert not first.lint_problem(first.Problem.from_yaml(path))
    else:
        issues = second.lint_problem(path)
        assert [str(issue) for issue in issues if issue.level > second.lint.ValidationIssueSeverity.WARNING] == []


def at_start(name, studies=None):
    """A fit of the project where its file begins: what is told of it does not hang on where it is best."""
    specification, document = read_specification(FITS / f"{name}.yaml")
    if studies is not None:
        specification = specification.model_copy(
            update={"data": specification.data.model_copy(update={"studies": studies, "without": ()})}
        )
    evidence = packaged()
    translation = translation_of(specification, document, evidence)
    task = Task.read(specification, document, evidence, translation, 2)
    objective = task.objective(specification.weighing.sigma)
    x = to_search(objective.parameters, [one.start for one in objective.parameters])
    at = with_priors(objective, x)
    fitted = Fitted(objective.parameters, x, at, objective.labels, (Descent(x, x, (at.cost,), "converged"),),
                    np.eye(len(x)), 1.0, 1)  # fmt: skip
    return Calibration(name, fitted, (), {}, objective.rows(x), (), {}, 1.0, objective=objective)


def rows_told(found, problem):
    """Residuals of ours that a problem holds, before any bend, by what they are called."""
    left = [note.removeprefix("Left out: ").partition(": ")[0] for note in problem.notes if note.startswith("Left out")]
    labels = [f"{row.group}, {row.label.partition(', ')[2]}, {row.label.partition(', ')[0]}" for row in found.rows]
    return np.array([row.residual for row, label in zip(found.rows, labels, strict=True) if label not in left])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pandas, about petab
@pytest.mark.parametrize("version", [1, 2])
def test_levels_of_ones_own_cost_the_same_when_read_again(levels, version, tmp_path):
    problem, count = problem_of(levels)
    assert count == "10 of the 10 numbers that the fit own-1 explains"
    path = write_problem(problem, tmp_path / "p", version)
    lint(path, version)
    read = read_problem(path)
    objective = from_petab(read)
    x = nominal(read, objective.parameters)
    there, here = with_priors(objective, x), levels.fitted.at
    assert there.cost == pytest.approx(here.cost, rel=1e-6)
    # Away from the best place, where gradients are not nought.
    away = np.array([0.1, -0.2, 0.15, 0.1])
    order = [problem.parameters.index(one) for one in problem.parameters]
    ours = with_priors(levels.objective, levels.fitted.x + away)
    theirs = with_priors(objective, x + away[order])
    assert theirs.cost == pytest.approx(ours.cost, rel=1e-6)
    assert theirs.gradient == pytest.approx(ours.gradient, rel=1e-6, abs=1e-6)


def test_fitted_again_it_is_best_at_the_same_place(levels, tmp_path):
    problem, _ = problem_of(levels)
    again = fit_problem(write_problem(problem, tmp_path / "p"), starts=2, seed=1)
    best = [one.nominal if one.scale == "lin" else np.log(one.nominal) for one in problem.parameters]
    assert np.abs((again.fitted.x - best) / levels.fitted.errors).max() < 1e-4
    assert again.fitted.errors == pytest.approx(levels.fitted.errors, rel=1e-3)


def test_what_ones_own_table_has_and_petab_has_not_is_left_out_by_name(tmp_path):
    below = LEVELS.replace("A,48,2.2", "A,48,<2.5")
    problem, count = problem_of(own(tmp_path, levels=below))
    assert count == "9 of the 10 numbers that the fit own-1 explains"
    assert "Left out: A, plasma.desipramine at 48 h: it lies below the limit of quantification" in problem.notes
    assert problem.notes[0].endswith("It is a part of that fit, and its optimum another.")


def test_a_fit_of_which_nothing_can_be_told_is_refused(tmp_path):
    with pytest.raises(InputError, match="no words for any number") as caught:
        problem_of(own(tmp_path, error="{constant: 1}"))
    assert "its error adds" in caught.value.problems[0].hint
    with pytest.raises(InputError, match="no words for any number"):
        problem_of(at_start("mouse-1"))


def test_who_has_what_the_fit_moves_as_its_own_is_left_out(tmp_path):
    found = own(tmp_path, levels=LEVELS.replace("NM", ""), moved="  - {name: cyp2d6.activity_score, high: 6}\n")
    problem, count = problem_of(found)
    assert count == "5 of the 10 numbers that the fit own-1 explains"
    said = "Left out: B, plasma.desipramine at 2 h: the subject has its own cyp2d6.activity_score.human, which the fit moves"
    assert said in problem.notes


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pandas, about petab
def test_the_fit_in_the_rat_can_be_told_in_part(tmp_path):
    found = at_start("rat-1")
    problem, count = problem_of(found)
    assert count == "9 of the 12 numbers that the fit rat-1 explains"
    for version in (1, 2):
        lint(write_problem(problem, tmp_path / str(version), version), version)
    objective = from_petab(read_problem(tmp_path / "1" / "rat-1.yaml"))
    residuals = objective.residuals(nominal(problem, objective.parameters)).values
    ours = -rows_told(found, problem)
    # Ours reads early levels between its times by a straight line, 1.5 % off in the first quarter of an hour.
    late = np.array([one.time > 0.2 for one in problem.measurements])
    assert residuals[late] @ residuals[late] == pytest.approx(ours[late] @ ours[late], rel=1e-4)
    assert residuals == pytest.approx(ours, abs=0.15)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pandas, about petab
def test_studies_of_several_drugs_are_told_in_one_model(tmp_path):
    found = at_start("disposition-2", ("reisby1977", "harris2007", "brosen1986ss"))
    problem, count = problem_of(found)
    assert count == "7 of the 13 numbers that the fit disposition-2 explains"
    for version in (1, 2):
        lint(write_problem(problem, tmp_path / str(version), version), version)
    objective = from_petab(read_problem(tmp_path / "1" / "disposition-2.yaml"))
    residuals = objective.residuals(nominal(problem, objective.parameters)).values
    ours = rows_told(found, problem)
    assert len(residuals) == len(ours) == 7
    assert residuals @ residuals == pytest.approx(ours @ ours, rel=1e-4)
    assert sum("is held at" in note for note in problem.notes) == len(found.fitted.parameters) - len(problem.parameters)
    # Metabolites that no number here is of change nothing.
    assert not {"2-hydroxydesipramine.ugt", "2-hydroxyimipramine.kp_scale"} & {one.name for one in problem.parameters}


def test_what_an_arm_was_not_given_changes_nothing_in_it():
    evidence = packaged()
    words = {"dose": "50 mg", "duration": "48 h", "threads": 1}
    asked = [
        parse_request(evidence, "imipramine", **words),
        parse_request(evidence, "desipramine", **words | {"route": "iv"}),
        parse_request(evidence, "desipramine", coadministered=["quinidine 200 mg every 24h"], lead="24 h", **words),
    ]
    doors = {name: tuple(sorted({route for one in asked for route in one.doors.get(name, ())}))
             for name in ("imipramine", "desipramine", "quinidine")}  # fmt: skip
    whole = prepare(evidence, "human", doors, kinds=OBSERVED)
    for request in asked:
        alone = run(request, evidence, laboratory=prepare(evidence, "human", request.doors, kinds=OBSERVED))
        among = run(request, evidence, laboratory=whole)
        for label in alone.labels:
            one, other = alone.curve(label.name)[0], among.curve(label.name)[0]
            # The steps are others, since more pools are looked at: the tolerance of the solver is 1e-6.
            assert np.abs(one - other).max() <= 1e-5 * max(one.max(), 1e-9), label.name


def test_a_problem_of_others_is_none_of_ours(levels):
    with pytest.raises(InputError, match="only a fit of studies and tables"):
        problem_of(replace(levels, objective=None))
