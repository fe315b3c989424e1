"""The dataset: shards that load without arguments, with documented columns, and nothing in them that must not be."""

import json
from dataclasses import replace
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from refine.protocol import Ranking, Target, pixel_hash
from refine.storage.dataset.columns import CONFIGS
from refine.storage.dataset.folder import Dataset, from_parquet
from refine.storage.errors import DamagedError, StorageError
from refine.storage.pictures.folder import Pictures, png
from refine.storage.targets import load_targets
from tests.storage.test_journal import NOW, PROTOCOL, a_session, an_iteration
from tests.storage.test_pictures import noise
from tests.target_folder import save_targets


@pytest.fixture
def home(tmp_path):
    save_targets(tmp_path / "targets", [(Target("target", "things", "hidden", pixel_hash(noise(9))), noise(9))])
    return Dataset(tmp_path / "dataset"), load_targets(tmp_path / "targets"), Pictures(tmp_path / "pictures")


def finished(pictures, name="s"):
    session = a_session(name)
    iterations = tuple(
        an_iteration(
            n,
            f"{name}-01",
            picture=pictures.add(png(noise(n))),
            asked_at=NOW + timedelta(seconds=10 * n),
            drawn_at=NOW + timedelta(seconds=10 * n + 2),
        )
        for n in (1, 2, 3)
    )
    (trial,) = session.trials
    trial = replace(trial, begun_at=NOW, iterations=iterations, ranking=Ranking((3, 1, 2), NOW))
    return replace(session, trials=(trial,), finished_at=NOW + timedelta(minutes=1))


def load(dataset, config, tmp_path):
    return load_dataset(str(dataset.folder), config, split="train", cache_dir=str(tmp_path / "cache"))


def test_all_configs_load_and_pictures_decode(home, tmp_path):
    dataset, targets, pictures = home
    for name in ("s", "t"):
        dataset.write_session(finished(pictures, name), PROTOCOL, targets, pictures)
    dataset.write_companions()
    rows = load(dataset, "iterations", tmp_path)
    assert len(rows) == 6
    for row in rows:
        assert pixel_hash(row["picture"]) == row["pixel_hash"]
        assert row["lpips"] == 0.25
        assert row["clip_b32_world"] is None
        assert row["date"] == "2026-11-23"
    by_number = {row["iteration"]: row for row in rows if row["session_id"] == "s"}
    assert [by_number[n]["rank"] for n in (1, 2, 3)] == [2, 3, 1]
    assert [by_number[n]["thinking_ms"] for n in (1, 2, 3)] == [10_000, 8_000, 8_000]
    sessions = load(dataset, "sessions", tmp_path)
    assert sessions["duration_ms"] == [60_000, 60_000]
    assert json.loads(sessions[0]["protocol"]) == PROTOCOL.conditions
    (target,) = load(dataset, "targets", tmp_path)
    assert (target["prompt"], pixel_hash(target["picture"])) == ("hidden", pixel_hash(noise(9)))


def test_every_column_is_documented_in_the_file_itself(home):
    dataset, targets, pictures = home
    dataset.write_session(finished(pictures), PROTOCOL, targets, pictures)
    for config, columns in CONFIGS.items():
        (shard,) = (dataset.folder / "data" / config).glob("*.parquet")
        schema = pq.read_schema(shard)
        assert schema.names == [column.name for column in columns]
        for column in columns:
            assert schema.field(column.name).metadata[b"description"].decode() == column.meaning


def test_writing_again_changes_nothing(home):
    dataset, targets, pictures = home
    session = finished(pictures)
    dataset.write_session(session, PROTOCOL, targets, pictures)
    before = {path: path.read_bytes() for path in dataset.folder.rglob("*.*")}
    dataset.write_session(session, PROTOCOL, targets, pictures)
    assert {path: path.read_bytes() for path in dataset.folder.rglob("*.*")} == before
    assert dataset.session_ids() == {"s"}


def test_no_secret_and_no_time_of_day_is_in_it(home):
    dataset, targets, pictures = home
    session = finished(pictures)
    dataset.write_session(session, PROTOCOL, targets, pictures)
    tables = [pq.read_table(path).drop_columns([]) for path in dataset.folder.rglob("*.parquet")]
    words = " ".join(str(value) for table in tables for row in table.to_pylist() for value in row.values())
    assert session.token_hash not in words
    assert session.withdrawal_code not in words
    assert NOW.strftime("%H:%M") not in words


def test_a_withdrawn_session_is_removed_and_others_stay(home, tmp_path):
    dataset, targets, pictures = home
    for name in ("s", "t"):
        dataset.write_session(finished(pictures, name), PROTOCOL, targets, pictures)
    dataset.remove_session("s")
    dataset.write_companions(withdrawn=["s"])
    assert set(load(dataset, "iterations", tmp_path)["session_id"]) == {"t"}


def test_the_tally_is_true_whatever_comes_and_goes(home):
    dataset, targets, pictures = home
    sessions = {name: finished(pictures, name) for name in "stuv"}
    for name in "st":
        dataset.write_session(sessions[name], PROTOCOL, targets, pictures)
    dataset.write_companions(added=["s", "t"])
    dataset.remove_session("s")
    dataset.remove_session("s")
    dataset.write_session(replace(sessions["u"], arm="no_scores"), PROTOCOL, targets, pictures)
    dataset.write_companions(added=["u"], withdrawn=["s"])
    dataset.write_session(sessions["v"], PROTOCOL, targets, pictures)
    kept = dataset.stats(added=["v"])
    (dataset.folder / "study.json").unlink()
    counted = dataset.stats()
    assert kept.counts == counted.counts
    assert (kept.sessions, len(kept.withdrawn)) == (3, 1)
    (count,) = counted.counts.values()
    assert (count.trials, count.iterations, count.first) == (3, 9, {"3": 3})


def test_a_damaged_shard_does_not_hold_up_a_withdrawal(home):
    dataset, targets, pictures = home
    dataset.write_session(finished(pictures), PROTOCOL, targets, pictures)
    (shard,) = (dataset.folder / "data" / "iterations").glob("*.parquet")
    shard.write_bytes(b"damaged")
    dataset.remove_session("s")
    assert list((dataset.folder / "data").glob("[is]*/*.parquet")) == []


def test_half_a_shard_is_gone_after_a_start(home):
    dataset, targets, pictures = home
    dataset.write_session(finished(pictures), PROTOCOL, targets, pictures)
    whole = {path for path in dataset.folder.rglob("*") if path.is_file()}
    half = dataset.folder / "data" / "iterations" / ".killed.part"
    half.write_bytes(b"PAR1")
    dataset.recover()
    assert {path for path in dataset.folder.rglob("*") if path.is_file()} == whole


def test_what_is_not_whole_is_not_published(home):
    dataset, targets, pictures = home
    with pytest.raises(StorageError, match="not finished"):
        dataset.write_session(a_session(), PROTOCOL, targets, pictures)
    session = finished(pictures)
    pictures.delete(session.trials[0].iterations[1].picture)
    with pytest.raises(StorageError, match="missing"):
        dataset.write_session(session, PROTOCOL, targets, pictures)
    assert dataset.session_ids() == set()


def test_a_score_without_a_column_is_told_and_never_dropped(home):
    dataset, targets, pictures = home
    session = finished(pictures)
    (trial,) = session.trials
    first = replace(trial.iterations[0], scores={"lpips": 0.25, "warmth": 0.5})
    session = replace(session, trials=(replace(trial, iterations=(first, *trial.iterations[1:])),))
    with pytest.raises(
        StorageError, match=r"There is no column of iterations for warmth: declare the metric in refine/metrics\.py"
    ):
        dataset.write_session(session, PROTOCOL, targets, pictures)
    assert dataset.session_ids() == set()


def test_a_shard_from_before_a_metric_has_no_score_of_it_and_one_from_after_is_not_cut(home):
    dataset, targets, pictures = home
    dataset.write_session(finished(pictures), PROTOCOL, targets, pictures)
    (shard,) = (dataset.folder / "data" / "iterations").glob("*.parquet")
    table = pq.read_table(shard)
    pq.write_table(table.drop_columns(["clip_l14_world"]), shard)
    rows = from_parquet("iterations", shard)
    assert [(row["lpips"], row["clip_l14_world"]) for row in rows] == [(0.25, None)] * 3
    pq.write_table(table.append_column("warmth", table["lpips"]), shard)
    with pytest.raises(DamagedError, match="it has warmth, for which there is no column here"):
        from_parquet("iterations", shard)
    pq.write_table(table.drop_columns(["rank"]), shard)
    with pytest.raises(DamagedError, match="it lacks rank"):
        from_parquet("iterations", shard)


@pytest.mark.parametrize(("grade", "kept"), [("hard", "hard"), ("", None)])
def test_how_hard_a_target_is_said_to_be_is_in_its_row(tmp_path, grade, kept):
    target = Target("target", "things", "hidden", pixel_hash(noise(9)), grade)
    save_targets(tmp_path / "targets", [(target, noise(9))])
    dataset, pictures = Dataset(tmp_path / "dataset"), Pictures(tmp_path / "pictures")
    dataset.write_session(finished(pictures), PROTOCOL, load_targets(tmp_path / "targets"), pictures)
    dataset.write_companions()
    assert load(dataset, "targets", tmp_path)[0]["grade"] == kept
