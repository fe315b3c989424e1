"""Scores made comparable: larger is more similar, one deviation is one unit; and their mean, the composite score.

Knows: orientation, standardising within a study, which metrics a composite may hold. Does not know: any metric.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from refine.analysis.agreement import Agreement
from refine.metrics import MetricInfo

LEAST_ICC = 0.5
"""ICC(C,1) with people from which a metric belongs to the composite: where *poor* ends."""


def standardised(iterations: pd.DataFrame, metric: MetricInfo) -> pd.Series:
    """The oriented scores, mean 0 and deviation 1 over all rows given; all 0 if they do not vary."""
    oriented = metric.direction * iterations[metric.id].astype(float)
    centred = oriented - oriented.mean()
    deviation = centred.std()
    return centred / deviation if deviation > 1e-12 * oriented.abs().max() else centred * 0.0


@dataclass(frozen=True, slots=True)
class Composite:
    """The composite ("adjusted") score, one value a row (missing where one of its metrics is).

    `statement` says what it is made of and must be shown beside it. Without a metric that qualifies `values` is `None`.
    """

    values: pd.Series | None
    metrics: tuple[MetricInfo, ...]
    statement: str


def composite(iterations: pd.DataFrame, agreements: Sequence[Agreement]) -> Composite:
    """The mean of the oriented metrics, standardised within the study, over metrics with an ICC of at least 0.5."""
    chosen = tuple(found for found in agreements if not found.icc.ICC3.undefined and found.icc.ICC3.value >= LEAST_ICC)
    if not chosen:
        words = f"undefined, because no metric agrees with people (ICC(C,1) of at least {LEAST_ICC})"
        return Composite(None, (), f"The composite score is {words}.")
    metrics = tuple(found.metric for found in chosen)
    values = sum((standardised(iterations, metric) for metric in metrics), start=0.0 * iterations["iteration"])
    names = ", ".join(f"{found.metric.label} (ICC {found.icc.ICC3.value:.2f})" for found in chosen)
    statement = (
        "The composite score is the mean of the scores, standardised within this study and larger for more similar, of the "
        f"metrics with an ICC(C,1) with people of at least {LEAST_ICC}: {names}."
    )
    return Composite(values / len(metrics), metrics, statement)
