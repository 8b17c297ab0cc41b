"""From a table to numbers: every layout says the same, every mistake is told, every lack has its reason."""

import csv
import re

import numpy as np
import pytest

import reuptake
from reuptake.errors import InputError
from reuptake.exchange import analysis
from reuptake.exchange.analysis import UNITS, nca

TIMES = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0]
LEVELS = {
    "A": [0.0, 12.0, 25.0, 31.0, 24.0, 11.0, 5.0, 0.6],
    "B": [0.0, 8.0, 17.0, 22.0, 21.0, 13.0, 8.0, 2.2],
}


@pytest.fixture
def analysed(tmp_path):
    def found(text, **words):
        path = tmp_path / "data.csv"
        path.write_text(text, encoding="utf-8")
        return nca(path, **words)

    return found


@pytest.fixture
def refusal(analysed):
    def refused(text, **words):
        with pytest.raises(InputError) as caught:
            analysed(text, **words)
        return [re.sub(r"/\S*/", "", problem.render()) for problem in caught.value.problems]

    return refused


def long_table(header="id,time (h),conc (ng/mL)", of_time=1.0, of_level=1.0, rows=None):
    rows = rows or [(who, t, c) for who, levels in LEVELS.items() for t, c in zip(TIMES, levels, strict=True)]
    return "\n".join([header, *(f"{who},{t * of_time!r},{c * of_level!r}" for who, t, c in rows)]) + "\n"


def same(found, other, *, but=(), rel=1e-12):
    for name, values in found.columns.items():
        if name not in but:
            np.testing.assert_allclose(other.columns[name], values, rtol=rel, err_msg=name)


@pytest.fixture
def plain(analysed):
    return analysed(long_table(), dose="50 mg")


def test_the_root_package_offers_it(plain):
    assert reuptake.nca is nca
    assert len(plain) == 2
    assert plain.names["id"] == ["A", "B"]


def test_a_wide_table_says_the_same(analysed, plain):
    rows = [f"{t},{a},{b}" for t, a, b in zip(TIMES, LEVELS["A"], LEVELS["B"], strict=True)]
    wide = analysed("\n".join(["time (h),A,B", *rows]), dose="50 mg", conc_unit="ng/mL")
    same(plain, wide)
    assert wide.names["id"] == ["A", "B"]
    assert any("read as a subject" in note for note in wide.notes)


def test_dosing_records_say_the_same(analysed, plain):
    rows = []
    for who, levels in LEVELS.items():
        rows += [f"{who},0,.,50,1,1,.", *(f"{who},{t},{c},.,0,0,." for t, c in zip(TIMES, levels, strict=True))]
    same(plain, analysed("\n".join(["ID,TIME,DV,AMT,EVID,MDV,RATE", *rows]), dose_unit="mg", conc_unit="ng/mL"))
    later = [",".join([row.split(",")[0], str(float(row.split(",")[1]) + 100.0), *row.split(",")[2:]]) for row in rows]
    same(plain, analysed("\n".join(["ID,TIME,DV,AMT,EVID,MDV,RATE", *later]), dose_unit="mg"), rel=1e-9)
    bare = [",".join(row.split(",")[:4]) for row in rows]
    same(plain, analysed("\n".join(["ID,TIME,DV,AMT (mg)", *bare])))


def test_doses_beside_the_samples_say_the_same(analysed, plain):
    table = long_table().replace("\n", ",50\n").replace("(ng/mL),50", "(ng/mL),Dose (mg)")
    same(plain, analysed(table))
    by_mass = long_table().replace("\n", ",0.5,100\n").replace("(ng/mL),0.5,100", "(ng/mL),Dose (mg/kg),WT (kg)")
    same(plain, analysed(by_mass))
    same(plain, analysed(long_table(), dose="0.5 mg/kg", weight="100 kg"))


def test_arrays_and_columns_say_the_same(plain):
    same(plain, nca((TIMES, list(LEVELS.values())), dose="50 mg"))
    columns = {"subject": ["A"] * 8 + ["B"] * 8, "time": TIMES * 2, "conc": [*LEVELS["A"], *LEVELS["B"]]}
    same(plain, nca(columns, dose="50 mg"))
    with pytest.raises(ValueError, match="as many times as levels"):
        nca(([0.0, 1.0], [[1.0, 2.0, 3.0]]))


def test_units_change_nothing(analysed, plain):
    same(plain, analysed(long_table("id,time (min),conc (ng/mL)", of_time=60.0), dose="50 mg"), rel=1e-9)
    same(plain, analysed(long_table("id,time (h),conc (ug/mL)", of_level=1e-3), dose="50000 ug"), rel=1e-9)
    same(plain, analysed(long_table("id,t_d,conc", of_time=1 / 24), dose="0.05 g", conc_unit="ug/L", time_unit="days",
                         columns=["time=t_d"]), rel=1e-9)  # fmt: skip
    molar = long_table("id,time (h),conc (nmol/L)", of_level=1e3 / 280.4)
    same(plain, analysed(molar, dose="50 mg", molar_mass="280.4 g/mol"), rel=1e-9)


def test_the_order_of_rows_changes_nothing(analysed, plain):
    rows = [
        (who, t, c)
        for t, *levels in zip(TIMES, *LEVELS.values(), strict=True)
        for who, c in zip("AB", levels, strict=True)
    ]
    mixed = analysed(long_table(rows=rows), dose="50 mg")
    same(plain, mixed, rel=0)
    turned = analysed(long_table(rows=rows[::-1]), dose="50 mg")
    assert turned.names["id"] == ["B", "A"]
    for name, values in plain.columns.items():
        np.testing.assert_array_equal(turned.columns[name][::-1], values)
    assert any("not in order of time" in note for note in turned.notes)


def test_european_tables_say_the_same(analysed, plain):
    european = long_table().replace(",", ";").replace(".", ",")
    same(plain, analysed(european, dose="50 mg"))


def test_profiles_of_every_length_are_looked_at_in_blocks(analysed, plain, monkeypatch):
    monkeypatch.setattr(analysis, "CELLS_TOGETHER", 1)
    same(plain, analysed(long_table(), dose="50 mg"), rel=0)


def test_analytes_periods_and_treatments_are_profiles_of_their_own(analysed):
    rows = [
        f"A,{t},{c * factor},{analyte},{period}"
        for factor, analyte, period in ((1, "IMI", 1), (2, "DMI", 1), (3, "IMI", 2))
        for t, c in zip(TIMES, LEVELS["A"], strict=True)
    ]
    found = analysed("\n".join(["id,time,conc,analyte,period", *rows]), dose="50 mg")
    assert found.names["analyte"] == ["IMI", "DMI", "IMI"]
    assert found.names["period"] == ["1", "1", "2"]
    np.testing.assert_allclose(found.columns["cmax"], [31, 62, 93])


def test_an_analyte_of_dosing_records_shares_the_dose_of_its_subject(analysed):
    rows = ["A,0,.,50,1,0"]
    rows += [f"A,{t},{c * k},.,0,{k}" for t, c in zip(TIMES, LEVELS["A"], strict=True) for k in (1, 2)]
    found = analysed("\n".join(["ID,TIME,DV,AMT,EVID,DVID", *rows]), dose_unit="mg")
    assert found.names["analyte"] == ["1", "2"]
    np.testing.assert_array_equal(found.columns["dose"], [50.0, 50.0])


def test_compartments_are_analytes_where_nobody_names_any(analysed):
    rows = [
        "A,0,.,50,1,1",
        *(f"A,{t},{c * k},.,0,{k}" for t, c in zip(TIMES, LEVELS["A"], strict=True) for k in (2, 3)),
    ]
    assert analysed("\n".join(["ID,TIME,DV,AMT,EVID,CMT", *rows])).names["analyte"] == ["2", "3"]
    single = [row for row in rows if not row.endswith("3")]
    assert analysed("\n".join(["ID,TIME,DV,AMT,EVID,CMT", *single])).names["analyte"] == [""]


def test_an_infusion_is_known_by_its_rate_its_column_or_the_word(analysed):
    rate = 0.2
    times = np.array([0.5, 1, 2, 3, 4, 8, 12])
    steady = 10.0 / rate
    levels = np.where(times <= 2, steady * -np.expm1(-rate * times),
                      steady * -np.expm1(-rate * 2) * np.exp(-rate * np.maximum(times - 2, 0.0)))  # fmt: skip
    samples = [f"A,{t},{c!r},.,0,." for t, c in zip(times.tolist(), levels.tolist(), strict=True)]
    recorded = analysed("\n".join(["ID,TIME,DV,AMT,EVID,RATE", "A,0,.,20,1,10", *samples]), dose_unit="mg")
    assert recorded.routes == ["iv-infusion"]
    rows = [f"A,{t},{c!r},2" for t, c in zip(times.tolist(), levels.tolist(), strict=True)]
    beside = analysed("\n".join(["id,time,conc,duration", *rows]), dose="20 mg", route="iv-infusion")
    said = analysed("\n".join(["id,time,conc,sex", *rows]), dose="20 mg", infuse_over="2 h")
    same(recorded, beside)
    same(recorded, said)
    plain = analysed("\n".join(["id,time,conc,sex", *rows]), dose="20 mg")
    assert recorded.columns["mrt"][0] == pytest.approx(plain.columns["mrt"][0] - 1.0, rel=1e-12)


RATE, TAU = 0.1, 24.0


def course(doses):
    """A one-compartment course of boluses: the records, with samples over the first and the last interval."""
    rows = [f"A,0,.,10,1,{doses - 1},{TAU:g}"]
    last = (doses - 1) * TAU
    for start, seen in ((0.0, 1), (last, doses)):
        for t in (0.5, 1, 2, 4, 8, 16, 23.999999, *((24.0,) if start == 0.0 else (24.0, 36.0))):
            level = float(sum(100.0 * np.exp(-RATE * (t + k * TAU)) for k in range(seen)))
            if start == 0.0 and t == 24.0:
                continue
            rows.append(f"A,{start + t},{level!r},.,0,.,.")
    return "\n".join(["ID,TIME,DV,AMT (mg),EVID,ADDL,II", *rows])


def test_a_course_of_records_is_at_steady_state_and_accumulates(analysed):
    found = analysed(course(20), route="iv")
    value = {name: float(values[0]) for name, values in found.columns.items()}
    assert value["cl"] == pytest.approx(10e3 / (100.0 / RATE), rel=1e-6)
    assert value["auc_tau"] == pytest.approx(100.0 / RATE, rel=1e-6)
    assert value["accumulation_index"] == pytest.approx(1 / (1 - np.exp(-RATE * TAU)), rel=1e-9)
    assert np.isnan(value["accumulation_ratio"])  # 23.999999 h is not the end of the first interval
    assert any("no accumulation ratio" in flag for flag in found.flags[0])
    assert np.isnan(value["auc_inf"])
    ended = course(20).replace("23.999999", "24.0")
    ended = "\n".join(dict.fromkeys(ended.split("\n")[:-2])) + "\n" + ended.split("\n")[-1]
    again = analysed(ended, route="iv")
    assert again.columns["accumulation_ratio"][0] == pytest.approx(1 / (1 - np.exp(-RATE * TAU)), rel=1e-6)


def test_a_plain_course_says_when_its_last_dose_was(analysed):
    rows = []
    for start, seen in ((0.0, 1), (216.0, 10)):
        for t in (0.5, 1, 2, 4, 8, 16, 24):
            rows.append(f"A,{start + t},{float(sum(100.0 * np.exp(-RATE * (t + k * TAU)) for k in range(seen)))!r}")
    found = analysed("\n".join(["id,time,conc", *rows]), dose="10 mg", route="iv", tau="24h", last_dose_at="9 d")
    assert found.columns["tmax"][0] == 0.5
    assert found.columns["accumulation_ratio"][0] == pytest.approx(1 / (1 - np.exp(-RATE * TAU)), rel=1e-6)


def test_words_for_below_the_limit_are_one_thing(analysed):
    def written(word, header="id,time,conc,BLQ", flag="0", **words):
        rows = [f"A,{t},{c},0" for t, c in zip(TIMES[1:], LEVELS["A"][1:], strict=True)]
        return analysed("\n".join([header, f"A,0,{word},{flag}", *rows, f"A,36,{word},{flag}"]), dose="50 mg", **words)

    reference = written("BLQ", lloq="0.5 ng/mL", blq_after="half-lloq")
    assert reference.columns["auc_all"][0] > reference.columns["auc_last"][0]
    for other in (
        written("<0.5", blq_after="half-lloq"),
        written("bql", lloq=0.5, blq_after="half-lloq"),
        written("< LLOQ", lloq="0.5", blq_after="half-lloq"),
        written("0", lloq="0.5", blq_after="half-lloq"),
        written("0.4", lloq="0.5", blq_after="half-lloq"),
        written("0.4", flag="1", lloq="0.1 ng/mL", blq_after="half-lloq"),
        written(".", flag="yes", lloq="0.5", blq_after="half-lloq"),
    ):
        np.testing.assert_array_equal(other.columns["samples"], reference.columns["samples"])
        np.testing.assert_allclose(other.columns["auc_last"], reference.columns["auc_last"])
    stated = written("0.5", header="id,time,conc,LLOQ", flag="1")
    assert stated.columns["quantified"][0] == 7
    assert any("below quantification: 0 before" in note for note in reference.notes)
    assert any("half the limit" in note for note in reference.notes)


def test_what_was_taken_for_granted_is_said(analysed):
    notes = " | ".join(analysed(long_table("id,time,conc")).notes)
    for words in ("taken as h", "taken as ng/mL", "taken as by mouth", "no dose is stated", "linear while levels rise"):
        assert words in notes
    assert "whatever its salt" in " ".join(analysed(long_table(), dose="50 mg").notes)
    spare = long_table("id,time,conc,sex,age".replace(",sex,age", "")).replace("\n", ",f,30\n")
    assert "columns not used: sex, age" in analysed(spare.replace("conc,f,30", "conc,sex,age"), dose="50 mg").notes


def test_weak_numbers_are_flagged_and_missing_ones_have_a_reason(analysed):
    rows = [
        *(f"short,{t},{c}" for t, c in zip([0, 1, 2, 3, 4, 5], [0, 10, 9, 8.5, 7.6, 7.1], strict=True)),
        *(f"rising,{t},{c}" for t, c in zip([0, 1, 2, 3], [0, 1, 2, 3], strict=True)),
        *(f"wild,{t},{c}" for t, c in zip([0, 1, 2, 4, 8, 16, 24], [0, 9, 5, 7, 2, 3, 1], strict=True)),
        *(f"none,{t},BLQ" for t in (0, 1, 2)),
        *(f"flat,{t},{c}" for t, c in zip([0, 1, 2, 3, 4], [0, 5, 3, 3, 3], strict=True)),
    ]
    found = analysed("\n".join(["id,time,conc", *rows]), dose="1 mg")
    flags = dict(zip(found.names["id"], found.flags, strict=True))
    assert any("half-lives, fewer than 2" in flag for flag in flags["short"])
    assert any("is extrapolated, more than 20 %" in flag for flag in flags["short"])
    assert flags["rising"] == ("no terminal phase: 0 points after the peak, 3 are needed",)
    assert any("below 0.9" in flag for flag in flags["wild"])
    assert flags["none"] == ("no level could be quantified",)
    assert flags["flat"] == ("no terminal phase: levels do not fall to their end",)
    fixed = analysed("\n".join(["id,time,conc", *rows]), dose="1 mg", lambda_z_from="4 h")
    assert any("in the points asked for" in flag for flag in fixed.flags[0])


def test_the_users_points_are_used(analysed):
    assert analysed(long_table(), lambda_z_points=4).columns["lambda_z_points"].tolist() == [4, 4]
    found = analysed(long_table(), lambda_z_from="4 h", lambda_z_to="12 h")
    assert found.columns["lambda_z_start"].tolist() == [4, 4]
    assert found.columns["lambda_z_end"].tolist() == [12, 12]


def test_every_wrong_cell_is_told_with_its_place(refusal):
    told = refusal("id,time,conc\nA,0,BLQ\nA,x,1\nA,1,abc\n,2,3\nA,-1,4\nA,3,-5\nA,,6\nA,7,2\nA,7,3\n", dose="50 mg")
    assert [line.split("\n")[0] for line in told] == [
        "error: data.csv:3, column 'time': 'x' is no time: a number is needed",
        "error: data.csv:8, column 'time': no time stands here",
        "error: data.csv:4, column 'conc': 'abc' is no level",
        "error: data.csv:7, column 'conc': a level cannot be negative (got -5)",
        "error: data.csv:5, column 'id': nobody is named here",
        "error: data.csv:10, column 'time': two samples of 'A' at 7 h",
        "error: data.csv:6, column 'time': a time before the dose (got -1)",
    ]
    assert all("hint:" in line for line in told[1:])


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("id,tiem,conc\nA,0,1\n", {}, "data.csv:1: no column of time (found: id, tiem, conc)\n  hint: did you mean 'tiem'?"),
        ("id,time,cocn\nA,0,1\n", {}, "data.csv:1: no column of concentration (found: id, time, cocn)\n  hint: did you mean 'cocn'?"),
        ("id,time,conc\nA,0,1\n", {"columns": ["conc=Cp"]}, "--column: no column 'Cp' in data.csv:1"),
        ("id,time (mg),conc\nA,0,1\n", {}, "data.csv, column 'time (mg)': 'mg' is no unit of time"),
        ("id,time,conc (blub)\nA,0,1\n", {}, "data.csv, column 'conc (blub)': unknown unit 'blub'"),
        ("id,time,conc (nmol/L)\nA,0,1\n", {}, "levels in nmol/L need the molar mass to become ng/mL\n  hint: give it: --molar-mass"),
        ("id,time,conc\nA,0,1\n", {"dose": "1 mg/kg"}, "a dose in mg/kg needs the body mass\n  hint: add a column 'weight'"),
        ("id,time,conc,wt\nA,0,1,.\n", {"dose": "1 mg/kg"}, "data.csv:2, column 'wt': a dose by body mass needs one"),
        ("id,time,conc,dose\nA,0,1,5\nA,1,2,6\n", {}, "data.csv:2, column 'dose': 'A' has doses of 5 and 6"),
        ("id,time,conc,dose\nA,0,1,5\nB,1,2,.\n", {}, "data.csv:3, column 'dose': no dose of 'B' is stated"),
        ("id,time,conc,dose\nA,0,1,0\n", {}, "a dose is above zero (got 0 for 'A')"),
        ("id,time,conc,route\nA,0,1,mouth\n", {}, "column 'route': unknown route 'mouth'"),
        ("id,time,conc\nA,0,1\n", {"route": "iv-infusion"}, "the length of the infusion is not known of 1 profile(s)"),
        ("id,time,conc\nA,0,BLQ\n", {"blq_after": "half-lloq"}, "--blq-after: half the limit of quantification needs the limit"),
        ("id,time,conc\nA,0,.\n", {}, "data.csv: no row holds a level"),
        ("ID,TIME,DV,AMT,EVID\nA,0,.,5,1\nA,1,2,.,0\nB,1,2,.,0\n", {}, "data.csv:4: no dose of this subject is recorded"),
        ("ID,TIME,DV,AMT,EVID\nA,0,.,5,4\nA,1,2,.,0\n", {}, "data.csv:2, column 'EVID': a reset (EVID 4) begins a new course"),
        ("ID,TIME,DV,AMT,EVID\nA,0,.,5,7\nA,1,2,.,0\n", {}, "EVID is 0, 1, 2, 3 or 4 (got 7)"),
        ("ID,TIME,DV,AMT,EVID,RATE\nA,0,.,5,1,-2\nA,1,2,.,0,.\n", {}, "a rate that is modelled (RATE -2) is no number"),
        ("ID,TIME,DV,AMT,EVID\nA,0,.,0,1\nA,1,2,.,0\n", {}, "data.csv:2: a dose needs an amt above zero"),
        ("ID,TIME,DV,AMT,EVID,ADDL\nA,0,.,5,1,3\nA,1,2,.,0,.\n", {}, "data.csv:2: 3 additional doses need an interval (ii)"),
        ("id,time,conc\nA,0,1e20\n", {}, "data.csv:2, column 'conc': a level of 1e20 cannot be meant"),
        ("id,time,conc\nA,1e9,1\n", {}, "data.csv:2, column 'time': a time of 1e9 cannot be meant"),
        ("id,time,conc,dose (g)\nA,0,1,5000\n", {}, "data.csv:2: a dose of more than a kilogram"),
        ("ID,TIME,DV,AMT,EVID,ADDL,II\nA,0,.,5,1,3,1e9\nA,1,2,.,0,.,.\n", {}, "an interval of 1e9 cannot be meant"),
        ("ID,TIME,DV,AMT,EVID\nA,.,.,5,1\nA,1,2,.,0\n", {}, "data.csv:2, column 'TIME': a dosing record needs a time"),
    ],
)  # fmt: skip
def test_what_cannot_be_analysed_says_why(refusal, text, words, told):
    assert told in "\n".join(refusal(text, **words))


def test_words_and_table_are_told_together(refusal):
    told = refusal("id,time\n", dose="50", tau="x")
    assert {line.split(":")[1].strip() for line in told} == {"--tau", "--dose", "data.csv"}


def test_results_are_written_as_a_table_with_units(plain, tmp_path):
    plain.to_csv(tmp_path / "new" / "nca.csv")
    with open(tmp_path / "new" / "nca.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["A", "B"]
    assert float(rows[0]["auc_inf (ng·h/mL)"]) == plain.columns["auc_inf"][0]
    assert rows[0]["cl (L/h)"] == ""
    assert rows[0]["lambda_z_points"] == f"{plain.columns['lambda_z_points'][0]:.0f}"
    assert list(plain.columns) == list(UNITS)


def test_spreads_and_first_profiles(plain):
    middle, low, high = plain.spread("cmax")
    assert low <= middle <= high
    assert plain.spread("cl") is None
    assert len(plain.first(1)) == 1
    assert next(plain.first(1).rows())["id"] == "A"


def test_a_wide_table_may_state_its_unit_behind_each_subject(analysed):
    rows = ["0,0,0", "1,10,20", "2,6,12", "4,2,4", "8,0.2,0.4"]
    plain = analysed("\n".join(["time (h),A,B", *rows]), dose="50 mg", conc_unit="ug/mL")
    stated = analysed("\n".join(["time (h),A (ug/mL),B [ug/mL]", *rows]), dose="50 mg")
    assert stated.names["id"] == ["A", "B"]
    assert stated.columns["cmax"] == pytest.approx(plain.columns["cmax"])
    assert stated.columns["cmax"][0] == pytest.approx(10_000.0)


@pytest.mark.parametrize(
    "header", ["time (h),A (ug/mL),B (ng/mL)", "time (h),A (ug/mL),B", "time (h),A (apples),B (apples)"]
)
def test_a_wide_table_of_mixed_or_unknown_units_is_refused(analysed, header):
    with pytest.raises(InputError, match="unit"):
        analysed("\n".join([header, "0,0,0", "1,10,20", "2,6,12", "4,2,4"]), dose="50 mg")
