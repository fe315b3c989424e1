"""The replica: sessions that are nowhere else yet, in a private Hub dataset, because a Space's disk is wiped at a restart.

Knows: which sessions these are, and how one is written down and read back. Does not know: when to send (replication), or
what the Hub's faults mean (hub). One server to a replica.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

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


LEFT_OUT = "A session is not restored: %s in %s is damaged (%s). It stays there"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the journal knows of a session. `requests` are drawings asked for and not made yet."""

    protocol: Protocol
    session: Session
    requests: tuple[Request, ...]


_SNAPSHOT = TypeAdapter(Snapshot)


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
        there = set(self._hub.names(head))
        withdrawn = set(self._erased.withdrawals())
        sessions = [session for one in self._ids() if (session := self._journal.session_by_id(one)) is not None]
        facts = {_facts(session.id): self._snapshot(session) for session in sessions}
        new: dict[str, bytes | Path] = {
            path: content for path, content in facts.items() if path not in there or self._sent.get(path) != content
        }
        drawn = {path: file for session in sessions for path, file in self._drawn(session) if path not in there}
        known = self._known({shard_key(path) for path in there if "/" in path} - {session.id for session in sessions})
        # What this journal does not know is somebody's who has not been restored yet.
        gone = [path for path in there if "/" in path and shard_key(path) in known | withdrawn]
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
        found = [path for path in source.names() if path.startswith("sessions/")]
        known = self._known({shard_key(path) for path in found})
        keeper, restored = Keeper(self._journal, self._pictures), 0
        wanted = [path for path in found if shard_key(path) not in known]
        for path, found_whole in read_ahead(partial(_whole, source), wanted):
            if found_whole is None:
                continue
            try:
                self._take(*found_whole, keeper)
                restored += 1
            except Contradiction as fault:
                log.error(LEFT_OUT, path, source.place, fault)
        return restored

    def _take(self, snapshot: Snapshot, drawings: list[bytes], keeper: Keeper) -> None:
        journal, session = self._journal, snapshot.session
        # One transaction: of a session that was restored by half, the other half would be taken for never drawn.
        with keeper.keeping(*drawings), journal.writing():
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

    def _ids(self) -> set[str]:
        recent = datetime.now(UTC) - FORGOTTEN
        query = sa.select(t.sessions.c.id).where(t.sessions.c.finished_at.is_(None), t.sessions.c.enrolled_at > recent)
        with self._journal.reading() as connection:
            unfinished = set(connection.execute(query).scalars())
        return unfinished.union(self._journal.finished_ids() if self._pushed is None else self._pushed.waiting())

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

    def _drawn(self, session: Session) -> list[tuple[str, Path]]:
        return [(_drawing(session.id, one), self._pictures.path(one)) for one in _pixels(session)]

    def _now(self) -> tuple[int, ...]:
        tables = (t.sessions, t.iterations, t.ranks, t.requests, t.withdrawals, t.outbox)
        counts = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in tables]
        begun = sa.select(sa.func.count()).where(t.trials.c.begun_at.is_not(None)).scalar_subquery()
        finished = sa.select(sa.func.count()).where(t.sessions.c.finished_at.is_not(None)).scalar_subquery()
        arrived = sa.select(sa.func.count()).where(t.outbox.c.done_at.is_not(None)).scalar_subquery()
        with self._journal.reading() as connection:
            return tuple(connection.execute(sa.select(*counts, begun, finished, arrived)).one())


def _whole(source: HubSource, path: str) -> tuple[Snapshot, list[bytes]] | None:
    """A session as its facts at `path` tell it, and its drawings; `None`, and a word of it, if they are damaged."""
    try:
        snapshot = _SNAPSHOT.validate_json(source.read(path))
        drawings = {pixels: source.read(_drawing(snapshot.session.id, pixels)) for pixels in _pixels(snapshot.session)}
        if [read_pixels(content) for content in drawings.values()] != list(drawings):
            raise Damaged("a drawing of it is another picture")
    except (ValidationError, Damaged) as fault:
        # Not what the session says: its key is in it, and a log is read by more people.
        reason = "it does not say what a session should" if isinstance(fault, ValidationError) else fault
        log.error(LEFT_OUT, path, source.place, reason)
        return None
    return snapshot, list(drawings.values())


def _pixels(session: Session) -> list[str]:
    """The pixel hashes of a session's drawings."""
    return sorted({iteration.picture for trial in session.trials for iteration in trial.iterations})


def _facts(session_id: str) -> str:
    return f"sessions/{session_id}-facts.json"


def _drawing(session_id: str, pixels: str) -> str:
    return f"pictures/{session_id}-{pixels}.png"
