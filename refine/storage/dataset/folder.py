"""The dataset: finished sessions as Parquet shards that are written once and never changed.

Knows: shards, their names, and the files beside them. Does not know: when a session is finished, or where the folder
is pushed to.
"""

import hashlib
import logging
import os
import re
from collections.abc import Collection, Iterable, Sequence
from glob import escape
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features, Image, Value

from refine.protocol import Protocol, Session
from refine.storage.dataset.card import Notice, card
from refine.storage.dataset.columns import CONFIGS
from refine.storage.dataset.plot import first_choices
from refine.storage.dataset.records import Row, iteration_rows, session_row, target_row
from refine.storage.dataset.stats import FILE, Stats, read_stats
from refine.storage.disk import keep_file, tidy
from refine.storage.errors import DamagedError, StorageError
from refine.storage.pictures.folder import Pictures
from refine.storage.targets import TargetSet

log = logging.getLogger(__name__)

HERE = "path/to/this/folder"
"""What a card calls a folder: its real path is nobody's business."""

COMPACT = "compact"
"""In place of a session's id in the names of shards that hold many."""

SHARD = re.compile(r".+-[0-9a-f]{12}\.parquet")
"""The names that shards have; other files are somebody else's."""

COUNTED = ["session_id", "iteration", "rank"]
"""The columns of `iterations` that the stats need."""


def features(config: str) -> Features:
    """The columns of a config as the `datasets` library knows them."""
    return Features(
        {column.name: Image() if column.kind == "image" else Value(column.kind) for column in CONFIGS[config]}
    )


def shard_name(config: str, key: str, content: bytes) -> str:
    """The name of a shard, relative to the dataset: by what it is of, and by its content."""
    return f"data/{config}/{key}-{hashlib.sha256(content).hexdigest()[:12]}.parquet"


def shard_key(name: str) -> str:
    """What a shard is of: a session's id, or a protocol's hash and a target's id."""
    return name.rpartition("/")[2].rpartition("-")[0]


def to_parquet(config: str, rows: Sequence[Row]) -> bytes:
    """Rows as a Parquet file whose schema says what each column means.

    Raises `StorageError` if a row has a value for which there is no column: nothing is left out without a word.
    """
    unknown = sorted({name for row in rows for name in row}.difference(_names(config)))
    if unknown:
        raise StorageError(
            f"There is no column of {config} for {', '.join(unknown)}: declare the metric in refine/metrics.py, "
            "or go on with the software that did."
        )
    schema = features(config).arrow_schema
    meanings = {column.name: {b"description": column.meaning.encode()} for column in CONFIGS[config]}
    schema = pa.schema([field.with_metadata(meanings[field.name]) for field in schema], metadata=schema.metadata)
    content = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), content, compression="zstd")
    return bytes(content.getvalue().to_pybytes())


def from_parquet(config: str, shard: bytes | Path, columns: Sequence[str] | None = None) -> list[Row]:
    """The rows of a shard, in all columns of its config or in some. A score is `None` if the shard knows no such metric.

    Raises `DamagedError` if it is no Parquet file, lacks a column or has one that is not known.
    """
    try:
        table = pq.read_table(BytesIO(shard) if isinstance(shard, bytes) else shard, columns=columns)
        wanted, there = {*(columns or _names(config))}, {*table.column_names}
        rows = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as fault:  # names and texts may be no UTF-8
        raise DamagedError(f"A shard of {config} cannot be read: it is damaged ({fault}).") from fault
    optional = {column.name for column in CONFIGS[config] if column.optional}
    if lacking := wanted - there - optional:
        raise DamagedError(f"A shard of {config} was written by other software: it lacks {', '.join(sorted(lacking))}.")
    if unknown := there - wanted:
        raise DamagedError(
            f"A shard of {config} was written by other software: it has {', '.join(sorted(unknown))}, for which there is no "
            "column here. Use the software that wrote it, or a newer one."
        )
    absent = dict.fromkeys(sorted(wanted - there))
    return [row | absent for row in rows]


def _names(config: str) -> list[str]:
    return [column.name for column in CONFIGS[config]]


def companions(stats: Stats, notice: Notice, name: str) -> dict[str, bytes]:
    """The files beside the shards: the card, its plot and the stats. `name` is what `load_dataset` is given."""
    columns = {config: features(config) for config in CONFIGS}
    return {
        "README.md": card(columns, stats, notice, name).encode(),
        "first_choices.svg": first_choices(stats).encode(),
        FILE: stats.to_json(),
    }


class Dataset:
    """A folder that `datasets.load_dataset(folder, config)` reads. Shards are named by session and content."""

    def __init__(self, folder: Path, notice: Notice | None = None) -> None:
        self.folder = folder
        self.notice = notice or Notice()

    def recover(self) -> None:
        """Tidy up what the last process could not: half a shard may hold what somebody withdraws.

        Nobody else may be writing here. Raises `StorageError`.
        """
        tidy(self.folder)

    def session_ids(self) -> set[str]:
        """The sessions that are written as a whole."""
        return self._keys("sessions") & self._keys("iterations")

    def traces(self) -> set[str]:
        """The sessions of which anything is written."""
        return self._keys("sessions") | self._keys("iterations")

    def compacted(self) -> bool:
        """Whether this is a copy for reading, whose shards hold many sessions each."""
        return COMPACT in self._keys("sessions")

    def target_shards(self) -> dict[str, Path]:
        """The shards of all targets, by name."""
        shards = (shard for key in self._keys("targets") for shard in self._shards("targets", key))
        return {shard.relative_to(self.folder).as_posix(): shard for shard in shards}

    def unmark_damaged(self) -> None:
        """Read all shards; a session with a damaged one is not written any more, so that it can be written again."""
        for session_id in self.session_ids():
            try:
                self.shards_of(session_id)
            except StorageError as fault:
                log.warning("%s", fault)

    def write_session(self, session: Session, protocol: Protocol, targets: TargetSet, pictures: Pictures) -> None:
        """Write the rows of a finished session. Writing it again is harmless.

        Raises `StorageError` if a picture is missing or the disk is full.
        """
        # The sessions shard comes last: it marks the session as whole.
        for target_id in sorted({trial.target_id for trial in session.trials}):
            if not self._shards("targets", key := f"{protocol.hash}-{target_id}"):
                self._write("targets", key, [target_row(targets, target_id, protocol)])
        self._write("iterations", session.id, list(iteration_rows(session, protocol, targets, pictures)))
        self._write("sessions", session.id, [session_row(session, protocol)])

    def remove_session(self, session_id: str) -> None:
        """Remove the shards of a withdrawn session, and take it out of the stats. Twice is harmless."""
        shards = [*self._shards("sessions", session_id), *self._shards("iterations", session_id)]
        if not shards:
            return
        stats = None
        try:
            if session_id in self.session_ids():
                stats = self.counted(self.stats(), [session_id], sign=-1)
        except StorageError:
            log.warning("A shard of session %s is damaged; it is removed, and the rest counted anew", session_id)
        for shard in shards:
            try:
                shard.unlink(missing_ok=True)
            except OSError as fault:
                raise StorageError(f"The shard {shard} cannot be removed: {fault.strerror}.") from fault
        if stats is not None:
            keep_file(self.folder / FILE, stats.to_json())

    def shards_of(self, session_id: str) -> dict[str, Path]:
        """The shards that a session needs, its targets' included, by name. Empty if it is not written as a whole.

        Raises `DamagedError` if one is missing or not as it was written: the session is not written any more then, and
        `write_session` does it again. Raises `StorageError` if one cannot be read: it stays as it is.
        """
        sessions, iterations = self._shards("sessions", session_id), self._shards("iterations", session_id)
        if not sessions or not iterations:
            return {}
        found = [*sessions, *iterations]
        try:
            self._check("sessions", sessions[0])
            self._check("iterations", iterations[0])
            wanted = from_parquet("iterations", iterations[0], ["protocol_hash", "target_id"])
            for key in {f"{row['protocol_hash']}-{row['target_id']}" for row in wanted}:
                targets = self._shards("targets", key)
                if not targets:
                    raise DamagedError(f"The target {key} of session {session_id} is missing. It will be written anew.")
                self._check("targets", targets[0])
                found += targets
        except DamagedError:
            sessions[0].unlink(missing_ok=True)
            raise
        return {path.relative_to(self.folder).as_posix(): path for path in found}

    def stored(self) -> Stats:
        """What `study.json` says; nothing if it is not there or damaged."""
        try:
            path = self.folder / FILE
            return read_stats(path.read_bytes() if path.exists() else None)
        except (OSError, ValueError):
            return Stats()

    def stats(self, added: Collection[str] = ()) -> Stats:
        """What the folder holds: as its `study.json` says, with `added`, or counted anew where that is not true."""
        ids, stored = self.session_ids(), self.stored()
        if stored.sessions + len(added) == len(ids):
            return self.counted(stored, added)
        if stored.sessions == len(ids):
            return stored
        counted = Stats(consents=stored.consents, withdrawn=stored.withdrawn)
        return self.counted(counted, ids)

    def counted(self, stats: Stats, session_ids: Iterable[str], sign: int = 1) -> Stats:
        """The stats with these sessions of the folder more or less."""
        for session_id in session_ids:
            (session,) = from_parquet("sessions", self._shards("sessions", session_id)[0])
            iterations = from_parquet("iterations", self._shards("iterations", session_id)[0], COUNTED)
            stats = stats.add(session, iterations, sign)
        return stats

    def write_companions(self, added: Collection[str] = (), withdrawn: Sequence[str] = ()) -> None:
        """Bring card, plot and stats to what the folder holds.

        `added` are the sessions written since the last time, which spares counting all anew; `withdrawn` are to be
        counted as such.
        """
        stats = self.stats(added).with_consents(self.notice.consents).with_withdrawn(withdrawn)
        for name, content in companions(stats, self.notice, HERE).items():
            path = self.folder / name
            if not path.exists() or path.read_bytes() != content:
                keep_file(path, content)

    def _keys(self, config: str) -> set[str]:
        try:
            names = os.listdir(self.folder / "data" / config)
        except FileNotFoundError:
            return set()
        except OSError as fault:
            raise StorageError(f"{self.folder} cannot be read: {fault.strerror}.") from fault
        return {shard_key(name) for name in names if SHARD.fullmatch(name)}

    def _shards(self, config: str, key: str) -> list[Path]:
        # The digest holds no dash: another key that begins with this one does not match.
        return sorted((self.folder / "data" / config).glob(f"{escape(key)}-{'[0-9a-f]' * 12}.parquet"))

    def _check(self, config: str, shard: Path) -> None:
        try:
            content = shard.read_bytes()
        except OSError as fault:
            raise StorageError(f"The shard {shard} cannot be read: {fault.strerror}. Check its permissions.") from fault
        if shard_name(config, shard_key(shard.name), content).endswith(shard.name):
            return
        shard.unlink(missing_ok=True)
        raise DamagedError(f"The shard {shard.name} of {config} is damaged. It will be written anew.")

    def _write(self, config: str, key: str, rows: list[Row]) -> None:
        content = to_parquet(config, rows)
        path = self.folder / shard_name(config, key, content)
        for other in self._shards(config, key):
            if other != path:  # left by a writing that was interrupted, before the software was updated
                other.unlink()
        if not path.exists():
            keep_file(path, content)
