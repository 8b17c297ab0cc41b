"""A fit from its file: a truth is found again, and what the data do not tell is not written as known."""

import numpy as np
import pytest
import yaml

from reuptake.calibration.fit import fit
from reuptake.calibration.records import records_text
from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.population.chance import first_normals
from reuptake.simulation.run import simulate

TIMES = np.array([1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 24.0, 36.0, 48.0, 72.0])
TRUTH = {"desipramine.cyp2d6.clint": 9.0, "desipramine.kp_scale.human": 9.5}
NAMES = "quantities:\n" + "".join(f"  - name: {name}\n" for name in TRUTH)


def written(folder, noise=0.0, seed=1):
    """A table of one subject under the truth, and the folder it lies in."""
    settings = [f"{name}={value}" for name, value in TRUTH.items()]
    course = simulate("desipramine", dose="50 mg", duration="96 h", settings=settings, threads=1)
    levels = np.interp(TIMES, course.times, course.curve("plasma.desipramine")[0])
    levels *= np.exp(noise * first_normals(seed, range(len(TIMES)), "level"))
    rows = [f"1,{time:g},{level:.10g}" for time, level in zip(TIMES, levels, strict=True)]
    (folder / "levels.csv").write_text("\n".join(["id,time (h),conc (ng/mL)", *rows]) + "\n", encoding="utf-8")
    return folder


def run(folder, text, table="", weighing="{sigma: 0.1}", **words):
    file = folder / "own.yaml"
    data = f"data:\n  tables:\n    - {{file: levels.csv, compound: desipramine, dose: 50 mg, route: po{table}}}\n"
    file.write_text(f"fit: own\n{text}{data}weighing: {weighing}\n", encoding="utf-8")
    return fit(file, **{"starts": 1, "threads": 1, **words})


def test_levels_without_error_give_back_the_truth(tmp_path):
    found = run(written(tmp_path), NAMES, starts=3)
    values = {value.name: value.number for value in found.values}
    assert values == {name: pytest.approx(value, rel=1e-5) for name, value in TRUTH.items()}
    assert found.fold_error == pytest.approx(1.0, abs=1e-5)
    assert all(descent.costs[-1] < 1e-6 for descent in found.fitted.descents)


def test_sigma_is_found_where_it_is_asked_for(tmp_path):
    """Residuals are then as large as they are said to be, and intervals do not hang on the first guess."""
    written(tmp_path, noise=0.2)
    found = run(tmp_path, NAMES, weighing="{sigma: estimated}")
    residuals = np.array([row.residual for row in found.rows])
    assert residuals @ residuals == pytest.approx(len(TIMES) - len(TRUTH), rel=5e-3)
    rough = run(tmp_path, NAMES, weighing="{sigma: 0.05}")
    assert rough.fitted.inflation > 5.0
    assert rough.fitted.errors == pytest.approx(found.fitted.errors, rel=0.02)


def test_an_interval_of_the_profile_replaces_that_of_the_standard_error(tmp_path):
    found = run(written(tmp_path, noise=0.1), NAMES, profile="desipramine.cyp2d6.clint")
    values = {value.name: value for value in found.values}
    profile = found.profiles["desipramine.cyp2d6.clint"]
    own = values["desipramine.cyp2d6.clint"]
    assert (own.low, own.high) == (profile.low, profile.high)
    assert own.low < own.number < own.high


def test_what_a_prior_decides_is_written_as_assumed(tmp_path):
    """No level tells the conjugation of a metabolite that was not measured."""
    text = NAMES + "  - {name: 2-hydroxydesipramine.ugt.clint, prior: evidence}\n"
    found = run(written(tmp_path), text)
    told = {verdict.name: verdict.told for verdict in found.verdicts}
    assert told["2-hydroxydesipramine.ugt.clint"] == "not told"
    records = {record["name"]: record for record in yaml.safe_load(records_text(found))}
    assert records["2-hydroxydesipramine.ugt.clint"]["status"] == "assumed"
    assert "priors decide" in records["2-hydroxydesipramine.ugt.clint"]["because"]
    assert records["desipramine.cyp2d6.clint"]["status"] == "fitted"
    assert all("spread" in record for record in records.values())


def test_two_that_only_enter_as_a_product_are_both_assumed(tmp_path):
    text = """
quantities:
  - {name: desipramine.one, unit: fraction, start: 0.5, low: 0.05, high: 0.99}
  - {name: desipramine.other, unit: µL/min/pmol_enzyme, start: 20}
records:
  - {name: desipramine.cyp2d6.clint, formula: desipramine.one * desipramine.other}
"""
    found = run(written(tmp_path), text)
    assert [verdict.told for verdict in found.verdicts] == ["not told", "not told"]
    assert "desipramine.one·desipramine.other^-1" in found.verdicts[0].reason


TRUTHS = {"logit": (0.7, "sd: 0.2"), "linear": (3.0, "sd: 1"), "log": (3.0, "cv: 0.5")}


@pytest.mark.parametrize("scale", TRUTHS)
def test_a_record_that_hangs_on_a_prior_alone_is_assumed_whatever_the_scale_or_slope(tmp_path, scale):
    """Also where it hangs on it by a third: 2-hydroxydesipramine was not measured."""
    value, width = TRUTHS[scale]
    bounds = "low: 0.01, high: 0.99" if scale == "logit" else "low: 0.1, high: 9"
    text = (
        NAMES + f"  - {{name: desipramine.one, unit: fraction, start: {value}, {bounds}, scale: {scale}, "
        f"prior: {{value: {value}, {width}, because: a guess}}}}\n"
        "records:\n  - name: 2-hydroxydesipramine.ugt.clint\n"
        "    formula: 2-hydroxydesipramine.ugt.clint * (2 + desipramine.one)\n"
    )
    found = run(written(tmp_path), text)
    records = {value.name: value for value in found.values if value.status != "moved"}
    assert records["2-hydroxydesipramine.ugt.clint"].status == "assumed"
    assert "priors decide" in records["2-hydroxydesipramine.ugt.clint"].note


def test_what_leans_on_an_assumption_says_so_and_bears_its_width(tmp_path):
    text = """
quantities:
  - {name: desipramine.cyp2d6.clint}
  - {name: desipramine.scale, unit: '', start: 10}
records:
  - {name: desipramine.kp_scale.human, formula: desipramine.scale * (1 - desipramine.hydroxylation_share)}
"""
    found = run(written(tmp_path), text)
    moved = next(value for value in found.values if value.name == "desipramine.scale")
    record = next(value for value in found.values if value.name == "desipramine.kp_scale.human")
    assert record.status == "assumed"
    assert "desipramine.hydroxylation_share, which is assumed" in record.note
    share = packaged().record("desipramine.hydroxylation_share")
    width = (share.spread.high - share.spread.low) / (2.0 * 1.96) / (1.0 - share.number)
    assert record.log_error == pytest.approx(np.hypot(moved.log_error, width), rel=1e-3)


def test_intervals_are_as_wide_as_the_error_says(tmp_path):
    found = run(written(tmp_path, noise=0.1), NAMES)
    for value in found.values:
        assert np.log(value.high / value.number) == pytest.approx(found.fitted.reach * value.log_error, rel=1e-6)
        assert np.log(value.number / value.low) == pytest.approx(found.fitted.reach * value.log_error, rel=1e-6)


def test_the_same_bits_for_any_number_of_threads(tmp_path):
    written(tmp_path, noise=0.1)
    one, two = (run(tmp_path, NAMES, starts=3, threads=threads) for threads in (1, 2))
    assert one.fitted.x.tobytes() == two.fitted.x.tobytes()
    assert records_text(one) == records_text(two)


def test_a_parameter_that_changes_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="changes none of the numbers"):
        run(written(tmp_path), NAMES + "  - name: desipramine.sert.kd\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"profile": ["desipramine.cyp2d6"]}, "no quantity 'desipramine.cyp2d6' is moved"),
        ({"table": ", lloq: fast"}, "lloq"),
        ({"table": ", error: {log: 0.1, share: 0.2}"}, "either 'log', or 'constant' and 'share'"),
        ({"table": ", error: {share: 0.2}"}, "biases least squares"),
        ({"table": ", error: {log: 0.2}", "weighing": "{sigma: estimated}"}, "keep one of them"),
        ({"weighing": "{sigma: estimated, omega: 0.2}"}, "state a number beside omega"),
    ],
)
def test_wrong_words_are_told(tmp_path, words, said):
    with pytest.raises(InputError, match=said):
        run(written(tmp_path), NAMES, **words)


def test_studies_are_named_or_meant_by_role(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text(f"fit: own\n{NAMES}data: {{studies: [brosen1986, brosen1987]}}\n", encoding="utf-8")
    with pytest.raises(InputError, match="no study 'brosen1987'"):
        fit(file)
    judging = next(study.id for study in packaged().studies if (study.role, study.species) == ("validation", "human"))
    for said in ("validation", f"[{judging}]"):
        file.write_text(f"fit: own\n{NAMES}data: {{studies: {said}}}\n", encoding="utf-8")
        with pytest.raises(InputError, match="held out for judging"):
            fit(file)
    rodents = next(study.id for study in packaged().studies if study.species == "rat")
    file.write_text(f"fit: own\n{NAMES}data: {{studies: [{rodents}]}}\n", encoding="utf-8")
    with pytest.raises(InputError, match="is a study of the rat"):
        fit(file)


def test_levels_far_below_the_limit_say_nothing_of_the_size_of_errors(tmp_path):
    """Sixty of them, long after the last level that could be measured, leave intervals as they were."""
    written(tmp_path, noise=0.1)
    found = run(tmp_path, NAMES, weighing="{sigma: estimated}")
    text = (tmp_path / "levels.csv").read_text(encoding="utf-8")
    late = "".join(f"1,{time},<3\n" for time in range(150, 210))
    (tmp_path / "levels.csv").write_text(text + late, encoding="utf-8")
    again = run(tmp_path, NAMES, weighing="{sigma: estimated}")
    assert again.fitted.freedom == found.fitted.freedom
    assert again.fitted.errors == pytest.approx(found.fitted.errors, rel=0.02)
    assert again.fold_error == pytest.approx(found.fold_error, rel=0.01)


def test_words_that_nothing_feels_are_noted(tmp_path):
    found = run(written(tmp_path), NAMES, weighing="{sigma: 0.1, omega: 0.3, rough: 0.4}")
    assert [note.split()[0] for note in found.notes if "has no effect" in note] == ["rough", "omega"]


def test_sigma_is_not_estimated_from_nothing(tmp_path):
    (tmp_path / "levels.csv").write_text("id,time (h),conc (ng/mL)\n1,4,16\n1,8,17\n", encoding="utf-8")
    with pytest.raises(InputError, match="sigma cannot be estimated"):
        run(tmp_path, NAMES, weighing="{sigma: estimated}")
