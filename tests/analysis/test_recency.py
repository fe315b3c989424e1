"""Late is liked, or late is better: the fit tells them apart, and says so where it cannot."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from refine.analysis.recency import recency
from refine.analysis.simulate import simulate
from tests.analysis.studies import COSINE, DISTANCE, METRICS, chosen_by_chance, frame


def study(trials: int, score_effect: float, position_effect: float, seed: int, length: int = 6) -> pd.DataFrame:
    """Scores grow over the iterations; choices follow exactly the model that is fitted."""
    scores = np.random.default_rng(seed).standard_normal((trials, length)) + 0.3 * np.arange(length)
    standard = (scores - scores.mean()) / scores.std(ddof=1)
    utility = score_effect * standard + position_effect * np.arange(length)
    return frame(chosen_by_chance(utility, seed + 1).tolist(), scores.tolist())


def test_equal_to_a_plain_likelihood() -> None:
    rows = study(60, 1.0, 0.2, seed=4)
    score = rows["cosine"].to_numpy().reshape(60, 6)
    score = (score - score.mean()) / score.std(ddof=1)
    favourite = rows["rank"].to_numpy().reshape(60, 6) == 1

    def minus_loglik(effects: np.ndarray) -> float:
        utility = effects[0] * score + effects[1] * np.arange(6)
        return float((np.log(np.exp(utility).sum(axis=1)) - utility[favourite]).sum())

    best = minimize(minus_loglik, np.zeros(2), method="BFGS", options={"gtol": 1e-8})
    without = minimize(lambda effect: minus_loglik(np.append(effect, 0.0)), np.zeros(1), method="BFGS")
    found = recency(rows, [COSINE])
    assert [effect.estimate for effect in found.effects] == pytest.approx(best.x.tolist(), abs=1e-5)
    step = 1e-3 * np.eye(2)
    information = [
        [
            sum(a * b * minus_loglik(best.x + a * step[i] + b * step[j]) for a in (-1, 1) for b in (-1, 1)) / 4e-6
            for j in range(2)
        ]
        for i in range(2)
    ]
    se = np.sqrt(np.diag(np.linalg.inv(information)))
    assert [effect.se for effect in found.effects] == pytest.approx(se.tolist(), rel=1e-4)
    assert found.chi2 == pytest.approx(2 * (without.fun - best.fun), abs=1e-6)


def test_drawings_that_share_the_first_rank_are_the_favourite_in_equal_parts() -> None:
    rows = study(60, 1.0, 0.2, seed=4)
    ranks, scores = rows["rank"].to_numpy(copy=True).reshape(60, 6), rows["cosine"].to_numpy(copy=True).reshape(60, 6)
    for trial in range(15):  # the best two are the same picture
        ranks[trial][ranks[trial] == 2] = 1
        scores[trial][ranks[trial] == 1] = scores[trial].max()
    ranks[15], scores[15] = 1, 0.0  # one picture all along: it tells nothing
    rows = frame(ranks.tolist(), scores.tolist())
    score = (scores - scores.mean()) / scores.std(ddof=1)
    part = (ranks == 1) / (ranks == 1).sum(axis=1, keepdims=True)

    def minus_loglik(effects: np.ndarray) -> float:
        utility = (effects[0] * score + effects[1] * np.arange(6))[np.arange(60) != 15]
        return float((np.log(np.exp(utility).sum(axis=1)) - (utility * part[np.arange(60) != 15]).sum(axis=1)).sum())

    best = minimize(minus_loglik, np.zeros(2), method="BFGS", options={"gtol": 1e-8})
    found = recency(rows, [COSINE])
    assert found.trials == 59
    assert [effect.estimate for effect in found.effects] == pytest.approx(best.x.tolist(), abs=1e-5)


def test_intervals_cover_the_truth_and_the_test_keeps_its_level() -> None:
    covered, rejected = 0, 0
    for seed in range(0, 400, 2):
        found = recency(study(80, 1.0, 0.0, seed), [COSINE])
        covered += found.position.lower < 0 < found.position.upper
        rejected += found.p < 0.05
    assert 180 <= covered <= 198
    assert 2 <= rejected <= 20


def test_late_is_better_is_not_taken_for_late_is_liked() -> None:
    better = simulate([COSINE], sessions=1500, gain=1.5, plateau=10, metric_noise=0, recency=0, seed=7)
    found = recency(better, [COSINE])
    assert found.position.lower < 0 < found.position.upper
    liked = simulate([COSINE], sessions=1500, gain=1.5, plateau=10, metric_noise=0, recency=0.6, seed=7)
    found = recency(liked, [COSINE])
    assert found.p < 1e-6
    assert found.position.odds > 1.1
    assert found.sentence.startswith("At equal scores, each later iteration multiplies the odds")


def test_a_metric_and_its_mirror_image_give_the_same_effect() -> None:
    rows = study(200, 1.0, 0.1, seed=3).assign(distance=lambda r: 5 - r["cosine"])
    assert recency(rows, [COSINE]).effects[0].estimate == pytest.approx(recency(rows, [DISTANCE]).effects[0].estimate)


def test_trials_with_a_missing_score_are_left_out() -> None:
    rows = study(50, 1.0, 0.1, seed=9)
    damaged = rows.copy()
    damaged.loc[0, "cosine"] = np.nan
    assert recency(damaged, [COSINE]) == recency(rows[rows["trial"] != "t0"], [COSINE])


def test_where_there_is_no_fit_it_says_why() -> None:
    rows = simulate(METRICS, sessions=60, seed=2)
    assert recency(rows.head(0), METRICS).undefined == "undefined, because there are no trials"
    assert recency(rows.assign(bits=9), METRICS).undefined == "undefined, because bits does not vary within trials"
    twice = recency(rows.assign(cosine=2 - rows["distance"]), METRICS)
    assert twice.undefined == "undefined, because cosine can be computed from the other explanations"
    clever = recency(rows.assign(cosine=-rows["rank"]), METRICS)
    assert "pick the favourite without any mistake" in clever.undefined
    assert "is undefined, because" in clever.sentence
    assert clever.position is None
