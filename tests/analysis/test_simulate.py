"""Simulated studies have the truth that was asked for, and can be told from real ones."""

import numpy as np
import pandas as pd
import pytest

from refine.analysis.simulate import simulate
from tests.analysis.studies import COSINE, METRICS


def similarity(rows: pd.DataFrame) -> np.ndarray:
    """The true similarity (trials, iterations), up to a constant, where the metric has no noise."""
    return rows["cosine"].to_numpy().reshape(-1, rows["iteration"].max()) / 0.04


def test_frame_is_that_of_a_study() -> None:
    rows = simulate(METRICS, sessions=7, trials=3, iterations=5)
    assert list(rows) == ["session", "trial", "target", "arm", "iteration", "rank", "distance", "cosine", "bits"]
    assert rows.groupby("session")["target"].nunique().eq(3).all()
    assert rows.groupby("session")["arm"].nunique().eq(1).all()
    assert rows.groupby("trial")["rank"].apply(sorted).apply(lambda r: r == [1, 2, 3, 4, 5]).all()
    assert rows["session"].str.startswith("simulated-").all()
    assert rows["trial"].str.startswith("simulated-").all()
    assert abs(rows.drop_duplicates("session")["arm"].eq("scores").sum() - 3.5) == 0.5
    for metric in METRICS:
        assert rows[metric.id].between(metric.lowest, metric.highest or np.inf).all()
    assert (rows["bits"] % 1 == 0).all()


def test_same_seed_same_study() -> None:
    pd.testing.assert_frame_equal(simulate(METRICS, sessions=5, seed=3), simulate(METRICS, sessions=5, seed=3))
    assert not simulate(METRICS, sessions=5, seed=3).equals(simulate(METRICS, sessions=5, seed=4))


@pytest.mark.parametrize("rho", [-0.3, 0.0, 0.6])
def test_noise_is_autocorrelated_as_asked(rho: float) -> None:
    rows = simulate([COSINE], sessions=4000, gain=0, session_sd=0, target_sd=0, metric_noise=0, rho=rho)
    noise = similarity(rows) - 18  # the usual cosine in units of the deviation
    assert noise.std() == pytest.approx(1, abs=0.02)
    for lag in (1, 2):
        assert np.mean(noise[:, lag:] * noise[:, :-lag]) == pytest.approx(rho**lag, abs=0.02)


def test_similarity_grows_to_the_plateau_and_stays() -> None:
    mean = similarity(simulate([COSINE], sessions=20_000, gain=1.5, plateau=6, metric_noise=0)).mean(axis=0)
    assert (mean - mean[0]).tolist() == pytest.approx([0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.5, 1.5, 1.5, 1.5], abs=0.04)


def test_sessions_and_targets_differ_as_asked() -> None:
    conditions = {"sessions": 300, "trials": 20, "targets": 60, "gain": 0.0, "metric_noise": 0.0, "seed": 8}
    rows = simulate([COSINE], session_sd=2.0, target_sd=0.0, **conditions)
    # Of 200 values each, nearly independent: variance 4 + 1/200.
    assert (rows.groupby("session")["cosine"].mean() / 0.04).std() == pytest.approx(2.0, rel=0.15)
    rows = simulate([COSINE], session_sd=0.0, target_sd=2.0, **conditions)
    assert (rows.groupby("target")["cosine"].mean() / 0.04).std() == pytest.approx(2.0, rel=0.25)


def test_people_and_arms_behave_as_asked() -> None:
    late = simulate([COSINE], sessions=3000, gain=0, recency=1.0)
    firsts = late.loc[late["rank"] == 1, "iteration"].value_counts()
    assert firsts[10] > 2 * firsts[1]
    sure = simulate([COSINE], sessions=50, metric_noise=0, human_noise=0, recency=0)
    assert (sure.groupby("trial")["cosine"].rank(ascending=False) == sure["rank"]).all()
    arms = simulate([COSINE], sessions=8000, gain=0, arm_gain=1.0, metric_noise=0)
    final = arms[arms["iteration"] == 10].groupby("arm")["cosine"].mean() / 0.04
    assert final["scores"] - final["no_scores"] == pytest.approx(1.0, abs=0.1)


def test_sessions_drop_out_between_trials() -> None:
    rows = simulate([COSINE], sessions=4000, trials=3, drop_out=0.25, iterations=2)
    lengths = rows.groupby("session")["trial"].nunique().value_counts(normalize=True)
    assert lengths[[1, 2, 3]].tolist() == pytest.approx([0.25, 0.1875, 0.5625], abs=0.03)
    assert rows.groupby("trial").size().eq(2).all()


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ({"sessions": 0}, "at least one of sessions, not 0"),
        ({"sessions": 1, "trials": 5, "targets": 4}, "needs as many targets, there are 4"),
        ({"sessions": 1, "rho": 1.0}, "between -1 and 1"),
        ({"sessions": 1, "drop_out": 1.0}, "less than 1, not 1.0"),
    ],
)
def test_conditions_that_no_study_can_have(conditions: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        simulate([COSINE], **conditions)
