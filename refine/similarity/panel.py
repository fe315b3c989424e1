"""The panel: all metrics of a study, asked once for each drawing.

Knows: the order of the metrics, which targets it has prepared lately. Does not know: what a metric does.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from PIL import Image

from refine.protocol import Scores, pixel_hash
from refine.similarity.metric import Metric, MetricError

PREPARED_TARGETS = 8
"""Kept at once. Prepared for LPIPS, a target of 1024 x 1024 pixels takes about 45 MiB."""


class Panel:
    """Scores a drawing by all metrics. Safe to call from many threads."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = tuple(metrics)
        self._targets: OrderedDict[str, list[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def score(self, target: Image.Image, drawing: Image.Image) -> Scores:
        """Raw score by metric id. Raises `MetricError` if the sizes differ or a metric gives no number."""
        if target.size != drawing.size:
            raise MetricError(
                f"The target has {target.width} x {target.height} pixels and the drawing {drawing.width} x "
                f"{drawing.height}: draw the targets again with the study's own settings."
            )
        picture = drawing.convert("RGB")
        with self._lock:
            prepared = self._prepare_target(target.convert("RGB"))
            scores = {
                metric.info.id: metric.compare(known, metric.prepare(picture))
                for metric, known in zip(self._metrics, prepared, strict=True)
            }
        undefined = [name for name, score in scores.items() if not math.isfinite(score)]
        if undefined:
            raise MetricError(f"No score came out of {', '.join(undefined)}: its weights may be damaged.")
        return scores

    def _prepare_target(self, target: Image.Image) -> list[Any]:
        key = pixel_hash(target)
        if key not in self._targets:
            self._targets[key] = [metric.prepare(target) for metric in self._metrics]
            if len(self._targets) > PREPARED_TARGETS:
                self._targets.popitem(last=False)
        self._targets.move_to_end(key)
        return self._targets[key]
