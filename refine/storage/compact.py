"""Compaction: the same rows in fewer, larger shards, written to a folder of their own.

Knows: how to put shards together. Does not know: the study. The set that it reads is not touched.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from refine.storage.card import Notice
from refine.storage.columns import CONFIGS
from refine.storage.dataset import HERE, companions, from_parquet, shard_name, to_parquet
from refine.storage.errors import StorageError
from refine.storage.pictures import write_whole
from refine.storage.records import Row
from refine.storage.source import Source, read_ahead
from refine.storage.tally import FILE, read_tally

SHARD_BYTES = 200 * 2**20
"""Of the shards that are put into one, before they are."""

KEY = "compact"


def compact(
    source: Source, folder: Path, notice: Notice, progress: Callable[[list[str]], Iterable[str]] = iter
) -> tuple[int, int]:
    """Write the rows of `source` into `folder`, which must be empty. Returns the shards before and after.

    Raises `StorageError` if it is not empty, or something cannot be read or written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StorageError(f"{folder} is not empty. Name a new folder: an old set is never changed.")
    shards = [name for name in source.names() if name.endswith(".parquet")]
    waiting: dict[str, list[Row]] = {config: [] for config in CONFIGS}
    sizes = dict.fromkeys(CONFIGS, 0)
    after = 0

    def write(config: str) -> int:
        if not waiting[config]:
            return 0
        content = to_parquet(config, waiting[config])
        write_whole(folder / shard_name(config, KEY, content), content)
        waiting[config], sizes[config] = [], 0
        return 1

    for name, content in read_ahead(source.read, progress(shards)):
        config = name.split("/")[1]
        if sizes[config] + len(content) > SHARD_BYTES:
            after += write(config)
        waiting[config] += from_parquet(config, content)
        sizes[config] += len(content)
    after += sum(map(write, CONFIGS))
    tally = read_tally(source.read(FILE))
    for name, content in companions(tally, notice, HERE).items():
        write_whole(folder / name, content)
    return len(shards), after
