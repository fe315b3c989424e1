"""Compaction: the same rows in fewer, larger shards, written to a folder of their own: a copy for reading.

Knows: how to put shards together. Does not know: the study. The set that it reads is not touched. A session has no shard
of its own in the copy, so nothing is added to it or withdrawn from it; a new copy is made instead.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from refine.storage.dataset.card import Notice
from refine.storage.dataset.columns import CONFIGS
from refine.storage.dataset.folder import COMPACT, HERE, companions, from_parquet, shard_name, to_parquet
from refine.storage.dataset.records import Row
from refine.storage.dataset.source import Source, read_ahead
from refine.storage.dataset.stats import FILE, read_stats
from refine.storage.disk import keep_file
from refine.storage.errors import DamagedError, StorageError

SHARD_BYTES = 200 * 2**20
"""Of the shards that are put into one, before they are."""


def compact(
    source: Source, folder: Path, notice: Notice, progress: Callable[[list[str]], Iterable[str]] = iter
) -> tuple[int, int]:
    """Write the rows of `source` into `folder`, which must be empty. Returns the shards before and after.

    Raises `StorageError` if it is not empty, or something cannot be read or written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(f"{folder} is no empty folder. Name a new one: an old set is never changed.")
    names = source.names()
    shards = [name for name in names if name.endswith(".parquet")]
    foreign = [name for name in shards if name.count("/") != 2 or name.split("/")[1] not in CONFIGS]
    if foreign:
        raise StorageError(f"{foreign[0]} in {source.place} is in no config of the dataset. Please remove it first.")
    try:
        stats = replace(read_stats(source.read(FILE) if FILE in names else None), compacted=True)
    except ValueError as fault:
        raise DamagedError(f"{FILE} in {source.place} is damaged: {fault}.") from fault
    waiting: dict[str, list[Row]] = {config: [] for config in CONFIGS}
    sizes = dict.fromkeys(CONFIGS, 0)
    after = 0

    def write(config: str) -> int:
        if not waiting[config]:
            return 0
        content = to_parquet(config, waiting[config])
        keep_file(folder / shard_name(config, COMPACT, content), content)
        waiting[config], sizes[config] = [], 0
        return 1

    for name, content in read_ahead(source.read, progress(shards)):
        config = name.split("/")[1]
        if sizes[config] + len(content) > SHARD_BYTES:
            after += write(config)
        try:
            waiting[config] += from_parquet(config, content)
        except DamagedError as fault:
            raise DamagedError(f"{name} in {source.place}: {fault}") from fault
        sizes[config] += len(content)
    after += sum(map(write, CONFIGS))
    for name, content in companions(stats, notice, HERE).items():
        keep_file(folder / name, content)
    return len(shards), after
