"""Which iteration is ranked first: the test equals scipy's, and small counts get their own distribution."""

from math import factorial, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from refine.analysis.ranking import equal_chances, top_ranked
from tests.analysis.studies import frame


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12).filter(any))
def test_equal_to_scipys(counts: list[int]) -> None:
    found = equal_chances(np.array(counts))
    statistic, p = stats.chisquare(counts)
    assert (found.chi2, found.p, found.df) == pytest.approx((statistic, p, len(counts) - 1))
    assert found.rough == (sum(counts) / len(counts) < 5)
    # Agresti (2013): the squares of standardised residuals, each times 1 - 1/k, add up to the statistic.
    assert sum(r**2 for r in found.residuals) * (1 - 1 / len(counts)) == pytest.approx(found.chi2, abs=1e-9)


def test_p_of_small_counts_is_that_of_all_possible_counts() -> None:
    counts = (4, 1, 0)
    total = sum(counts)
    possible = [(a, b, total - a - b) for a in range(total + 1) for b in range(total + 1 - a)]
    chance = [factorial(total) / prod(map(factorial, c)) / 3**total for c in possible]
    exact = sum(p for c, p in zip(possible, chance, strict=True) if sum(x * x for x in c) >= sum(x * x for x in counts))
    found = equal_chances(np.array(counts))
    assert found.exact_p == pytest.approx(exact, abs=0.005)
    assert abs(found.p - exact) > 0.02
    assert "by random draws" in found.sentence


def test_sentence_reads_as_in_a_paper() -> None:
    assert equal_chances(np.array([10, 10, 40])).sentence == (
        "The counts of iterations ranked first differ from equal chances, χ²(2, N = 60) = 30.00, p < .001."
    )
    assert "do not differ significantly from equal chances, χ²(1, N = 20) = 0.20, p = .655." in (
        equal_chances(np.array([9, 11])).sentence
    )


def test_first_ranks_of_whole_trials_are_counted() -> None:
    rows = frame([[1, 2, 3], [2, 1, 3], [3, 1, 2], [1, 2]])
    assert top_ranked(rows, 3).counts == (1, 2, 0)


def test_a_shared_first_rank_counts_in_equal_parts() -> None:
    found = top_ranked(frame([[1, 1, 3], [1, 2, 3], [3, 1, 2], [1, 1, 1]]), 3)
    assert found.counts == pytest.approx((11 / 6, 11 / 6, 1 / 3))
    assert (found.shared, found.expected) == (2, pytest.approx(4 / 3))
    assert "N = 4" in found.sentence
    assert found.sentence.endswith("In 2 of them drawings of the same pixels share the first rank.")


def test_with_shared_first_ranks_the_test_keeps_its_level() -> None:
    """Under equal chances the statistic has the mean and the upper 5% of its chi-square distribution."""
    rng, k, sizes = np.random.default_rng(3), 6, [2] * 60 + [4] * 40 + [6] * 20
    drawn = np.zeros((4000, k))
    drawn += rng.multinomial(80, np.full(k, 1 / k), 4000)
    for m in sizes:
        drawn += rng.multivariate_hypergeometric(np.ones(k, dtype=int), m, 4000) / m
    found = [equal_chances(counts, sizes) for counts in drawn]
    assert np.mean([one.chi2 for one in found]) == pytest.approx(k - 1, abs=0.2)
    assert np.mean([one.p < 0.05 for one in found]) == pytest.approx(0.05, abs=0.012)


def test_exact_p_with_shared_first_ranks_is_that_of_all_possible_counts() -> None:
    """Two trials with one favourite of three, and one in which two share the first rank."""
    sole = [np.eye(3)[i] for i in range(3)]
    shared = [(np.ones(3) - one) / 2 for one in sole]
    possible = [a + b + c for a in sole for b in sole for c in shared]
    observed = sole[0] + sole[0] + shared[2]
    exact = np.mean([(c**2).sum() >= (observed**2).sum() - 1e-9 for c in possible])
    assert equal_chances(observed, [2]).exact_p == pytest.approx(exact, abs=0.005)


def test_where_every_trial_has_one_picture_all_along_there_is_no_test() -> None:
    found = top_ranked(frame([[1, 1, 1], [1, 1, 1]]), 3)
    assert (found.p, found.exact_p) == (None, None)
    assert "all drawings of each trial are the same" in found.sentence


def test_without_trials_it_says_so() -> None:
    found = top_ranked(frame([]), 4)
    assert (found.counts, found.p, found.exact_p) == ((0, 0, 0, 0), None, None)
    assert found.sentence == "No trial has been ranked yet."
