"""Scales of scores: what a typical unrelated picture scores for a target (0), and the target itself (100).

Knows: which pictures are unrelated to a target, and when there is time to compare them. Does not know: what a metric does, or
how a score is shown (ui).
"""

import logging
import statistics
import threading
from collections.abc import Mapping
from contextlib import suppress
from random import Random

from refine.drawing.on_request import MadeOnRequest
from refine.metrics import METRICS, Scale
from refine.similarity.panel import Panel
from refine.storage.errors import StorageError
from refine.storage.targets import TargetSet

log = logging.getLogger(__name__)

UNRELATED = 40
"""At most so many of the study's other targets stand for unrelated pictures."""


class Scales(MadeOnRequest[str, Mapping[str, Scale]]):
    """The scale of each target that was asked for, made once, in moments in which nothing is drawn.

    Safe to call from many threads. `idle` is held by whoever draws: nobody waits for a scale longer than one comparison
    takes, and a drawing, whose last bits depend on the number of threads, has the processor for itself.
    """

    def __init__(self, targets: TargetSet, idle: threading.Lock) -> None:
        super().__init__("scales", most=None)
        self._targets = targets
        self._idle = idle

    def of(self, target_id: str) -> Mapping[str, Scale]:
        """The scale of each metric by id; empty as long as it is not made, which this call asks for.

        A metric by which the target is no closer to itself than other pictures, or which fails, has none.
        """
        return self.made(target_id) or {}

    def _make(self, panel: Panel, target_id: str) -> Mapping[str, Scale]:
        """Empty if the target cannot be read; another one that cannot is passed over."""
        try:
            return self._compared(panel, target_id)
        except Exception as fault:
            log.error(
                "The scores of target %s are shown raw: %s",
                target_id,
                fault,
                exc_info=not isinstance(fault, StorageError),
            )
            return {}

    def _compared(self, panel: Panel, target_id: str) -> Mapping[str, Scale]:
        target = self._targets.picture(target_id)
        others = sorted(self._targets.targets.keys() - {target_id})
        # The same ones each time, so that a score has the same points after a restart.
        others = Random(target_id).sample(others, min(UNRELATED, len(others)))
        found: list[Mapping[str, float]] = []
        for other in (target_id, *others):
            if self.closing:
                return {}
            with self._idle, suppress(StorageError):
                found.append(panel.score(target, self._targets.picture(other)))
        itself, unrelated = found[0], found[1:]
        scales = {}
        for name in itself:
            typical = [scores[name] for scores in unrelated if name in scores]
            if typical and METRICS[name].orient(itself[name]) > METRICS[name].orient(statistics.median(typical)):
                scales[name] = Scale(statistics.median(typical), itself[name])
        return scales
