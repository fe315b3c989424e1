"""Means, contrasts, intervals, conditional modes and residuals follow from the fit as they should."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from refine.analysis.mixed import MixedModelError, MixedResult, fit_mixed
from refine.analysis.mixed.inference import holm

DATA = Path(__file__).parent / "mixed_data"
LAST = "C(iteration, Treatment(10))"


@pytest.fixture(scope="module")
def gaps() -> MixedResult:
    table = pd.read_csv(DATA / "C_unbalanced_gaps.csv")
    return fit_mixed(f"score ~ {LAST}", table, ["session", "target"], "trial", "iteration")


@pytest.fixture(scope="module")
def arms() -> MixedResult:
    table = pd.read_csv(DATA / "E_rho0_2000_condition.csv")
    return fit_mixed(f"score ~ {LAST} * condition", table, ["session", "target"], "trial", "iteration")


def test_contrasts_with_the_reference_are_the_coefficients(gaps: MixedResult) -> None:
    found, coefficients = gaps.contrasts("iteration", 10), gaps.coefficients.iloc[1:]
    assert list(found["contrast"]) == [f"{k} - 10" for k in range(1, 10)]
    for column in ("estimate", "se", "df", "t", "p", "lower", "upper"):
        assert np.allclose(found[column], coefficients[column], rtol=1e-9)
    assert np.allclose(found["p_holm"], holm(found["p"].to_numpy()))


def test_holm() -> None:
    # Holm (1979): the smallest p times 4, the next times 3, never decreasing, at most 1.
    assert np.allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    assert np.allclose(holm(np.array([0.5, 0.9])), [1, 1])


def test_marginal_means(gaps: MixedResult, arms: MixedResult) -> None:
    means = gaps.means("iteration")
    intercept = gaps.coefficients.iloc[0]
    last = means[means["iteration"] == 10].iloc[0]
    assert last[["estimate", "se", "df"]].tolist() == pytest.approx(intercept[["estimate", "se", "df"]].tolist())
    # Equal weights over the other factor, whatever the numbers of rows.
    cells = arms.means("iteration", "condition")
    assert len(cells) == 20
    averaged = cells.groupby("condition")["estimate"].mean()
    assert np.allclose(arms.means("condition")["estimate"], averaged)
    balanced = arms.model.data.groupby("condition")["score"].mean()
    difference = arms.contrasts("condition", "no")
    assert difference["estimate"][0] == pytest.approx(averaged["yes"] - averaged["no"])
    assert abs(difference["estimate"][0] - (balanced["yes"] - balanced["no"])) < 0.02
    # One contrast squared is the type III test of a factor with two levels.
    assert difference["t"][0] ** 2 == pytest.approx(arms.tests["F"][1])
    assert difference["df"][0] == pytest.approx(arms.tests["dendf"][1])


def test_contrasts_within_levels(arms: MixedResult) -> None:
    found = arms.contrasts("condition", "no", by=["iteration"])
    assert list(found["iteration"]) == list(range(1, 11))
    assert (found["p_holm"] >= found["p"]).all()
    names = ["condition[T.yes]", f"{LAST}[T.3]:condition[T.yes]"]
    at_three = arms.contrast(dict.fromkeys(names, 1.0)).iloc[0]
    row = found[found["iteration"] == 3].iloc[0]
    assert row[["estimate", "se", "df", "p"]].tolist() == pytest.approx(
        at_three[["estimate", "se", "df", "p"]].tolist()
    )


def test_any_joint_test(gaps: MixedResult) -> None:
    rows = np.eye(10)[1:]
    joint, table = gaps.f_test(rows), gaps.tests.iloc[0]
    assert (joint.f, joint.numdf, joint.dendf) == pytest.approx((table["F"], table["numdf"], table["dendf"]))
    # A row said twice counts once.
    twice = gaps.f_test(np.vstack([rows, rows[:1]]))
    assert (twice.f, twice.numdf) == pytest.approx((joint.f, 9))
    single = gaps.f_test(rows[:1])
    assert single.f == pytest.approx(gaps.coefficients["t"][1] ** 2)


def test_a_covariate_in_type_three_tests() -> None:
    table = pd.read_csv(DATA / "T_tiny_96.csv")
    table["x"] = np.sin(np.arange(96.0))
    sums = fit_mixed("score ~ C(iteration, Sum) * x", table, ["session", "target"], "trial", "iteration")
    plain = fit_mixed("score ~ C(iteration) * x", table, ["session", "target"], "trial", "iteration")
    # With sum-to-zero coding the coefficients of a term are its type III hypothesis as they stand.
    for k, rows in enumerate([slice(1, 4), slice(4, 5), slice(5, 8)]):
        expected = sums.f_test(np.eye(8)[rows])
        assert plain.tests["F"][k] == pytest.approx(expected.f, rel=1e-8)
        assert sums.tests["F"][k] == pytest.approx(expected.f, rel=1e-8)


def test_intervals(gaps: MixedResult) -> None:
    row = gaps.coefficients.iloc[3]
    half = stats.t.ppf(0.975, row["df"]) * row["se"]
    assert (row["lower"], row["upper"]) == pytest.approx((row["estimate"] - half, row["estimate"] + half))
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(row["t"]), row["df"]))
    parts = gaps.variance_components.set_index("component")
    assert list(parts.index) == ["session", "target", "residual", "rho"]
    assert ((parts["lower"] < parts["estimate"]) & (parts["estimate"] < parts["upper"])).all()
    session = parts.loc["session"]
    assert np.log(session["upper"] / session["estimate"]) == pytest.approx(
        1.959963984540054 * session["se"] / session["estimate"]
    )
    rho = parts.loc["rho"]
    assert np.arctanh(rho["upper"]) - np.arctanh(rho["estimate"]) == pytest.approx(
        1.959963984540054 * rho["se"] / (1 - rho["estimate"] ** 2)
    )


def test_information_criteria(gaps: MixedResult) -> None:
    assert gaps.aic == pytest.approx(-2 * gaps.loglik + 2 * 14)
    assert gaps.bic == pytest.approx(-2 * gaps.loglik + 14 * np.log(1579))


def test_modes_and_residuals() -> None:
    table = pd.read_csv(DATA / "T_tiny_96.csv").sample(frac=1, random_state=3)
    result = fit_mixed("score ~ C(iteration)", table, ["session", "target"], "trial", "iteration")
    y, x, b = result.model.design.y, result.model.design.x, result.fixed.b
    z = {name: pd.get_dummies(table[name]).astype(float) for name in ("session", "target")}
    place = table["iteration"].to_numpy(float)
    same = np.equal.outer(*[table["trial"].to_numpy()] * 2)
    r = np.where(same, result.rho ** np.abs(np.subtract.outer(place, place)), 0)
    v = result.variance
    full = v["residual"] * r + sum(v[name] * part.to_numpy() @ part.to_numpy().T for name, part in z.items())
    weighted = np.linalg.solve(full, y - x @ b)
    for name, part in z.items():
        expected = pd.Series(v[name] * part.to_numpy().T @ weighted, part.columns)
        assert np.allclose(result.modes[name].loc[expected.index], expected, atol=1e-9)
    residuals = result.residuals()
    assert residuals.index.equals(table.index)
    assert np.allclose(residuals + result.fitted, y)
    assert np.allclose(residuals, v["residual"] * r @ weighted, atol=1e-9)
    white = result.residuals("normalized")
    assert white @ white == pytest.approx(residuals @ np.linalg.solve(r, residuals) / v["residual"])
    with pytest.raises(MixedModelError, match="'normalized'"):
        result.residuals("pearson")


def test_questions_that_cannot_be_answered(gaps: MixedResult) -> None:
    with pytest.raises(MixedModelError, match="no level 11"):
        gaps.contrasts("iteration", 11)
    with pytest.raises(MixedModelError, match=r"not a categorical predictor.*iteration"):
        gaps.means("session")
    with pytest.raises(MixedModelError, match="No coefficient 'slope'"):
        gaps.contrast({"slope": 1.0})
    with pytest.raises(MixedModelError, match="needs 10 weights"):
        gaps.contrast([1.0, 2.0])
    with pytest.raises(MixedModelError, match="no term 'arm'"):
        gaps.apa("arm")


def test_summary_and_sentence(gaps: MixedResult) -> None:
    text = gaps.summary()
    for line in (
        "Linear mixed model fit by REML. t-tests use Satterthwaite's method",
        "Residuals: AR(1) within trial by iteration",
        "REML criterion at convergence: -3164.9",
        "Number of obs: 1579, groups:  session, 20; target, 100",
    ):
        assert line in text
    assert "rho taken as known" in gaps.taking_rho_as_known().summary()
    sentence = gaps.apa()
    assert "F(9, 927.64) = 46.48, p < .001" in sentence
    assert "(\u03c1 = -.24)" in sentence


def test_a_warm_start_leads_to_the_same_place(gaps: MixedResult) -> None:
    table = gaps.model.data.iloc[:1400]
    cold = fit_mixed(f"score ~ {LAST}", table, ["session", "target"], "trial", "iteration")
    warm = fit_mixed(f"score ~ {LAST}", table, ["session", "target"], "trial", "iteration", start=gaps)
    assert warm.loglik == pytest.approx(cold.loglik, abs=1e-9)
    assert warm.variance == pytest.approx(cold.variance, rel=1e-7)
