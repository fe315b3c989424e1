"""Facts are only ever added: triggers refuse what would change one, or come after its end.

Knows: the tables as they were. Does not know: the code above them.
"""

from typing import NamedTuple

from alembic import op

revision = "0002"
down_revision = "0001"


class Rule(NamedTuple):
    """`event` (INSERT, UPDATE or DELETE) on a row of `table` is refused with `sentence` where `condition` holds.

    The condition is SQL that SQLite and PostgreSQL read alike; `NEW` and `OLD` are the row after and before.
    """

    table: str
    event: str
    condition: str
    sentence: str


NOT_RANKED_THROUGHOUT = """EXISTS (
    SELECT 1 FROM trials WHERE trials.session_id = NEW.id AND (
        NOT EXISTS (SELECT 1 FROM ranks WHERE ranks.trial_id = trials.id)
        OR EXISTS (
            SELECT 1 FROM iterations LEFT JOIN ranks ON ranks.iteration_id = iterations.id
            WHERE iterations.trial_id = trials.id AND ranks.rank IS NULL)))"""

RULES = (
    Rule("protocols", "UPDATE", "1 = 1", "a protocol is never changed"),
    Rule("protocols", "DELETE", "1 = 1", "a protocol is never removed"),
    Rule(
        "sessions",
        "INSERT",
        "NEW.finished_at IS NOT NULL OR EXISTS (SELECT 1 FROM withdrawals WHERE session_id = NEW.id)",
        "a session begins unfinished, and once withdrawn it does not come back",
    ),
    Rule(
        "sessions",
        "UPDATE",
        "OLD.finished_at IS NOT NULL OR NEW.finished_at IS NULL OR NEW.id <> OLD.id "
        "OR NEW.token_hash <> OLD.token_hash OR NEW.withdrawal_code <> OLD.withdrawal_code "
        "OR NEW.protocol_hash <> OLD.protocol_hash OR NEW.arm <> OLD.arm "
        f"OR NEW.consent_version <> OLD.consent_version OR NEW.enrolled_at <> OLD.enrolled_at OR {NOT_RANKED_THROUGHOUT}",
        "a session changes once: it is finished when every trial is ranked",
    ),
    Rule(
        "sessions",
        "DELETE",
        "NOT EXISTS (SELECT 1 FROM withdrawals WHERE session_id = OLD.id)",
        "a session is removed only when its participant withdraws",
    ),
    Rule("withdrawals", "UPDATE", "1 = 1", "a withdrawal is never changed"),
    Rule("withdrawals", "DELETE", "1 = 1", "a withdrawal is never removed"),
    Rule(
        "trials",
        "INSERT",
        "EXISTS (SELECT 1 FROM sessions WHERE id = NEW.session_id AND finished_at IS NOT NULL)",
        "no trial comes after the end of its session",
    ),
    Rule(
        "trials",
        "UPDATE",
        "OLD.begun_at IS NOT NULL OR NEW.begun_at IS NULL OR NEW.id <> OLD.id OR NEW.session_id <> OLD.session_id "
        "OR NEW.number <> OLD.number OR NEW.target_id <> OLD.target_id "
        "OR CAST(NEW.shuffled AS TEXT) <> CAST(OLD.shuffled AS TEXT)",
        "a trial changes once: it is begun",
    ),
    Rule(
        "trials",
        "DELETE",
        "EXISTS (SELECT 1 FROM sessions WHERE id = OLD.session_id)",
        "a trial goes only with its session",
    ),
    Rule(
        "requests",
        "INSERT",
        "EXISTS (SELECT 1 FROM ranks WHERE trial_id = NEW.trial_id)",
        "nothing is drawn after the ranking",
    ),
    Rule(
        "iterations",
        "INSERT",
        "EXISTS (SELECT 1 FROM ranks WHERE trial_id = NEW.trial_id)",
        "no iteration comes after the ranking of its trial",
    ),
    Rule("iterations", "UPDATE", "1 = 1", "an iteration is never changed"),
    Rule(
        "iterations",
        "DELETE",
        "EXISTS (SELECT 1 FROM trials WHERE id = OLD.trial_id)",
        "an iteration goes only with its session",
    ),
    Rule(
        "ranks",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM iterations WHERE id = NEW.iteration_id AND trial_id = NEW.trial_id) "
        "OR NEW.rank > (SELECT count(*) FROM iterations WHERE trial_id = NEW.trial_id)",
        "a ranking is a permutation of the iterations of its trial",
    ),
    Rule("ranks", "UPDATE", "1 = 1", "a ranking is never changed"),
    Rule(
        "ranks",
        "DELETE",
        "EXISTS (SELECT 1 FROM trials WHERE id = OLD.trial_id)",
        "a ranking goes only with its session",
    ),
)


def upgrade() -> None:
    """Make the triggers."""
    # Only the first edition reads this table: it must leave alone what it does not know.
    op.execute("UPDATE schema_version SET version = 2")
    make = _sqlite if op.get_bind().dialect.name == "sqlite" else _postgresql
    for rule in RULES:
        for statement in make(rule):
            op.get_bind().exec_driver_sql(statement)


def _sqlite(rule: Rule) -> list[str]:
    return [
        f"CREATE TRIGGER {rule.table}_{rule.event.lower()} BEFORE {rule.event} ON {rule.table} WHEN {rule.condition} "
        f"BEGIN SELECT RAISE(ABORT, '{rule.sentence}'); END"
    ]


def _postgresql(rule: Rule) -> list[str]:
    name = f"{rule.table}_{rule.event.lower()}"
    row = "OLD" if rule.event == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {rule.condition} THEN "
        f"RAISE EXCEPTION '{rule.sentence}' USING ERRCODE = 'integrity_constraint_violation'; "
        f"END IF; RETURN {row}; END $$",
        f"CREATE TRIGGER {name} BEFORE {rule.event} ON {rule.table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
