"""Sessions without a drawing may be removed: they say nothing, and there can be any number of them.

Knows: the tables as they were. Does not know: the code above them.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

KEPT = """EXISTS (
    SELECT 1 FROM trials WHERE trials.session_id = OLD.id AND (
        EXISTS (SELECT 1 FROM iterations WHERE iterations.trial_id = trials.id)
        OR EXISTS (SELECT 1 FROM requests WHERE requests.trial_id = trials.id)))
    AND NOT EXISTS (SELECT 1 FROM withdrawals WHERE session_id = OLD.id)"""
SENTENCE = "a session with a drawing is removed only when its participant withdraws"


def upgrade() -> None:
    """Make the trigger anew that kept every session."""
    op.execute("UPDATE schema_version SET version = 8")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER sessions_delete")
        op.execute(
            f"CREATE TRIGGER sessions_delete BEFORE DELETE ON sessions WHEN {KEPT} "
            f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        )
    else:
        op.execute(
            f"CREATE OR REPLACE FUNCTION sessions_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {KEPT} THEN "
            f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN OLD; END $$"
        )
