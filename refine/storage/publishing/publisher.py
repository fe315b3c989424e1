"""Publication: a finished session becomes rows of the dataset, in a local folder and, if set, on the Hub.

Knows: what is published when, and that nobody waits for it. Does not know: what shards look like, or the Hub (storage).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from refine.storage.dataset.folder import Dataset
from refine.storage.errors import StorageError
from refine.storage.hub import HubDataset, HubError
from refine.storage.journal.journal import Journal
from refine.storage.journal.outbox import Errand, Outbox
from refine.storage.pictures.transactions import PictureTransactions
from refine.storage.publishing.export import export
from refine.storage.publishing.push import Push
from refine.storage.publishing.rate_limit import ERASING, Limits, RateLimit
from refine.storage.targets import TargetSet

log = logging.getLogger(__name__)

CLOSING_SECONDS = 30
"""So long a stop waits for what is being sent. What is cut off then is looked for, and sent if needed, at the start."""


@dataclass(frozen=True, slots=True)
class PushState:
    """How the push to the Hub stands, for the researcher.

    `pushed` and `waiting` count finished sessions, `withdrawals` those still to be erased. `last_error` is a plain
    sentence, empty if the last attempt went well. `next_attempt` is in seconds from now, `None` if none is due.
    """

    repo: str
    pushed: int
    waiting: int
    withdrawals: int
    last_error: str
    next_attempt: float | None
    paused: bool


class Publisher:
    """Writes what is finished and not written yet, one thing at a time, in the background.

    What is to be done is read from the journal each time, so a restart forgets nothing. A fault is told in `state`
    and logged, and tried again, ever more slowly. With `repo` (`owner/name`) and `token` the sessions go to the Hub.
    `clock` is monotonic, in seconds: the time of day may be wrong or jump.
    """

    def __init__(
        self,
        journal: Journal,
        dataset: Dataset,
        targets: TargetSet,
        transactions: PictureTransactions,
        repo: str = "",
        token: str | None = None,
        *,
        endpoint: str | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._dataset = dataset
        self._targets = targets
        self._pictures = transactions.pictures
        self._repo = repo
        self._clock = clock
        self._limits = limits or Limits()
        self._outbox = Outbox(journal, repo)
        self._pause_mark = dataset.folder / ".paused"
        self._write_error = self._push_error = ""
        self._push: Push | None = None
        if repo and token:
            self._push = Push(HubDataset(repo, token, endpoint), journal, transactions, dataset, self._committed)
        elif repo:
            self._push_error = (
                f"Nothing is pushed to {repo}: there is no token. Set HF_TOKEN to a token with write access."
            )
        now = clock()
        self._pace = RateLimit(self._limits, (), now)
        self._looking = RateLimit(
            Limits(most=10**9, burst=10**9, first_wait=self._limits.look), (), now
        )  # for its waits only
        self._look_at = now
        self._look_fault = ""
        self._writing = RateLimit(Limits(most=10**9, burst=10**9), (), now)  # for the local folder: only its waits
        self._commits = 1  # that the next attempt may take
        self._asked = False  # there may be something new
        self._busy = False
        self._closing = False
        self._waits_since: float | None = None  # something waits for the Hub
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)

    def start(self) -> None:
        """Begin to publish, with what was left over. Commits that were made before count for the limit."""
        if self._repo:
            today = datetime.now(UTC)
            ages = [(today - at).total_seconds() for at in self._outbox.commit_times()]
            self._pace = RateLimit(self._limits, ages, self._clock())
        self._thread.start()
        self.publish()

    # ---- what others ask of it ----------------------------------------------------------------------------------

    def publish(self) -> None:
        """Publish all that is finished or withdrawn and not published yet. Returns at once."""
        with self._changed:
            self._asked = True
            self._changed.notify_all()

    def state(self) -> PushState:
        """How the push stands. Raises `StorageError` if the journal cannot be read."""
        waiting, withdrawals = len(self._outbox.waiting()), len(self._outbox.withdrawals())
        with self._changed:
            due = self._due()
            now = self._clock()
            return PushState(
                repo=self._repo,
                pushed=self._outbox.arrived(),
                waiting=waiting,
                withdrawals=withdrawals,
                last_error=self._write_error or self._push_error,
                next_attempt=None if due is None else max(0.0, due - now),
                paused=self.paused,
            )

    @property
    def paused(self) -> bool:
        """Whether a researcher stopped the push. It outlives a restart."""
        return self._pause_mark.exists()

    def retry_now(self) -> None:
        """Try at once what would have waited for its next attempt; the limit on commits stays."""
        with self._changed:
            now = self._clock()
            self._pace.forgive(now)
            self._writing.forgive(now)
            if self._waits_since is not None:
                self._waits_since = now - self._limits.gather
            self._asked = True
            self._changed.notify_all()

    def pause(self) -> None:
        """Send nothing to the Hub until `resume`, withdrawals neither. The local folder goes on."""
        try:
            self._pause_mark.parent.mkdir(parents=True, exist_ok=True)
            self._pause_mark.touch()
        except OSError as fault:
            raise StorageError(f"{self._pause_mark} cannot be written: {fault.strerror}.") from fault
        self.publish()

    def resume(self) -> None:
        """Go on after `pause`."""
        try:
            self._pause_mark.unlink(missing_ok=True)
        except OSError as fault:
            raise StorageError(f"{self._pause_mark} cannot be removed: {fault.strerror}.") from fault
        self.retry_now()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until all is published or has met a fault, at most `timeout` seconds. Says whether that is so."""
        with self._changed:
            return self._changed.wait_for(self._settled, timeout)

    def close(self) -> None:
        """Publish what waits, unless it has met a fault, and stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(CLOSING_SECONDS)

    # ---- the worker ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (ready := self._ready()) and not self._is_to_look():
                    if self._closing:
                        return
                    due = [at for at in (self._due(), self._look_at if self._push else None) if at is not None]
                    self._changed.wait(max(0.05, min(due) - self._clock()) if due else None)
                self._asked, self._busy = False, True
            try:
                if ready:
                    self._publish()
                if self._is_to_look():
                    self._look()
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def _settled(self) -> bool:
        if self._asked or self._busy:
            return False
        return self._waits_since is None or bool(self._push_error) or self.paused or self._push is None

    def _ready(self) -> bool:
        due = self._due()
        if self._asked or (due is not None and due <= self._clock()):
            return True
        # At the end nobody else will come to share the commit.
        waits = self._waits_since is not None and not self._push_error and not self.paused
        return (
            self._closing
            and waits
            and self._push is not None
            and self._pace.next_at(self._clock(), self._commits) <= self._clock()
        )

    def _due(self) -> float | None:
        """When something is to be done though nobody asks."""
        now = self._clock()
        due = [self._writing.next_at(now)] if self._write_error else []
        if self._push is not None and self._waits_since is not None and not self.paused:
            due.append(max(self._pace.next_at(now, self._commits), self._waits_since + self._limits.gather))
        return min(due, default=None)

    def _is_to_look(self) -> bool:
        return self._push is not None and not self._closing and self._look_at <= self._clock()

    def _look(self) -> None:
        """Take over who has withdrawn at another server, also if there is nothing to send."""
        assert self._push is not None
        try:
            found = self._push.look()
        except Exception as fault:
            self._looking.went_wrong(self._clock(), fault.retry_after if isinstance(fault, HubError) else 0)
            if str(fault) != self._look_fault:  # once, not every few seconds
                log.warning("Withdrawals at other servers are not known just now, and are looked for again: %s", fault)
            self._look_fault = str(fault)
        else:
            self._looking.went_well(self._clock())
            self._look_fault = ""
            with self._changed:
                self._asked = self._asked or found
        now = self._clock()
        self._look_at = max(now + self._limits.look, self._looking.next_at(now))

    def _publish(self) -> None:
        try:
            self._write()
        except Exception as fault:
            self._write_error = _told(fault)
            with self._changed:
                self._writing.went_wrong(self._clock())
        else:
            self._write_error = ""
            self._writing.went_well(self._clock())
        if self._push is None:
            return
        try:
            self._send(self._push)
        except Exception as fault:
            self._push_error = _told(fault)
            with self._changed:
                self._pace.went_wrong(self._clock(), fault.retry_after if isinstance(fault, HubError) else 0)

    def _write(self) -> None:
        withdrawn = self._outbox.withdrawals()
        try:
            export(self._journal, self._pictures, self._targets, self._dataset, self._dataset)
        finally:
            left = self._dataset.traces()
            if not self._repo:
                self._outbox.done([one for one in withdrawn if one not in left], Errand.WITHDRAW)

    def _send(self, push: Push) -> None:
        withdrawals = self._outbox.withdrawals()
        waits = bool(self._outbox.waiting() or withdrawals)
        with self._changed:
            self._commits = ERASING if withdrawals else 1
            now = self._clock()
            if not waits:
                self._waits_since, self._push_error = None, ""
                return
            if self._waits_since is None:
                self._waits_since = now
            due = self._pace.next_at(now, self._commits)
            if not self._closing:
                due = max(due, self._waits_since + self._limits.gather)
            if self.paused or due > now:
                return
        sent = push.once()
        log.info("Pushed %d sessions to %s and erased %d", sent.pushed, self._repo, sent.withdrawn)
        with self._changed:
            self._push_error = sent.fault
            if sent.fault and not (sent.pushed or sent.withdrawn):
                self._pace.went_wrong(self._clock())
                return
            self._waits_since = None
            self._pace.went_well(self._clock())
            # Another may have come while this one was under way.
            self._asked = self._asked or bool(sent.pushed or sent.withdrawn)

    def _committed(self) -> None:
        with self._changed:
            self._pace.committed(self._clock())


def _told(fault: Exception) -> str:
    if isinstance(fault, StorageError):
        log.error("Publishing failed, and will be tried again: %s", fault)
    else:
        log.exception("Publishing failed, and will be tried again")
    return str(fault) or repr(fault)
