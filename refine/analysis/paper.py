"""What the paper found (arXiv 2504.20340), to be shown beside what is found here.

Knows: the paper's figures. Does not know: any data.
"""

from refine.metrics import MetricInfo

SOURCE = "arXiv 2504.20340"

PARTICIPANTS = 20

ICC = {"lpips": 0.686, "clip_b32": 0.620, "clip_l14": 0.527, "imagehash": 0.250}
"""Of each metric (official weights) with people."""

LABELS = {"lpips": "LPIPS", "clip_b32": "CLIP B/32", "clip_l14": "CLIP L/14", "imagehash": "ImageHash"}
"""As the paper calls them."""

GAINS_UNTIL = 6
"""The iteration up to which drawings came closer to the target."""

TOP_RANKED = (9, 10)
"""The iterations that were ranked first most often."""

ITERATIONS = 10
"""In a trial."""


def icc_of(metric: MetricInfo) -> float | None:
    """The paper's ICC of the metric, or of the one that `metric` stands for with other weights."""
    return None if metric.paper is None else ICC.get(metric.paper)
