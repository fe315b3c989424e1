"""Rows of the journal, read back as the nouns of the study.

Knows: which columns make which noun. Does not know: how rows came there, or who asks.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from refine.protocol import DrawingSettings, Iteration, Provenance, Ranking, Trial
from refine.storage.journal import schema as t


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
        sa.select(t.ranks.c.trial_id, t.ranks.c.ranked_at, t.ranks.c.tied, t.iterations.c.number)
        .join(t.iterations, t.iterations.c.id == t.ranks.c.iteration_id)
        .where(t.ranks.c.trial_id.in_(trial_ids))
        .order_by(t.ranks.c.rank)
    )
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.trial_id, []).append(row)
    return {
        trial_id: Ranking(
            tuple(row.number for row in rows), rows[0].ranked_at, tuple(row.number for row in rows if row.tied)
        )
        for trial_id, rows in found.items()
    }


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


def _rank() -> sa.Label[int]:
    """The rank that a drawing has or shares: of the last place up to its own that is tied with none before it."""
    places = t.ranks.alias()
    shared = sa.select(sa.func.max(places.c.rank)).where(
        places.c.trial_id == t.ranks.c.trial_id, places.c.rank <= t.ranks.c.rank, ~places.c.tied
    )
    return shared.scalar_subquery().label("rank")


def read_frame(connection: sa.Connection, session_ids: Sequence[str]) -> pd.DataFrame:
    """The finished ones of these sessions, a row an iteration; columns as `Journal.iterations_frame` says."""
    columns = [
        t.sessions.c.protocol_hash.label("protocol"),
        t.sessions.c.id.label("session"),
        t.trials.c.id.label("trial"),
        t.trials.c.target_id.label("target"),
        t.sessions.c.arm,
        t.sessions.c.finished_at.label("date"),
        t.iterations.c.number.label("iteration"),
        _rank(),
        t.iterations.c.scores,
    ]
    query = (
        sa.select(*columns)
        .join(t.trials, t.trials.c.session_id == t.sessions.c.id)
        .join(t.iterations, t.iterations.c.trial_id == t.trials.c.id)
        .join(t.ranks, t.ranks.c.iteration_id == t.iterations.c.id)
        .where(t.sessions.c.id.in_(session_ids), t.sessions.c.finished_at.is_not(None))
        .order_by(t.sessions.c.finished_at, t.trials.c.number, t.iterations.c.number)
    )
    rows = connection.execute(query).all()
    frame = pd.DataFrame.from_records(rows, columns=[column.name for column in columns])
    frame["date"] = [at.date().isoformat() for at in frame["date"]]
    scores = pd.DataFrame(list(frame.pop("scores")), index=frame.index)
    return pd.concat([frame, scores], axis=1)
