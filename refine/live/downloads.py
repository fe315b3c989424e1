"""Prepared downloads: rows and report as files that live minutes, in one folder, and go with a withdrawal.

Knows: how long a file stays, and how much there may be. Does not know: what is in a file (results), or HTTP (web).
"""

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from refine.live.results import LiveResults, Selection
from refine.storage.errors import StorageError

log = logging.getLogger(__name__)

MINUTES = 10
"""A download stays so long."""

MOST = 20
"""Downloads at a time; with 10,000 sessions one takes 15 MB. The oldest makes room."""

LOOK_SECONDS = 20.0


class BusyError(Exception):
    """One is being prepared already, and two at a time would hold up the page. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Download:
    """Files `names` that are had under `key`. `asked` says for what, `withdrawn` how many had withdrawn before."""

    key: str
    names: tuple[str, ...]
    asked: tuple[object, ...]
    withdrawn: int
    until: float


class Downloads:
    """The downloads of one server, in a folder of their own. Safe to call from many threads.

    `withdrawn` counts the withdrawals so far, wherever they come from; `clock` is monotonic, in seconds.
    """

    def __init__(self, folder: Path, withdrawn: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._withdrawn, self._clock = folder, withdrawn, clock
        self._preparing = threading.Lock()
        self._changing = threading.Lock()
        self._kept: dict[str, Download] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="downloads", daemon=True)

    def start(self) -> None:
        """Remove what the last server left, and from now on what has had its time."""
        self._empty()
        self._thread.start()

    def close(self) -> None:
        """Remove everything."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._empty()

    def prepare(self, results: LiveResults, selection: Selection, origin: str, *, simulated: bool) -> Download:
        """Write what there is to have of a selection, or find it written already. Takes as long as a fit.

        Raises `BusyError`, and `StorageError` if it cannot be written.
        """
        if not self._preparing.acquire(blocking=False):
            raise BusyError("Another download is being prepared. Please try again in a moment.")
        try:
            self.tidy()
            withdrawn, asked = self._withdrawn(), (selection, origin, results.version)
            with self._changing:
                ready = next((one for one in self._kept.values() if one.asked == asked), None)
            if ready is not None:
                return ready
            key = secrets.token_urlsafe(16)
            try:
                (self._folder / key).mkdir(parents=True)
                files = results.write(selection, self._folder / key, origin, simulated=simulated)
            except BaseException as fault:
                shutil.rmtree(self._folder / key, ignore_errors=True)
                if isinstance(fault, OSError):
                    raise StorageError(f"{self._folder} cannot be written to: {fault.strerror}.") from fault
                raise
            made = Download(key, tuple(file.name for file in files), asked, withdrawn, self._clock() + 60 * MINUTES)
            with self._changing:
                self._kept[key] = made
                for oldest in list(self._kept)[:-MOST]:
                    self._remove(oldest)
            return made
        finally:
            self._preparing.release()

    def file(self, key: str, name: str) -> Path | None:
        """A file of a download, if it is still to be had."""
        self.tidy()
        with self._changing:
            kept = self._kept.get(key)
            return self._folder / key / name if kept is not None and name in kept.names else None

    def tidy(self) -> None:
        """Remove what has had its time, or was written before somebody withdrew."""
        try:
            withdrawn = self._withdrawn()
        except StorageError as fault:  # who has withdrawn cannot be known: nobody is handed out
            log.error("Prepared downloads are removed, as withdrawals cannot be read: %s", fault)
            withdrawn = -1
        with self._changing:
            for one in list(self._kept.values()):
                if one.withdrawn != withdrawn or one.until < self._clock():
                    self._remove(one.key)

    def _remove(self, key: str) -> None:
        del self._kept[key]
        shutil.rmtree(self._folder / key, ignore_errors=True)

    def _empty(self) -> None:
        with self._changing:
            self._kept.clear()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            self.tidy()
