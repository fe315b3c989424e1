"""Metrics of three kinds and small frames for the tests of analysis."""

import numpy as np
import pandas as pd

from refine.metrics import MetricInfo, Simulated

DISTANCE = MetricInfo("distance", "Distance", -1, 0.0, None, "", simulated=Simulated(0.45, 0.05))
COSINE = MetricInfo("cosine", "Cosine", 1, -1.0, 1.0, "", simulated=Simulated(0.72, 0.04))
BITS = MetricInfo("bits", "Bits", -1, 0.0, 64.0, "", decimals=0, simulated=Simulated(22.0, 2.5))
METRICS = (DISTANCE, COSINE, BITS)


def frame(ranks: list[list[int]], scores: list[list[float]] | None = None) -> pd.DataFrame:
    """One session a trial; a row of `ranks` and of `scores` (of COSINE) a trial, by iteration."""
    rows = [
        {
            "session": f"s{t}",
            "trial": f"t{t}",
            "iteration": i + 1,
            "rank": rank,
            "cosine": scores[t][i] if scores else 0.0,
        }
        for t, trial in enumerate(ranks)
        for i, rank in enumerate(trial)
    ]
    columns = ["session", "trial", "iteration", "rank", "cosine"]
    return pd.DataFrame(rows, columns=columns)


def chosen_by_chance(utility: np.ndarray, seed: int) -> np.ndarray:
    """Ranks (1 = best) of rows of utilities with Gumbel noise: exactly a Plackett-Luce model."""
    noisy = utility + np.random.default_rng(seed).gumbel(size=utility.shape)
    return (-noisy).argsort(axis=1).argsort(axis=1) + 1
