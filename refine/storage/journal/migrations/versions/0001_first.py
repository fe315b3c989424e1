"""The first edition's tables.

Knows: the tables as they were. Does not know: the code above them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From nothing to the first edition's tables."""
    version = op.create_table("schema_version", sa.Column("version", sa.Integer, primary_key=True))
    op.bulk_insert(version, [{"version": 1}])
    op.create_table(
        "protocols",
        sa.Column("hash", sa.String(12), primary_key=True),
        sa.Column("protocol", sa.JSON, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("withdrawal_code", sa.String(14), nullable=False, unique=True),
        sa.Column("protocol_hash", sa.String(12), sa.ForeignKey("protocols.hash"), nullable=False, index=True),
        sa.Column("arm", sa.String(16), nullable=False),
        sa.Column("consent_version", sa.String(8), nullable=False),
        sa.Column("enrolled_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime, index=True),
    )
    op.create_table(
        "withdrawals",
        sa.Column("session_id", sa.String(32), primary_key=True),
        sa.Column("protocol_hash", sa.String(12), sa.ForeignKey("protocols.hash"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "trials",
        sa.Column("id", sa.String(48), primary_key=True),
        sa.Column("session_id", sa.String(32), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, sa.CheckConstraint("number >= 1"), nullable=False),
        sa.Column("target_id", sa.String(64), nullable=False),
        sa.Column("shuffled", sa.JSON, nullable=False),
        sa.Column("begun_at", sa.DateTime),
        sa.UniqueConstraint("session_id", "number"),
    )
    op.create_table(
        "requests",
        sa.Column("trial_id", sa.String(48), sa.ForeignKey("trials.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, sa.CheckConstraint("number >= 1"), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "iterations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("trial_id", sa.String(48), sa.ForeignKey("trials.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, sa.CheckConstraint("number >= 1"), nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("unread", sa.Text, nullable=False),
        sa.Column("picture", sa.String(64), nullable=False, index=True),
        sa.Column("scores", sa.JSON, nullable=False),
        sa.Column("drawing_ms", sa.Integer, nullable=False),
        sa.Column("scoring_ms", sa.Integer, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("drawn_at", sa.DateTime, nullable=False),
        sa.Column("provenance", sa.JSON, nullable=False),
        sa.UniqueConstraint("trial_id", "number"),
    )
    op.create_table(
        "ranks",
        sa.Column("iteration_id", sa.String(64), sa.ForeignKey("iterations.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("trial_id", sa.String(48), sa.ForeignKey("trials.id", ondelete="CASCADE"), nullable=False),
        sa.Column("rank", sa.Integer, sa.CheckConstraint("rank >= 1"), nullable=False),
        sa.Column("ranked_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("trial_id", "rank"),
    )
