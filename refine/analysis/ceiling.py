"""The ceiling: are most drawings as close as words can bring them?

Knows: what share of the drawings the noise of a rewording cannot tell from the best of their trial. Does not know: how that
noise is measured.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from refine.metrics import MetricInfo

MOST = 0.5
"""The share of drawings from which one speaks of a ceiling."""


def at_the_ceiling(
    iterations: pd.DataFrame, metrics: Sequence[MetricInfo], noise: Mapping[str, float]
) -> dict[str, float]:
    """By metric id, the share (0..1) of the drawings whose score a rewording may make of the best in their trial.

    `iterations` has a row an iteration with the columns `trial` and the metrics' ids (raw). `noise` is what a rewording
    changes of a raw score, by metric id; metrics without it, or without scores, are left out.
    """
    shares = {}
    for metric in metrics:
        rows = iterations.loc[iterations[metric.id].notna(), ["trial", metric.id]]
        if metric.id in noise and len(rows):
            oriented = metric.direction * rows[metric.id].astype(float)
            best = oriented.groupby(rows["trial"]).transform("max")
            shares[metric.id] = float((oriented >= best - noise[metric.id]).mean())
    return shares
