"""The Plackett-Luce fit: closed forms, an independent likelihood, known truths, and when there is no fit."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from refine.analysis.plackett_luce import plackett_luce
from tests.analysis.studies import chosen_by_chance, frame

TRUTH = np.array([-0.9, -0.1, 0.2, 0.8])


def test_two_items_are_a_binomial() -> None:
    """30 of 40 prefer the first: log odds log 3 with standard error sqrt(1/30 + 1/10)."""
    found = plackett_luce(frame([[1, 2]] * 30 + [[2, 1]] * 10), 2)
    first, second = found.worths
    assert first.log_worth - second.log_worth == pytest.approx(np.log(3))
    assert 2 * first.se == pytest.approx(np.sqrt(1 / 30 + 1 / 10))
    assert first.share == pytest.approx(0.75)
    half = 1.959963984540054 * np.sqrt(1 / 30 + 1 / 10)
    assert (first.share_lower, first.share_upper) == pytest.approx(tuple(expit(np.log(3) + np.array([-half, half]))))
    assert found.chi2 == pytest.approx(2 * (30 * np.log(0.75) + 10 * np.log(0.25) - 40 * np.log(0.5)))


def test_equal_to_a_plain_likelihood_with_trials_of_different_lengths() -> None:
    ranks = chosen_by_chance(np.tile(TRUTH, (25, 1)), seed=2).tolist()
    ranks += chosen_by_chance(np.tile(TRUTH[:3], (15, 1)), seed=3).tolist()

    def minus_loglik(free: np.ndarray) -> float:
        worth, total = np.append(free, -free.sum()), 0.0
        for trial in ranks:
            order = np.argsort(trial)
            total += sum(worth[order[i]] - np.log(np.exp(worth[order[i:]]).sum()) for i in range(len(order) - 1))
        return -total

    best = minimize(minus_loglik, np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    found = plackett_luce(frame(ranks), 4)
    assert found.loglik == pytest.approx(-best.fun, abs=1e-8)
    assert [w.log_worth for w in found.worths[:3]] == pytest.approx(best.x.tolist(), abs=1e-5)


def test_a_tie_of_two_items_is_a_victory_of_each() -> None:
    found = plackett_luce(frame([[1, 2]] * 20 + [[2, 1]] * 5 + [[1, 1]] * 5), 2)
    first, second = found.worths
    assert first.log_worth - second.log_worth == pytest.approx(np.log(25 / 10))
    alike = plackett_luce(frame([[1, 1]] * 5), 2)
    assert alike.worths[0].share == pytest.approx(0.5)


def test_ties_are_equal_to_efrons_likelihood_written_out() -> None:
    untied = chosen_by_chance(np.tile(TRUTH, (12, 1)), seed=5).tolist()
    tied = [[1, 2, 2, 4], [3, 3, 1, 2], [1, 1, 1, 4], [2, 1, 2, 2], [4, 1, 3, 1], [1, 1, 1, 1]]

    def minus_loglik(free: np.ndarray) -> float:
        worth, total = np.exp(np.append(free, -free.sum())), 0.0
        for trial in map(np.array, untied + tied):
            for rank in np.unique(trial):
                of, left = worth[trial == rank], worth[trial >= rank].sum()
                total += np.log(of).sum()
                total -= sum(np.log(left - gone / len(of) * of.sum()) for gone in range(len(of)))
        return -float(total)

    best = minimize(minus_loglik, np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    found = plackett_luce(frame(untied + tied), 4)
    assert found.loglik == pytest.approx(-best.fun, abs=1e-8)
    assert [w.log_worth for w in found.worths[:3]] == pytest.approx(best.x.tolist(), abs=1e-5)


def test_the_numbers_of_tied_iterations_do_not_matter() -> None:
    ranks = [[1, 2, 2, 4], [3, 1, 4, 2], [4, 3, 1, 1], [2, 4, 3, 1], [3, 3, 1, 2]]
    turned = [list(reversed(trial)) for trial in ranks]
    shares = [worth.share for worth in plackett_luce(frame(ranks), 4).worths]
    assert [worth.share for worth in plackett_luce(frame(turned), 4).worths] == pytest.approx(shares[::-1])


def test_intervals_cover_the_truth() -> None:
    covered = np.zeros(4)
    for seed in range(200):
        worths = plackett_luce(frame(chosen_by_chance(np.tile(TRUTH, (40, 1)), seed).tolist()), 4).worths
        covered += [w.lower < truth < w.upper for w, truth in zip(worths, TRUTH, strict=True)]
    assert (covered >= 182).all() and (covered <= 198).all()


def test_shares_add_up_and_follow_the_truth() -> None:
    found = plackett_luce(frame(chosen_by_chance(np.tile(TRUTH, (3000, 1)), seed=1).tolist()), 4)
    shares = [worth.share for worth in found.worths]
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx((np.exp(TRUTH) / np.exp(TRUTH).sum()).tolist(), abs=0.02)
    assert found.p < 1e-10


@pytest.mark.parametrize(
    ("ranks", "why"),
    [
        ([], "there are no trials"),
        ([[1]], "there are no trials"),
        ([[1, 2, 3], [1, 3, 2]], "no ranking so far puts another iteration before iteration 1"),
        ([[1, 2, 3], [2, 1, 3]], "no ranking so far puts another iteration before iteration 1, 2"),
    ],
)
def test_without_a_maximum_it_says_why(ranks: list[list[int]], why: str) -> None:
    found = plackett_luce(frame(ranks), 3)
    assert found.undefined == f"undefined, because {why}"
    assert found.worths == ()
