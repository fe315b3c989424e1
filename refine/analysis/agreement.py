"""Does a metric order drawings as people do?

Knows: ranks within trials, the bands of the paper. Does not know: any metric, or how results are shown.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from refine.analysis.icc import ICC, icc
from refine.protocol import MetricInfo

Band = Literal["poor", "moderate", "good", "excellent"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one metric with people, over all trials.

    `icc.ICC3` is ICC(C,1), `icc.ICC2` is ICC(A,1). `pairwise` is the share of pairs of drawings of a trial that metric
    and person order alike (0..1; a pair tied by the metric counts half), `top` the share of trials in which the
    metric's best drawing is the person's. Both are 0 where the coefficient is undefined.
    """

    metric: MetricInfo
    icc: ICC
    pairwise: float
    top: float

    @property
    def band(self) -> Band | None:
        """The paper's word for ICC(C,1): below 0.5 poor, 0.75 moderate, 0.9 good; `None` if it is undefined."""
        if self.icc.ICC3.undefined:
            return None
        value = self.icc.ICC3.value
        return "poor" if value < 0.5 else "moderate" if value < 0.75 else "good" if value < 0.9 else "excellent"


def metric_ranks(iterations: pd.DataFrame, metric: MetricInfo) -> pd.Series:
    """The rank of each drawing within its trial by a metric: 1 = most similar, ties get the mean of their ranks."""
    return (-metric.direction * iterations[metric.id]).groupby(iterations["trial"], sort=False).rank()


def agreement(iterations: pd.DataFrame, metric: MetricInfo) -> Agreement:
    """The agreement of a metric with people.

    `iterations` has a row an iteration, with the columns `trial`, `rank` (1 = most similar) and the metric's id.
    Ranks of a trial of m drawings sum to a constant, so each brings m - 1 degrees of freedom to the error, not m.
    """
    rows = iterations.dropna(subset=["rank", metric.id])
    people = rows["rank"].groupby(rows["trial"], sort=False).rank()
    ranks = metric_ranks(rows, metric)
    trials = rows["trial"].nunique()
    table = np.column_stack([people, ranks]).astype(float).reshape(-1, 2)
    coefficients = icc(table, error_df=max(len(rows) - trials, 1))
    if not trials:
        return Agreement(metric, coefficients, 0.0, 0.0)
    return Agreement(metric, coefficients, _pairwise(rows, people, ranks), _top(rows, people, ranks))


def _pairwise(rows: pd.DataFrame, people: pd.Series, ranks: pd.Series) -> float:
    alike, pairs = 0.0, 0
    frame = pd.DataFrame({"trial": rows["trial"], "people": people, "metric": ranks})
    for size, trials in frame.groupby(frame.groupby("trial")["metric"].transform("size")):
        one = trials["people"].to_numpy().reshape(-1, size)
        other = trials["metric"].to_numpy().reshape(-1, size)
        upper = np.triu_indices(size, 1)
        signs = np.sign(one[:, upper[0]] - one[:, upper[1]]) * np.sign(other[:, upper[0]] - other[:, upper[1]])
        alike += float(((signs + 1) / 2).sum())
        pairs += signs.size
    return alike / pairs if pairs else 0.0


def _top(rows: pd.DataFrame, people: pd.Series, ranks: pd.Series) -> float:
    best = ranks.groupby(rows["trial"], sort=False).transform("min") == ranks
    # Where the metric ties several for the best, the person's choice among them counts as its share.
    share = best / best.groupby(rows["trial"], sort=False).transform("sum")
    return float(share[people == 1].mean())
