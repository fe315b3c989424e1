"""Enrolments: how many sessions each arm and target has, and which have no drawing.

Knows: that a session counts from its first drawing on. Does not know: who is assigned what (assignment).
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from refine.storage.journal import schema as t
from refine.storage.journal.journal import Journal

DREW = sa.exists().where(t.iterations.c.trial_id == t.trials.c.id, t.trials.c.session_id == t.sessions.c.id)
ASKED = sa.exists().where(t.requests.c.trial_id == t.trials.c.id, t.trials.c.session_id == t.sessions.c.id)


class Enrolments:
    """The sessions of a journal, counted. Every method raises `StorageError` if the database cannot do it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def arm_counts(self, protocol_hash: str, recent: datetime) -> dict[str, int]:
        """How many sessions of this protocol each arm has that drew at least once, or began after `recent` and may yet."""
        query = (
            sa.select(t.sessions.c.arm, sa.func.count())
            .where(t.sessions.c.protocol_hash == protocol_hash, _counts(recent))
            .group_by(t.sessions.c.arm)
        )
        with self._journal.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def target_counts(self, protocol_hash: str, recent: datetime) -> dict[str, int]:
        """How many trials of such sessions each target has."""
        query = (
            sa.select(t.trials.c.target_id, sa.func.count())
            .join(t.sessions)
            .where(t.sessions.c.protocol_hash == protocol_hash, t.sessions.c.id.in_(_those(_counts(recent))))
            .group_by(t.trials.c.target_id)
        )
        with self._journal.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def without_drawing(self, session_ids: Collection[str]) -> set[str]:
        """Those of these sessions that are here and have no drawing."""
        query = sa.select(t.sessions.c.id).where(t.sessions.c.id.in_(session_ids), ~DREW)
        with self._journal.reading() as connection:
            return set(connection.execute(query).scalars())

    def forget(self, before: datetime) -> int:
        """Remove sessions that began before that time, drew nothing and wait for nothing. Returns how many."""
        idle = _those(sa.and_(t.sessions.c.enrolled_at < before, ~DREW, ~ASKED))
        with self._journal.writing() as connection:
            return connection.execute(t.sessions.delete().where(t.sessions.c.id.in_(idle))).rowcount


def _counts(recent: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(t.sessions.c.enrolled_at > recent, DREW)


def _those(condition: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
    return sa.select(t.sessions.c.id).where(condition)
