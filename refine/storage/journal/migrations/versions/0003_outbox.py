"""The outbox: marks of what was sent to a dataset.

Knows: the tables as they were. Does not know: the code above them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.execute("UPDATE schema_version SET version = 3")
    op.create_table(
        "outbox",
        sa.Column("destination", sa.String(200), primary_key=True),
        sa.Column("session_id", sa.String(32), primary_key=True),
        sa.Column("errand", sa.String(8), primary_key=True),
        sa.Column("begun_at", sa.DateTime, nullable=False),
        sa.Column("done_at", sa.DateTime),
        sa.Column("commit_id", sa.String(40), nullable=False, server_default=""),
    )
