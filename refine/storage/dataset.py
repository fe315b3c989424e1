"""The dataset: finished sessions as Parquet shards that are written once and never changed.

Knows: rows, shards and their names. Does not know: when a session is finished, or where the folder is pushed to.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features, Image, Value

from refine.protocol import Protocol, Session, Target
from refine.storage.card import card
from refine.storage.columns import CONFIGS
from refine.storage.errors import StorageError
from refine.storage.pictures import Pictures, write_whole
from refine.storage.targets import TargetSet

Row = dict[str, Any]


def features(config: str) -> Features:
    """The columns of a config as the `datasets` library knows them."""
    return Features(
        {column.name: Image() if column.kind == "image" else Value(column.kind) for column in CONFIGS[config]}
    )


class Dataset:
    """A folder that `datasets.load_dataset(folder, config)` reads. Shards are named by session and content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def session_ids(self) -> set[str]:
        """The sessions that are written as a whole."""
        return {path.stem.rsplit("-", 1)[0] for path in (self.folder / "data" / "sessions").glob("*.parquet")}

    def write_session(self, session: Session, protocol: Protocol, targets: TargetSet, pictures: Pictures) -> None:
        """Write the rows of a finished session. Writing it again is harmless.

        Raises `StorageError` if a picture is missing or the disk is full.
        """
        shown = {trial.target_id for trial in session.trials}
        written = self._target_ids(protocol)
        # The sessions shard comes last: it marks the session as whole.
        for target_id in sorted(shown - written):
            self._write("targets", _key(protocol, target_id), [_target_row(targets, target_id, protocol)])
        self._write("iterations", session.id, list(_iteration_rows(session, protocol, targets, pictures)))
        self._write_card()
        self._write("sessions", session.id, [_session_row(session, protocol)])

    def remove_session(self, session_id: str) -> None:
        """Remove the shards of a withdrawn session."""
        for config in ("sessions", "iterations"):
            for shard in self._shards(config, session_id):
                try:
                    shard.unlink()
                except OSError as fault:
                    raise StorageError(f"The shard {shard} cannot be removed: {fault.strerror}.") from fault

    def _shards(self, config: str, key: str) -> list[Path]:
        return sorted((self.folder / "data" / config).glob(f"{key}-*.parquet"))

    def _target_ids(self, protocol: Protocol) -> set[str]:
        names = (path.stem for path in (self.folder / "data" / "targets").glob(f"{protocol.hash}-*.parquet"))
        return {name.removeprefix(f"{protocol.hash}-").rsplit("-", 1)[0] for name in names}

    def _write(self, config: str, key: str, rows: list[Row]) -> None:
        schema = features(config).arrow_schema
        meanings = {column.name: {b"description": column.meaning.encode()} for column in CONFIGS[config]}
        schema = pa.schema([field.with_metadata(meanings[field.name]) for field in schema], metadata=schema.metadata)
        content = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), content, compression="zstd")
        bytes_ = content.getvalue().to_pybytes()
        digest = hashlib.sha256(bytes_).hexdigest()[:12]
        write_whole(self.folder / "data" / config / f"{key}-{digest}.parquet", bytes_)

    def _write_card(self) -> None:
        path = self.folder / "README.md"
        if not path.exists():
            write_whole(path, card({config: features(config) for config in CONFIGS}).encode())


def _key(protocol: Protocol, target_id: str) -> str:
    return f"{protocol.hash}-{target_id}"


def _iteration_rows(session: Session, protocol: Protocol, targets: TargetSet, pictures: Pictures) -> Iterator[Row]:
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
                "thinking_ms": round((iteration.asked_at - since).total_seconds() * 1000),
                "profile": protocol.profile,
                **asdict(provenance.settings),
                "dtype": provenance.dtype,
                "device": provenance.device,
                "versions": json.dumps(dict(provenance.versions), sort_keys=True),
                "protocol_hash": protocol.hash,
                "date": session.finished_at.date().isoformat(),
            }
            since = iteration.drawn_at


def _session_row(session: Session, protocol: Protocol) -> Row:
    if session.finished_at is None:
        raise StorageError(f"Session {session.id} is not finished and cannot be published.")
    return {
        "session_id": session.id,
        "arm": session.arm,
        "trials": len(session.trials),
        "iterations_per_trial": protocol.iterations,
        "duration_ms": round((session.finished_at - session.enrolled_at).total_seconds() * 1000),
        "profile": protocol.profile,
        "protocol_hash": protocol.hash,
        "protocol": json.dumps(asdict(protocol), sort_keys=True),
        "consent_version": session.consent_version,
        "date": session.finished_at.date().isoformat(),
    }


def _target_row(targets: TargetSet, target_id: str, protocol: Protocol) -> Row:
    target = _target(targets, target_id)
    targets.picture(target_id)
    path = targets.files[target_id]
    return {
        "target_id": target.id,
        "subject": target.subject,
        "prompt": target.prompt,
        "picture": {"bytes": path.read_bytes(), "path": path.name},
        "pixel_hash": target.picture,
        "profile": protocol.profile,
        "protocol_hash": protocol.hash,
    }


def _target(targets: TargetSet, target_id: str) -> Target:
    if target_id not in targets.targets:
        raise StorageError(f"Target {target_id} is not among the targets of this study any more: restore its picture.")
    return targets.targets[target_id]
