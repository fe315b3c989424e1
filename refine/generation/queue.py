"""The line of drawings: one worker draws, by turns of clients; whoever waits can see their place.

Knows: requests, whose they are, their order, their progress. Does not know: what is done for a request, or how it is shown.
A request belongs to the server: it is worked on to its end even if the page that made it is gone.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from refine.generation.generator import Progress

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Hashable)


@dataclass(slots=True)
class Place:
    """Where a request stands: `ahead` others come before it (0: it is being worked on), `progress` is 0..1."""

    ahead: int
    progress: float = 0.0


@dataclass(slots=True)
class _Entry:
    """A request in the line. Those of the lowest `turn` come first, of these the one that came first."""

    client: str
    turn: int
    number: int
    progress: float = 0.0
    begun: bool = False

    @property
    def order(self) -> tuple[bool, int, int]:
        return not self.begun, self.turn, self.number


class DrawingQueue(Generic[R]):
    """Round-robin by client, of each first come, first served; one request at a time, equal ones once.

    Who comes new waits for the request at hand and for at most one of every other client, however many they have waiting.
    `work` is called with each request and a function that takes its progress. Nothing is done before `open`.
    """

    def __init__(self, work: Callable[[R, Progress], None]) -> None:
        self._work = work
        self._changed = threading.Condition()
        self._entries: dict[R, _Entry] = {}
        self._turn = self._count = 0
        # Until it is open there is no thread: a start that fails then must not wait for it.
        self._opened = False
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawing")

    def open(self) -> None:
        """Begin with the first in the line."""
        with self._changed:
            self._opened = True
            for _ in self._entries:
                self._worker.submit(self._run_next)

    def submit(self, request: R, client: str = "") -> None:
        """Put a request of `client` in the line, unless it is in it already."""
        with self._changed:
            if request in self._entries:
                return
            last = max((one.turn for one in self._entries.values() if one.client == client), default=self._turn - 1)
            self._count += 1
            self._entries[request] = _Entry(client, max(self._turn, last + 1), self._count)
            if self._opened:
                self._worker.submit(self._run_next)

    def place(self, request: R) -> Place | None:
        """Where a request stands, or `None` if it is not in the line (done, or never made)."""
        with self._changed:
            entry = self._entries.get(request)
            if entry is None:
                return None
            return Place(sum(one.order < entry.order for one in self._entries.values()), entry.progress)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the line is empty, at most `timeout` seconds. Says whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._entries, timeout)

    def close(self) -> None:
        """Finish the request at hand, drop the rest."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        with self._changed:
            self._entries.clear()
            self._changed.notify_all()

    def _run_next(self) -> None:
        with self._changed:
            request, entry = min(self._entries.items(), key=lambda one: one[1].order)
            entry.begun, self._turn = True, entry.turn

        def progress(done: float) -> None:
            entry.progress = done

        try:
            self._work(request, progress)
        except Exception:
            # The next in line must not suffer; whoever works has told whom it concerns.
            log.exception("A request for a drawing failed")
        finally:
            with self._changed:
                del self._entries[request]
                self._changed.notify_all()
