"""Attempts at a secret: wrong ones are slowed down, and logged without the secret.

Knows: what is said and logged. Does not know: which secrets are right, or how long one waits (web.limits).
"""

import logging
import math

from fastapi import Request

from refine.web.clients import client_of
from refine.web.limits import Backoff

log = logging.getLogger(__name__)


class Attempts:
    """Attempts at a `secret` (what it is called in a sentence) by all clients."""

    def __init__(self, secret: str, backoff: Backoff | None = None) -> None:
        self._secret = secret
        self._backoff = backoff or Backoff()

    def begin(self, request: Request | None) -> str:
        """Begin one. Returns a sentence if it must not be made now, else nothing."""
        wait = self._backoff.attempt(client_of(request))
        if not wait:
            return ""
        time = f"{math.ceil(wait)} seconds" if wait < 100 else f"{math.ceil(wait / 60)} minutes"
        return f"Too many wrong tries came from your network. Please wait {time}, then check the {self._secret} and try again."

    def wrong(self, request: Request | None) -> None:
        """It was wrong."""
        log.warning("A wrong %s was given by client %s", self._secret, client_of(request)[:8] or "unknown")

    def right(self, request: Request | None) -> None:
        """It was right, or could not be checked: it costs nothing."""
        self._backoff.right(client_of(request))
