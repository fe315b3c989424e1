"""The tables of the journal: facts that are only ever added, and the few rows that are not facts.

Knows: SQL. Does not know: any class of ours, or how a database came to have these tables (migrations).

Enrolled is a row of `sessions` with its `trials`, drawn a row of `iterations`, ranked the `ranks` of a trial, finished
and begun the first time that counts, withdrawn a row of `withdrawals`. Each has an id of its own, so that writing it
twice is harmless. The database itself, by constraints and by the triggers of version 0002, refuses to change a fact,
to add one after its end, and to remove one other than by withdrawal. `requests` are not facts: they come and go.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A time that goes in and comes out in UTC: SQLite itself forgets the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC without a zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to UTC with its zone."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))
"""For the first edition only, which looks here and refuses what it does not know. Today's version is Alembic's."""

protocols = Table(
    "protocols",
    metadata,
    Column("hash", String(12), primary_key=True),
    Column("protocol", JSON, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("withdrawal_code", String(14), nullable=False, unique=True),
    Column("protocol_hash", ForeignKey("protocols.hash"), nullable=False, index=True),
    Column("arm", String(16), nullable=False),
    Column("consent_version", String(8), nullable=False),
    Column("enrolled_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, index=True),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("session_id", String(32), primary_key=True),
    Column("protocol_hash", ForeignKey("protocols.hash"), nullable=False),
    Column("withdrawn_at", UtcDateTime, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, CheckConstraint("number >= 1"), nullable=False),
    Column("target_id", String(64), nullable=False),
    Column("shuffled", JSON, nullable=False),
    Column("begun_at", UtcDateTime),
    UniqueConstraint("session_id", "number"),
)

requests = Table(
    "requests",
    metadata,
    Column("trial_id", ForeignKey("trials.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, CheckConstraint("number >= 1"), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
)

iterations = Table(
    "iterations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("trial_id", ForeignKey("trials.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, CheckConstraint("number >= 1"), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("unread", Text, nullable=False),
    Column("picture", String(64), nullable=False, index=True),
    Column("scores", JSON, nullable=False),
    Column("drawing_ms", Integer, nullable=False),
    Column("scoring_ms", Integer, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("provenance", JSON, nullable=False),
    UniqueConstraint("trial_id", "number"),
)

ranks = Table(
    "ranks",
    metadata,
    Column("iteration_id", ForeignKey("iterations.id", ondelete="CASCADE"), primary_key=True),
    Column("trial_id", ForeignKey("trials.id", ondelete="CASCADE"), nullable=False),
    Column("rank", Integer, CheckConstraint("rank >= 1"), nullable=False),
    Column("ranked_at", UtcDateTime, nullable=False),
    Column("tied", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("trial_id", "rank"),
)
"""`rank` is a place of its own for each drawing; one that is `tied` shares the rank of the place before it."""

outbox = Table(
    "outbox",
    metadata,
    Column("destination", String(200), primary_key=True),
    Column("session_id", String(32), primary_key=True),
    Column("errand", String(8), primary_key=True),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("commit_id", String(40), nullable=False, server_default=""),
)
"""Marks of what is being sent to a dataset and what has arrived there (see `outbox.py`). They outlive their session."""

shipped = Table(
    "shipped",
    metadata,
    Column("destination", String(200), primary_key=True),
    Column("session_id", String(32), primary_key=True),
    Column("sha256", String(64), primary_key=True),
)
"""Large files that may be at a destination, whether or not a commit names them. They outlive their session."""
