"""The outbox: what has reached a dataset, so that everything reaches it exactly once.

Knows: marks, made before a session is sent and after it has arrived. Does not know: the Hub.

What waits is not listed anywhere: it is what the journal's facts have and the marks have not. So nothing can be
forgotten between the end of a session and its entry here.
"""

import hashlib
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa

from refine.storage.journal import schema as t
from refine.storage.journal.journal import Journal


class Errand(StrEnum):
    """What is to be done with a session at its destination."""

    PUSH = "push"
    WITHDRAW = "withdraw"


class Outbox:
    """The marks of one destination: a Hub dataset `owner/name`, or `""` for the local folder.

    Every method raises `StorageError` if the database cannot do it.
    """

    def __init__(self, journal: Journal, destination: str) -> None:
        self._journal = journal
        self.destination = destination

    def waiting(self) -> list[str]:
        """Finished sessions that are not marked as arrived, the oldest first."""
        query = (
            sa.select(t.sessions.c.id)
            .where(t.sessions.c.finished_at.is_not(None), ~self._done(Errand.PUSH, t.sessions.c.id))
            .order_by(t.sessions.c.finished_at)
        )
        with self._journal.reading() as connection:
            return list(connection.execute(query).scalars())

    def withdrawals(self) -> list[str]:
        """Withdrawn sessions that are not marked as erased."""
        query = sa.select(t.withdrawals.c.session_id).where(~self._done(Errand.WITHDRAW, t.withdrawals.c.session_id))
        with self._journal.reading() as connection:
            return list(connection.execute(query).scalars())

    def withdrawn(self) -> set[str]:
        """All withdrawn sessions, erased at the destination or not."""
        with self._journal.reading() as connection:
            return set(connection.execute(sa.select(t.withdrawals.c.session_id)).scalars())

    def forget(self) -> None:
        """Take back all marks of arrival: everything is looked for at the destination, and sent if it is not there."""
        with self._journal.writing() as connection:
            connection.execute(t.outbox.update().where(self._mine(Errand.PUSH)).values(done_at=None))

    def begin(self, session_ids: Collection[str]) -> None:
        """These sessions are about to be sent: from now on they may be there. Twice is harmless."""
        with self._journal.writing() as connection:
            known = set(connection.execute(sa.select(t.outbox.c.session_id).where(self._mine(Errand.PUSH))).scalars())
            rows = [self._row(session_id, Errand.PUSH) for session_id in session_ids if session_id not in known]
            if rows:
                connection.execute(t.outbox.insert(), rows)

    def ship(self, files: Iterable[tuple[str, bytes]]) -> None:
        """These files, each with the session that it is of, are about to be sent: from now on they may be there."""
        wanted = {(session_id, hashlib.sha256(content).hexdigest()) for session_id, content in files}
        with self._journal.writing() as connection:
            mine = t.shipped.c.session_id.in_({session_id for session_id, _ in wanted})
            query = sa.select(t.shipped.c.session_id, t.shipped.c.sha256).where(mine)
            known = set(map(tuple, connection.execute(query.where(t.shipped.c.destination == self.destination))))
            rows = [
                {"destination": self.destination, "session_id": session_id, "sha256": digest}
                for session_id, digest in sorted(wanted - known)
            ]
            if rows:
                connection.execute(t.shipped.insert(), rows)

    def shipped(self, session_ids: Collection[str]) -> set[str]:
        """The SHA-256 (hex) of all files of these sessions that may be there."""
        query = sa.select(t.shipped.c.sha256).where(
            t.shipped.c.destination == self.destination, t.shipped.c.session_id.in_(session_ids)
        )
        with self._journal.reading() as connection:
            return set(connection.execute(query).scalars())

    def done(self, session_ids: Collection[str], errand: Errand, commit: str = "") -> None:
        """It is done: the last thing to be written. `commit` is the one that did it, if one was needed."""
        now = datetime.now(UTC)
        with self._journal.writing() as connection:
            for session_id in session_ids:
                mark = t.outbox.update().where(self._mine(errand), t.outbox.c.session_id == session_id)
                if connection.execute(mark.values(done_at=now, commit_id=commit)).rowcount == 0:
                    row = self._row(session_id, errand) | {"done_at": now, "commit_id": commit}
                    connection.execute(t.outbox.insert().values(row))

    def ever_sent(self, session_ids: Collection[str]) -> set[str]:
        """Those that may be at the destination, or may have been."""
        query = sa.select(t.outbox.c.session_id).where(self._mine(Errand.PUSH), t.outbox.c.session_id.in_(session_ids))
        with self._journal.reading() as connection:
            return set(connection.execute(query).scalars())

    def used(self) -> bool:
        """Whether anything was ever sent to this destination and arrived."""
        return self.arrived() > 0

    def arrived(self) -> int:
        """How many sessions are marked as arrived."""
        query = sa.select(sa.func.count()).where(self._mine(Errand.PUSH), t.outbox.c.done_at.is_not(None))
        with self._journal.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def commit_times(self) -> list[datetime]:
        """When the newest commits were made (of at most the last 20), by this machine's clock at the time.

        One that removed what was withdrawn is there twice: the history was squashed after it.
        """
        query = (
            sa.select(
                sa.func.max(sa.func.coalesce(t.outbox.c.done_at, t.outbox.c.begun_at)).label("at"),
                sa.func.max(t.outbox.c.errand).label("errand"),  # of the two, "withdraw" is the greater
            )
            .where(t.outbox.c.destination == self.destination, t.outbox.c.commit_id != "")
            .group_by(t.outbox.c.commit_id)
            .order_by(sa.desc("at"))
            .limit(20)
        )
        with self._journal.reading() as connection:
            return [row.at for row in connection.execute(query) for _ in range(1 + (row.errand == Errand.WITHDRAW))]

    def _mine(self, errand: Errand) -> sa.ColumnElement[bool]:
        return sa.and_(t.outbox.c.destination == self.destination, t.outbox.c.errand == errand.value)

    def _done(self, errand: Errand, session_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        return sa.exists().where(
            self._mine(errand), t.outbox.c.session_id == session_id, t.outbox.c.done_at.is_not(None)
        )

    def _row(self, session_id: str, errand: Errand) -> dict[str, object]:
        return {
            "destination": self.destination,
            "session_id": session_id,
            "errand": errand.value,
            "begun_at": datetime.now(UTC),
        }
