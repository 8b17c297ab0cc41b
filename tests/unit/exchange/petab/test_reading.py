"""What is wrong with the files of a problem is told all at once, each with its line."""

import pytest

from reuptake.errors import InputError
from reuptake.exchange.petab.problem import Condition, Measurement, Observable, Parameter, Prior, Problem
from reuptake.exchange.petab.reading import is_petab, read_problem
from reuptake.exchange.petab.writing import write_problem

PROBLEM = Problem(
    "fit", "<sbml/>\n",
    (
        Parameter("k", "log10", 1e-3, 1e3, 0.1, prior=Prior("parameterScaleNormal", (0.1, 2.0)), name="a rate"),
        Parameter("s", "lin", 0.0, 1.0, None), Parameter("f", "lin", 0.0, 1.0, 0.123456789012345678, estimated=False),
    ),
    (Observable("o", "observableParameter1_o * A", "noiseParameter1_o", "log"), Observable("q", "B", "0.1", "lin", "laplace", "Q")),
    (Condition("c", {"A": 1.0, "k2": "k"}, "first"), Condition("d", {"A": 2.5})),
    (Measurement("o", "c", 1.0, 1.0 / 3.0, ("s",), (0.2,)), Measurement("q", "d", 2.0, 0.5, dataset="x")),
    notes=("Left out: nothing.",),
)  # fmt: skip


def test_what_is_written_is_read(tmp_path):
    path = write_problem(PROBLEM, tmp_path / "there" / "fit")
    assert path == tmp_path / "there" / "fit" / "fit.yaml"
    assert is_petab(path)
    assert read_problem(path) == PROBLEM
    assert sorted(entry.name for entry in path.parent.iterdir()) == [
        "README.md", "conditions.tsv", "fit.yaml", "measurements.tsv", "model.xml", "observables.tsv", "parameters.tsv",
    ]  # fmt: skip
    assert list(path.parent.parent.iterdir()) == [path.parent]


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(InputError, match="not empty"):
        write_problem(PROBLEM, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]


def test_every_mistake_is_told_at_once(tmp_path):
    path = write_problem(PROBLEM, tmp_path / "fit")
    (path.parent / "parameters.tsv").write_text(
        "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\tobjectivePriorType\tobjectivePriorParameters\n"
        "k\tlog10\t0\t1\t0.1\t1\tcauchy\t1;2\nk\tlinn\tx\t1\t\t1\tnormal\t1\ns\tlin\t2\t1\t\t1\t\t\n"
    )
    (path.parent / "measurements.tsv").write_text(
        "observableId\tpreequilibrationConditionId\tsimulationConditionId\ttime\tmeasurement\tobservableParameters\tnoiseParameters\n"
        "o\td\tc\t1\t2\tnobody\t0.2;0.3\np\t\te\tinf\ttwo\t\t\n"
    )
    with pytest.raises(InputError) as caught:
        read_problem(path)
    said = {(problem.where.rpartition("/")[2], problem.message.split(",")[0]) for problem in caught.value.problems}
    for place, part in (
        ("parameters.tsv:2", "prior 'cauchy'"), ("parameters.tsv:2", "lower bound must be above 0"), ("parameters.tsv:3", "given twice"),
        ("parameters.tsv:3", "parameterScale 'linn'"), ("parameters.tsv:3", "lowerBound must be a number"),
        ("parameters.tsv:3", "two numbers"), ("parameters.tsv:4", "below the upper"), ("measurements.tsv:2", "preequilibration"),
        ("measurements.tsv:2", "1 noise parameters"), ("measurements.tsv:2", "no parameter 'nobody'"), ("measurements.tsv:3", "steady state"),
        ("measurements.tsv:3", "must be a number"), ("measurements.tsv:3", "no condition 'e'"), ("measurements.tsv:3", "no observable 'p'"),
    ):  # fmt: skip
        found = [
            problem for problem in caught.value.problems if problem.where.endswith(place) and part in problem.message
        ]
        assert found, (place, part, said)


@pytest.mark.parametrize(("change", "said"), [
    (("format_version: 1", "format_version: 7"), "format_version '7' is not read"),
    (("measurements.tsv", "../measurements.tsv"), "outside the folder"),
    (("measurements.tsv", "https://example.org/m.tsv"), "outside the folder"),
    (("measurements.tsv", "gone.tsv"), "cannot read this file"),
    (("    observable_files: [observables.tsv]\n", ""), "no observable file"),
])  # fmt: skip
def test_files_that_cannot_be_used_are_named(tmp_path, change, said):
    path = write_problem(PROBLEM, tmp_path / "fit")
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(InputError, match=said):
        read_problem(path)


def test_a_missing_column_is_named(tmp_path):
    path = write_problem(PROBLEM, tmp_path / "fit")
    table = path.parent / "observables.tsv"
    table.write_text(table.read_text().replace("noiseFormula", "noise"))
    with pytest.raises(InputError, match="column 'noiseFormula' is missing"):
        read_problem(path)


def test_several_periods_of_version_2_are_refused(tmp_path):
    path = write_problem(PROBLEM, tmp_path / "fit", version=2)
    (path.parent / "experiments.tsv").write_text(
        "experimentId\ttime\tconditionId\nc\t0\tset_c\nc\t5\tset_d\nd\t0\tset_d\n"
    )
    with pytest.raises(InputError, match="more than one period"):
        read_problem(path)


def test_a_fit_file_of_ours_is_no_petab(tmp_path):
    (tmp_path / "fit.yaml").write_text("name: fit\nmoves: []\n")
    assert not is_petab(tmp_path / "fit.yaml")
