"""The iterations of a published study, from a local folder or from the Hub, without the pictures.

Knows: where shards lie and how a column is read without its neighbours. Does not know: what must hold of the rows (table),
or statistics.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from glob import escape
from pathlib import Path
from typing import Any

import fsspec
import httpx2
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem
from huggingface_hub import HfApi, HfFileSystem
from huggingface_hub.errors import RepositoryNotFoundError

from refine import table
from refine.arms import ARMS
from refine.metrics import MetricInfo

COLUMNS = {
    "session_id": "session",
    "trial_id": "trial",
    "target_id": "target",
    "arm": "arm",
    "iteration": "iteration",
    "rank": "rank",
    "profile": "profile",
    "protocol_hash": "protocol",
}
"""What the dataset and what analyses call a column."""

SHARDS = "data/iterations"
"""Where they lie in a dataset."""

READERS = 8
"""Shards under way at once: of thousands over the network each takes a while."""


class DatasetError(ValueError):
    """The dataset cannot be analysed; the message says why and what to do, in the user's words."""


def read_iterations(
    dataset: str,
    metrics: Mapping[str, MetricInfo],
    progress: Callable[[int, int], None] = lambda done, shards: None,
) -> pd.DataFrame:
    """All iterations of `dataset`: a folder that the study wrote, or a dataset `owner/name` on the Hub.

    `metrics` are those to look for, by id. Columns: `session`, `trial`, `target`, `arm`, `iteration`, `rank`, `profile`,
    `protocol` (hash) and the ids that are there (raw scores, missing where a shard has none). Only these are read; pictures
    are not. Raises `DatasetError`, also if the rows are not what a study writes (see `refine.table`).
    """
    try:
        files, root = _open(dataset)
        shards = sorted(files.glob(f"{escape(root)}/{SHARDS}/*.parquet"))
        if not shards:
            raise DatasetError(_no_shards(dataset))
        check = table.TableCheck(metrics, ARMS)
        found: set[str] = set()
        rows: list[table.Row] = []
        columns = [*table.COLUMNS, *metrics]
        with ThreadPoolExecutor(READERS, thread_name_prefix="read-shards") as readers:
            progress(0, len(shards))
            parts = readers.map(lambda shard: _read(files, shard, columns), shards)
            for done, (shard, part) in enumerate(zip(shards, parts, strict=True), 1):
                name = shard.removeprefix(f"{root}/")
                if lacking := {*table.COLUMNS}.difference(part.column_names):
                    check.lacks(name, lacking)
                else:
                    rows += (row for _, row in check.add(name, list(enumerate(part.to_pylist(), 1))))
                    found.update(part.column_names)
                progress(done, len(shards))
    except DatasetError:
        raise
    except (OSError, ValueError, pa.ArrowException, httpx2.HTTPError) as fault:
        raise DatasetError(_plain_words(dataset, fault)) from fault
    if faults := check.end():
        raise DatasetError(_told(dataset, faults))
    if not found.intersection(metrics):
        raise DatasetError(f"The iterations of {dataset} lack a metric's scores ({', '.join(metrics)}).")
    return _frame(rows, [metric for metric in metrics if metric in found])


def choose(rows: pd.DataFrame, profile: str = "", protocol: str = "") -> pd.DataFrame:
    """The rows of one protocol, of `profile` and `protocol` if given.

    Raises `DatasetError` if none is left, or if they are of several protocols, which must not be pooled.
    """
    for name, value in (("profile", profile), ("protocol", protocol)):
        chosen = rows[rows[name] == value] if value else rows
        if chosen.empty:
            raise DatasetError(f"There is no session of the {name} {value}. There are:\n{_protocols(rows)}")
        rows = chosen
    if rows["protocol"].nunique() > 1:
        raise DatasetError(
            "These sessions belong to several protocols, whose results must not be pooled. Pass --protocol with one of:\n"
            + _protocols(rows)
        )
    return rows


def _protocols(rows: pd.DataFrame) -> str:
    counts = rows.groupby(["protocol", "profile"])["session"].nunique()
    return "\n".join(
        f"  {protocol}  (profile {profile}, {count:,} session{'s' if count > 1 else ''})"
        for (protocol, profile), count in counts.items()
    )


def _open(dataset: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """Where the files are, and the path of the dataset there: of a dataset on the Hub as of its newest commit."""
    folder = Path(dataset)
    if folder.exists():
        if not folder.is_dir():
            raise DatasetError(f"{folder} is a file, not a dataset's folder.")
        return LocalFileSystem(), folder.resolve().as_posix()
    if not re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", dataset):
        raise DatasetError(f"There is no folder {dataset}.")
    return HfFileSystem(), f"datasets/{dataset}@{HfApi().dataset_info(dataset).sha}"


def _read(files: fsspec.AbstractFileSystem, shard: str, columns: Iterable[str]) -> pa.Table:
    with files.open(shard, "rb") as file:
        try:
            content = pq.ParquetFile(file)
            table = content.read(columns=[name for name in columns if name in content.schema_arrow.names])
            table.validate(full=True)
            return table
        except (pa.ArrowException, OSError, ValueError) as fault:  # names and texts may be no UTF-8
            raise DatasetError(
                f"The shard {SHARDS}/{Path(shard).name} cannot be read: {_first_line(fault)}."
            ) from fault


def _frame(rows: Iterable[Mapping[str, Any]], metrics: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*COLUMNS, *metrics]).rename(columns=COLUMNS)
    # Of shards without a metric the scores are missing, which must not make a column of objects.
    return frame.astype(dict.fromkeys(metrics, float))


def _no_shards(dataset: str) -> str:
    nested = Path(dataset) / "dataset"
    hint = f" Did you mean {nested}?" if nested.is_dir() else " Nobody may have finished yet."
    return f"There are no iterations in {dataset} ({SHARDS}/*.parquet).{hint}"


def _told(dataset: str, faults: list[str]) -> str:
    more = len(faults) - 1
    rest = f" And {more} more: `python -m refine.storage verify {dataset}` lists what is wrong." if more else ""
    return faults[0] + rest


def _plain_words(dataset: str, fault: Exception) -> str:
    first = _first_line(fault)
    if Path(dataset).exists():
        return f"The dataset in {dataset} cannot be read: {first}."
    if isinstance(fault, FileNotFoundError | RepositoryNotFoundError):
        return f"There is no folder {dataset} here and no dataset {dataset} on the Hub that you may see ({first})."
    if isinstance(fault, OSError | httpx2.HTTPError):
        return f"There is no folder {dataset} here, and the Hub cannot be reached to look there ({first})."
    return f"The dataset {dataset} cannot be read: {first}."


def _first_line(fault: Exception) -> str:
    return str(fault).strip().split("\n")[0].rstrip(".")
