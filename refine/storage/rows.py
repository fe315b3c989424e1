"""Rows of the journal, read back as the nouns of the study.

Knows: which columns make which noun. Does not know: how rows came there, or who asks.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from refine.protocol import DrawingSettings, Iteration, Protocol, Provenance, Ranking, Trial
from refine.storage import schema as t


def read_trials(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Trial]:
    """The trials under a condition, in order, with their iterations and rankings."""
    rows = connection.execute(sa.select(t.trials).where(condition).order_by(t.trials.c.number)).all()
    ids = [row.id for row in rows]
    iterations: dict[str, list[Iteration]] = {trial_id: [] for trial_id in ids}
    made = sa.select(t.iterations).where(t.iterations.c.trial_id.in_(ids)).order_by(t.iterations.c.number)
    for row in connection.execute(made):
        iterations[row.trial_id].append(read_iteration(row))
    rankings = read_rankings(connection, ids)
    return [
        Trial(
            id=row.id,
            session_id=row.session_id,
            number=row.number,
            target_id=row.target_id,
            shuffled=tuple(row.shuffled),
            begun_at=row.begun_at,
            iterations=tuple(iterations[row.id]),
            ranking=rankings.get(row.id),
        )
        for row in rows
    ]


def read_rankings(connection: sa.Connection, trial_ids: list[str]) -> dict[str, Ranking]:
    """The rankings of trials, by trial id."""
    query = (
        sa.select(t.ranks.c.trial_id, t.ranks.c.ranked_at, t.iterations.c.number)
        .join(t.iterations, t.iterations.c.id == t.ranks.c.iteration_id)
        .where(t.ranks.c.trial_id.in_(trial_ids))
        .order_by(t.ranks.c.rank)
    )
    orders: dict[str, tuple[list[int], datetime]] = {}
    for row in connection.execute(query):
        orders.setdefault(row.trial_id, ([], row.ranked_at))[0].append(row.number)
    return {trial_id: Ranking(tuple(order), at) for trial_id, (order, at) in orders.items()}


def read_iteration(row: Any) -> Iteration:
    """An iteration from its row."""
    return Iteration(
        id=row.id,
        trial_id=row.trial_id,
        number=row.number,
        prompt=row.prompt,
        unread=row.unread,
        picture=row.picture,
        scores=row.scores,
        drawing_seconds=row.drawing_ms / 1000,
        scoring_seconds=row.scoring_ms / 1000,
        asked_at=row.asked_at,
        drawn_at=row.drawn_at,
        provenance=Provenance(**{**row.provenance, "settings": DrawingSettings(**row.provenance["settings"])}),
    )


def read_protocol(stored: dict[str, Any]) -> Protocol:
    """A protocol from its JSON."""
    drawing = DrawingSettings(**stored["drawing"])
    return Protocol(**{**stored, "drawing": drawing, "metrics": tuple(stored["metrics"])})
