"""Agreement of metrics with people equals R's and scipy's, whatever the order of the rows, ties and lengths."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from refine.analysis.agreement import Agreement, agreements
from refine.analysis.icc import icc
from refine.analysis.simulate import simulate
from refine.metrics import MetricInfo, Simulated
from tests.analysis.studies import COSINE, METRICS, frame

DATA = Path(__file__).parent / "icc_data"
POOLED = json.loads((DATA / "icc_reference.json").read_text())["pooled_ranks_1500_noties"]

TRIALS = st.lists(
    st.integers(2, 7).flatmap(
        lambda m: st.tuples(
            st.permutations(list(range(1, m + 1))),
            st.lists(st.integers(0, 4).map(lambda x: x / 4), min_size=m, max_size=m),
        )
    ),
    min_size=2,
    max_size=6,
)


def agreement(rows: pd.DataFrame, metric: MetricInfo = COSINE) -> Agreement:
    return agreements(rows, [metric])[0]


def rows_of(trials: list[tuple[list[int], list[float]]]) -> pd.DataFrame:
    return frame([ranks for ranks, _ in trials], [scores for _, scores in trials])


def test_equal_to_r_on_pooled_ranks() -> None:
    rows = pd.read_csv(DATA / "pooled_ranks_1500_noties.csv").rename(columns={"image": "iteration", "human": "rank"})
    found = agreement(rows, MetricInfo("metric", "Metric", -1, 1.0, 10.0, "", simulated=Simulated(5.0, 1.0)))
    by_form = {row["type"]: row["ICC"] for row in POOLED["psych_ICC_lmer_FALSE_anova"]}
    assert {form: one["value"] for form, one in asdict(found.icc).items()} == pytest.approx(by_form, abs=1e-10)
    interval = POOLED["icc3_ci_with_1350_df"]
    assert (found.icc.ICC3.lower, found.icc.ICC3.upper) == pytest.approx(
        (interval["lower"], interval["upper"]), abs=1e-10
    )
    assert found.spearman == pytest.approx(POOLED["mean_within_trial_spearman"], abs=1e-12)
    # Two bootstraps of 1,000 and 2,000 draws differ by chance.
    bootstrap = found.bootstrap.ICC3.lower, found.bootstrap.ICC3.upper
    assert bootstrap == pytest.approx(POOLED["icc3_cluster_bootstrap_ci_2000"], abs=0.008)
    assert found.band == "moderate"


def test_drawings_that_people_tied_get_the_mean_of_their_ranks() -> None:
    tied = [
        ([1, 2, 2, 4], [0.9, 0.5, 0.5, 0.1]),
        ([3, 1, 1, 4], [0.2, 0.3, 0.3, 0.1]),
        ([1, 1, 1, 4], [0.6, 0.6, 0.6, 0.7]),
    ]
    means = [([1, 2.5, 2.5, 4], None), ([3, 1.5, 1.5, 4], None), ([2, 2, 2, 4], None)]
    by_hand = rows_of([(ranks, scores) for (ranks, _), (_, scores) in zip(means, tied, strict=True)])
    assert agreement(rows_of(tied)) == agreement(by_hand)
    assert agreement(rows_of(tied[:2])).icc.ICC3.value == pytest.approx(1)
    assert agreement(rows_of(tied[:2])).top == 1


@given(TRIALS)
def test_correlations_are_means_of_scipys(trials: list[tuple[list[int], list[float]]]) -> None:
    found = agreement(rows_of(trials))
    distinct = [(ranks, scores) for ranks, scores in trials if len(set(scores)) > 1]
    if not distinct:
        assert (found.spearman, found.kendall) == (None, None)
        return
    spearman = np.mean([stats.spearmanr(ranks, np.negative(scores)).statistic for ranks, scores in distinct])
    kendall = np.mean([stats.kendalltau(ranks, np.negative(scores)).statistic for ranks, scores in distinct])
    assert (found.spearman, found.kendall) == pytest.approx((spearman, kendall), abs=1e-12)


@given(TRIALS)
def test_pairs_and_favourites_counted_one_by_one(trials: list[tuple[list[int], list[float]]]) -> None:
    alike, pairs, top = 0.0, 0, 0.0
    for ranks, scores in trials:
        for i in range(len(ranks)):
            for j in range(i):
                pairs += 1
                better = np.sign(scores[i] - scores[j]) * np.sign(ranks[j] - ranks[i])
                alike += (better + 1) / 2
        best = [ranks[i] for i in range(len(ranks)) if scores[i] == max(scores)]
        top += (1 in best) / len(best)
    found = agreement(rows_of(trials))
    assert (found.pairwise, found.top) == pytest.approx((alike / pairs, top / len(trials)))


@given(TRIALS, st.randoms(use_true_random=False))
def test_neither_order_of_rows_nor_monotone_scale_matters(trials: list[tuple[list[int], list[float]]], random) -> None:
    rows = rows_of(trials)
    order = list(range(len(rows)))
    random.shuffle(order)
    moved = rows.iloc[order].assign(distance=lambda r: -np.exp(3 * r["cosine"]))
    one, other = agreement(rows), agreement(moved, METRICS[0])
    assert (other.icc.ICC3.value, other.pairwise, other.top) == pytest.approx(
        (one.icc.ICC3.value, one.pairwise, one.top)
    )


def test_ties_get_mid_ranks_and_half_a_pair() -> None:
    found = agreement(frame([[1, 2, 3]], [[0.5, 0.5, 0.1]]))
    assert found.icc.ICC3.value == pytest.approx(icc([[1, 1.5], [2, 1.5], [3, 3]]).ICC3.value)
    assert (found.pairwise, found.top) == (pytest.approx(2.5 / 3), 0.5)


def test_longer_trials_are_not_taken_for_worse_drawings() -> None:
    """Within trials the metric is of no use; only the mean rank differs between short and long ones."""
    ranks = [[1, 2], [1, 2], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]]
    scores = [[2, 1], [1, 2], [6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6]]
    found = agreement(frame(ranks, scores))
    assert found.icc.ICC3.value == pytest.approx(0.0, abs=1e-12)
    assert found.icc.ICC3.df2 == 12


def test_rows_without_score_or_rank_are_left_out() -> None:
    rows = frame([[1, 2, 3], [2, 1, 3]], [[0.9, 0.5, 0.1], [0.4, 0.6, 0.2]]).astype({"rank": float})
    more = pd.concat(
        [rows, rows.head(3).assign(trial="t9", cosine=np.nan), rows.head(3).assign(trial="t8", rank=np.nan)]
    )
    assert agreement(more) == agreement(rows)


def test_metrics_together_as_one_by_one() -> None:
    rows = simulate(METRICS, sessions=30, seed=5)
    rows.loc[rows["trial"] == rows["trial"][0], "bits"] = np.nan
    assert agreements(rows, METRICS) == tuple(agreement(rows, metric) for metric in METRICS)


def test_perfect_reversed_and_blind_metrics() -> None:
    ranks = [[1, 2, 3, 4], [4, 3, 2, 1]]
    perfect = agreement(frame(ranks, [[4, 3, 2, 1], [1, 2, 3, 4]]))
    assert (perfect.icc.ICC3.value, perfect.spearman, perfect.pairwise, perfect.top, perfect.band) == (
        1,
        1,
        1,
        1,
        "excellent",
    )
    reversed_ = agreement(frame(ranks, [[1, 2, 3, 4], [4, 3, 2, 1]]))
    assert (reversed_.icc.ICC3.value, reversed_.spearman, reversed_.pairwise, reversed_.top) == (-1, -1, 0, 0)
    assert reversed_.band == "poor"
    blind = agreement(frame(ranks))
    assert (blind.icc.ICC3.value, blind.spearman, blind.pairwise, blind.top) == (0, None, 0.5, 0.25)
    assert blind.bootstrap.kendall.undefined.startswith("undefined, because ")


def test_nothing_to_compare_is_said_so() -> None:
    none = agreement(frame([]))
    assert none.icc.ICC3.undefined == "undefined, because there are no subjects"
    assert (none.trials, none.band) == (0, None)
    assert none.bootstrap.ICC3.undefined == "undefined, because there are no trials"
    one = agreement(frame([[1, 2, 3]], [[3, 1, 2]]))
    assert one.icc.ICC3.df2 == 2
    assert one.bootstrap.ICC3.undefined == "undefined, because there is only one trial"


def test_bootstrap_interval_covers() -> None:
    """Metric and person both see the truth with noise; the ICC of the whole population must lie in most intervals."""
    truth = agreement(simulate([COSINE], sessions=20_000, seed=99)).icc.ICC3.value
    covered = 0
    for seed in range(100):
        interval = agreement(simulate([COSINE], sessions=60, seed=seed)).bootstrap.ICC3
        covered += interval.lower < truth < interval.upper
    assert covered >= 88
