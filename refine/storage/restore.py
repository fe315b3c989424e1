"""Restoring: what a dataset holds of finished sessions comes back into the journal.

Knows: which shards make which session. Does not know: when that is wanted (assembly), or what rows cannot tell (records).
"""

from collections.abc import Callable, Iterable

from refine.storage.columns import CONFIGS
from refine.storage.compact import KEY
from refine.storage.dataset import Dataset, from_parquet, shard_key
from refine.storage.errors import StorageError
from refine.storage.journal import Journal
from refine.storage.outbox import Errand, Outbox
from refine.storage.pictures import Pictures, write_whole
from refine.storage.records import Row, session_of
from refine.storage.source import Source
from refine.storage.tally import FILE


def restore(
    source: Source,
    journal: Journal,
    pictures: Pictures,
    dataset: Dataset,
    repo: str = "",
    progress: Callable[[list[str]], Iterable[str]] = iter,
) -> int:
    """Bring the sessions of a dataset into the journal, with pictures and local shards. Returns how many came.

    Sessions that the journal has, or knows as withdrawn, stay as they are; so it can be done again, and goes on where
    it was interrupted. `repo` is the Hub dataset that `source` is, if any: its sessions are marked as pushed.
    Raises `StorageError` if the dataset cannot be read or something cannot be kept.
    """
    outbox = Outbox(journal, repo)
    names = source.names()
    of = {
        config: [name for name in names if name.startswith(f"data/{config}/") and name.endswith(".parquet")]
        for config in CONFIGS
    }
    known = {*journal.finished_ids(), *outbox.withdrawn()}
    for name in [FILE, *of["targets"]]:
        if name in names:
            _keep(dataset, name, source.read(name))
    shards = {shard_key(name): name for name in of["sessions"]}
    together = {  # of a compact set
        row["session_id"]: row
        for name in of["sessions"]
        if shard_key(name) == KEY
        for row in from_parquet(source.read(name))
    }
    come = 0
    for name in progress([name for name in of["iterations"] if shard_key(name) not in known]):
        content = source.read(name)
        by_session: dict[str, list[Row]] = {}
        for row in from_parquet(content):
            by_session.setdefault(row["session_id"], []).append(row)
        for session_id, rows in by_session.items():
            if session_id in known:
                continue
            if session_id in together:
                _write(together[session_id], rows, journal, pictures)
            elif session_id in shards:
                session = source.read(shards[session_id])
                _write(from_parquet(session)[0], rows, journal, pictures)
                _keep(dataset, name, content)
                _keep(dataset, shards[session_id], session)
            else:
                raise StorageError(
                    f"{source.place} has iterations of session {session_id}, but not the session itself."
                )
            if repo:
                outbox.done([session_id], Errand.PUSH)
            come += 1
    dataset.write_companions()
    return come


def _write(row: Row, rows: list[Row], journal: Journal, pictures: Pictures) -> None:
    session, protocol = session_of(row, rows)
    for entry in rows:
        path = pictures.path(entry["pixel_hash"])
        if not path.exists():
            write_whole(path, entry["picture"]["bytes"])
        pictures.open(entry["pixel_hash"])  # whole and true, or not restored
    journal.add_protocol(protocol)
    if journal.session_by_id(session.id) is None:  # a replica may have brought it, with its token and times
        journal.add_session(session)
    for trial in session.trials:
        if trial.begun_at is not None:
            journal.begin_trial(trial.id, trial.begun_at)
        if trial.ranking is not None and (stored := journal.trial(trial.id)) is not None and stored.ranking is None:
            for iteration in trial.iterations:
                journal.add_iteration(iteration)
            journal.add_ranking(trial.id, trial.ranking)
    if session.finished_at is not None:
        journal.finish(session.id, session.finished_at)


def _keep(dataset: Dataset, name: str, content: bytes) -> None:
    if not (dataset.folder / name).exists():
        write_whole(dataset.folder / name, content)
