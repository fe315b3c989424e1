"""A dataset's folder as the study writes it, filled with simulated sessions: shards by session, pictures and all."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from datasets import Features, Image, Value

PICTURE = {"bytes": b"no analysis looks at it", "path": "a.png"}
WORDS = ("iteration_id", "session_id", "trial_id", "target_id", "arm", "pixel_hash", "profile", "protocol_hash")
METRICS = ("lpips_world", "clip_b32_world", "imagehash")
FEATURES = Features(
    {name: Value("string") for name in WORDS}
    | {name: Value("int64") for name in ("iteration", "rank")}
    | {name: Value("float64") for name in METRICS}
    | {"picture": Image()}
)
NAMES = {"session": "session_id", "trial": "trial_id", "target": "target_id"}


def write_dataset(
    folder: Path, rows: pd.DataFrame, protocol: str = "abc", profile: str = "world", without: Sequence[str] = ()
) -> Path:
    """Add `rows` (as `simulate` makes them) to the dataset in `folder`; columns `without` are left out."""
    features = Features({name: kind for name, kind in FEATURES.items() if name not in without})
    shards = folder / "data" / "iterations"
    shards.mkdir(parents=True, exist_ok=True)
    ids = rows["trial"] + "-" + rows["iteration"].astype(str)
    table = rows.rename(columns=NAMES).assign(
        iteration_id=ids, pixel_hash=ids, protocol_hash=protocol, profile=profile, picture=None
    )
    table = table.reindex(columns=list(features))
    for session, part in table.groupby("session_id" if "session_id" not in without else "trial_id"):
        records = [{**row, "picture": PICTURE} for row in part.to_dict("records")]
        pq.write_table(
            pa.Table.from_pylist(records, schema=features.arrow_schema), shards / f"{session}-{protocol}.parquet"
        )
    files = [{"split": "train", "path": "data/iterations/*.parquet"}]
    head = {
        "configs": [{"config_name": "iterations", "data_files": files}],
        "dataset_info": [{"config_name": "iterations", "features": features._to_yaml_list()}],
    }
    (folder / "README.md").write_text(f"---\n{yaml.safe_dump(head)}---\n", encoding="utf-8")
    return folder
