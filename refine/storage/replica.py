"""The replica: sessions that are nowhere else yet, in a private Hub dataset, because a Space's disk is wiped at a restart.

Knows: which sessions these are, and how one is written down and read back. Does not know: when to send (replication), or
what the Hub's faults mean (hub). One server to a replica.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from refine.protocol import Protocol, Session
from refine.storage import schema as t
from refine.storage.dataset import shard_key
from refine.storage.errors import StorageError
from refine.storage.hub import HubDataset, RepoMissing
from refine.storage.journal import Journal, Request
from refine.storage.keeping import Keeper
from refine.storage.outbox import Errand, Outbox
from refine.storage.pictures import Pictures

FORGOTTEN = timedelta(days=7)
"""After so long nobody comes back to an unfinished session: it leaves the replica."""

SQUASH = 500
"""Commits after which the history is squashed: the Hub grows slow with thousands."""


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

        Only before anybody draws or withdraws.
        """
        try:
            head = self._hub.head()
        except RepoMissing:
            return 0
        found = [path for path in self._hub.names(head) if path.startswith("sessions/")]
        known = self._known({shard_key(path) for path in found})
        keeper, restored = Keeper(self._journal, self._pictures), 0
        for path in found:
            if shard_key(path) not in known:
                self._take(self._read(path, head), keeper, head)
                restored += 1
        return restored

    def _take(self, snapshot: Snapshot, keeper: Keeper, head: str) -> None:
        journal, session = self._journal, snapshot.session
        journal.add_protocol(snapshot.protocol)
        journal.add_session(session)
        for trial in session.trials:
            if trial.begun_at is not None:
                journal.begin_trial(trial.id, trial.begun_at)
            for iteration in trial.iterations:
                picture = self._picture(_drawing(session.id, iteration.picture), head)
                with keeper.keeping(picture) as pixels:
                    if pixels != iteration.picture:
                        raise StorageError(
                            f"The replica {self._hub.repo} is damaged: {iteration.picture} is another picture."
                        )
                    journal.add_iteration(iteration)
            if trial.ranking is not None:
                journal.add_ranking(trial.id, trial.ranking)
        for request in snapshot.requests:
            journal.ask(request)
        if session.finished_at is not None:
            journal.finish(session.id, session.finished_at)

    def _read(self, path: str, head: str) -> Snapshot:
        try:
            return _SNAPSHOT.validate_json(self._hub.read(path, head) or b"")
        except ValidationError as fault:
            raise StorageError(f"The replica {self._hub.repo} is damaged: {path} cannot be read ({fault}).") from fault

    def _picture(self, path: str, head: str) -> Image.Image:
        try:
            return Image.open(BytesIO(self._hub.read(path, head) or b"")).convert("RGB")
        except OSError as fault:
            raise StorageError(f"The replica {self._hub.repo} is damaged: {path} cannot be read ({fault}).") from fault

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
        pixels = {iteration.picture for trial in session.trials for iteration in trial.iterations}
        return [(_drawing(session.id, one), self._pictures.path(one)) for one in sorted(pixels)]

    def _now(self) -> tuple[int, ...]:
        tables = (t.sessions, t.iterations, t.ranks, t.requests, t.withdrawals, t.outbox)
        counts = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in tables]
        begun = sa.select(sa.func.count()).where(t.trials.c.begun_at.is_not(None)).scalar_subquery()
        finished = sa.select(sa.func.count()).where(t.sessions.c.finished_at.is_not(None)).scalar_subquery()
        arrived = sa.select(sa.func.count()).where(t.outbox.c.done_at.is_not(None)).scalar_subquery()
        with self._journal.reading() as connection:
            return tuple(connection.execute(sa.select(*counts, begun, finished, arrived)).one())


def _facts(session_id: str) -> str:
    return f"sessions/{session_id}-facts.json"


def _drawing(session_id: str, pixels: str) -> str:
    return f"pictures/{session_id}-{pixels}.png"
