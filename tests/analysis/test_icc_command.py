"""`python -m refine.analysis.icc`: what it prints, and what it says about files that are no tables of ratings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert list(found) == ["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"]
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
    ],
)
def test_bad_files_get_a_sentence(csv, capsys, text: str, says: str) -> None:
    assert main([csv(text)]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""


def test_missing_and_unreadable_files_get_a_sentence(tmp_path: Path, capsys) -> None:
    assert main([str(tmp_path / "none.csv")]) == 2
    assert "There is no file" in capsys.readouterr().err
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe")
    assert main([str(tmp_path / "picture.csv")]) == 2
    assert "cannot be read as a CSV table" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "cannot be read as a CSV table" in capsys.readouterr().err
