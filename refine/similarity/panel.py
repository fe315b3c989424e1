"""The panel: all metrics of a study, asked once for each drawing.

Knows: the order of the metrics, which targets it has prepared lately. Does not know: what a metric does.
"""

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from PIL import Image

from refine.protocol import Scores, pixel_hash
from refine.similarity.metric import Metric, MetricError

log = logging.getLogger(__name__)

PREPARED_TARGETS = 8
"""Kept at once. Prepared for LPIPS, a target of 1024 x 1024 pixels takes about 45 MiB."""


class Panel:
    """Scores a drawing by all metrics. Safe to call from many threads."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = tuple(metrics)
        self._targets: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def score(self, target: Image.Image, drawing: Image.Image) -> Scores:
        """Raw score by metric id. Raises `MetricError` if the sizes differ or a metric gives no number."""
        if target.size != drawing.size:
            raise MetricError(
                f"The target has {target.width} x {target.height} pixels and the drawing {drawing.width} x "
                f"{drawing.height}: draw the targets again with the study's own settings."
            )
        target, picture = target.convert("RGB"), drawing.convert("RGB")
        with self._lock:
            prepared = self._prepared(target)
            scores = {metric.info.id: _score(metric, prepared, target, picture) for metric in self._metrics}
        undefined = [name for name, score in scores.items() if not math.isfinite(score)]
        if undefined:
            raise MetricError(f"No score came out of {', '.join(undefined)}: its weights may be damaged.")
        return scores

    def attempt(self, target: Image.Image, picture: Image.Image) -> Scores:
        """As `score`, but a metric that fails or gives no number is left out, and that is logged."""
        target, picture, scores = target.convert("RGB"), picture.convert("RGB"), {}
        with self._lock:
            prepared = self._prepared(target)
            for metric in self._metrics:
                try:
                    score = _score(metric, prepared, target, picture)
                except Exception as fault:
                    log.warning("%s could not compare two targets: %s", metric.info.label, fault)
                    continue
                if math.isfinite(score):
                    scores[metric.info.id] = score
        return scores

    def _prepared(self, target: Image.Image) -> dict[str, Any]:
        """What is known of a target already, by metric id."""
        key = pixel_hash(target)
        prepared = self._targets.setdefault(key, {})
        self._targets.move_to_end(key)
        if len(self._targets) > PREPARED_TARGETS:
            self._targets.popitem(last=False)
        return prepared


def _score(metric: Metric, prepared: dict[str, Any], target: Image.Image, picture: Image.Image) -> float:
    if metric.info.id not in prepared:
        prepared[metric.info.id] = metric.prepare(target)
    return metric.compare(prepared[metric.info.id], metric.prepare(picture))
