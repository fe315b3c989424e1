"""Rate limits by client: how often one may call, and how long one waits after wrong secrets.

Knows: numbers and times. Does not know: who a client is (clients), or what is refused.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

REMEMBERED = 10_000
"""Clients that are remembered; of more, those that called last. A key takes some 200 bytes."""


class RateLimit:
    """A token bucket for each client: `burst` calls at once, and `rate` a second in the long run.

    What comes faster waits its turn, up to `patience` seconds. `clock` is monotonic, in seconds. Safe to call from many
    threads.
    """

    def __init__(self, burst: float, rate: float, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._patience, self._clock = burst, rate, patience, clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float | None:
        """Seconds after which this call may be made, and then counts; `None`: it may not, and does not count."""
        with self._lock:
            now = self._clock()
            left, at = self._left.pop(client, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._rate)
            wait = max(0.0, (1 - left) / self._rate)
            taken = wait <= self._patience
            self._left[client] = (left - taken, now)
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
            return wait if taken else None


class Backoff:
    """Patience with wrong secrets: after `free` wrong ones in a row each costs twice the wait of the one before.

    From `first` seconds to `longest`; who then waits for `longest` more begins anew. Safe to call from many threads.
    """

    def __init__(
        self, free: int = 3, first: float = 2, longest: float = 900, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free, self._first, self._longest, self._clock = free, first, longest, clock
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def attempt(self, client: str) -> float:
        """Seconds to wait before the next attempt; 0: this is one, and counts as wrong until it is `right`.

        Counted at once, so that many at the same time are not all the first.
        """
        with self._lock:
            now = self._clock()
            count, until = self._wrong.get(client, (0, now))
            if until > now:
                return until - now
            count = 1 if now - until > self._longest else count + 1
            wait = min(self._longest, self._first * 2.0 ** (count - self._free)) if count >= self._free else 0.0
            self._wrong[client] = (count, now + wait)
            self._wrong.move_to_end(client)
            if len(self._wrong) > REMEMBERED:
                self._wrong.popitem(last=False)
            return 0.0

    def right(self, client: str) -> None:
        """The attempt was no wrong one."""
        with self._lock:
            self._wrong.pop(client, None)
