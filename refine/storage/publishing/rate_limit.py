"""How fast to push: at once in fair weather, never too often, and more slowly after each fault.

Knows: time as a number of seconds that only grows. Does not know: what is pushed, or the time of day.
"""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and counts.

    A session waits `gather` for others to share its commit. In any `window` there are at most `most` commits: `burst`
    at once, then one every `spacing`. After faults the wait doubles from `first_wait` to `longest_wait`. Every `look` the Hub is
    looked at for who has withdrawn at another server.
    """

    gather: float = 15
    most: int = 20
    burst: int = 8
    spacing: float = 300
    window: float = 3600
    first_wait: float = 5
    longest_wait: float = 900
    look: float = 20


ERASING = 2
"""Commits that a withdrawal takes: the one that removes, and the squash of the history."""


class RateLimit:
    """When the next attempt may be made. `now` is everywhere a reading of one monotonic clock, in seconds."""

    def __init__(self, limits: Limits, commit_ages: Iterable[float], now: float) -> None:
        """`commit_ages` are the seconds since earlier commits; those outside the window do not count."""
        self._limits = limits
        ages = sorted((age for age in commit_ages if 0 <= age < limits.window), reverse=True)
        self._commits = deque(now - age for age in ages)
        self._faults = 0
        self._not_before = now

    def committed(self, now: float) -> None:
        """A commit was asked for; whether it was made may not be known."""
        self._commits.append(now)

    def went_well(self, now: float) -> None:
        """The faults are over."""
        self._faults = 0
        self._not_before = now

    def went_wrong(self, now: float, retry_after: float = 0) -> None:
        """Wait longer than the last time, with jitter, and never less than was asked for."""
        limits = self._limits
        wait = min(limits.first_wait * 2**self._faults, limits.longest_wait) * random.uniform(0.5, 1)
        self._faults = min(self._faults + 1, 30)
        self._not_before = now + max(wait, retry_after * random.uniform(1, 1.1))

    def forgive(self, now: float) -> None:
        """Somebody asked for an attempt now; the limit on commits stays."""
        self._not_before = now

    def next_at(self, now: float, commits: int = 1) -> float:
        """The earliest time of the next attempt, which may take so many commits; in the past if it may be made now.

        A withdrawal, which takes `ERASING`, does not wait for the spacing.
        """
        limits = self._limits
        while self._commits and now - self._commits[0] >= limits.window:
            self._commits.popleft()
        allowed = self._not_before
        fit = max(limits.most - commits, 0)
        if len(self._commits) > fit:
            allowed = max(allowed, self._commits[-fit - 1] + limits.window)
        if len(self._commits) >= limits.burst and commits < ERASING:
            allowed = max(allowed, self._commits[-1] + limits.spacing)
        return allowed
