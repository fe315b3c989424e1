"""A finished session as rows of the dataset, and back.

Knows: which fact becomes which column, and what a row does not tell. Does not know: shards, or the journal.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from refine.flow.stopping import rule_of
from refine.protocol import (
    DrawingSettings,
    Iteration,
    Protocol,
    Provenance,
    Ranking,
    Session,
    Target,
    Trial,
    read_protocol,
)
from refine.storage.dataset.columns import CONFIGS
from refine.storage.errors import StorageError
from refine.storage.pictures.folder import Pictures
from refine.storage.targets import TargetSet

Row = dict[str, Any]

SCORES = [column.name for column in CONFIGS["iterations"] if column.optional]
"""The columns with a metric's scores."""


def withdrawal_digest(code: str) -> str:
    """What the dataset keeps of a withdrawal code: 14 hex digits of its scrypt (RFC 7914), from which nobody guesses it.

    With it a session that was restored from the dataset can still be withdrawn by the participant's code.
    """
    return hashlib.scrypt(code.encode(), salt=b"thousand prompts", n=2**12, r=8, p=1, dklen=7).hex()


def iteration_rows(session: Session, protocol: Protocol, targets: TargetSet, pictures: Pictures) -> Iterator[Row]:
    """A row an iteration. Raises `StorageError` if the session is not finished, or a picture is missing or damaged."""
    for trial in session.trials:
        if trial.ranking is None or trial.begun_at is None or session.finished_at is None:
            raise StorageError(f"Session {session.id} is not finished and cannot be published.")
        since = trial.begun_at
        for iteration in trial.iterations:
            pictures.open(iteration.picture)  # whole and true, or not published
            path = pictures.path(iteration.picture)
            provenance = iteration.provenance
            yield {
                "iteration_id": iteration.id,
                "session_id": session.id,
                "trial_id": trial.id,
                "trial": trial.number,
                "target_id": trial.target_id,
                "subject": _target(targets, trial.target_id).subject,
                "arm": session.arm,
                "iteration": iteration.number,
                "rank": trial.ranking.rank_of(iteration.number),
                "prompt": iteration.prompt,
                "unread": iteration.unread,
                "picture": {"bytes": path.read_bytes(), "path": path.name},
                "pixel_hash": iteration.picture,
                **iteration.scores,
                "drawing_ms": round(iteration.drawing_seconds * 1000),
                "scoring_ms": round(iteration.scoring_seconds * 1000),
                "thinking_ms": _milliseconds(iteration.asked_at - since),
                "profile": protocol.profile,
                **asdict(provenance.settings),
                "dtype": provenance.dtype,
                "device": provenance.device,
                "versions": json.dumps(dict(provenance.versions), sort_keys=True),
                "protocol_hash": protocol.hash,
                "date": session.finished_at.date().isoformat(),
            }
            since = iteration.drawn_at


def session_row(session: Session, protocol: Protocol) -> Row:
    """The row of a session. Raises `StorageError` if it is not finished."""
    if session.finished_at is None:
        raise StorageError(f"Session {session.id} is not finished and cannot be published.")
    return {
        "session_id": session.id,
        "arm": session.arm,
        "trials": len(session.trials),
        "iterations_per_trial": rule_of(protocol.stopping).most,
        "duration_ms": _milliseconds(session.finished_at - session.enrolled_at),
        "profile": protocol.profile,
        "protocol_hash": protocol.hash,
        "protocol": json.dumps(protocol.conditions, sort_keys=True),
        "consent_version": session.consent_version,
        "withdrawal_digest": session.withdrawal_code
        if _is_digest(session.withdrawal_code)
        else withdrawal_digest(session.withdrawal_code),
        "date": session.finished_at.date().isoformat(),
    }


def target_row(targets: TargetSet, target_id: str, protocol: Protocol) -> Row:
    """The row of a target. Raises `StorageError` if it is not there any more, or was drawn under other conditions."""
    target = _target(targets, target_id)
    if targets.drawing is not None and targets.drawing != protocol.target_drawing:
        raise StorageError(
            f"The targets of protocol {protocol.hash} are not at hand: those that are were drawn with other settings. "
            "Start with the settings of that protocol, or restore the dataset's folder data/targets."
        )
    targets.picture(target_id)
    path = targets.files[target_id]
    return {
        "target_id": target.id,
        "subject": target.subject,
        "grade": target.grade or None,
        "prompt": target.prompt,
        "picture": {"bytes": path.read_bytes(), "path": path.name},
        "pixel_hash": target.picture,
        "profile": protocol.profile,
        "protocol_hash": protocol.hash,
    }


def session_of(row: Row, iterations: Sequence[Row]) -> tuple[Session, Protocol]:
    """The session that made these rows, as far as they tell.

    They hold dates and durations, no times: it is taken to have ended at noon, UTC, and to have gone on from there
    backwards, so that the same rows come of it again. Its token is lost; in place of the withdrawal code stands its
    digest. The order in which the drawings were offered is lost too, and given as that of the iterations.
    """
    protocol = read_protocol(json.loads(row["protocol"]))
    ended = datetime.fromisoformat(row["date"]).replace(hour=12, tzinfo=UTC)
    enrolled = ended - timedelta(milliseconds=row["duration_ms"])
    by_trial: dict[str, list[Row]] = {}
    for entry in sorted(iterations, key=lambda entry: (entry["trial"], entry["iteration"])):
        by_trial.setdefault(entry["trial_id"], []).append(entry)
    trials = []
    since = enrolled
    for rows in by_trial.values():
        begun, made = since, []
        for entry in rows:
            asked = since + timedelta(milliseconds=entry["thinking_ms"])
            since = asked + timedelta(milliseconds=entry["drawing_ms"] + entry["scoring_ms"])
            made.append(_iteration(entry, asked, since))
        best_first = sorted(rows, key=lambda entry: (entry["rank"], entry["iteration"]))
        tied = tuple(b["iteration"] for a, b in pairwise(best_first) if a["rank"] == b["rank"])
        order = tuple(entry["iteration"] for entry in best_first)
        trials.append(
            Trial(
                id=rows[0]["trial_id"],
                session_id=row["session_id"],
                number=rows[0]["trial"],
                target_id=rows[0]["target_id"],
                shuffled=tuple(sorted(order)),
                begun_at=begun,
                iterations=tuple(made),
                ranking=Ranking(order, since, tied),
            )
        )
    session = Session(
        id=row["session_id"],
        token_hash=f"lost {row['session_id']}",
        withdrawal_code=row["withdrawal_digest"] or row["session_id"][:14],
        protocol_hash=row["protocol_hash"],
        arm=row["arm"],
        consent_version=row["consent_version"],
        enrolled_at=enrolled,
        finished_at=ended,
        trials=tuple(trials),
    )
    return session, protocol


def _iteration(row: Row, asked: datetime, drawn: datetime) -> Iteration:
    return Iteration(
        id=row["iteration_id"],
        trial_id=row["trial_id"],
        number=row["iteration"],
        prompt=row["prompt"],
        unread=row["unread"],
        picture=row["pixel_hash"],
        scores={name: row[name] for name in SCORES if row[name] is not None},
        drawing_seconds=row["drawing_ms"] / 1000,
        scoring_seconds=row["scoring_ms"] / 1000,
        asked_at=asked,
        drawn_at=drawn,
        provenance=Provenance(
            settings=DrawingSettings(**{field.name: row[field.name] for field in fields(DrawingSettings)}),
            dtype=row["dtype"],
            device=row["device"],
            versions=json.loads(row["versions"]),
        ),
    )


def _is_digest(code: str) -> bool:
    return "-" not in code


def _milliseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1000)


def _target(targets: TargetSet, target_id: str) -> Target:
    if target_id not in targets.targets:
        raise StorageError(f"Target {target_id} is not among the targets of this study any more: restore its picture.")
    return targets.targets[target_id]
