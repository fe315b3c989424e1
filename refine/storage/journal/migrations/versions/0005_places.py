"""No fact takes the place of another: what goes past the triggers of 0002 without changing or removing a row by name.

Knows: the tables as they were. Does not know: the code above them.

SQLite's INSERT OR REPLACE removes the row in its way unseen by DELETE triggers; PostgreSQL's TRUNCATE all of them.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

SAME = {
    "protocols": "hash = NEW.hash",
    "sessions": "id = NEW.id OR token_hash = NEW.token_hash OR withdrawal_code = NEW.withdrawal_code",
    "withdrawals": "session_id = NEW.session_id",
    "trials": "id = NEW.id OR (session_id = NEW.session_id AND number = NEW.number)",
    "iterations": "id = NEW.id OR (trial_id = NEW.trial_id AND number = NEW.number)",
    "ranks": "iteration_id = NEW.iteration_id OR (trial_id = NEW.trial_id AND rank = NEW.rank)",
}
"""The facts, and which row of each would be in the way of a new one."""


def upgrade() -> None:
    """Make the triggers."""
    op.execute("UPDATE schema_version SET version = 5")
    if op.get_bind().dialect.name == "sqlite":
        for table, same in SAME.items():
            op.execute(
                f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, 'UNIQUE: no row of {table} is replaced'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION facts_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'facts are never removed' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        for table in SAME:
            op.execute(f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION facts_truncate()")
