"""The line of drawings: one worker draws, whoever waits can see their place.

Knows: jobs, their order, their progress. Does not know: what a job does or for whom, or how it is shown.
A job belongs to the server: it runs to its end even if the page that asked for it is gone.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from refine.generation.generator import Progress

log = logging.getLogger(__name__)

Job = Callable[[Progress], None]


@dataclass(slots=True)
class Place:
    """Where a job stands: `ahead` jobs come before it (0: it is being done), `progress` is 0..1."""

    ahead: int
    progress: float = 0.0


class DrawingQueue:
    """First come, first served, one job at a time, at most one job for each key. Nothing is done before `open`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._places: dict[Hashable, Place] = {}
        # Until it is open there is no thread: a start that fails then must not wait for it.
        self._held: list[tuple[Hashable, Job]] | None = []
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawing")

    def open(self) -> None:
        """Begin with the first in the line."""
        with self._changed:
            held, self._held = self._held, None
            for key, job in held or ():
                self._worker.submit(self._run, key, job)

    def submit(self, key: Hashable, job: Job) -> None:
        """Put a job in the line, unless one with this key is in it already."""
        with self._changed:
            if key in self._places:
                return
            self._places[key] = Place(ahead=len(self._places))
            if self._held is None:
                self._worker.submit(self._run, key, job)
            else:
                self._held.append((key, job))

    def place(self, key: Hashable) -> Place | None:
        """Where the job with this key stands, or `None` if it is not in the line (done, or never asked for)."""
        with self._changed:
            place = self._places.get(key)
            return None if place is None else Place(place.ahead, place.progress)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the line is empty, at most `timeout` seconds. Says whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._places, timeout)

    def close(self) -> None:
        """Finish the job at hand, drop the rest."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        with self._changed:
            self._places.clear()
            self._changed.notify_all()

    def _run(self, key: Hashable, job: Job) -> None:
        def progress(done: float) -> None:
            with self._changed:
                self._places[key].progress = done

        try:
            job(progress)
        except Exception:
            # The next in line must not suffer; a job that has somebody to tell has told them itself.
            log.exception("A drawing job failed")
        finally:
            with self._changed:
                del self._places[key]
                for place in self._places.values():
                    place.ahead -= 1
                self._changed.notify_all()
