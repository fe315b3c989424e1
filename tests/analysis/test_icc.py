"""The six coefficients equal R's, and say so in words where they have no value."""

import json
from dataclasses import asdict, astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from refine.analysis.icc import icc, icc_of_tables, mean_squares
from refine.analysis.icc.coefficients import FORMS

DATA = Path(__file__).parent / "icc_data"
REFERENCE = json.loads((DATA / "icc_reference.json").read_text())
del REFERENCE["naming"]
POOLED = pd.read_csv(DATA / "pooled_ranks_1500_noties.csv")[["human", "metric"]].to_numpy(float)
R_NAMES = {"value": "ICC", "F": "F", "df1": "df1", "df2": "df2", "p": "p", "lower": "lower95", "upper": "upper95"}

TABLES = st.tuples(st.integers(3, 12), st.integers(2, 5)).flatmap(
    lambda shape: arrays(float, shape, elements=st.integers(0, 40).map(float))
)


def table(name: str) -> np.ndarray:
    ratings = REFERENCE[name].get("ratings")
    return POOLED if ratings is None else np.array(ratings, dtype=float)


@pytest.mark.parametrize("name", REFERENCE)
def test_equal_to_psych(name: str) -> None:
    found = asdict(icc(table(name)))
    for row in REFERENCE[name]["psych_ICC_lmer_FALSE_anova"]:
        for ours, theirs in R_NAMES.items():
            if name == "ranks_10x2_perfect" and ours == "F":
                assert found[row["type"]]["F"] == np.inf
            elif (name, row["type"], ours) == ("negative_5x2", "ICC2k", "upper"):
                # psych's upper end, -1.62, lies below its lower one, 5.11, and both on one side of the value.
                assert found["ICC2k"]["upper"] == np.inf
            else:
                assert found[row["type"]][ours] == pytest.approx(row[theirs], rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", REFERENCE)
def test_mean_squares(name: str) -> None:
    assert astuple(mean_squares(table(name))) == pytest.approx(
        list(REFERENCE[name]["mean_squares"].values()), abs=1e-12
    )


def test_pooled_ranks_bring_nine_degrees_of_freedom_a_trial() -> None:
    found = icc(POOLED, error_df=1350)
    expected = REFERENCE["pooled_ranks_1500_noties"]["icc3_ci_with_1350_df"]
    assert [found.ICC3.F, found.ICC3.lower, found.ICC3.upper] == pytest.approx(list(expected.values()), abs=1e-10)
    assert found.ICC3.value == icc(POOLED).ICC3.value
    for one in asdict(found).values():
        assert (one["df1"], one["df2"]) == (1350, 1350)


def test_interval_of_ranks_covers_only_with_the_right_degrees_of_freedom() -> None:
    """Ranks that have nothing to do with each other: 0 must lie in 95% of the intervals."""
    rng = np.random.default_rng(1)
    studies, trials, length = 4000, 20, 5
    ranks = rng.permuted(np.broadcast_to(np.arange(5.0), (studies, 2, trials, length)), axis=3)
    tables = ranks.reshape(studies, 2, trials * length).swapaxes(1, 2)

    def coverage(error_df: float | None) -> float:
        found = icc_of_tables(tables, error_df)["ICC3"]
        return float(np.mean((found.lower < 0) & (found.upper > 0)))

    assert coverage(trials * (length - 1)) == pytest.approx(0.95, abs=0.01)
    assert coverage(None) < 0.93


def test_many_tables_at_once_equal_one_by_one() -> None:
    rng = np.random.default_rng(0)
    tables = rng.integers(0, 4, (200, 4, 3)).astype(float)
    tables[0], tables[1] = 1.0, [0.0, 1.0, 2.0]
    found = icc_of_tables(tables)
    for i, one in enumerate(tables):
        for form, alone in asdict(icc(one)).items():
            assert {name: getattr(found[form], name)[i] for name in alone} == alone


@given(TABLES)
def test_never_not_a_number(ratings: np.ndarray) -> None:
    for form in FORMS:
        one = asdict(icc(ratings))[form]
        if one["undefined"]:
            assert one["undefined"].startswith("undefined, because ")
        else:
            assert not any(np.isnan(one[name]) for name in R_NAMES)


@given(TABLES)
def test_an_interval_has_its_ends_in_order_and_the_value_between_them(ratings: np.ndarray) -> None:
    for form in FORMS:
        one = getattr(icc(ratings), form)
        if not one.undefined:
            rounding = 1e-9 * max(1.0, abs(one.value))
            assert one.lower - rounding <= one.value <= one.upper + rounding


@given(TABLES, st.integers(-50, 50), st.integers(1, 9))
def test_moving_and_stretching_all_ratings_changes_nothing(ratings: np.ndarray, shift: int, factor: int) -> None:
    for form, one in asdict(icc(ratings)).items():
        other = asdict(icc(factor * ratings + shift))[form]
        assert other["undefined"] == one["undefined"]
        assert other["value"] == pytest.approx(one["value"], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e154, 1e307])
def test_numbers_may_be_as_small_or_large_as_they_come(size: float) -> None:
    ratings = np.array(REFERENCE["shrout_fleiss_1979"]["ratings"], dtype=float)
    expected = icc(ratings)
    with np.errstate(over="raise", invalid="raise"):
        found = icc(size * ratings)
    for form in FORMS:
        assert astuple(getattr(found, form))[:-1] == pytest.approx(astuple(getattr(expected, form))[:-1], rel=1e-9)


@given(TABLES, st.lists(st.integers(-50, 50), min_size=5, max_size=5))
def test_consistency_ignores_how_strict_a_rater_is(ratings: np.ndarray, shifts: list[int]) -> None:
    moved = ratings + np.array(shifts[: ratings.shape[1]])
    one, other = icc(ratings).ICC3, icc(moved).ICC3
    # A constant table becomes one in which only raters differ: the reason changes, not that there is one.
    assert bool(one.undefined) == bool(other.undefined)
    assert (other.value, other.lower, other.upper) == pytest.approx(
        (one.value, one.lower, one.upper), rel=1e-6, abs=1e-6
    )


@given(TABLES, st.randoms(use_true_random=False))
def test_order_of_subjects_and_raters_does_not_matter(ratings: np.ndarray, random) -> None:
    subjects, raters = list(range(ratings.shape[0])), list(range(ratings.shape[1]))
    random.shuffle(subjects)
    random.shuffle(raters)
    for form, one in asdict(icc(ratings)).items():
        other = asdict(icc(ratings[np.ix_(subjects, raters)]))[form]
        assert other["undefined"] == one["undefined"]
        assert other["value"] == pytest.approx(one["value"], rel=1e-6, abs=1e-6)


@given(st.permutations(range(1, 11)))
def test_of_two_rankings_it_is_spearmans_correlation(order: list[int]) -> None:
    ranks = np.column_stack([np.arange(1, 11), order]).astype(float)
    assert icc(ranks).ICC3.value == pytest.approx(stats.spearmanr(*ranks.T).statistic, abs=1e-12)


@given(TABLES)
def test_one_way_test_is_that_of_analysis_of_variance(ratings: np.ndarray) -> None:
    found = icc(ratings).ICC1
    if not found.undefined and np.isfinite(found.F):
        F, p = stats.f_oneway(*ratings)
        assert (found.F, found.p) == pytest.approx((F, p), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("ratings", "form", "why"),
    [
        (np.empty((0, 2)), "ICC1", "there are no subjects"),
        ([[1, 2]], "ICC3", "there is only one subject"),
        ([[3, 3], [3, 3]], "ICC1", "all ratings are equal"),
        ([[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]], "ICC3k", "all ratings are equal"),
        ([[1, 2], [1, 2]], "ICC2", "no rater tells one subject from another"),
        ([[1, 2], [2, 1]], "ICC3k", "the means of all subjects are equal"),
        ([[1, 2], [2, 1]], "ICC2", "its parts of variance cancel out"),
    ],
)
def test_undefined_says_why(ratings: object, form: str, why: str) -> None:
    found = getattr(icc(ratings), form)
    assert found.undefined == f"undefined, because {why}"
    assert set(astuple(found)[:-1]) == {0.0}


def test_raters_that_differ_by_a_constant_agree_perfectly_in_order_only() -> None:
    found = icc([[1, 2], [2, 3], [3, 4]])
    assert (found.ICC3.value, found.ICC3.F, found.ICC3.lower) == (1.0, np.inf, 1.0)
    assert found.ICC2.value == pytest.approx(2 / 3)
    assert 0 < found.ICC2.lower < 2 / 3 < found.ICC2.upper < 1


def test_bad_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="at least two columns"):
        icc([[1], [2]])
    with pytest.raises(ValueError, match="Row 2, column 1 of the ratings is not a finite number"):
        icc([[1, 2], [np.nan, 3]])
    with pytest.raises(ValueError, match="must be positive, not 0"):
        icc([[1, 2], [2, 3]], error_df=0)
