"""Maps of drawings: where each differs from its target, at hand when the page asks.

Knows: which are made, and why one is not there. Does not know: how a map comes about (similarity), or how it is
shown (ui).

They are kept in memory only. After a restart a map is made again from the pictures, which the same metrics map alike: nothing of a
participant lies about that a withdrawal would have to find.
"""

import logging
import threading
from enum import Enum

from refine.drawing.on_request import MadeOnRequest
from refine.similarity.maps import Grid
from refine.similarity.panel import Panel
from refine.storage.errors import StorageError
from refine.storage.pictures.folder import Pictures
from refine.storage.targets import TargetSet

log = logging.getLogger(__name__)

KEPT = 2048
"""Maps kept at once, 16 KiB each: those of the last two hundred trials."""


class Missing(Enum):
    """Why there is no map of a drawing."""

    MAKING = "it is being made"
    FAILED = "it cannot be made"


class Maps(MadeOnRequest[tuple[str, str], Grid | Missing]):
    """The map of each drawing that was asked for, made once, in moments in which nothing is drawn. Safe to call from many threads.

    `idle` is held by whoever draws.
    """

    def __init__(self, targets: TargetSet, pictures: Pictures, idle: threading.Lock) -> None:
        super().__init__("maps", KEPT)
        self._targets = targets
        self._pictures = pictures
        self._idle = idle

    def of(self, target_id: str, pixels: str) -> Grid | Missing:
        """The map of the drawing with this pixel hash, or why there is none; one that is not made this call asks for."""
        found = self.made((target_id, pixels))
        return Missing.MAKING if found is None else found

    def keep(self, target_id: str, pixels: str, grid: Grid | None) -> None:
        """A map that came with the scores; `None` if no metric could make one."""
        self.put((target_id, pixels), Missing.FAILED if grid is None else grid)

    def _make(self, panel: Panel, key: tuple[str, str]) -> Grid | Missing:
        target_id, pixels = key
        try:
            target, drawing = self._targets.picture(target_id), self._pictures.open(pixels)
            with self._idle:
                (found,) = panel.compare(target, [drawing], mapped=True)
        except Exception as fault:
            log.error(
                "A drawing for target %s has no map: %s", target_id, fault, exc_info=not isinstance(fault, StorageError)
            )
            return Missing.FAILED
        return Missing.FAILED if found.where is None else found.where
