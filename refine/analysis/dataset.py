"""The iterations of a published study, from a local folder or from the Hub, without the pictures.

Knows: the `datasets` library, the columns that analyses need. Does not know: statistics.
"""

import re
from collections.abc import Callable, Collection
from pathlib import Path

import datasets
import huggingface_hub
import pandas as pd
import pyarrow as pa
from huggingface_hub.errors import HfHubHTTPError

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

PIECES = 50
"""Into which reading is cut, to be able to tell how far it is."""


class DatasetError(ValueError):
    """The dataset cannot be analysed; the message says why and what to do, in the user's words."""


def read_iterations(
    dataset: str, metrics: Collection[str], progress: Callable[[int, int], None] = lambda done, pieces: None
) -> pd.DataFrame:
    """All iterations of `dataset`: a folder that the study wrote, or a dataset `owner/name` on the Hub.

    `metrics` are the ids to look for. Columns: `session`, `trial`, `target`, `arm`, `iteration`, `rank`, `profile`, `protocol`
    (hash) and the ids that are there (raw scores). Only these are read; pictures are not. Raises `DatasetError`.
    """
    _quiet()
    if Path(dataset).exists():
        _check_folder(Path(dataset))
    elif not re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", dataset):
        raise DatasetError(f"There is no folder {dataset}.")
    try:
        there = datasets.load_dataset(dataset, "iterations", split="train", streaming=True).features
        found = [metric for metric in metrics if metric in there]
        missing = [name for name in COLUMNS if name not in there]
        if missing or not found:
            what = missing or ["a metric's scores (" + ", ".join(metrics) + ")"]
            raise DatasetError(f"The iterations of {dataset} lack {', '.join(what)}: this is no dataset of this study.")
        columns = [*COLUMNS, *found]
        rows = datasets.load_dataset(dataset, "iterations", split="train", streaming=True, columns=columns)
        pieces, tables = min(PIECES, rows.num_shards), []
        for piece in range(pieces):
            progress(piece, pieces)
            part = rows.shard(pieces, piece).with_format("arrow")
            tables += [table.select(columns) for table in part.iter(batch_size=100_000)]
        progress(pieces, pieces)
    except DatasetError:
        raise
    except (OSError, ValueError, pa.ArrowException, HfHubHTTPError) as fault:
        raise DatasetError(_plain_words(dataset, fault)) from fault
    if not tables:
        raise DatasetError(f"There are no iterations in {dataset} yet.")
    return pa.concat_tables(tables).to_pandas().rename(columns=COLUMNS)


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


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise DatasetError(f"{folder} is a file, not a dataset's folder.")
    if not any(folder.glob("data/iterations/*.parquet")):
        nested = folder / "dataset"
        hint = f" Did you mean {nested}?" if nested.is_dir() else " Nobody may have finished yet."
        raise DatasetError(f"There are no iterations in {folder} (data/iterations/*.parquet).{hint}")
    if not (folder / "README.md").is_file():
        raise DatasetError(f"{folder} has no README.md, the card that says what is where: copy the whole dataset.")


def _plain_words(dataset: str, fault: Exception) -> str:
    first = str(fault).strip().split("\n")[0].rstrip(".")
    if Path(dataset).exists():
        return f"The dataset in {dataset} cannot be read: {first}."
    if isinstance(fault, FileNotFoundError):
        return f"There is no folder {dataset} here and no dataset {dataset} on the Hub that you may see ({first})."
    if isinstance(fault, OSError | HfHubHTTPError):
        return f"There is no folder {dataset} here, and the Hub cannot be reached to look there ({first})."
    return f"The dataset {dataset} cannot be read: {first}."


def _quiet() -> None:
    """What goes wrong is told in a sentence; the libraries' own bars and warnings are not needed."""
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    huggingface_hub.logging.set_verbosity_error()
