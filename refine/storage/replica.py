"""The replica: sessions that are nowhere else yet, in a private Hub dataset, because a Space's disk is wiped at a restart.

Knows: which sessions these are, and how one is written down and read back. Does not know: when to send (replication), or
what the Hub's faults mean (hub). One server to a replica.
"""

import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from refine.protocol import Protocol, Session
from refine.storage import schema as t
from refine.storage.dataset import shard_key
from refine.storage.errors import Contradiction, Damaged, StorageError
from refine.storage.hub import HubDataset, RepoMissing
from refine.storage.journal import Journal, Request
from refine.storage.keeping import Keeper
from refine.storage.outbox import Errand, Outbox
from refine.storage.pictures import Pictures, read_pixels
from refine.storage.source import HubSource, read_ahead

log = logging.getLogger(__name__)

FORGOTTEN = timedelta(days=7)
"""After so long nobody comes back to an unfinished session: it leaves the replica."""

SQUASH = 500
"""Commits after which the history is squashed: the Hub grows slow with thousands."""

FOLDERS = ("sessions/", "pictures/", "withdrawn/")
"""Of the replica; what else is in the repository is somebody else's."""

LEFT_OUT = "A session is not restored: %s in %s is damaged (%s). It stays there"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the journal knows of a session. `requests` are drawings asked for and not made yet."""

    protocol: Protocol
    session: Session
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What is left of a session that the dataset must still be rid of."""

    session_id: str
    protocol: Protocol
    at: datetime


_SNAPSHOT, _WITHDRAWAL = TypeAdapter(Snapshot), TypeAdapter(Withdrawal)


class Replica:
    """The sessions of a journal that a restart would lose. Every method raises `StorageError`; again is safe."""

    def __init__(self, hub: HubDataset, journal: Journal, pictures: Pictures, dataset_repo: str) -> None:
        """Finished sessions stay until they have arrived in `dataset_repo`; for ever if that is empty."""
        self._hub = hub
        self._journal = journal
        self._pictures = pictures
        self._pushed = Outbox(journal, dataset_repo) if dataset_repo else None
        self._erased = Outbox(journal, hub.repo)
        self._sent: dict[str, bytes] = {}
        self._state: tuple[int, ...] = ()
        self._commits = 0

    def changed(self) -> bool:
        """Whether the journal has something that the replica has not, or the other way round."""
        return self._now() != self._state

    def send(self) -> bool:
        """Bring the replica to what the journal says. Says whether that took a commit. Refuses if it is public."""
        state = self._now()
        try:
            head = self._hub.head()
        except RepoMissing:
            self._hub.create(private=True)
            head = self._hub.head()
        if self._hub.is_public():  # it holds secrets: the key to each session
            raise StorageError(
                f"The replica {self._hub.repo} is public. Make it private: nothing is sent to it as it is."
            )
        there = {path for path in self._hub.names(head) if path.startswith(FOLDERS)}
        withdrawn = set(self._erased.withdrawals())
        unfinished, finished = self._unfinished(), self._finished()
        # Who has finished is written down once more, and never again.
        wanted = [_facts(one) for one in unfinished] + [path for one in finished if (path := _ended(one)) not in there]
        sessions = {
            path: session for path in wanted if (session := self._journal.session_by_id(shard_key(path))) is not None
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
        gone += [path for one in finished if (path := _facts(one)) in there]
        if new or drawn or gone:
            self._hub.commit("Replicate sessions", head, {**new, **drawn}, gone)
            self._commits += 1
        if withdrawn or self._commits >= SQUASH:
            self._hub.erase_history()
            self._hub.erase_large_files(withdrawn)
            self._erased.done(withdrawn, Errand.WITHDRAW)
            self._commits = 0
        self._sent, self._state = facts, state
        return bool(new or drawn or gone)

    def restore(self) -> int:
        """Put the sessions of the replica into the journal, but for those that it knows. Returns how many.

        One that is damaged is told in the log, and stays out. Only before anybody draws or withdraws.
        """
        try:
            source = HubSource(self._hub)
        except RepoMissing:
            return 0
        names = source.names()
        keeper, restored = Keeper(self._journal, self._pictures), 0
        for _, withdrawal in read_ahead(
            partial(_read_withdrawal, source), [n for n in names if n.startswith("withdrawn/")]
        ):
            if withdrawal is not None:
                self._take_withdrawal(withdrawal, keeper)
        found = [path for path in names if path.startswith("sessions/")]
        known = self._known({shard_key(path) for path in found})
        wanted = [path for path in found if shard_key(path) not in known or self._lacks_pictures(shard_key(path))]
        for path, found_whole in read_ahead(partial(_read_session, source), wanted):
            if found_whole is None:
                continue
            snapshot, drawings = found_whole
            try:
                with keeper.keeping(*drawings):
                    if snapshot.session.id not in known:
                        self._take(snapshot)
                        restored += 1
            except Contradiction as fault:
                log.error(LEFT_OUT, path, source.place, fault)
        return restored

    def _take(self, snapshot: Snapshot) -> None:
        journal, session = self._journal, snapshot.session
        # One transaction: of a session that was restored by half, the other half would be taken for never drawn.
        with journal.writing():
            journal.add_protocol(snapshot.protocol)
            journal.add_session(session)
            for trial in session.trials:
                if trial.begun_at is not None:
                    journal.begin_trial(trial.id, trial.begun_at)
                for iteration in trial.iterations:
                    journal.add_iteration(iteration)
                if trial.ranking is not None:
                    journal.add_ranking(trial.id, trial.ranking)
            for request in snapshot.requests:
                journal.ask(request)
            if session.finished_at is not None:
                journal.finish(session.id, session.finished_at)

    def _take_withdrawal(self, withdrawal: Withdrawal, keeper: Keeper) -> None:
        keeper.remove(withdrawal.session_id)  # it may have come back from the dataset
        self._journal.add_protocol(withdrawal.protocol)
        self._journal.add_withdrawal(withdrawal.session_id, withdrawal.protocol.hash, withdrawal.at)
        if self._pushed is not None:
            self._pushed.begin([withdrawal.session_id])  # so that it leaves the dataset's history as well

    def _lacks_pictures(self, session_id: str) -> bool:
        """Whether the journal outlived the pictures, as one on a database server does."""
        session = self._journal.session_by_id(session_id)
        return session is not None and not all(self._pictures.path(pixels).exists() for pixels in _pixels(session))

    def _unfinished(self) -> list[str]:
        recent = datetime.now(UTC) - FORGOTTEN
        query = sa.select(t.sessions.c.id).where(t.sessions.c.finished_at.is_(None), t.sessions.c.enrolled_at > recent)
        with self._journal.reading() as connection:
            return list(connection.execute(query).scalars())

    def _finished(self) -> list[str]:
        return self._journal.finished_ids() if self._pushed is None else self._pushed.waiting()

    def _owed(self) -> dict[str, bytes]:
        """The withdrawals that the dataset has not been told of yet."""
        if self._pushed is None:
            return {}
        query = sa.select(t.withdrawals).where(t.withdrawals.c.session_id.in_(self._pushed.withdrawals()))
        with self._journal.reading() as connection:
            rows = connection.execute(query).all()
        return {
            _withdrawn(row.session_id): _WITHDRAWAL.dump_json(
                Withdrawal(row.session_id, self._journal.protocol(row.protocol_hash), row.withdrawn_at)
            )
            for row in rows
        }

    def _known(self, session_ids: Iterable[str]) -> set[str]:
        asked = list(session_ids)
        with self._journal.reading() as connection:
            here = connection.execute(sa.select(t.sessions.c.id).where(t.sessions.c.id.in_(asked))).scalars()
            gone = sa.select(t.withdrawals.c.session_id).where(t.withdrawals.c.session_id.in_(asked))
            return {*here, *connection.execute(gone).scalars()}

    def _snapshot(self, session: Session) -> bytes:
        requests = (self._journal.asked_of(trial.id) for trial in session.trials)
        protocol = self._journal.protocol(session.protocol_hash)
        return _SNAPSHOT.dump_json(Snapshot(protocol, session, tuple(one for one in requests if one is not None)))

    def _drawn(self, session: Session, there: Collection[str]) -> Iterator[tuple[str, bytes]]:
        for pixels in _pixels(session):
            path, file = _drawing(session.id, pixels), self._pictures.path(pixels)
            if path not in there and file.exists():
                # Sealed: of two drawings with the same content the Hub keeps one, and erases it with the first to go.
                yield path, file.read_bytes() + _seal(session.id)

    def _now(self) -> tuple[int, ...]:
        tables = (t.sessions, t.iterations, t.ranks, t.requests, t.withdrawals, t.outbox)
        counts = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in tables]
        begun = sa.select(sa.func.count()).where(t.trials.c.begun_at.is_not(None)).scalar_subquery()
        finished = sa.select(sa.func.count()).where(t.sessions.c.finished_at.is_not(None)).scalar_subquery()
        arrived = sa.select(sa.func.count()).where(t.outbox.c.done_at.is_not(None)).scalar_subquery()
        with self._journal.reading() as connection:
            return tuple(connection.execute(sa.select(*counts, begun, finished, arrived)).one())


def _read_session(source: HubSource, path: str) -> tuple[Snapshot, list[bytes]] | None:
    """A session as its facts at `path` tell it, and its drawings; `None`, and a word of it, if they are damaged."""
    try:
        snapshot = _SNAPSHOT.validate_json(source.read(path))
        session = snapshot.session
        drawings = {
            pixels: source.read(_drawing(session.id, pixels)).removesuffix(_seal(session.id))
            for pixels in _pixels(session)
        }
        if [read_pixels(content) for content in drawings.values()] != list(drawings):
            raise Damaged("a drawing of it is another picture")
    except (ValidationError, Damaged) as fault:
        # Not what the session says: its key is in it, and a log is read by more people.
        reason = "it does not say what a session should" if isinstance(fault, ValidationError) else fault
        log.error(LEFT_OUT, path, source.place, reason)
        return None
    return snapshot, list(drawings.values())


def _read_withdrawal(source: HubSource, path: str) -> Withdrawal | None:
    try:
        return _WITHDRAWAL.validate_json(source.read(path))
    except (ValidationError, Damaged) as fault:
        log.error("A withdrawal is not known any more: %s in %s is damaged (%s)", path, source.place, fault)
        return None


def _pixels(session: Session) -> list[str]:
    """The pixel hashes of a session's drawings."""
    return sorted({iteration.picture for trial in session.trials for iteration in trial.iterations})


def _facts(session_id: str) -> str:
    return f"sessions/{session_id}-facts.json"


def _ended(session_id: str) -> str:
    return f"sessions/{session_id}-ended.json"


def _withdrawn(session_id: str) -> str:
    return f"withdrawn/{session_id}-note.json"


def _drawing(session_id: str, pixels: str) -> str:
    return f"pictures/{session_id}-{pixels}.png"


def _seal(session_id: str) -> bytes:
    return f"\n{session_id}".encode()
