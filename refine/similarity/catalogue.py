"""The catalogue of metrics: what is known about each, and how it is opened.

Knows: ids, labels, ranges, directions, which class an id belongs to. Does not know: where weights are (profiles), how a
metric works.
An id stands for one metric with one set of weights, so that scores of two sets are never mixed up in
the data.
"""

from refine.protocol import MetricInfo
from refine.similarity.metric import Metric, MetricError

_LPIPS = "Compares colours, edges and textures place by place, much as an eye would; lower is better, 0 is equal."
_B32 = "Compares what the two pictures show, at a quick glance; higher is better, 1 is equal."
_L14 = "Compares what the two pictures show, with a closer look; higher is better, 1 is equal."
_HASH = "Compares the rough layout of light and dark; lower is better, 0 is equal."

METRICS: dict[str, MetricInfo] = {
    info.id: info
    for info in (
        MetricInfo("lpips", "Perceptual Similarity", -1, 0.0, None, _LPIPS),
        MetricInfo("clip_b32", "CLIP B/32", 1, -1.0, 1.0, _B32),
        MetricInfo("clip_l14", "CLIP L/14", 1, -1.0, 1.0, _L14),
        MetricInfo("lpips_world", "Perceptual Similarity", -1, 0.0, None, _LPIPS),
        MetricInfo("clip_b32_world", "CLIP B/32", 1, -1.0, 1.0, _B32),
        MetricInfo("clip_l14_world", "CLIP L/14", 1, -1.0, 1.0, _L14),
        MetricInfo("imagehash", "ImageHash", -1, 0, 64, _HASH),
    )
}


def open_metric(metric_id: str, weights: str | None, device: str | None = None) -> Metric:
    """The metric with its weights loaded, on `device` (by default a GPU if there is one).

    Raises `MetricError` if there is no such metric or its weights are missing or damaged.
    """
    if metric_id not in METRICS:
        raise MetricError(f"There is no metric {metric_id!r}. Known are {', '.join(METRICS)}.")
    # Imported here: what is known about a metric is needed before, and without, the seconds that torch takes.
    import torch

    from refine.similarity.clip import ClipMetric
    from refine.similarity.imagehash import ImageHashMetric
    from refine.similarity.lpips import LpipsMetric

    info = METRICS[metric_id]
    if metric_id == "imagehash":
        return ImageHashMetric(info)
    kind = LpipsMetric if metric_id.startswith("lpips") else ClipMetric
    return kind(info, weights or "", device or ("cuda" if torch.cuda.is_available() else "cpu"))
