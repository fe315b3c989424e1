"""The rows of all finished sessions, in memory, brought up to date by reading only what is new.

Knows: which sessions it has already. Does not know: what is computed from the rows (results).
"""

import threading
import typing
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from refine.storage.journal.journal import Journal

CHUNK = 2000
"""Sessions read at a time."""


class Rows(typing.Protocol):
    """A row an iteration of a finished session.

    Columns: `profile`, `protocol` (hash), `session`, `trial`, `target`, `subject`, `arm`, `date` (YYYY-MM-DD), `iteration`, `rank`
    (1 = most similar), and one column a metric id with the raw score, missing if the protocol has no such metric.
    """

    @property
    def version(self) -> int:
        """A number that changes whenever the rows do."""
        ...

    def frame(self) -> pd.DataFrame:
        """All rows as they are now. Not to be changed."""
        ...


class JournalRows:
    """The rows of a journal. Safe to call from many threads."""

    def __init__(self, journal: Journal, subjects: Mapping[str, str]) -> None:
        """`subjects` gives the subject of each target by its id."""
        self._journal = journal
        self._subjects = subjects
        self._lock = threading.Lock()
        self._version: int | None = None
        self._frame = pd.DataFrame()
        self._known: set[str] = set()

    @property
    def version(self) -> int:
        """Of the finished sessions in the journal."""
        return self._journal.finished_version()

    def frame(self) -> pd.DataFrame:
        """The rows of all sessions that are finished now."""
        with self._lock:
            version = self.version
            if version != self._version:
                self._update()
                self._version = version
            return self._frame

    def _update(self) -> None:
        finished = self._journal.finished_ids()
        withdrawn = self._known.difference(finished)
        kept = self._frame[~self._frame["session"].isin(withdrawn)] if withdrawn else self._frame
        fresh = [session_id for session_id in finished if session_id not in self._known]
        parts = [self._journal.iterations_frame(fresh[i : i + CHUNK]) for i in range(0, len(fresh), CHUNK)]
        for part in parts:
            part["subject"] = part["target"].map(self._subjects).fillna("unknown")
            part["profile"] = part["protocol"].map(
                {protocol: self._journal.protocol(protocol).profile for protocol in part["protocol"].unique()}
            )
        self._frame = pd.concat([kept, *parts], ignore_index=True)
        self._known = set(finished)


@dataclass(frozen=True, slots=True)
class FixedRows:
    """Rows that never change, such as those of a simulated study."""

    rows: pd.DataFrame
    version: int = 0

    def frame(self) -> pd.DataFrame:
        """The rows."""
        return self.rows
