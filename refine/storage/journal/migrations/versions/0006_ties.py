"""Ties: drawings of the same pixels share a rank.

Knows: the tables as they were. Does not know: the code above them.

Each drawing keeps a place of its own, so that no place is empty or held twice; a mark says that it shares the rank of
the place before it. What was ranked before has no ties.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TIED_WITH_ANOTHER = """NEW.tied AND NOT EXISTS (
    SELECT 1 FROM ranks
    JOIN iterations AS before ON before.id = ranks.iteration_id
    JOIN iterations AS own ON own.id = NEW.iteration_id
    WHERE ranks.trial_id = NEW.trial_id AND ranks.rank = NEW.rank - 1 AND before.picture = own.picture)"""
SENTENCE = "only drawings of the same pixels are tied"


def upgrade() -> None:
    """Make the mark, and the trigger that refuses what is no tie."""
    op.execute("UPDATE schema_version SET version = 6")
    op.add_column("ranks", sa.Column("tied", sa.Boolean, nullable=False, server_default=sa.false()))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER ranks_ties BEFORE INSERT ON ranks WHEN {TIED_WITH_ANOTHER} "
            f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        )
    else:
        op.execute(
            f"CREATE FUNCTION ranks_ties() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {TIED_WITH_ANOTHER} THEN "
            f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute("CREATE TRIGGER ranks_ties BEFORE INSERT ON ranks FOR EACH ROW EXECUTE FUNCTION ranks_ties()")
