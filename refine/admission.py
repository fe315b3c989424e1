"""Admission: how many sessions without a drawing one client may begin, and when they are forgotten.

Knows: who began which session today, in memory only. Does not know: who a client is (web), or the other rules (study).
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from refine.storage.errors import StorageError
from refine.storage.journal.enrolments import Enrolments

log = logging.getLogger(__name__)

MOST_IDLE = 100
"""Sessions without a drawing that one client may have: a lecture hall behind one address, and no more."""

DAY = 24 * 3600.0
HOUR = 3600.0


class Admission:
    """Called by one thread at a time. A client `""` is nobody's, and not counted. `clock` is monotonic, in seconds."""

    def __init__(self, enrolments: Enrolments, clock: Callable[[], float] = time.monotonic) -> None:
        self._enrolments, self._clock = enrolments, clock
        self._begun: dict[str, dict[str, float]] = {}
        self._tidied = clock()

    def admits(self, client: str) -> bool:
        """Whether this client may begin another session."""
        self._tidy()
        mine = self._begun.get(client, {})
        if len(mine) < MOST_IDLE:
            return True
        idle = self._enrolments.without_drawing(mine)
        self._begun[client] = {session: at for session, at in mine.items() if session in idle}
        return len(idle) < MOST_IDLE

    def began(self, client: str, session_id: str) -> None:
        """The client began this session."""
        if client:
            self._begun.setdefault(client, {})[session_id] = self._clock()

    def _tidy(self) -> None:
        """Once an hour: forget who began what a day ago, and the sessions themselves if nothing was drawn in them."""
        now = self._clock()
        if now - self._tidied < HOUR:
            return
        self._tidied = now
        for client, mine in list(self._begun.items()):
            self._begun[client] = {session: at for session, at in mine.items() if now - at < DAY}
            if not self._begun[client]:
                del self._begun[client]
        try:
            # An hour after they have left the backup (storage.backup), which would bring them back.
            forgotten = self._enrolments.forget(datetime.now(UTC) - timedelta(seconds=DAY + HOUR))
        except StorageError as fault:
            log.error("Sessions without a drawing could not be forgotten, and will be later: %s", fault)
        else:
            if forgotten:
                log.info("%d sessions without a drawing were forgotten", forgotten)
