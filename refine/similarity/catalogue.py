"""The catalogue of metrics: which class, label and explanation belong to an id.

Knows: ids. Does not know: where weights are (profiles), how a metric works.
An id stands for one metric with one set of weights, so that scores of two sets are never mixed up in
the data.
"""

from collections.abc import Callable

import torch

from refine.similarity.clip import ClipMetric
from refine.similarity.imagehash import ImageHashMetric
from refine.similarity.lpips import LpipsMetric
from refine.similarity.metric import Metric, MetricError

B32 = ("CLIP B/32", "Compares what the two pictures show, at a quick glance; higher is better, 1 is equal.")
L14 = ("CLIP L/14", "Compares what the two pictures show, with a closer look; higher is better, 1 is equal.")

METRICS: dict[str, Callable[[str, str], Metric]] = {
    "lpips": lambda weights, device: LpipsMetric("lpips", weights, device),
    "clip_b32": lambda weights, device: ClipMetric("clip_b32", *B32, weights, device),
    "clip_l14": lambda weights, device: ClipMetric("clip_l14", *L14, weights, device),
    "lpips_world": lambda weights, device: LpipsMetric("lpips_world", weights, device),
    "clip_b32_world": lambda weights, device: ClipMetric("clip_b32_world", *B32, weights, device),
    "clip_l14_world": lambda weights, device: ClipMetric("clip_l14_world", *L14, weights, device),
    "imagehash": lambda weights, device: ImageHashMetric(),
}


def open_metric(metric_id: str, weights: str | None, device: str | None = None) -> Metric:
    """The metric with its weights loaded, on `device` (by default a GPU if there is one).

    Raises `MetricError` if there is no such metric or its weights are missing or damaged.
    """
    if metric_id not in METRICS:
        raise MetricError(f"There is no metric {metric_id!r}. Known are {', '.join(METRICS)}.")
    return METRICS[metric_id](weights or "", device or ("cuda" if torch.cuda.is_available() else "cpu"))
