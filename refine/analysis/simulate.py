"""Whole studies with a known truth, to try analyses on and to show what results look like.

Knows: how similarity might grow, how metrics and people might see it. Does not know: any real data.
Every session id begins with `simulated-`, so that it can never be taken for a participant's.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from refine.protocol import ARMS, MetricInfo

TYPICAL = {64.0: (22.0, 5.0), 1.0: (0.72, 0.08), None: (0.45, 0.10)}
"""Mean and deviation of a metric's raw values by its highest possible value."""


def simulate(
    metrics: Sequence[MetricInfo],
    *,
    sessions: int,
    trials: int = 1,
    iterations: int = 10,
    targets: int = 100,
    gain: float = 1.2,
    plateau: int = 6,
    rho: float = 0.25,
    metric_noise: float = 0.9,
    recency: float = 0.3,
    seed: int = 0,
) -> pd.DataFrame:
    """A study of `sessions` x `trials` in the form that analyses read, a row an iteration.

    True similarity, in units of its deviation within a trial, is a session effect and a target effect (deviation 0.5
    each), plus a gain that grows in equal steps to `gain` at iteration `plateau` and stays, plus AR(1) noise with
    correlation `rho` (deviation 1). A metric sees it with noise of deviation `metric_noise`; people rank it with noise
    of deviation 0.5 and a liking for late drawings of `recency` over the trial.

    Columns: `session`, `trial`, `target`, `arm`, `iteration`, `rank` (1 = most similar) and the metrics' ids.
    """
    rng = np.random.default_rng(seed)
    n = sessions * trials
    session = np.repeat(np.arange(sessions), trials)
    target = np.concatenate([rng.permutation(targets)[:trials] for _ in range(sessions)])
    position = np.arange(iterations)

    noise = rng.standard_normal((n, iterations))
    for i in range(1, iterations):
        noise[:, i] = rho * noise[:, i - 1] + np.sqrt(1 - rho**2) * noise[:, i]
    growth = gain * np.minimum(position / max(plateau - 1, 1), 1.0)
    level = 0.5 * rng.standard_normal(sessions)[session] + 0.5 * rng.standard_normal(targets)[target]
    similarity = level[:, None] + growth + noise

    liked = similarity + 0.5 * rng.standard_normal(similarity.shape) + recency * position / max(iterations - 1, 1)
    rank = (-liked).argsort(axis=1).argsort(axis=1) + 1

    arms = np.array(ARMS)[rng.permutation(sessions) % len(ARMS)]
    frame = pd.DataFrame(
        {
            "session": np.repeat([f"simulated-{s:05d}" for s in session], iterations),
            "trial": np.repeat([f"simulated-{s:05d}-{i}" for i, s in enumerate(session)], iterations),
            "target": np.repeat([f"simulated-{t:03d}" for t in target], iterations),
            "arm": np.repeat(arms[session], iterations),
            "iteration": np.tile(position + 1, n),
            "rank": rank.ravel(),
        }
    )
    for metric in metrics:
        mean, deviation = TYPICAL[metric.highest]
        seen = similarity + metric_noise * rng.standard_normal(similarity.shape)
        values = mean + metric.direction * deviation * seen / 2
        frame[metric.id] = np.clip(values, metric.lowest, metric.highest).ravel()
        if metric.highest == 64:
            frame[metric.id] = frame[metric.id].round()
    return frame
