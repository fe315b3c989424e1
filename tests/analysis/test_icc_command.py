"""`python -m refine.analysis.icc`: what it prints, and what it says about files that are no tables of ratings."""

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refine.analysis.icc.__main__ import main

REFERENCE = json.loads((Path(__file__).parent / "icc_data" / "icc_reference.json").read_text())["shrout_fleiss_1979"]
ROWS = "\n".join(",".join(map(str, row)) for row in REFERENCE["ratings"])


@pytest.fixture
def csv(tmp_path: Path):
    def write(text: str) -> str:
        (tmp_path / "table.csv").write_text(text, encoding="utf-8")
        return str(tmp_path / "table.csv")

    return write


def test_from_the_shell(csv) -> None:
    command = [sys.executable, "-m", "refine.analysis.icc", csv(ROWS), "--json"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert list(found) == ["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k", "subjects", "raters", "notes"]
    assert (found["subjects"], found["raters"]) == (6, 4)
    for row in REFERENCE["psych_ICC_lmer_FALSE_anova"]:
        assert found[row["type"]]["value"] == pytest.approx(row["ICC"], abs=1e-12)
        assert found[row["type"]]["lower"] == pytest.approx(row["lower95"], abs=1e-12)


@pytest.mark.parametrize("header", ["a,b,c,d\n", "0,1,2,3\n", "\ufeff", '"a","b","c","d"\r\n'])
def test_names_of_raters_are_no_ratings(csv, capsys, header: str) -> None:
    assert main([csv(header + ROWS)]) == 0
    assert capsys.readouterr().out.startswith("6 subjects, 4 raters")


def test_text_has_a_line_a_form(csv, capsys) -> None:
    assert main([csv("human,metric\n1,2\n2,1\n")]) == 0
    out = capsys.readouterr().out
    assert "2 subjects, 2 raters (human, metric)" in out
    assert "ICC3k undefined, because the means of all subjects are equal" in out


def test_json_has_no_value_where_there_is_none(csv, capsys) -> None:
    assert main([csv("1,1\n1,1\n"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["ICC1"]
    assert found.pop("undefined") == "undefined, because all ratings are equal"
    assert set(found.values()) == {None}


def test_json_of_perfect_agreement_is_strict_json(csv, capsys) -> None:
    assert main([csv("1,1\n2,2\n3,3\n"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["ICC3"]
    assert (found["value"], found["F"], found["p"]) == (1.0, None, 0.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("a,b\n", "no ratings below"),
        ("1\n2\n", "one column only"),
        ("1,2\n3,x\n", "Row 2, column 2 is not a number: 'x'"),
        ("a,b\n1,2\n3,x\n", "Row 3, column 2 (b) is not a number: 'x'"),
        ("a,b\n1,2\n\n,3\n", "Row 4, column 1 (a) is empty"),
        ("1,2\n3,nan\n", "Row 2, column 2 is not a finite number: 'nan'"),
        ("1,2\n3,inf\n", "Row 2, column 2 is not a finite number: 'inf'"),
        ("1,x\n3,4\n", "Row 1, column 2 is not a number: 'x'"),
        ("1,2\n3,4,5\n", "Row 2 of"),
        ("a;b\n1;2\n2;1\n", "are separated by semicolons: save it with commas between the columns."),
        ("1;2\n2;1\n", "are separated by semicolons"),
        ("a;b\n1,5;2,5\n2,5;1,5\n", "are separated by semicolons and its numbers have decimal commas"),
        ("1,5;2,5\n2,5;1,5\n", "are separated by semicolons and its numbers have decimal commas"),
        ("1,5;2\n2;1\n", "are separated by semicolons and its numbers have decimal commas"),
        ("a\tb\n1\t2\n2\t1\n", "are separated by tabs"),
        ("a b\n1 2\n2 1\n", "are separated by spaces"),
        ("a|b\n1|2\n2|1\n", "are separated by bars"),
        ('a,b\n"1,5","2,5"\n', "Row 2, column 1 (a) has a decimal comma: '1,5'. Write 1.5."),
        ("a,b\n1,5,2,5\n", "Perhaps its numbers have decimal commas: write 1.5, not 1,5."),
        ("a,b\n1,NA\n", "Row 2, column 2 (b) is not a number: 'NA'. Leave out subjects with missing ratings."),
        ("a,b\n1_0,2\n", "Row 2, column 1 (a) is not a number: '1_0'"),
        ('a,b\n"1,2\n', "cannot be read as a CSV table"),
        ("id,a\n1,2\n2,3\n", "has one column of ratings only, beside one of ids"),
        (" \n\n", "is empty"),
        ("a,b\n1,2\n3,1e999\n", "Row 3, column 2 (b) is not a finite number"),
    ],
)
def test_bad_files_get_a_sentence(csv, capsys, text: str, says: str) -> None:
    assert main([csv(text)]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


def printed(csv, capsys, text: str) -> tuple[dict, str]:
    path = csv(text)
    assert main([path, "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert main([path]) == 0
    return found, capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (",a,b\n0,1,2\n1,2,3\n2,5,4\n", "The first column has no name, as an index: it is left out, as no rater."),
        ("id,a,b\n17,1,2\n4,2,3\n9,5,4\n", "The first column (id) is named as ids are: it is left out, as no rater."),
        ("Subject,a,b\n7,1,2\n8,2,3\n9,5,4\n", "The first column (Subject) is named as ids are"),
        ("who,a,b\ns1,1,2\ns2,2,3\ns3,5,4\n", "The first column (who) holds no number: it is left out, as no rater."),
        ("s1,1,2\ns2,2,3\ns3,5,4\n", "The first column holds no number: it is left out, as no rater."),
        (",0,1\n0,1,2\n1,2,3\n2,5,4\n", "The first row counts 0, 1, ...: it is taken for names, not for ratings."),
    ],
)
def test_ids_are_no_ratings_and_that_is_said(csv, capsys, text: str, note: str) -> None:
    found, told = printed(csv, capsys, text)
    alone, _ = printed(csv, capsys, "a,b\n1,2\n2,3\n5,4\n")
    assert found["subjects"] == 3
    assert found["raters"] == 2 or len(found["raters"]) == 2
    assert found["ICC3"] == alone["ICC3"]
    assert any(one.startswith(note) for one in found["notes"])
    assert f"Note: {note}" in told


@pytest.mark.parametrize(
    ("text", "note", "subjects", "raters"),
    [
        ("2019,2020\n1,2\n2,3\n", "The first row holds numbers and is taken for ratings", 3, 2),
        ("0,1\n1,2\n2,3\n", "The first row counts 0, 1, ...: it is taken for names, not for ratings.", 2, ["0", "1"]),
        (
            "best,a\n1,2\n2,1\n3,3\n",
            "The first column (best) counts the rows and is taken for a rater",
            3,
            ["best", "a"],
        ),
        ("a,b\n3,2\n2,1\n3,3\n", "", 3, ["a", "b"]),
    ],
)
def test_what_may_be_mistaken_for_ratings_is_said(csv, capsys, text: str, note: str, subjects: int, raters) -> None:
    found, told = printed(csv, capsys, text)
    assert (found["subjects"], found["raters"]) == (subjects, raters)
    assert [one for one in found["notes"] if one.startswith(note)] == found["notes"]
    assert (note in told) and bool(note) == ("Note: " in told)


@given(st.text(alphabet='ab01,;\t."\n -NA|', max_size=60))
def test_whatever_is_in_a_file_ends_in_numbers_or_a_sentence(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "table.csv"
    path.write_text(text, encoding="utf-8")
    with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()) as out:
        code = main([str(path), "--json"])
    if code:
        assert (code, out.getvalue(), err.getvalue().count("\n")) == (2, "", 1)
    else:
        json.loads(out.getvalue(), parse_constant=pytest.fail)


def test_missing_and_unreadable_files_get_a_sentence(tmp_path: Path, capsys) -> None:
    assert main([str(tmp_path / "none.csv")]) == 2
    assert "There is no file" in capsys.readouterr().err
    (tmp_path / "excel.csv").write_text("a,b\n1,2\n", encoding="utf-16")
    assert main([str(tmp_path / "excel.csv")]) == 2
    assert "it is UTF-16. Save it as CSV in UTF-8." in capsys.readouterr().err
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe")
    assert main([str(tmp_path / "picture.csv")]) == 2
    assert "cannot be read as a CSV table" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "cannot be read as a CSV table" in capsys.readouterr().err
