"""Whole studies with a known truth, to try analyses on and to show what results look like.

Knows: how similarity might grow, how metrics and people might see it. Does not know: any real data.
Every session id begins with `simulated-`, so that it can never be taken for a participant's.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from refine.arms import ARMS
from refine.metrics import MetricInfo

Array = NDArray[np.float64]


def simulate(
    metrics: Sequence[MetricInfo],
    *,
    sessions: int,
    trials: int = 1,
    iterations: int = 10,
    targets: int = 100,
    session_sd: float = 0.5,
    target_sd: float = 0.5,
    gain: float = 1.2,
    plateau: int = 6,
    rho: float = 0.25,
    metric_noise: float = 0.9,
    human_noise: float = 0.5,
    recency: float = 0.3,
    arm_gain: float = 0.0,
    drop_out: float = 0.0,
    arms: Sequence[str] = ("scores", "no_scores"),
    seed: int = 0,
) -> pd.DataFrame:
    """A study of `sessions` x `trials` in the form that analyses read, a row an iteration.

    True similarity, in units of its deviation within a trial, is a session effect and a target effect (normal,
    deviations `session_sd` and `target_sd`; every session has its own `trials` of the `targets`, so the two are crossed),
    plus a gain that grows in equal steps to `gain` at iteration `plateau` and stays (by `arm_gain` more in `arms` that show
    anything of the drawing), plus AR(1) noise with correlation `rho` (deviation 1). Each metric sees it with noise of its own of deviation
    `metric_noise`; people rank it with noise of deviation `human_noise` and a liking for late drawings of `recency` over
    the trial. A session ends after each trial but the last with chance `drop_out`; trials are ranked or not there.

    Columns: `session`, `trial`, `target`, `arm`, `iteration`, `rank` (1 = most similar) and the metrics' ids. Raises
    `ValueError` for conditions that no study can have.
    """
    _check(sessions, trials, iterations, targets, rho, drop_out)
    rng = np.random.default_rng(seed)
    session = np.repeat(np.arange(sessions), trials)
    target = rng.permuted(np.tile(np.arange(targets), (sessions, 1)), axis=1)[:, :trials].ravel()
    position = np.arange(iterations)
    arm = rng.permutation(sessions) % len(arms)

    gains = gain + arm_gain * np.array([bool(ARMS[name].shows) for name in arms])[arm]
    growth = gains[session, None] * np.minimum(position / max(plateau - 1, 1), 1.0)
    level = session_sd * rng.standard_normal(sessions)[session] + target_sd * rng.standard_normal(targets)[target]
    similarity = level[:, None] + growth + _ar1(rng, (sessions * trials, iterations), rho)

    liking = recency * position / max(iterations - 1, 1)
    liked = similarity + human_noise * rng.standard_normal(similarity.shape) + liking
    rank = (-liked).argsort(axis=1).argsort(axis=1) + 1

    columns = {
        "session": np.repeat([f"simulated-{s:05d}" for s in session], iterations),
        "trial": np.repeat([f"simulated-{s:05d}-{i}" for i, s in enumerate(session)], iterations),
        "target": np.repeat([f"simulated-{t:03d}" for t in target], iterations),
        "arm": np.repeat(np.array(arms)[arm][session], iterations),
        "iteration": np.tile(position + 1, sessions * trials),
        "rank": rank.ravel(),
    }
    for metric in metrics:
        seen = similarity + metric_noise * rng.standard_normal(similarity.shape)
        columns[metric.id] = _raw(metric, seen).ravel()
    # A session goes on with chance 1 - drop_out after each trial, so its length is geometric, cut at the end.
    lengths = rng.geometric(drop_out, sessions) if drop_out else np.full(sessions, trials)
    kept = np.tile(np.arange(trials), sessions) < lengths[session]
    return pd.DataFrame(columns)[np.repeat(kept, iterations)].reset_index(drop=True)


def _ar1(rng: np.random.Generator, shape: tuple[int, int], rho: float) -> Array:
    """Stationary noise (series, positions) of deviation 1."""
    noise = rng.standard_normal(shape)
    for i in range(1, shape[1]):
        noise[:, i] = rho * noise[:, i - 1] + np.sqrt(1 - rho**2) * noise[:, i]
    return noise


def _raw(metric: MetricInfo, seen: Array) -> Array:
    usual, deviation = metric.simulated.usual, metric.simulated.deviation
    values = np.clip(usual + metric.direction * deviation * seen, *metric.bounds)
    return values if metric.decimals else np.round(values)


def _check(
    sessions: int,
    trials: int,
    iterations: int,
    targets: int,
    rho: float,
    drop_out: float,
) -> None:
    for name, count in (("sessions", sessions), ("trials", trials), ("iterations", iterations)):
        if count < 1:
            raise ValueError(f"A study needs at least one of {name}, not {count}.")
    if trials > targets:
        raise ValueError(f"A session of {trials} trials needs as many targets, there are {targets}.")
    if not -1 < rho < 1:
        raise ValueError(f"The correlation rho must lie between -1 and 1, not at {rho}.")
    if not 0 <= drop_out < 1:
        raise ValueError(f"The chance to drop out must be at least 0 and less than 1, not {drop_out}.")
