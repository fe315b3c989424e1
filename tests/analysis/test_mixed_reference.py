"""The mixed model agrees with R and with 50-digit arithmetic on the reference data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from refine.analysis.mixed import MixedResult, fit_mixed

DATA = Path(__file__).parent / "mixed_data"
FITS = json.loads((DATA / "fits.json").read_text())
TABLES = {name.name[0]: pd.read_csv(name) for name in DATA.glob("*.csv")}
LAST = {"A": 10, "C": 10, "E": 10, "T": 4}
CROSSED = ["session", "target"]


def fit(name: str, groups: list[str], more: str = "", **options: object) -> MixedResult:
    formula = f"score ~ C(iteration, Treatment({LAST[name]})){more}"
    return fit_mixed(formula, TABLES[name], groups, "trial", "iteration", **options)


CASES = {
    **{f"{name}_full": (name, CROSSED, {}) for name in "ACET"},
    **{f"{name}_rho0": (name, CROSSED, {"rho": 0}) for name in "ACET"},
    **{f"{name}_trialint_ar1": (name, ["trial"], {}) for name in "AC"},
    **{f"{name}_gls_ar1": (name, [], {}) for name in "AC"},
    "A_nested_ar1": ("A", ["session", "session:target"], {}),
}


@pytest.mark.parametrize("case", CASES)
def test_it_agrees_with_dense_reml(case: str) -> None:
    name, groups, options = CASES[case]
    result, expected = fit(name, groups, **options), FITS[case]
    assert result.converged
    assert result.loglik == pytest.approx(expected["loglik"], abs=1e-7, rel=0)
    assert result.variance == pytest.approx(expected["variance"], rel=1e-5)
    assert result.rho == pytest.approx(expected["rho"], abs=1e-6)
    found = result.coefficients
    assert np.allclose(found["estimate"], expected["beta"], atol=1e-9, rtol=0)
    assert np.allclose(found["se"], expected["se"], atol=0, rtol=1e-6)
    assert np.allclose(found["df"], expected["df"], atol=0, rtol=1e-5)
    test, wanted = result.tests.iloc[0], expected["tests"]["iteration"]
    assert test["F"] == pytest.approx(wanted["F"], rel=1e-6)
    assert test["dendf"] == pytest.approx(wanted["dendf"], rel=1e-5)
    assert test["p"] == pytest.approx(wanted["p"], rel=1e-4)
    spread = result.variance_components.set_index("component")["se"]
    for component, value in expected["se_variance"].items():
        assert spread[component] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("name", ["A", "C", "E", "T"])
def test_rho_taken_as_known(name: str) -> None:
    expected = FITS[f"{name}_full"]
    result = fit(name, CROSSED).taking_rho_as_known()
    assert result.tests["dendf"][0] == pytest.approx(expected["dendf_rho_known"], rel=1e-5)
    assert result.tests["F"][0] == pytest.approx(expected["tests"]["iteration"]["F"], rel=1e-6)


def test_it_agrees_with_fifty_digits() -> None:
    result, expected = fit("T", CROSSED), FITS["T_mpmath"]
    theta = [*result.variance.values(), result.rho]
    assert np.allclose(theta, expected["theta"], atol=0, rtol=1e-9)
    assert result.loglik == pytest.approx(expected["loglik"], rel=1e-11)
    found = result.coefficients
    assert np.allclose(found["estimate"], expected["beta"], atol=1e-12, rtol=0)
    assert np.allclose(found["se"], expected["se"], atol=0, rtol=1e-9)
    assert np.allclose(found["df"], expected["df"], atol=0, rtol=1e-9)
    test = result.tests.iloc[0]
    assert [test["F"], test["dendf"], test["p"]] == pytest.approx(
        [expected["F"], expected["dendf"], expected["p"]], rel=1e-9
    )


@pytest.mark.parametrize("name", ["A", "C", "E", "T"])
@pytest.mark.parametrize("engine", ["nlme", "glmmTMB"])
def test_it_agrees_with_r(engine: str, name: str) -> None:
    result, expected = fit(name, CROSSED), FITS[engine][name]
    assert result.loglik == pytest.approx(expected["loglik"], abs=2e-5)
    assert np.allclose(result.coefficients["estimate"], expected["beta"], atol=1e-6)
    assert result.variance == pytest.approx(expected["variance"], rel=1e-4)
    assert result.rho == pytest.approx(expected["rho"], abs=1e-5)


@pytest.mark.parametrize("name", ["A", "C", "E", "T"])
def test_it_agrees_with_lmertest(name: str) -> None:
    result, expected = fit(name, CROSSED, rho=0), FITS["lmerTest"][name]
    assert result.loglik == pytest.approx(expected["loglik"], abs=1e-6)
    assert result.tests["F"][0] == pytest.approx(expected["F"], rel=1e-6)
    assert result.tests["dendf"][0] == pytest.approx(expected["dendf"], rel=1e-5)
    assert np.allclose(result.coefficients["df"], expected["df"], rtol=1e-5)


@pytest.mark.parametrize(("case", "options"), [("E_condition_full", {}), ("E_condition_rho0", {"rho": 0})])
def test_type_three_tests_with_an_interaction(case: str, options: dict[str, int]) -> None:
    result, expected = fit("E", CROSSED, "*condition", **options), FITS[case]
    assert result.loglik == pytest.approx(expected["loglik"], abs=1e-7, rel=0)
    assert result.variance == pytest.approx(expected["variance"], rel=1e-5)
    found = result.tests
    assert list(found["numdf"]) == [9, 1, 9]
    for row, term in zip(found.itertuples(), ["iteration", "condition", "interaction"], strict=True):
        wanted = expected["tests"][term]
        assert pytest.approx(wanted["F"], rel=1e-6) == row.F
        assert row.dendf == pytest.approx(wanted["dendf"], rel=1e-5)
        assert row.p == pytest.approx(wanted["p"], rel=1e-4)


def test_gaps_matter() -> None:
    table = TABLES["C"].sort_values(["trial", "iteration"])
    counted = table.assign(place=table.groupby("trial").cumcount())
    formula = "score ~ C(iteration, Treatment(10))"
    wrong = fit_mixed(formula, counted, CROSSED, "trial", "place")
    expected = FITS["C_ignoring_gaps"]["own"]
    assert wrong.loglik == pytest.approx(expected["reml_logLik"], abs=1e-7)
    assert wrong.rho == pytest.approx(expected["varcomp"]["rho"], abs=1e-6)
    assert abs(wrong.rho - fit("C", CROSSED).rho) > 0.02
