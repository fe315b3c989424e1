"""The opening of metrics: from a declaration to an object that compares.

Knows: how the class is found that a metric declares. Does not know: where weights are (profiles), how a metric works.
"""

from pkgutil import resolve_name

from refine.metrics import METRICS
from refine.similarity.metric import Metric, MetricError


def open_metric(metric_id: str, weights: str | None, device: str | None = None) -> Metric:
    """The metric with its weights loaded, on `device` (by default a GPU if there is one).

    Raises `MetricError` if there is no such metric or its weights are missing or damaged.
    """
    if metric_id not in METRICS:
        raise MetricError(f"There is no metric {metric_id!r}. Known are {', '.join(METRICS)}.")
    # Imported here: what is known about a metric is needed before, and without, the seconds that torch takes.
    import torch

    info = METRICS[metric_id]
    metric: Metric = resolve_name(info.opened_by)(
        info, weights or "", device or ("cuda" if torch.cuda.is_available() else "cpu")
    )
    return metric
