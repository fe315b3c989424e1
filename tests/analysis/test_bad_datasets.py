"""Whatever is wrong with a dataset's rows, `refine.analysis` and `refine.storage verify` say it in the same sentence."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from refine.cli.analysis import main as analyse
from refine.cli.storage import main as storage
from tests.storage.home import Home
from tests.storage.hub_repo import Repo
from tests.storage.test_journal import PROTOCOL


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home").finish("s", "t", "u").write().dataset.folder


def shard(dataset: Path, session: str = "s") -> Path:
    (path,) = (dataset / "data" / "iterations").glob(f"{session}-*.parquet")
    return path


def rewritten(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """The shard of the first session after `change`."""

    def rewrite(dataset: Path) -> None:
        path = shard(dataset)
        pq.write_table(change(pq.read_table(path)), path)

    return rewrite


def column(name: str, values: list, kind: pa.DataType | None = None) -> Callable[[Path], None]:
    """That shard with other values in a column."""

    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.column_names.index(name), name, pa.array(values, kind))

    return rewritten(change)


def texts(name: str, value: bytes) -> Callable[[Path], None]:
    """That shard with these bytes as the texts of a column, whatever they are."""
    return rewritten(
        lambda table: table.set_column(table.column_names.index(name), name, pa.array([value] * 3).view("string"))
    )


def misnamed(dataset: Path) -> None:
    """That shard with a byte of a column's name turned."""
    path = shard(dataset)
    path.write_bytes(path.read_bytes().replace(b"guidance_scale", b"guid\xf6nce_scale"))


def copied(dataset: Path) -> None:
    shutil.copy(shard(dataset), dataset / "data" / "iterations" / "t-copy of s.parquet")


HERE = "data/iterations/s-"
OTHER = f"{PROTOCOL.hash}, but"

WRONG = {
    "a shard that is there twice": (
        copied,
        ".parquet, row 1: iteration s-01-01 is there twice, first in data/iterations/s-",
    ),
    "one rank for all": (
        column("rank", [1, 1, 1]),
        "row 2: the ranks of trial s-01 are 1, 1, 1, shared by drawings that do not have the same pixels",
    ),
    "a rank beyond the rounds": (
        column("rank", [1, 2, 9]),
        "row 3: the ranks of trial s-01 are 1, 2, 9, not a permutation",
    ),
    "a rank of zero": (column("rank", [0, 1, 2]), "row 1: rank is 0, but is counted from 1."),
    "no rank": (column("rank", [1, 2, None]), "row 3: rank is missing."),
    "ranks in words": (
        column("rank", ["a", "b", "c"]),
        "row 1: rank is 'a', not a whole number (integer) (2 more rows",
    ),
    "ranks with a fraction": (column("rank", [1.5, 2.0, 3.0]), "row 1: rank is 1.5, not a whole number (integer)"),
    "ranks that are true or false": (column("rank", [True] * 3), "row 1: rank is True, not a whole number"),
    "iterations in tens": (
        column("iteration", [10, 20, 30]),
        "row 1: trial s-01 has 3 rounds, but this is iteration 10",
    ),
    "an iteration twice": (column("iteration", [1, 2, 2]), "row 3: trial s-01 has iteration 2 twice, first in"),
    "an empty iteration": (column("iteration", [1, None, 3]), "row 2: iteration is missing."),
    "an iteration of zero": (column("iteration", [0, 1, 2]), "row 1: iteration is 0, but is counted from 1."),
    "a negative iteration": (column("iteration", [1, 2, -3]), "row 3: iteration is -3, but is counted from 1."),
    "a round that is missing": (
        rewritten(lambda table: table.slice(0, 2)),
        "row 1: the ranks of trial s-01 are 2, 3, not a",
    ),
    "a trial that is shorter": (
        rewritten(lambda table: table.slice(0, 2).set_column(8, "rank", pa.array([2, 1]))),
        "row 1: trial s-01 has 2 rounds, other trials of its protocol have 3",
    ),
    "an infinite score": (column("lpips", [0.1, math.inf, 0.2]), "row 2: lpips is infinite"),
    "a score in words": (column("lpips", ["a", None, None]), "row 1: lpips is 'a', not a number."),
    "no session": (column("session_id", [None, "s", "s"]), "row 1: session_id is missing."),
    "an empty trial": (column("trial_id", ["s-01", "", "s-01"]), "row 2: trial_id is empty."),
    "ids that are numbers": (
        column("target_id", [7, 7, 7]),
        "row 1: target_id is 7, not text (2 more rows of this shard",
    ),
    "ids that are lists": (column("trial_id", [["a"]] * 3), "row 1: trial_id is ['a'], not text"),
    "times for ranks": (column("rank", [1, 2, 3], pa.timestamp("s")), "row 1: rank is datetime.datetime(1970, 1, 1,"),
    "a column of nothing": (column("arm", [None] * 3), "row 1: arm is missing (2 more rows of this shard likewise)."),
    "an arm that is none": (column("arm", ["blue"] * 3), "row 1: arm is 'blue', none of no_scores, scores"),
    "two protocols in a trial": (
        column("protocol_hash", [PROTOCOL.hash, "other", PROTOCOL.hash]),
        f"row 2: session_id s has protocol_hash other, but {PROTOCOL.hash} in data/iterations/s-",
    ),
    "two targets in a trial": (
        column("target_id", ["target", "target", "another"]),
        "row 3: trial_id s-01 has target_id another, but target in data/iterations/s-",
    ),
    "two arms in a session": (
        column("arm", ["scores", "no_scores", "scores"]),
        "row 2: session_id s has arm no_scores, but",
    ),
    "a trial of two sessions": (column("trial_id", ["t-01"] * 3), "row 1: trial_id t-01 has session_id t, but s in"),
    "no rows": (rewritten(lambda table: table.slice(0, 0)), ".parquet has no rows: remove it."),
    "no column of ranks": (rewritten(lambda table: table.drop_columns(["rank"])), "lacks rank"),
    "texts that are no UTF-8": (texts("trial_id", b"s\xf6"), "cannot be read: "),
    "a name that is no UTF-8": (misnamed, "cannot be read: "),
    "half a file": (lambda dataset: shard(dataset).write_bytes(shard(dataset).read_bytes()[:300]), "cannot be read: "),
    "no Parquet at all": (lambda dataset: shard(dataset).write_text("a,b\n1,2\n"), "cannot be read: "),
    "an empty file": (lambda dataset: shard(dataset).write_bytes(b""), "cannot be read: "),
}


@pytest.mark.parametrize("case", WRONG)
def test_both_commands_name_the_shard_and_the_row(case: str, dataset: Path, tmp_path: Path, capsys) -> None:
    spoil, words = WRONG[case]
    spoil(dataset)
    assert analyse([str(dataset), "--out", str(tmp_path / "report")]) == 2
    out, err = capsys.readouterr()
    said = err.rstrip().splitlines()[-1]
    assert (out, (tmp_path / "report").exists()) == ("", False)
    assert words in said
    assert "data/iterations/" in said
    assert storage(["verify", str(dataset)]) == 1
    verified = capsys.readouterr().out
    if ", row " in said:
        assert said.split(" And ")[0] in verified
    else:
        assert "data/iterations/" in verified


def older(dataset: Path) -> None:
    """One shard as it was before there was the metric."""
    rewritten(lambda table: table.drop_columns(["lpips", "imagehash"]))(dataset)


def test_an_older_shard_without_a_metric_has_its_scores_missing(dataset: Path, tmp_path: Path, capsys) -> None:
    older(dataset)
    assert analyse([str(dataset), "--out", str(tmp_path / "report")]) == 0
    assert "Perceptual Similarity (lpips) has no score in 3 of 9 rounds" in capsys.readouterr().err
    found = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert {one["metric"]["id"]: one["trials"] for one in found["summary"]["agreements"]} == {
        "lpips": 2,
        "imagehash": 2,
    }
    assert found["summary"]["sessions"] == 3
    storage(["verify", str(dataset)])
    said = capsys.readouterr().out
    assert "its name does not match its content" in said
    assert said.rstrip().endswith("1 wrong.")


def test_missing_scores_are_no_fault(dataset: Path, tmp_path: Path, capsys) -> None:
    column("lpips", [None, math.nan, 0.25])(dataset)
    assert analyse([str(dataset), "--out", str(tmp_path / "report")]) == 0
    said = "(lpips) has no score in 2 of 9 rounds, which are left out"
    assert said in capsys.readouterr().err
    assert said in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", ["an iteration of zero", "an infinite score", "no rows"])
def test_the_process_ends_with_code_2_and_nothing_but_the_sentence(case: str, dataset: Path, tmp_path: Path) -> None:
    WRONG[case][0](dataset)
    command = [sys.executable, "-m", "refine.analysis", str(dataset), "--out", str(tmp_path / "report")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert WRONG[case][1] in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dataset_on_the_hub_is_read_by_its_columns_and_checked_alike(
    hub, repo, dataset: Path, tmp_path: Path
) -> None:
    for name in (repo, f"{repo}-twice"):
        hub.repos[name] = Repo(name, False)
        hub.repos[name].put({path.relative_to(dataset).as_posix(): path.read_bytes() for path in dataset.rglob("*.*")})
        copied(dataset)
    client = {"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_read", "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "hf")}

    def run(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "refine.analysis", name, "--out", str(tmp_path / "report")]
        return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **client})

    done = run(repo)
    assert (done.returncode, done.stdout.startswith("3 finished sessions with 3 trials and 9 rounds.")) == (0, True)
    assert "is there twice, first in data/iterations/s-" in run(f"{repo}-twice").stderr
    assert f"no dataset {repo}-none on the Hub that you may see" in run(f"{repo}-none").stderr
