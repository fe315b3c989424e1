"""The backup worker: what happens is in the backup within seconds, and nobody waits for it.

Knows: when to send, and how often. Does not know: what is sent (storage.backup).
"""

import logging
import threading
import time
from collections.abc import Callable

from refine.storage.backup.backup import Backup
from refine.storage.errors import StorageError
from refine.storage.hub import HubError
from refine.storage.publishing.rate_limit import Limits, RateLimit

log = logging.getLogger(__name__)

LIMITS = Limits(gather=5, most=100, burst=30, spacing=40)
"""Rounds of five seconds share a commit; the Hub allows about 128 an hour."""

LOOK_SECONDS = 1.0
CLOSING_SECONDS = 20


class BackupWorker:
    """Sends in the background whatever changed. A fault is logged, and tried again ever more slowly.

    `came` is called when another server may have written: something may have come into the journal. `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        backup: Backup,
        came: Callable[[], None],
        limits: Limits = LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backup = backup
        self._came = came
        self._limits = limits
        self._clock = clock
        self._pace = RateLimit(limits, (), clock())
        self._closing = threading.Event()
        self._fault = ""
        self._thread = threading.Thread(target=self._run, name="backup", daemon=True)

    def start(self) -> None:
        """Begin to look for changes, and to send them."""
        self._thread.start()

    def close(self) -> None:
        """Send what changed, unless the last time failed, and stop."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(CLOSING_SECONDS)

    def _run(self) -> None:
        changed_at: float | None = None
        while not self._closing.wait(LOOK_SECONDS):
            now = self._clock()
            if changed_at is None and self._changed():
                changed_at = now
            if changed_at is not None and now >= max(changed_at + self._limits.gather, self._pace.next_at(now)):
                changed_at = None
                self._send()
        if not self._fault and self._changed():
            self._send()

    def _changed(self) -> bool:
        try:
            return self._backup.changed()
        except StorageError as fault:
            self._tell(str(fault))
            return False

    def _send(self) -> None:
        try:
            if self._backup.send(self._came):
                self._pace.committed(self._clock())
            self._pace.went_well(self._clock())
            self._fault = ""
        except StorageError as fault:
            self._pace.went_wrong(self._clock(), fault.retry_after if isinstance(fault, HubError) else 0)
            self._tell(str(fault))
        except Exception:
            self._pace.went_wrong(self._clock())
            log.exception("The backup could not be brought up to date, and will be tried again")

    def _tell(self, fault: str) -> None:
        if fault != self._fault:  # once, not every few seconds
            log.error("The backup is behind, and will be tried again: %s", fault)
        self._fault = fault
