"""The researchers' commands: export, push, verify, restore, compact, withdraw; here and on the Hub."""

import json
import re
import shutil
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO

import pyarrow.parquet as pq
import pytest

from refine.cli.storage import main
from refine.protocol import DrawingSettings
from refine.storage.dataset.folder import from_parquet, shard_key, shard_name, to_parquet
from refine.storage.dataset.records import withdrawal_digest
from refine.storage.journal.enrolments import Enrolments
from tests.storage.home import Home, code_of
from tests.storage.hub_client import HubClient
from tests.storage.test_journal import NOW, PROTOCOL
from tests.storage.test_pictures import noise

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Nobody has begun since then."""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home").finish("s", "t").write()


@pytest.fixture
def storage(home, monkeypatch, capsys):
    """Run a command on the data folder: exit status and what was printed."""

    def run(*arguments, data=home.folder):
        monkeypatch.setenv("REFINE_DATA_DIR", str(data))
        monkeypatch.setenv("REFINE_TARGETS", str(home.folder / "targets"))
        status = main([str(argument) for argument in arguments])
        answer = capsys.readouterr()
        return status, answer.out + answer.err

    return run


def rows(folder, config):
    shards = sorted((folder / "data" / config).glob("*.parquet"))
    found = [row for shard in shards for row in from_parquet(config, shard)]
    return sorted(found, key=lambda row: str(next(iter(row.values()))))


def test_an_export_holds_all_that_is_finished_and_verifies(storage, home, tmp_path):
    status, words = storage("export", tmp_path / "out")
    assert (status, "2 sessions were written" in words) == (0, True)
    for config in ("iterations", "sessions", "targets"):
        assert rows(tmp_path / "out", config) == rows(home.dataset.folder, config)
    status, words = storage("verify", tmp_path / "out")
    assert status == 0, words
    assert "5 shards with 6 iterations, 2 sessions, 1 targets. Nothing wrong." in words
    assert "0 sessions were written" in storage("export", tmp_path / "out")[1]


def test_an_export_holds_nothing_that_tells_who_or_when(storage, home, tmp_path):
    home.journal.delete_session("t")
    storage("export", tmp_path / "out")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) == 6
    text = []
    for path in files:
        text.append(path.name)
        if path.suffix == ".parquet":
            text.append(str(pq.read_schema(path)))
            found = from_parquet(path.parent.name, path)
            assert not {
                name
                for row in found
                for name in row
                if re.search(r"(^|_)(ip|user|agent|name|mail|account|token|at|time)(_|$)", name)
            }
            text += [str({name: value for name, value in row.items() if name != "picture"}) for row in found]
            text += [row["picture"]["path"] for row in found if "picture" in row]
        else:
            text.append(path.read_text())
    words = "\n".join(text)
    session = home.journal.session_by_id("s")
    assert str(tmp_path) not in words, "no path of this machine"
    for secret in (session.token_hash, session.withdrawal_code, session.withdrawal_code.replace("-", "")):
        assert secret not in words
    assert "'t'" not in words, "a withdrawn session is not there by its id"
    assert not re.search(r"\b\d{1,3}(\.\d{1,3}){3}\b", words), "no IP address"
    assert not re.search(r"\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b", words), "no IPv6 address"
    assert not re.search(r"\b[0-2]?\d:[0-5]\d(:[0-5]\d)?\b", words), "no time of day"
    assert not re.search(r"Mozilla|Chrome|Safari|Gecko", words), "no user agent"
    assert not re.search(r"[\w.]+@[\w.]+\.\w+", words), "no address"
    assert str(int(NOW.timestamp())) not in words
    pictures = [
        row["picture"]["bytes"]
        for path in files
        if path.suffix == ".parquet"
        for row in from_parquet(path.parent.name, path)
        if "picture" in row
    ]
    assert not [
        bytes_
        for bytes_ in pictures
        if b"tEXt" in bytes_ or b"iTXt" in bytes_ or b"eXIf" in bytes_ or b"tIME" in bytes_
    ]


def replace_shard(folder, config, key, change):
    """Rewrite a shard as a whole, under a true name."""
    (path,) = (folder / "data" / config).glob(f"{key}-*.parquet")
    key = shard_key(path.name)
    found = from_parquet(config, path)
    change(found)
    content = to_parquet(config, found)
    path.unlink()
    (folder / shard_name(config, key, content)).write_bytes(content)


def other_picture(found):
    content = BytesIO()
    noise(77).save(content, "PNG")
    found[0]["picture"]["bytes"] = content.getvalue()


def ranks(found):
    found[0]["rank"] = found[1]["rank"]


def twice(found):
    found[0]["iteration_id"] = found[1]["iteration_id"]


def protocol(found):
    found[0]["protocol"] = json.dumps({**json.loads(found[0]["protocol"]), "iterations": 4})


def draw_with(found, **settings):
    found[0].update(settings)


DAMAGE = [
    ("iterations", other_picture, "pixels are not those of its hash"),
    ("iterations", ranks, "row 1: the ranks of trial s-01 are 3, 3, 1, not a permutation of 1 to 3"),
    ("iterations", twice, "is there twice"),
    ("iterations", lambda found: found.pop(), "Trial s-01 has 2 iterations, but its session says 3."),
    ("sessions", protocol, "but holds one that is"),
    ("sessions", lambda found: found.append(found[0]), "Session s is there twice"),
    ("sessions", lambda found: found[0].update(trials=2), "says 2 trials, but has 1"),
    *(
        ("iterations", partial(draw_with, **{name: value}), f"drawing made with {name} {value}, but its protocol says")
        for name, value in asdict(DrawingSettings("another", "2", 7, 50, 7.5, 64, 128)).items()
    ),
    ("targets", lambda found: found.append(found[0]), f"Target target of protocol {PROTOCOL.hash} is there twice"),
    ("targets", lambda found: found[0].update(protocol_hash="other"), f"was shown under protocol {PROTOCOL.hash}, but"),
]


@pytest.mark.parametrize(("config", "change", "words"), DAMAGE, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_wrong_in_a_dataset_is_found(storage, home, config, change, words):
    replace_shard(home.dataset.folder, config, "*" if config == "targets" else "s", change)
    status, told = storage("verify")
    assert status == 1
    assert words in told


@pytest.mark.parametrize(("named", "differs"), [("main", False), ("a" * 40, True)])
def test_a_branch_of_the_model_stands_for_its_commit_and_a_commit_for_itself(storage, home, named, differs):
    other = replace(PROTOCOL, drawing=replace(PROTOCOL.drawing, revision=named))
    for config, change in (
        ("iterations", {"revision": "b" * 40, "protocol_hash": other.hash}),
        ("sessions", {"protocol": json.dumps(other.conditions), "protocol_hash": other.hash}),
    ):
        replace_shard(home.dataset.folder, config, "s", lambda found, c=change: [row.update(c) for row in found])
    assert ("made with revision" in storage("verify")[1]) == differs


def test_dates_on_the_card_that_are_not_those_of_the_rows_are_found(storage, home):
    stats = home.dataset.folder / "study.json"
    stats.write_text(stats.read_text().replace('"until": "2026-11-23"', '"until": "2099-01-01"'))
    status, told = storage("verify")
    assert (status, "2026-11-23 to 2099-01-01" in told) == (1, True)
    found = json.loads(stats.read_text())
    for count in found["counts"].values():
        del count["dates"]  # as earlier software wrote it, which could not narrow them
    stats.write_text(json.dumps(found))
    assert storage("verify")[0] == 0


def test_damaged_files_and_missing_ones_are_found(storage, home):
    (shard,) = (home.dataset.folder / "data" / "sessions").glob("s-*.parquet")
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1] + b"!")
    assert "does not match its content" in storage("verify")[1]
    shard.write_bytes(whole[:100])
    assert "cannot be read" in storage("verify")[1]
    shard.unlink()
    assert "no row in config sessions" in storage("verify")[1]
    shard.write_bytes(whole)
    assert storage("verify")[0] == 0
    next((home.dataset.folder / "data" / "targets").glob("*.parquet")).unlink()
    assert "not in config targets" in storage("verify")[1]


def test_a_restored_journal_gives_the_same_dataset_again(storage, home, tmp_path):
    new = tmp_path / "new"
    status, words = storage("restore", home.dataset.folder, data=new)
    assert (status, "2 sessions were restored" in words) == (0, True)
    assert "0 sessions were restored" in storage("restore", home.dataset.folder, data=new)[1]
    storage("export", tmp_path / "again", data=new)
    before, after = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.parquet")}
        for folder in (home.dataset.folder, tmp_path / "again")
    )
    assert before == after, "to the last byte, so that the names are the same and nothing is sent twice"
    restored = Home(new)
    counted, before = Enrolments(restored.journal), Enrolments(home.journal)
    assert counted.arm_counts(PROTOCOL.hash, NEVER) == before.arm_counts(PROTOCOL.hash, NEVER) != {}
    assert counted.target_counts(PROTOCOL.hash, NEVER) == before.target_counts(PROTOCOL.hash, NEVER) != {}
    frames = [
        opened.journal.iterations_frame(["s", "t"]).sort_values(["session", "iteration"]) for opened in (home, restored)
    ]
    assert frames[0].to_dict("list") == frames[1].to_dict("list")


def cut(folder):
    (path,) = (folder / "data" / "iterations").glob("s-*.parquet")
    path.write_bytes(path.read_bytes()[:500])


def no_session(folder):
    next((folder / "data" / "sessions").glob("s-*.parquet")).unlink()


def another_picture(folder):
    replace_shard(folder, "iterations", "s", other_picture)


def half_a_ranking(folder):
    replace_shard(folder, "iterations", "s", ranks)


def same_id(folder):
    replace_shard(folder, "iterations", "s", twice)


def another_protocol(folder):
    replace_shard(folder, "sessions", "s", lambda found: found[0].update(protocol='{"name": "of next year"}'))


def other_columns(folder):
    (path,) = (folder / "data" / "sessions").glob("s-*.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["session_id"]), path)


@pytest.mark.parametrize(
    "spoil", [cut, no_session, another_picture, half_a_ranking, same_id, another_protocol, other_columns]
)
def test_a_damaged_session_is_told_and_the_others_are_restored(storage, home, tmp_path, spoil):
    shutil.copytree(home.dataset.folder, tmp_path / "spoiled")
    spoil(tmp_path / "spoiled")
    status, words = storage("restore", tmp_path / "spoiled", data=tmp_path / "new")
    assert status == 1
    assert "1 sessions were restored" in words
    assert "1 were not" in words
    assert "data/iterations/s-" in words
    restored = Home(tmp_path / "new")
    assert restored.journal.finished_ids() == ["t"]
    assert restored.journal.session_by_id("s") is None, "nor a half of it"
    assert len(list(restored.pictures.folder.rglob("*.png"))) == 3
    assert not list(restored.dataset.folder.rglob("s-*.parquet"))
    assert "1 sessions were restored" in storage("restore", home.dataset.folder, data=tmp_path / "new")[1]
    assert storage("verify", data=tmp_path / "new")[0] == 0


def test_of_a_compact_set_too_only_the_damaged_session_is_left_out(storage, home, tmp_path):
    storage("compact", home.dataset.folder, tmp_path / "small")
    replace_shard(tmp_path / "small", "iterations", "compact", other_picture)
    status, words = storage("restore", tmp_path / "small", data=tmp_path / "new")
    assert (status, "1 sessions were restored" in words) == (1, True)
    assert len(Home(tmp_path / "new").journal.finished_ids()) == 1


def test_what_the_journal_knows_better_stays_when_a_session_is_restored(storage, home, tmp_path):
    (tmp_path / "new").mkdir()
    new = Home(tmp_path / "new")
    session = home.journal.session_by_id("s")
    new.journal.add_session(session)
    storage("restore", home.dataset.folder, data=new.folder)
    restored = new.journal.session_by_id("s")
    assert restored.token_hash == session.token_hash
    assert restored.withdrawal_code == session.withdrawal_code
    assert restored.trials[0].ranking.order == session.trials[0].ranking.order
    assert new.journal.finished_ids() == ["s", "t"]


def test_a_restored_session_is_withdrawn_by_its_participants_code(storage, home, tmp_path):
    new = tmp_path / "new"
    storage("restore", home.dataset.folder, data=new)
    assert Home(new).journal.session_by_withdrawal_code(withdrawal_digest(code_of("s"))) is not None
    status, words = storage("withdraw", code_of("s").lower().replace("-", " "), data=new)
    assert status == 0, words
    restored = Home(new)
    assert restored.journal.finished_ids() == ["t"]
    assert len(list((new / "pictures").rglob("*.png"))) == 3
    assert not list((new / "dataset").rglob("s-*.parquet"))
    assert "1 session." in (new / "dataset" / "README.md").read_text()
    assert "0 sessions were restored" in storage("restore", home.dataset.folder, data=new)[1], "it does not come back"
    assert storage("withdraw", "AAAA-BBBB-CCCC", data=new)[0] == 1


def test_a_compact_set_holds_the_same_rows_and_can_be_restored(storage, home, tmp_path):
    old = {path: path.read_bytes() for path in home.dataset.folder.rglob("*.*")}
    status, words = storage("compact", home.dataset.folder, tmp_path / "small")
    assert (status, "5 shards became 3" in words) == (0, True)
    for config in ("iterations", "sessions", "targets"):
        assert rows(tmp_path / "small", config) == rows(home.dataset.folder, config)
    assert {path: path.read_bytes() for path in home.dataset.folder.rglob("*.*")} == old
    assert storage("verify", tmp_path / "small")[0] == 0
    assert storage("compact", home.dataset.folder, tmp_path / "small")[0] == 1
    assert "2 sessions were restored" in storage("restore", tmp_path / "small", data=tmp_path / "new")[1]


def test_a_compacted_copy_is_for_reading(storage, home, tmp_path):
    storage("compact", home.dataset.folder, tmp_path / "small")
    assert "compacted copy" in (tmp_path / "small" / "README.md").read_text()
    before = {path: path.read_bytes() for path in (tmp_path / "small").rglob("*.*")}
    status, words = storage("export", tmp_path / "small")
    assert (status, "made for reading" in words) == (1, True)
    assert {path: path.read_bytes() for path in (tmp_path / "small").rglob("*.*")} == before


@pytest.mark.parametrize("place", ["", "data/other", "data/iterations", "data/sessions"])
def test_files_of_others_are_left_alone_or_told(storage, home, tmp_path, place):
    foreign = home.dataset.folder / place / "foreign.parquet"
    foreign.parent.mkdir(exist_ok=True)
    shutil.copy(next(home.dataset.folder.rglob("sessions/*.parquet")), foreign)
    status, words = storage("compact", home.dataset.folder, tmp_path / "small")
    assert (status, "foreign.parquet" in words) == (1, True) if place in ("", "data/other", "data/iterations") else True
    assert storage("export", home.dataset.folder)[0] == 0
    assert storage("withdraw", code_of("s"))[0] == 0
    assert foreign.exists()


def test_compaction_into_a_file_or_of_a_damaged_set_is_told_at_once(storage, home, tmp_path):
    (tmp_path / "file").write_text("")
    assert "no empty folder" in storage("compact", home.dataset.folder, tmp_path / "file")[1]
    cut(home.dataset.folder)
    status, words = storage("compact", home.dataset.folder, tmp_path / "small")
    assert (status, "data/iterations/s-" in words) == (1, True)
    (home.dataset.folder / "study.json").write_text("{")
    status, words = storage("compact", home.dataset.folder, tmp_path / "smaller")
    assert (status, "study.json" in words) == (1, True)
    assert not (tmp_path / "smaller").exists()


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_damaged_tally_is_named(storage, home, content):
    (home.dataset.folder / "study.json").write_bytes(content)
    status, words = storage("verify", home.dataset.folder)
    assert (status, "study.json is damaged" in words) == (1, True)


def test_an_export_writes_anew_what_is_damaged(storage, home):
    cut(home.dataset.folder)
    assert "1 sessions were written" in storage("export", home.dataset.folder)[1]
    assert storage("verify")[0] == 0


def test_targets_of_another_protocol_are_never_passed_for_its_own(storage, home, tmp_path, monkeypatch):
    old = rows(home.dataset.folder, "targets")
    monkeypatch.setenv("REFINE_STEPS", "3")
    assert storage("export", tmp_path / "out")[0] == 0, "the data folder's own dataset has the true ones"
    assert rows(tmp_path / "out", "targets") == old
    shutil.rmtree(home.dataset.folder)
    status, words = storage("export", tmp_path / "none")
    assert (status, "drawn with other settings" in words) == (1, True)
    assert rows(tmp_path / "none", "targets") == []


def test_a_card_keeps_what_earlier_participants_agreed_to_and_who_withdrew(storage, home, tmp_path):
    home.withdraw("t")
    home.dataset.write_companions(withdrawn=["t"])
    storage("restore", home.dataset.folder, data=tmp_path / "new")
    storage("export", tmp_path / "out", data=tmp_path / "new")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "**Withdrawn:** 1 session. Rows and pictures were removed" in card
    assert "You agree" in card


def test_a_session_that_is_counted_as_withdrawn_and_is_there_is_found(storage, home):
    home.dataset.write_companions(withdrawn=["s"])
    status, words = storage("verify")
    assert (status, "Session s was withdrawn, but its rows are there" in words) == (1, True)
    assert "1 sessions were restored" in storage("restore", home.dataset.folder, data=home.folder.parent / "new")[1]


def test_a_data_folder_that_is_mistyped_is_told(storage, tmp_path):
    for arguments in (["export", tmp_path / "out"], ["withdraw", code_of("s")]):
        status, words = storage(*arguments, data=tmp_path / "mistyped")
        assert (status, "There is no journal" in words) == (1, True)
    assert not (tmp_path / "mistyped").exists()
    status, words = storage("verify", "data/datset")
    assert (status, "There is no folder data/datset here" in words) == (1, True)
    assert "was not updated" not in words


def test_a_withdrawal_that_fails_half_way_is_ended_by_an_export(storage, home, monkeypatch):
    shard = next(home.dataset.folder.rglob("sessions/s-*.parquet"))
    shard.rename(shard.with_suffix(".kept"))
    shard.mkdir()  # what cannot be unlinked
    status, words = storage("withdraw", code_of("s"))
    assert (status, "not removed everywhere yet" in words, "export" in words) == (1, True, True)
    shard.rmdir()
    shard.with_suffix(".kept").rename(shard)
    assert storage("export", home.dataset.folder)[0] == 0
    assert not list(home.dataset.folder.rglob("s-*.parquet"))


def test_wrong_use_has_status_2_and_a_dataset_that_is_not_there_1(storage, tmp_path, monkeypatch):
    with pytest.raises(SystemExit) as stopped:
        main(["nonsense"])
    assert stopped.value.code == 2
    assert storage("verify", tmp_path / "nowhere")[0] == 1
    monkeypatch.setenv("REFINE_ITERATIONS", "many")
    assert storage("verify")[0] == 2


# ---- the Hub ------------------------------------------------------------------------------------------------------


@pytest.fixture
def on_hub(client, home, repo):
    """Run a command with the Hub dataset `repo`."""

    def run(*arguments, data=home.folder):
        where = {"REFINE_DATA_DIR": str(data), "REFINE_TARGETS": str(home.folder / "targets")}
        status, printed, complained = client.command(arguments=arguments, REFINE_DATASET_REPO=repo, **where)
        return status, printed + complained

    return run


def test_push_verify_restore_and_withdraw_on_the_hub(hub, on_hub, home, tmp_path, repo):
    status, words = on_hub("push")
    assert status == 0, words
    assert "2 sessions are new" in words
    status, words = on_hub("verify", repo)
    assert (status, "Nothing wrong" in words) == (0, True), words
    new = tmp_path / "new"
    assert "2 sessions were restored" in on_hub("restore", data=new)[1]
    assert Home(new).outbox(repo).waiting() == []
    commits = hub.repos[repo].made
    on_hub("push", data=new)
    assert hub.repos[repo].made == commits, "what was restored is not sent again"
    (shard,) = (new / "dataset" / "data" / "iterations").glob("s-*.parquet")
    content = shard.read_bytes()
    status, words = on_hub("withdraw", code_of("s"), data=new)
    assert status == 0, words
    assert content not in hub.repos[repo].everything
    assert on_hub("verify", repo)[0] == 0


def test_a_withdrawal_that_the_hub_does_not_take_is_told_and_done_later(hub, on_hub, home, repo):
    on_hub("push")
    hub.strike(f"POST .*{repo}/commit", status=503)
    status, words = on_hub("withdraw", code_of("s"))
    assert (status, "not removed yet" in words) == (1, True)
    assert home.journal.finished_ids() == ["t"]
    assert "1 withdrawn ones were erased" in on_hub("push")[1]


def test_a_withdrawal_from_the_shell_leaves_the_replica_with_the_next_start(hub, client, on_hub, home, repo):
    replica = f"{repo}-replica"
    client.replicate(home=home.folder, repo=replica, dataset_repo=repo)
    where = {"REFINE_DATA_DIR": str(home.folder), "REFINE_TARGETS": str(home.folder / "targets")}
    status, printed, _ = client.command(
        arguments=["withdraw", code_of("s")], REFINE_DATASET_REPO=repo, REFINE_REPLICA=replica, **where
    )
    assert (status, f"From {replica} the server removes it" in printed) == (0, True)
    assert "sessions/s-ended.json" in hub.repos[replica].files
    starts = HubClient(hub.url, home.folder.parent / "starts")
    assert starts.restore(home=home.folder, repo=replica, dataset_repo=repo) == 0
    starts.replicate(home=home.folder, repo=replica, dataset_repo=repo)
    starts.close()
    assert not any("/s-" in name for name in hub.repos[replica].files)
    assert b'hash s"' not in hub.repos[replica].everything


def test_push_again_fills_a_dataset_that_was_made_anew(hub, on_hub, home, repo):
    on_hub("push")
    del hub.repos[repo]
    status, words = on_hub("push", "--again")
    assert status == 0, words
    assert sum(name.startswith("data/sessions/") for name in hub.repos[repo].files) == 2


def test_load_dataset_needs_no_other_argument_and_pictures_decode(hub, client, on_hub, home, tmp_path, repo):
    on_hub("push")
    home.finish("u").write()
    on_hub("push")
    found = client.load(repo=repo, config="iterations", cache=tmp_path / "cache")
    assert len(found) == 9
    assert all(row["picture"] == row["pixel_hash"] for row in found)
    assert {row["session_id"] for row in client.load(repo=repo, config="sessions", cache=tmp_path / "cache")} == {
        "s",
        "t",
        "u",
    }
    (target,) = client.load(repo=repo, config="targets", cache=tmp_path / "cache")
    assert (target["prompt"], target["picture"]) == ("hidden", target["pixel_hash"])


def test_the_card_on_the_hub_says_what_is_in_it(hub, on_hub, home, repo):
    on_hub("push")
    card = hub.repos[repo].files["README.md"].decode()
    assert f'load_dataset("{repo}", "iterations"' in card
    assert "2 sessions, 2 trials, 6 iterations, ended between 2026-11-23 and 2026-11-23" in card
    assert f"Protocol `{PROTOCOL.hash}`" in card
    assert "license: cc-by-4.0" in card
    assert "**Withdrawn:** nobody" in card
    assert "> **What you do.**" in card
    assert hub.repos[repo].files["first_choices.svg"].startswith(b"<svg")
