"""Restoring: what a dataset holds of finished sessions comes back into the journal.

Knows: which shards make which session. Does not know: when that is wanted (assembly), or what rows cannot tell (records).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from refine.storage.dataset.columns import CONFIGS
from refine.storage.dataset.folder import COMPACT, Dataset, from_parquet, shard_key
from refine.storage.dataset.records import Row, session_of
from refine.storage.dataset.source import Content, Source, read_ahead
from refine.storage.dataset.stats import FILE, Stats, read_stats
from refine.storage.dataset.verify import wrong_with
from refine.storage.disk import keep_file
from refine.storage.errors import ContradictionError, DamagedError
from refine.storage.journal.journal import Journal
from refine.storage.journal.outbox import Errand, Outbox
from refine.storage.journal.whole import add_whole
from refine.storage.pictures.transactions import PictureTransactions


def restore(
    source: Source,
    journal: Journal,
    transactions: PictureTransactions,
    dataset: Dataset,
    repo: str = "",
    progress: Callable[[list[str]], Iterable[str]] = iter,
) -> int:
    """Bring the sessions of a dataset into the journal, with pictures and local shards. Returns how many came.

    Sessions that the journal has, or knows as withdrawn, stay as they are; so it can be done again, and goes on where
    it was interrupted. `repo` is the Hub dataset that `source` is, if any: its sessions are marked as pushed.
    Raises `StorageError` if the dataset cannot be read or something cannot be kept, and `DamagedError` in the end if some
    of its sessions are, after all others have come.
    """
    outbox = Outbox(journal, repo)
    names = source.names()
    of = {
        config: [name for name in names if name.startswith(f"data/{config}/") and name.endswith(".parquet")]
        for config in CONFIGS
    }
    # Where the journal outlived its folder, as one on a database server does, the files of what it knows come back.
    here = set(journal.finished_ids())
    known = {*outbox.withdrawn(), *(here & dataset.session_ids())}
    damaged: list[str] = []
    stats = Stats()
    with _told_later(damaged, FILE):
        stats = replace(read_stats(source.read(FILE) if FILE in names else None), compacted=False)
    if not (dataset.folder / FILE).exists():
        keep_file(dataset.folder / FILE, stats.to_json())
    targets = [name for name in of["targets"] if not (dataset.folder / name).exists()]
    for name, take in read_ahead(_held(source.read), targets):
        with _told_later(damaged, name):
            keep_file(dataset.folder / name, take())
    shards = {shard_key(name): name for name in of["sessions"] if shard_key(name) != COMPACT}
    compacted: dict[str, Row] = {}
    for name in of["sessions"]:
        if shard_key(name) == COMPACT:
            with _told_later(damaged, name):
                compacted |= {row["session_id"]: row for row in from_parquet("sessions", source.read(name))}

    def both(name: str) -> tuple[bytes, bytes | None]:
        session = shards.get(shard_key(name))
        return source.read(name), None if session is None else source.read(session)

    wanted = [name for name in of["iterations"] if shard_key(name) not in known]
    come = 0
    for name, take_both in read_ahead(_held(both), progress(wanted)):
        with _told_later(damaged, name):
            content, session = take_both()
            told = (
                compacted if session is None else {row["session_id"]: row for row in from_parquet("sessions", session)}
            )
            for session_id, numbered in _by_session(from_parquet("iterations", content)).items():
                if session_id in known or stats.withdrawn_of([session_id]):
                    continue
                with _told_later(damaged, f"{name}, session {session_id}"):
                    if session_id not in told:
                        raise DamagedError("there are iterations, but not the session itself")
                    for fault in wrong_with(name, told[session_id], numbered):
                        raise DamagedError(fault)
                    _write(told[session_id], [row for _, row in numbered], journal, transactions, outbox)
                    if session is not None:
                        keep_file(dataset.folder / name, content)
                        keep_file(dataset.folder / shards[shard_key(name)], session)
                    come += session_id not in here
    dataset.write_companions()
    if damaged:
        raise DamagedError(
            f"{come} sessions were restored from {source.place}. {len(damaged)} were not, for they are damaged there, "
            f"or were written by other software. The first is {damaged[0]}"
        )
    return come


@contextmanager
def _told_later(damaged: list[str], what: str) -> Iterator[None]:
    try:
        yield
    except (ContradictionError, DamagedError) as fault:
        damaged.append(f"{what}: {fault}")
    except (KeyError, TypeError, ValueError) as fault:  # of rows that lack a column, or have another thing in it
        damaged.append(f"{what}: {fault!r}")


def _held(read: Callable[[str], Content]) -> Callable[[str], Callable[[], Content]]:
    """Reads as `read` does, but damage is raised only when the content is taken: it keeps no other file back."""

    def attempt(name: str) -> Callable[[], Content]:
        try:
            content = read(name)
        except DamagedError as fault:
            damage = fault

            def fail() -> Content:
                raise damage

            return fail
        return lambda: content

    return attempt


def _by_session(rows: Iterable[Row]) -> dict[str, list[tuple[int, Row]]]:
    """The rows of each session, with their numbers in the shard."""
    sessions: dict[str, list[tuple[int, Row]]] = {}
    for numbered in enumerate(rows, 1):
        sessions.setdefault(numbered[1]["session_id"], []).append(numbered)
    return sessions


def _write(row: Row, rows: list[Row], journal: Journal, transactions: PictureTransactions, outbox: Outbox) -> None:
    session, protocol = session_of(row, rows)
    # One transaction: an end in the middle leaves no half of a session.
    with transactions.adding(*(entry["picture"]["bytes"] for entry in rows)) as pixels, journal.writing():
        if pixels != [entry["pixel_hash"] for entry in rows]:
            raise DamagedError(f"a picture of session {session.id} is another one")
        add_whole(journal, protocol, session)  # a backup may have brought it, with its token and times
        if outbox.destination:
            outbox.done([session.id], Errand.PUSH)
