"""The backup: sessions that are nowhere else yet, in a private Hub dataset, because a Space's disk is wiped at a restart.

Knows: which sessions these are, and how what another server wrote is taken over. Does not know: when to send (worker),
what a file says (snapshot), or what the Hub's faults mean (hub). One server to a backup, but for the moments of a restart.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from refine.protocol import Session
from refine.storage.backup.snapshot import (
    FOLDERS,
    Snapshot,
    Withdrawal,
    drawing_file,
    ended_file,
    facts_file,
    pixels_of,
    read_snapshot,
    read_withdrawal,
    sealed,
    withdrawn_file,
)
from refine.storage.dataset.folder import shard_key
from refine.storage.dataset.source import HubSource, read_ahead
from refine.storage.errors import ContradictionError, StorageError
from refine.storage.hub import HubDataset, RepoMissingError
from refine.storage.journal import surveys
from refine.storage.journal.journal import Journal
from refine.storage.journal.outbox import Errand, Outbox
from refine.storage.journal.whole import add_whole
from refine.storage.pictures.transactions import PictureTransactions

log = logging.getLogger(__name__)

FORGOTTEN = timedelta(days=7)
"""After so long nobody comes back to an unfinished session: it leaves the backup."""

NEVER_BEGUN = timedelta(days=1)
"""And after so long if nothing was drawn in it: soon it leaves the journal as well (admission)."""

SQUASH = 500
"""Commits after which the history is squashed: the Hub grows slow with thousands."""


class Backup:
    """The sessions of a journal that a restart would lose. Every method raises `StorageError`; again is safe."""

    def __init__(self, hub: HubDataset, journal: Journal, transactions: PictureTransactions, dataset_repo: str) -> None:
        """Finished sessions stay until they have arrived in `dataset_repo`; for ever if that is empty."""
        self.repo = hub.repo
        self._hub = hub
        self._journal = journal
        self._transactions = transactions
        self._pictures = transactions.pictures
        self._pushed = Outbox(journal, dataset_repo) if dataset_repo else None
        self._erased = Outbox(journal, hub.repo)
        # The commit that the journal has taken in or made, its files, and the sessions that are left as they are there.
        self._head = ""
        self._there: set[str] = set()
        self._left: set[str] = set()
        self._sent: dict[str, bytes] = {}
        self._state: tuple[int, ...] = ()
        self._commits = 0
        # The history may hold a note of a withdrawal that the newest commit has not; nobody knows what a killed server left.
        self._stale = True

    def changed(self) -> bool:
        """Whether the journal has something that the backup has not, or the other way round."""
        return surveys.counts(self._journal) != self._state

    def send(self, came: Callable[[], None]) -> bool:
        """Bring the backup to what the journal says. Says whether that took a commit. Refuses if it is public.

        What another server wrote is taken over first; `came` is called after each look for it.
        """
        try:
            head = self._hub.head()
        except RepoMissingError:
            self._hub.create(private=True)
            self._there, self._left, self._stale = set(), set(), False
            head = self._hub.head()
        if self._hub.is_public():  # it holds secrets: the key to each session
            raise StorageError(
                f"The backup {self._hub.repo} is public. Make it private: nothing is sent to it as it is."
            )
        if head != self._head:  # the server before this one goes on for a while, or nothing could be restored
            self._take_over(HubSource(self._hub, head))
            came()
        state, there = surveys.counts(self._journal), self._there
        withdrawn = set(self._erased.withdrawals())
        unfinished, finished = self._unfinished(), self._finished()
        # Who has finished is written down once more, and never again.
        wanted = [facts_file(one) for one in unfinished]
        wanted += [path for one in finished if (path := ended_file(one)) not in there]
        sessions = {
            path: session
            for path in wanted
            if path not in self._left and (session := self._journal.session_by_id(shard_key(path))) is not None
        }
        facts = {path: self._snapshot(session) for path, session in sessions.items()} | self._owed()
        new = {path: content for path, content in facts.items() if path not in there or self._sent.get(path) != content}
        drawn = {path: content for one in sessions.values() for path, content in self._drawn(one, there)}
        known = self._known({shard_key(path) for path in there} - {*unfinished, *finished})
        # What this journal does not know is somebody's who has not been restored yet; a withdrawal neither.
        taken = self._erased.withdrawn()
        gone = [
            path
            for path in there
            if shard_key(path) in (taken if path.startswith("withdrawn/") else known) and path not in facts
        ]
        gone += [path for one in finished if (path := facts_file(one)) in there]
        if new or drawn or gone:
            self._erased.ship((shard_key(path), content) for path, content in drawn.items())
            self._stale = self._stale or any(path.startswith("withdrawn/") for path in gone)
            self._head = self._hub.commit("Replicate sessions", head, {**new, **drawn}, gone)
            self._there = {*there, *new, *drawn} - {*gone}
            self._commits += 1
        if withdrawn or self._stale or self._commits >= SQUASH:
            self._hub.erase_history()
            self._head = ""  # it has another name now, which only a look can tell from another server's
            if withdrawn:
                self._hub.erase_large_files(withdrawn, self._erased.shipped(withdrawn))
                self._erased.done(withdrawn, Errand.WITHDRAW)
            self._commits, self._stale = 0, False
        self._sent, self._state = facts, state
        return bool(new or drawn or gone)

    def restore(self) -> int:
        """Put what the backup knows into the journal, as far as that lacks it. Returns how many sessions are new.

        One that is damaged is told in the log, and stays out. Only before anybody draws or withdraws.
        """
        try:
            source = HubSource(self._hub)
        except RepoMissingError:
            return 0
        return self._take_over(source, begins=True)

    def _take_over(self, source: HubSource, begins: bool = False) -> int:
        """Take withdrawals, sessions, rounds, rankings and ends from a commit that the journal lacks.

        `begins`: nobody draws yet, and what was asked for is asked for here. Otherwise it is left to the participant.
        """
        there = {path for path in source.names() if path.startswith(FOLDERS)}
        taken = self._erased.withdrawn()
        notes = sorted(path for path in there if path.startswith("withdrawn/") and shard_key(path) not in taken)
        sent: dict[str, bytes] = {}
        for path, withdrawal in read_ahead(partial(read_withdrawal, source), notes):
            if withdrawal is not None:
                self._take_withdrawal(withdrawal)
                sent[path] = withdrawal.to_json()
        taken, ended, come = self._erased.withdrawn(), set(self._journal.finished_ids()), 0
        found = {path: shard_key(path) for path in sorted(there) if path.startswith("sessions/")}
        known = self._known(found.values())
        wanted = [
            path for path, one in found.items() if one not in taken and (one not in ended or self._lacks_pictures(one))
        ]
        # What another server has removed has withdrawn there, or arrived in the dataset: it is not to come back.
        left = {path for path in (self._there | self._left) - there if path.startswith("sessions/")}
        for path, read in read_ahead(partial(read_snapshot, source, lacking=self._lacking), wanted):
            if read is None:
                continue
            sent[path], snapshot, drawings = read
            try:
                with self._transactions.adding(*drawings):
                    if found[path] not in ended:
                        add_whole(
                            self._journal, snapshot.protocol, snapshot.session, snapshot.requests if begins else ()
                        )
                        come += found[path] not in known
            except ContradictionError as fault:
                log.error(
                    "A session is left as it is: what %s in %s says cannot be added (%s)", path, source.place, fault
                )
                left.add(path)
        self._head, self._there, self._left, self._sent = source.commit, there, left, sent
        return come

    def _take_withdrawal(self, withdrawal: Withdrawal) -> None:
        self._transactions.remove(withdrawal.session_id)  # it may have come back from the dataset
        self._journal.add_protocol(withdrawal.protocol)
        self._journal.add_withdrawal(withdrawal.session_id, withdrawal.protocol.hash, withdrawal.at)
        if self._pushed is not None:
            self._pushed.begin([withdrawal.session_id])  # so that it leaves the dataset's history as well

    def _lacking(self, session: Session) -> list[str]:
        """The pixel hashes of its drawings that have no row or no file here."""
        here = self._journal.session_by_id(session.id)
        rows = set() if here is None else set(pixels_of(here))
        return [
            pixels for pixels in pixels_of(session) if pixels not in rows or not self._pictures.path(pixels).exists()
        ]

    def _lacks_pictures(self, session_id: str) -> bool:
        """Whether the journal outlived the pictures, as one on a database server does."""
        session = self._journal.session_by_id(session_id)
        return session is not None and bool(self._lacking(session))

    def _unfinished(self) -> list[str]:
        now = datetime.now(UTC)
        return surveys.unfinished(self._journal, now - FORGOTTEN, now - NEVER_BEGUN)

    def _finished(self) -> list[str]:
        return self._journal.finished_ids() if self._pushed is None else self._pushed.waiting()

    def _owed(self) -> dict[str, bytes]:
        """The withdrawals that the dataset has not been told of yet."""
        if self._pushed is None:
            return {}
        return {
            withdrawn_file(session_id): Withdrawal(session_id, self._journal.protocol(protocol_hash), at).to_json()
            for session_id, protocol_hash, at in surveys.withdrawals(self._journal, self._pushed.withdrawals())
        }

    def _known(self, session_ids: Iterable[str]) -> set[str]:
        return surveys.known(self._journal, list(session_ids))

    def _snapshot(self, session: Session) -> bytes:
        requests = (self._journal.asked_of(trial.id) for trial in session.trials)
        protocol = self._journal.protocol(session.protocol_hash)
        return Snapshot(protocol, session, tuple(one for one in requests if one is not None)).to_json()

    def _drawn(self, session: Session, there: Collection[str]) -> Iterator[tuple[str, bytes]]:
        for pixels in pixels_of(session):
            path, file = drawing_file(session.id, pixels), self._pictures.path(pixels)
            if path not in there and file.exists():
                yield path, sealed(session.id, file.read_bytes())
