"""Shipped: the large files that were sent to a repository for a session.

Knows: the tables as they were. Does not know: the code above them.

A file is on the Hub before the commit that names it: if that fails, only this says whose it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.execute("UPDATE schema_version SET version = 7")
    op.create_table(
        "shipped",
        sa.Column("destination", sa.String(200), primary_key=True),
        sa.Column("session_id", sa.String(32), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
    )
