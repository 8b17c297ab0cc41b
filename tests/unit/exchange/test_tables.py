"""Tables as people and spreadsheets write them; what is wrong is told with its line."""

import numpy as np
import pytest

from reuptake.errors import InputError
from reuptake.exchange import tables
from reuptake.exchange.tables import from_columns, read_table


@pytest.fixture
def table(tmp_path):
    def written(data):
        path = tmp_path / "data.csv"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_table(path)

    return written


@pytest.fixture
def refusal(table):
    def refused(data):
        with pytest.raises(InputError) as caught:
            table(data)
        return [problem.render().split("/")[-1] for problem in caught.value.problems]

    return refused


@pytest.mark.parametrize(
    "data",
    [
        "id,time,conc\n1,0,1.5\n1,2,2.25\n",
        "id;time;conc\n1;0;1,5\n1;2;2,25\n",
        "id\ttime\tconc\n1\t0\t1.5\n1\t2\t2.25\n",
        "id|time|conc\n1|0|1.5\n1|2|2.25\n",
        "sep=;\nid;time;conc\n1;0;1,5\n1;2;2,25\n",
        "## from the laboratory\nid,time,conc\n1,0,1.5\n1,2,2.25\n",
        b"\xef\xbb\xbfid,time,conc\r\n1,0,1.5\r\n1,2,2.25\r\n",
        "id,time,conc\n1,0,1.5\n1,2,2.25\n".encode("utf-16"),
        'id,"time",conc,,\n 1 , 0 ,"1.5",,\n\n1,+2,2.25,,\n\n',
    ],
)
def test_one_table_written_in_many_ways(table, data):
    read = table(data)
    assert list(read.columns) == ["id", "time", "conc"]
    np.testing.assert_array_equal(read.numbers("time").values, [0.0, 2.0])
    np.testing.assert_array_equal(read.numbers("conc").values, [1.5, 2.25])
    assert read.words("id").to_pylist() == ["1", "1"]


def test_letters_of_windows_are_understood_and_told(table):
    read = table("id,conc (µg/mL)\n1,2\n".encode("cp1252"))
    assert list(read.columns) == ["id", "conc (µg/mL)"]
    assert any("Windows-1252" in note for note in read.notes)


def test_what_stands_for_nothing_is_missing(table):
    read = table("id,conc\n1,.\n2,NA\n3, \n4,7\n5,-\n")
    numbers = read.numbers("conc")
    np.testing.assert_array_equal(np.isnan(numbers.values), [True, True, True, False, True])
    assert not numbers.odd.any()


@pytest.mark.parametrize("word", ["abc", "1.2.3", "inf", "-inf", "1e", "0x10", "12h"])
def test_what_is_no_number_is_odd(table, word):
    assert table(f"id,conc\n1,{word}\n2,3\n").numbers("conc").odd.tolist() == [True, False]


def test_a_comma_of_thousands_is_no_decimal_comma(table):
    assert table('id,conc\n1,"1,500"\n').numbers("conc").odd.tolist() == [True]
    assert table("id;conc\n1;1.234,5\n").numbers("conc").odd.tolist() == [True]


def test_places_count_blank_and_quoted_lines(table):
    read = table('id,time,conc\n\n"a\nb",1,2\n\n1,2,x\n')
    assert read.place(0).endswith("data.csv:3")
    assert read.place(1, "conc").endswith("data.csv:6, column 'conc'")


def test_many_complaints_are_counted(table):
    read = table("id,conc\n" + "1,x\n" * 50)
    told = read.complaints(read.numbers("conc").odd, "conc", "'{word}' is no level")
    assert len(told) == 21
    assert told[0].message == "'x' is no level"
    assert told[-1].message == "and 30 more like this"


def test_what_is_no_table_is_refused(refusal, tmp_path):
    assert "the file is empty" in refusal("\n \n")[0]
    assert "data.csv:1: there is a header and nothing below it" in refusal("id,conc\n\n")[0]
    assert "the header 'id time conc' is one field" in refusal("id time conc\n1 2 3\n")[0]
    assert "two columns are named 'id'" in refusal("id,id,conc\n1,2,3\n")[0]
    assert "a workbook, not a text table" in refusal(b"PK\x03\x04rest")[0]
    assert "no text file" in refusal(b"id,conc\n1,\0\n")[0]
    with pytest.raises(InputError, match="cannot read this file: No such file"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="this is no file"):
        read_table(tmp_path)


def test_every_uneven_row_is_named(refusal):
    told = refusal("id,time,conc\n1,2,3,4\n1,2,3\n\n1,2\n")
    assert [line.split("\n")[0] for line in told] == [
        "data.csv:2: 4 fields where the header has 3",
        "data.csv:5: 2 fields where the header has 3",
    ]
    assert len(refusal("id,conc\n" + "1,2,3\n" * 40)) == 21


def test_a_huge_file_is_refused_before_it_is_read(refusal, monkeypatch):
    monkeypatch.setattr(tables, "MOST_BYTES", 10)
    assert "too much at once" in refusal("id,conc\n1,2\n2,3\n")[0]


def test_columns_in_memory_are_a_table():
    read = from_columns({"id": ["a", "b"], "conc": np.array([1.0, np.nan])})
    np.testing.assert_array_equal(read.numbers("conc").values, [1.0, np.nan])
    assert read.place(1, "conc") == "the data:2, column 'conc'"
    with pytest.raises(InputError, match="differ in length"):
        from_columns({"id": ["a"], "conc": [1.0, 2.0]})
    with pytest.raises(InputError, match="no rows"):
        from_columns({"id": []})
