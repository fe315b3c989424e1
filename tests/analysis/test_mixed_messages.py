"""Bad input is refused in plain words, boundaries are found and said, and the shell command keeps its
contract."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from refine.analysis.mixed import MixedModelError, MixedResult, fit_mixed
from refine.analysis.mixed.__main__ import main

TINY = Path(__file__).parent / "mixed_data" / "T_tiny_96.csv"


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.read_csv(TINY)


def fit(table: pd.DataFrame, formula: str = "score ~ C(iteration)", **options: object) -> MixedResult:
    given = {"groups": ["session", "target"], "series": "trial", "position": "iteration", **options}
    return fit_mixed(formula, table, **given)


def centred(table: pd.DataFrame) -> pd.DataFrame:
    """Scores whose sessions differ less than chance has it."""
    return table.assign(score=table["score"] - table.groupby("session")["score"].transform("mean"))


def test_a_variance_at_zero_is_found_and_said(table: pd.DataFrame) -> None:
    result = fit(centred(table), groups=["session", "trial"])
    assert result.converged
    assert result.boundary == ("session",)
    assert result.variance["session"] == 0
    assert "variance of 'session' is estimated as zero" in result.summary()
    assert result.modes["session"].eq(0).all()
    # Once it is at zero, everything is as if the factor were not in the model.
    without = fit(centred(table), groups=["trial"])
    assert result.loglik == pytest.approx(without.loglik, abs=1e-9)
    assert np.allclose(result.coefficients.iloc[:, 1:], without.coefficients.iloc[:, 1:], rtol=1e-6)
    components = result.variance_components.set_index("component").loc["session"]
    assert components[["se", "lower", "upper"]].isna().all()


def test_all_variances_at_zero(table: pd.DataFrame) -> None:
    noise = np.tile([1.0, -1.0, -1.0, 1.0], 24) * np.random.default_rng(1).normal(1, 0.1, 96)
    result = fit(table.assign(score=noise), "score ~ 1", rho=0)
    assert result.converged
    assert result.boundary == ("session", "target")
    assert result.coefficients["df"][0] == pytest.approx(95)


def with_cell(table: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    changed = table.astype({column: object})
    changed.loc[5, column] = value
    return changed.infer_objects()


BAD = {
    "a column that is not there": (lambda t: fit(t, "score ~ nosuch"), "no column 'nosuch'.*session, target"),
    "a group that is not there": (lambda t: fit(t, groups=["player"]), "no column 'player'"),
    "random effects in the formula": (lambda t: fit(t, "score ~ 1 + (1|session)"), "in `groups`"),
    "no response": (lambda t: fit(t, "~ iteration"), "names no response"),
    "half a formula": (lambda t: fit(t, "score ~ C(iteration) +"), "cannot be read"),
    "no predictor": (lambda t: fit(t, "score ~ 0"), "no predictor"),
    "an unknown reference": (lambda t: fit(t, "score ~ C(iteration, Treatment(9))"), "`9`.*not among"),
    "text as response": (lambda t: fit(t, "session ~ 1"), "one column of numbers"),
    "infinite values": (lambda t: fit(with_cell(t, "score", np.inf)), "infinite"),
    "an empty score": (
        lambda t: fit(with_cell(t, "score", np.nan)),
        "'score' is empty .NaN. in 1 row, .*row 6",
    ),
    "an empty group": (lambda t: fit(with_cell(t, "session", None)), "'session' is empty"),
    "an empty position": (
        lambda t: fit(with_cell(t, "iteration", np.nan), "score ~ 1"),
        "'iteration' is empty",
    ),
    "a constant score": (lambda t: fit(t.assign(score=3.0)), "'score' is 3 in every row"),
    "one level, grouping": (lambda t: fit(t.assign(session="a")), "'session' has one level only"),
    "one level, predictor": (lambda t: fit(t.assign(arm="a"), "score ~ arm"), "'arm' has one level only"),
    "a level a row": (lambda t: fit(t.assign(row=range(96)), groups=["row"]), "own 'row'"),
    "the same factor under two names": (
        lambda t: fit(t.assign(again=t["session"] + "x"), groups=["session", "again"]),
        "'session' and 'again' group the rows alike",
    ),
    "the same factor twice": (lambda t: fit(t, groups=["session", "session"]), "named twice"),
    "dependent predictors": (
        lambda t: fit(t, "score ~ C(iteration) + iteration"),
        "'iteration' can be computed",
    ),
    "more coefficients than rows": (lambda t: fit(t.head(4), groups=[]), "4 rows are too few"),
    "no rows": (lambda t: fit(t.head(0)), "no rows"),
    "a position twice": (
        lambda t: fit(pd.concat([t, t.head(1)])),
        "'trial' r01 has more than one row at.* 1",
    ),
    "half positions": (lambda t: fit(t.assign(iteration=t["iteration"] + 0.5)), "whole numbers.* 1.5"),
    "positions in words": (lambda t: fit(t.assign(iteration="first"), "score ~ 1"), "whole numbers.*first"),
    "a series without positions": (lambda t: fit(t, position=None), "no position"),
    "rho without series": (lambda t: fit(t, series=None, position=None, rho=0.5), "needs a series"),
    "rho too large": (lambda t: fit(t, rho=1), "between -1 and 1"),
    "single rows": (lambda t: fit(t[t["iteration"] == 1], "score ~ 1"), "No 'trial' has two rows"),
    "distant rows": (
        lambda t: fit(t.assign(iteration=t["iteration"] * 10**6), "score ~ 1"),
        "do not determine rho",
    ),
    "a factor that is also a predictor": (
        lambda t: fit(t, "score ~ session"),
        "do not determine the variance of 'session'",
    ),
    "scores that follow from the predictors": (lambda t: fit(t, "score ~ I(2 * score)"), "exactly"),
    "scores that follow from the factors": (
        lambda t: fit(t.assign(score=pd.factorize(t["session"])[0] + 2.0 * pd.factorize(t["target"])[0])),
        "explain the response exactly",
    ),
    "scores that never change within a series": (
        lambda t: fit(t.assign(score=pd.factorize(t["trial"])[0] % 5), "score ~ 1", groups=[]),
        r"rho runs to \+1",
    ),
    "two columns of one name": (
        lambda t: fit(pd.concat([t, t[["score"]]], axis=1)),
        "several columns 'score'",
    ),
    "a confidence in percent": (lambda t: fit(t, level=95), "between 0 and 1"),
    "a start with other factors": (
        lambda t: fit(t, start=fit(t, groups=["session"])),
        "other grouping factors",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_plain_words(case: str, table: pd.DataFrame) -> None:
    attempt, words = BAD[case]
    with pytest.raises(MixedModelError, match=words) as caught:
        attempt(table)
    assert "\n" not in str(caught.value)


FORMULA = "score ~ C(iteration, Treatment(4))"
FULL = ["--groups", "session", "target", "--series", "trial", "--position", "iteration"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main([str(TINY), "--formula", FORMULA, *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_json_has_the_agreed_keys(capsys: pytest.CaptureFixture[str], table: pd.DataFrame) -> None:
    code, out, err = run(capsys, *FULL, "--json")
    found, expected = json.loads(out), fit(table, FORMULA)
    assert (code, err) == (0, "")
    assert list(found) == [
        "loglik",
        "variance",
        "rho",
        "coefficients",
        "tests",
        "converged",
        "boundary",
        "seconds",
    ]
    assert list(found["variance"]) == ["session", "target", "residual"]
    assert list(found["coefficients"][0]) == ["name", "estimate", "se", "df", "t", "p", "lower", "upper"]
    assert list(found["tests"][0]) == ["term", "F", "numdf", "dendf", "p"]
    assert found["loglik"] == expected.loglik
    assert found["rho"] == expected.rho
    assert found["converged"] is True
    assert found["boundary"] is False
    assert found["seconds"] > 0


def test_the_options_do_what_they_say(capsys: pytest.CaptureFixture[str], table: pd.DataFrame) -> None:
    _, out, _ = run(capsys, *FULL, "--rho", "0", "--ml", "--json")
    found = json.loads(out)
    assert found["rho"] == 0
    assert found["loglik"] == pytest.approx(fit(table, FORMULA, rho=0, reml=False).loglik)
    code, out, _ = run(capsys, *FULL)
    assert code == 0
    assert out.startswith("Linear mixed model fit by REML")


def test_the_boundary_is_said_beside_json(
    capsys: pytest.CaptureFixture[str], table: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "centred.csv"
    centred(table).to_csv(path)
    assert main([str(path), "--formula", FORMULA, "--groups", "session", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["boundary"] is True
    assert "'session' is estimated as zero" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--groups", "player"], "no column 'player'"), (["--rho", "2", *FULL], "between")],
)
def test_bad_input_ends_with_code_2(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_files_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path / "none.csv"), "--formula", FORMULA]) == 2
    assert "no file" in capsys.readouterr().err
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert main([str(empty), "--formula", FORMULA]) == 2
    assert "is empty: it has no row." in capsys.readouterr().err


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "refine.analysis.mixed", str(TINY), "--formula", "score ~ nosuch"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "There is no column 'nosuch'. The columns are: session, target, trial, iteration, score."
    )
