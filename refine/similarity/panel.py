"""The panel: all metrics of a study, asked once for each drawing.

Knows: the order of the metrics, which targets it has prepared lately, what to do when one fails. Does not know: what a metric
does.
"""

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from refine.metrics import MetricInfo
from refine.protocol import Scores, pixel_hash
from refine.similarity.maps import Grid, together
from refine.similarity.metric import Map, Mapped, Metric, MetricError

log = logging.getLogger(__name__)

PREPARED_TARGETS = 8
"""Kept at once. Prepared for LPIPS, a target of 1024 x 1024 pixels takes about 45 MiB."""

BATCH_PIXELS = 4 * 1024 * 1024
"""Of the pictures that a network looks at together: as many as fit into a small GPU."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What is found of one drawing. A metric that failed has no score; `where` is `None` without a map that was wanted."""

    scores: Scores
    where: Grid | None = None


@dataclass(slots=True)
class _Found:
    scores: dict[str, float] = field(default_factory=dict)
    maps: list[tuple[MetricInfo, Map]] = field(default_factory=list)


class Panel:
    """Compares drawings by all metrics. Safe to call from many threads."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = tuple(metrics)
        self._targets: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def score(self, target: Image.Image, drawing: Image.Image) -> Scores:
        """Raw score by metric id; without those that failed, which is logged. Raises `MetricError` if the sizes differ."""
        return self.compare(target, [drawing])[0].scores

    def compare(self, target: Image.Image, drawings: Sequence[Image.Image], mapped: bool = False) -> list[Compared]:
        """Scores of each drawing and, if `mapped`, where it differs. The drawings go through each network together.

        Equal pictures are looked at once, so that they score exactly alike. A metric that fails on a picture, or gives no
        number, is left out of that picture's scores, and that is logged. Raises `MetricError` if the sizes differ.
        """
        for drawing in drawings:
            if target.size != drawing.size:
                raise MetricError(
                    f"The target has {target.width} x {target.height} pixels and the drawing {drawing.width} x "
                    f"{drawing.height}: draw the targets again with the study's own settings."
                )
        target, pictures = target.convert("RGB"), [drawing.convert("RGB") for drawing in drawings]
        own, hashes = pixel_hash(target), [pixel_hash(picture) for picture in pictures]
        distinct = {key: picture for key, picture in zip(hashes, pictures, strict=True) if key != own}
        found = {key: _Found() for key in hashes}
        with self._lock:
            for metric in self._metrics:
                goal = self._goal(metric, own, target)
                if goal is None:
                    continue
                seen = {own: goal} | (_look_at_all(metric, distinct) if distinct else {})
                for key, of_drawing in found.items():
                    if seen[key] is not None:
                        _judge(metric, goal, seen[key], of_drawing, mapped)
        return [Compared(found[key].scores, together(found[key].maps) if mapped else None) for key in hashes]

    def _goal(self, metric: Metric, key: str, target: Image.Image) -> Any:
        """What the metric finds in the target, which is kept; `None` if it fails."""
        prepared = self._targets.setdefault(key, {})
        self._targets.move_to_end(key)
        if len(self._targets) > PREPARED_TARGETS:
            self._targets.popitem(last=False)
        if prepared.get(metric.info.id) is None:
            (prepared[metric.info.id],) = _look(metric, [target])
        return prepared[metric.info.id]


def _look_at_all(metric: Metric, pictures: Mapping[str, Image.Image]) -> dict[str, Any]:
    """What the metric finds in each picture, by hash: as many looked at together as `BATCH_PIXELS` allow."""
    width, height = next(iter(pictures.values())).size
    step, keys = max(1, BATCH_PIXELS // (width * height)), list(pictures)
    parts = (keys[start : start + step] for start in range(0, len(keys), step))
    looked = (zip(part, _look(metric, [pictures[key] for key in part]), strict=True) for part in parts)
    return {key: seen for part in looked for key, seen in part}


def _look(metric: Metric, pictures: Sequence[Image.Image]) -> Sequence[Any]:
    """What the metric finds in each picture; `None` where it fails."""
    if min(pictures[0].size) < metric.info.least:
        log.warning("%s needs pictures of %d pixels a side", metric.info.label, metric.info.least)
        return [None] * len(pictures)
    try:
        return metric.prepare(pictures)
    except Exception as fault:
        if len(pictures) > 1:  # one that fails must not take the others with it
            return [seen for picture in pictures for seen in _look(metric, [picture])]
        log.warning("%s could not look at a picture: %s", metric.info.label, fault)
        return [None]


def _judge(metric: Metric, target: Any, drawing: Any, found: _Found, mapped: bool) -> None:
    try:
        score = metric.compare(target, drawing)
    except Exception as fault:
        log.warning("%s could not compare two pictures: %s", metric.info.label, fault)
        return
    if not math.isfinite(score):
        log.warning("%s gave no number for two pictures", metric.info.label)
        return
    found.scores[metric.info.id] = score
    if mapped and metric.info.apart is not None and isinstance(metric, Mapped):
        try:
            found.maps.append((metric.info, metric.map(target, drawing)))
        except Exception as fault:  # it has a score all the same
            log.warning("%s could not map a picture: %s", metric.info.label, fault)
