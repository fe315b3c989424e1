"""The line of drawings: one worker draws, whoever waits can see their place.

Knows: jobs, their order, their progress. Does not know: what a job does or for whom, or how it is shown.
A job belongs to the server: it runs to its end even if the page that asked for it is gone.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._futures: set[Future[None]] = set()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawing")
        self._opened = threading.Event()
        self._worker.submit(self._opened.wait)

    def open(self) -> None:
        """Begin with the first in the line."""
        self._opened.set()

    def submit(self, key: str, job: Job) -> None:
        """Put a job in the line, unless one with this key is in it already."""
        with self._lock:
            if key in self._places:
                return
            self._places[key] = Place(ahead=len(self._places))
            future = self._worker.submit(self._run, key, job)
            self._futures.add(future)
        future.add_done_callback(self._forget)

    def place(self, key: str) -> Place | None:
        """Where the job with this key stands, or `None` if it is not in the line (done, or never asked for)."""
        with self._lock:
            place = self._places.get(key)
            return None if place is None else Place(place.ahead, place.progress)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the line is empty, at most `timeout` seconds. Says whether it is."""
        return not wait(list(self._futures), timeout).not_done

    def close(self) -> None:
        """Finish the job at hand, drop the rest."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._opened.set()
        self._worker.shutdown(wait=True)

    def _run(self, key: str, job: Job) -> None:
        def progress(done: float) -> None:
            with self._lock:
                self._places[key].progress = done

        try:
            job(progress)
        except Exception:
            # The next in line must not suffer; a job that has somebody to tell has told them itself.
            log.exception("A drawing job failed")
        finally:
            with self._lock:
                del self._places[key]
                for place in self._places.values():
                    place.ahead -= 1

    def _forget(self, future: Future[None]) -> None:
        self._futures.discard(future)
