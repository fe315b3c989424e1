"""Surveys of a journal: which sessions are unfinished, known or withdrawn, and whether anything has changed.

Knows: queries over many sessions. Does not know: what is done about them.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from refine.storage.journal import schema as t
from refine.storage.journal.enrolments import ASKED, DREW
from refine.storage.journal.journal import Journal


def unfinished(journal: Journal, since: datetime, idle_since: datetime) -> list[str]:
    """The ids of sessions that are not finished and began after `since`; after `idle_since` if nothing was drawn or asked for."""
    query = sa.select(t.sessions.c.id).where(
        t.sessions.c.finished_at.is_(None),
        t.sessions.c.enrolled_at > since,
        (t.sessions.c.enrolled_at > idle_since) | DREW | ASKED,
    )
    with journal.reading() as connection:
        return list(connection.execute(query).scalars())


def withdrawals(journal: Journal, session_ids: Collection[str]) -> list[tuple[str, str, datetime]]:
    """Of those of these sessions that were withdrawn: id, protocol hash, and when (UTC)."""
    query = sa.select(t.withdrawals).where(t.withdrawals.c.session_id.in_(session_ids))
    with journal.reading() as connection:
        return [(row.session_id, row.protocol_hash, row.withdrawn_at) for row in connection.execute(query)]


def known(journal: Journal, session_ids: Collection[str]) -> set[str]:
    """Those of these sessions that are here, or were withdrawn here."""
    with journal.reading() as connection:
        here = connection.execute(sa.select(t.sessions.c.id).where(t.sessions.c.id.in_(session_ids))).scalars()
        gone = sa.select(t.withdrawals.c.session_id).where(t.withdrawals.c.session_id.in_(session_ids))
        return {*here, *connection.execute(gone).scalars()}


def counts(journal: Journal) -> tuple[int, ...]:
    """Counts, of which one is another after any fact, request or mark."""
    tables = (t.sessions, t.iterations, t.ranks, t.requests, t.withdrawals, t.outbox)
    rows = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in tables]
    begun = sa.select(sa.func.count()).where(t.trials.c.begun_at.is_not(None)).scalar_subquery()
    finished = sa.select(sa.func.count()).where(t.sessions.c.finished_at.is_not(None)).scalar_subquery()
    arrived = sa.select(sa.func.count()).where(t.outbox.c.done_at.is_not(None)).scalar_subquery()
    with journal.reading() as connection:
        return tuple(connection.execute(sa.select(*rows, begun, finished, arrived)).one())
