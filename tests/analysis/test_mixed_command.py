"""`python -m refine.analysis.mixed`: ids stay what they are, formulas mean what statisticians mean, and files that are not
what they seem are named."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refine.analysis.mixed import MixedModelError, fit_mixed
from refine.analysis.mixed.__main__ import main

TINY = Path(__file__).parent / "mixed_data" / "T_tiny_96.csv"
SESSIONS = ["1", "01", "001", "NA", "None", "nan"]
"""Six sessions, of which three look like one number and three like no value."""


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.read_csv(TINY)


@pytest.fixture
def run(tmp_path: Path, capsys):
    """Run the command on a table or a text; returns the exit code, what JSON it gave, and what it said."""

    def fit(data: pd.DataFrame | str, formula: str, *arguments: str) -> tuple[int, dict, str]:
        path = tmp_path / "data.csv"
        path.write_text(data if isinstance(data, str) else data.to_csv(index=False), encoding="utf-8")
        code = main([str(path), "--formula", formula, *arguments, "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else {}, err.strip()

    return fit


def estimates(found: dict) -> list[float]:
    return [one["estimate"] for one in found["coefficients"]]


def test_ids_are_read_letter_by_letter(run, table: pd.DataFrame) -> None:
    names = dict(zip(sorted(table["session"].unique()), SESSIONS, strict=True))
    code, found, _ = run(
        table.assign(session=table["session"].map(names)), "score ~ 1", "--groups", "session", "target"
    )
    expected = fit_mixed("score ~ 1", table, ["session", "target"])
    assert code == 0
    assert found["variance"] == pytest.approx(expected.variance)


def test_a_padded_series_and_the_parts_of_a_combination_are_ids_too(run, table: pd.DataFrame) -> None:
    names = dict(
        zip(sorted(table["trial"].unique()), [*(f"{i}" for i in range(12)), *(f"0{i}" for i in range(12))], strict=True)
    )
    padded = table.assign(trial=table["trial"].map(names))
    code, found, _ = run(padded, "score ~ 1", "--series", "trial", "--position", "iteration")
    assert (code, found["rho"]) == (0, pytest.approx(fit_mixed("score ~ 1", table, (), "trial", "iteration").rho))
    code, nested, _ = run(padded, "score ~ 1", "--groups", "session:trial")
    assert nested["variance"]["session:trial"] == pytest.approx(
        fit_mixed("score ~ 1", table, ["trial"]).variance["trial"]
    )


def test_levels_of_a_predictor_may_be_called_na_and_look_alike(run, table: pd.DataFrame) -> None:
    regions = np.array(["NA", "EU", "AS"])[np.arange(96) % 3]
    code, found, _ = run(table.assign(region=regions), "score ~ region")
    assert [one["name"] for one in found["coefficients"]] == ["Intercept", "region[T.EU]", "region[T.NA]"]
    code, found, said = run(table.assign(kind=np.array(["1", "01", "2"])[np.arange(96) % 3]), "score ~ C(kind)")
    assert (code, len(found["coefficients"])) == (0, 3)
    assert "'kind' is read as text, for as numbers 01 and others would be the same." in said


def test_a_hat_is_a_power_wherever_it_stands(run, table: pd.DataFrame) -> None:
    data = table.assign(x=np.arange(96) % 7 + 1)
    _, found, _ = run(data, "score ~ I(x^2)")
    assert estimates(found) == pytest.approx(estimates(run(data.assign(square=data["x"] ** 2), "score ~ square")[1]))
    _, found, _ = run(data, "score ~ (x + iteration)^2")
    assert [one["name"] for one in found["coefficients"]] == ["Intercept", "x", "iteration", "x:iteration"]
    _, found, _ = run(data.assign(k=np.array(["a^b", "c|d"])[np.arange(96) % 2]), "score ~ C(k, Treatment('c|d'))")
    assert [one["name"] for one in found["coefficients"]][1] == "C(k, Treatment('c|d'))[T.a^b]"


@pytest.mark.parametrize("name", ["a.b", "my column", "a-b", "1st"])
@pytest.mark.parametrize(
    "formula", ["score ~ {}", "score ~ C({}, Treatment(2))", "score ~ C({}) * C(iteration)", "{} ~ iteration"]
)
def test_any_name_can_be_put_in_back_quotes(table: pd.DataFrame, name: str, formula: str) -> None:
    data = table.assign(plain=np.arange(96) % 5 % 3)
    expected = fit_mixed(formula.format("plain"), data)
    found = fit_mixed(formula.format(f"`{name}`"), data.rename(columns={"plain": name}))
    assert found.coefficients["estimate"].tolist() == pytest.approx(expected.coefficients["estimate"].tolist())
    assert found.tests["F"].tolist() == pytest.approx(expected.tests["F"].tolist())
    if "C({})" in formula:
        assert found.means(name)["estimate"].tolist() == pytest.approx(expected.means("plain")["estimate"].tolist())


def test_a_name_in_back_quotes_that_is_no_column_is_told_whole(table: pd.DataFrame) -> None:
    with pytest.raises(MixedModelError, match=r"There is no column 'a\.b'"):
        fit_mixed("score ~ C(`a.b`)", table.assign(a=1))


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("score ~ C(iteration Treatment(4))", "Perhaps you forgot a comma"),
        ("score ~ C(iteration, Treatment(ref=))", "cannot be read"),
        ("score ~ C(iteration, Treatment(ref=4))", "unexpected keyword argument 'ref'"),
        ("score ~ C(iteration, Treatment)", "cannot be applied"),
        ("score ~ C(iteration, Treatment('4'))", "`'4'`"),
        ("score ~ C(iteration, Treatment(4)", "Expected: )"),
    ],
)
def test_a_reference_level_that_is_written_otherwise_gets_the_right_form(run, table, formula: str, words: str) -> None:
    code, _, said = run(table, formula)
    assert (code, words in said, "\n" in said) == (2, True, False)
    assert said.endswith("A reference level is written C(column, Treatment(level)).")


@pytest.mark.parametrize(
    "formula",
    [
        "score ~ C(iteration, contrasts=4)",
        "score ~ .",
        "score ~ I(",
        "score ~ iteration.x",
        "score ~ `a",
        "~~",
        "score ~ {1",
        "score ~ I(iteration, 2)",
        "score ~ lambda: 0",
        "score ~ C(C)",
        "score ~ I(undefined)",
        "score ~ iteration +",
        "^",
    ],
)
def test_a_formula_that_is_none_gets_a_sentence(run, table: pd.DataFrame, formula: str) -> None:
    code, _, said = run(table, formula)
    assert (code, "\n" in said, "Traceback" in said) == (2, False, False)


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="~+*:^()`'|. score1CI,=-", max_size=25))
def test_whatever_is_written_as_a_formula_ends_in_a_fit_or_a_sentence(predictors: str) -> None:
    table = pd.read_csv(TINY)
    with contextlib.suppress(MixedModelError):
        assert np.isfinite(fit_mixed(f"score ~ {predictors}", table).loglik)


def test_groups_named_as_what_every_model_has_keep_their_variance(run, table: pd.DataFrame) -> None:
    named = table.rename(columns={"session": "residual", "target": "rho"})
    expected = fit_mixed("score ~ 1", table, ["session", "target"])
    _, found, _ = run(named, "score ~ 1", "--groups", "residual", "rho")
    assert found["variance"] == pytest.approx(
        {
            "residual (group)": expected.variance["session"],
            "rho (group)": expected.variance["target"],
            "residual": expected.variance["residual"],
        }
    )
    result = fit_mixed("score ~ 1", named, ["residual", "rho"])
    assert result.variance_components["component"].tolist() == ["residual (group)", "rho (group)", "residual", "rho"]
    assert "residual (group) (Intercept)" in result.summary()


def series(slope: float, gap: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    noise = rng.standard_normal((40, 6))
    for i in range(1, 6):
        noise[:, i] = slope * noise[:, i - 1] + 0.8 * noise[:, i]
    s, i = np.indices(noise.shape)
    return pd.DataFrame({"s": s.ravel(), "at": gap * i.ravel(), "y": noise.ravel(), "g": s.ravel() % 8})


@pytest.mark.parametrize("gap", [2, 4])
def test_rho_that_would_be_less_than_it_can_be_is_said_to_lie_at_its_boundary(run, gap: int) -> None:
    code, found, said = run(series(-0.5, gap), "y ~ 1", "--groups", "g", "--series", "s", "--position", "at")
    without = fit_mixed("y ~ 1", series(-0.5, gap), ["g"])
    assert (code, found["rho"], found["boundary"]) == (0, 0.0, True)
    assert (
        "rho is estimated as zero: it lies at its boundary. All rows of a series are an even number of positions"
        in said
    )
    assert found["coefficients"][0]["df"] == pytest.approx(without.coefficients["df"][0])
    result = fit_mixed("y ~ 1", series(-0.5, gap), ["g"], "s", "at")
    assert "AR(1) rho: 0.0000 (at its boundary)" in result.summary()
    assert result.parameter_count == 4


def test_of_even_gaps_the_sign_of_rho_is_said_not_to_be_known(run) -> None:
    _, found, said = run(series(0.5, 2), "y ~ 1", "--series", "s", "--position", "at")
    assert (found["rho"] > 0.5, found["boundary"]) == (True, False)
    assert f"rho may as well be {-found['rho']:.4g}." in said
    _, _, said = run(series(0.5, 1), "y ~ 1", "--series", "s", "--position", "at")
    assert said == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("y;g\n1;a\n2;b\n", "are separated by semicolons: save it with commas"),
        ("y;x\n1,5;2\n2,5;3\n", "are separated by semicolons and its numbers have decimal commas"),
        ("y\tg\n1\ta\n2\tb\n", "are separated by tabs"),
        ('y,g\n"1,5",a\n"2,5",b\n', "Row 2, column 'y' has a decimal comma: '1,5'. Write 1.5."),
        ('y,x\n1,"1,5"\n2,"2,5"\n', "Row 2, column 'x' has a decimal comma: '1,5'. Write 1.5."),
        ("y,x\n1,5,2\n2,5,3\n", "Row 2 of"),
        ("y,x\none,1\n2,2\n", "Row 2, column 'y' is not a number: 'one'."),
        ("y,x\n1,1\n,2\n3,4\n", "'y' is empty (NaN) in 1 row, first in row 2."),
        ("y,x\n1,1\n2,NA\n3,4\n", "'x' is empty (NaN) in 1 row, first in row 2."),
        ("1,2\n3,4\n5,6\n", "holds numbers, where the names of the columns are expected"),
        ("y,x\n", "has names of columns, but no rows below them."),
        ("y,x,x\n1,2,3\n2,3,5\n4,4,4\n", "There are several columns 'x'"),
        ("", "is empty: it has no row."),
    ],
)
def test_files_that_are_not_what_they_seem_are_named(run, text: str, words: str) -> None:
    code, found, said = run(text, "y ~ x")
    assert (code, found) == (2, {})
    assert words in said
    assert "\n" not in said


def test_a_column_that_is_nearly_all_numbers_is_said_to_be_read_as_text(run, table: pd.DataFrame) -> None:
    doses = [str(i % 4) for i in range(95)] + ["high"]
    code, _, said = run(table.assign(dose=doses), "score ~ dose")
    assert (code, said) == (0, "'dose' is read as text, though most of it is numbers: row 97 holds 'high'.")
