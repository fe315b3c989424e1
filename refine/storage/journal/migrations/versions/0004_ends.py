"""Ends that are owed: a session whose trials are all ranked is finished, with its last ranking.

Knows: the tables as they were. Does not know: the code above them.

Ranking and end are written together today. Before, a kill in between left a session that nobody could finish.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Write the ends."""
    op.execute("UPDATE schema_version SET version = 4")
    op.execute(
        """
        UPDATE sessions SET finished_at = (
            SELECT max(ranks.ranked_at) FROM ranks JOIN trials ON trials.id = ranks.trial_id
            WHERE trials.session_id = sessions.id)
        WHERE finished_at IS NULL
            AND EXISTS (SELECT 1 FROM trials WHERE trials.session_id = sessions.id)
            AND NOT EXISTS (
                SELECT 1 FROM trials WHERE trials.session_id = sessions.id AND (
                    NOT EXISTS (SELECT 1 FROM ranks WHERE ranks.trial_id = trials.id)
                    OR EXISTS (
                        SELECT 1 FROM iterations LEFT JOIN ranks ON ranks.iteration_id = iterations.id
                        WHERE iterations.trial_id = trials.id AND ranks.rank IS NULL)))
        """
    )
