"""The push: every finished session reaches the Hub exactly once, whatever the Hub does meanwhile."""

import threading
from dataclasses import replace
from io import BytesIO

import pyarrow.parquet as pq
import pytest

from refine.storage.dataset.folder import shard_key, shard_name
from refine.storage.dataset.stats import read_stats
from refine.storage.journal.outbox import Errand
from tests.storage.home import Home, code_of
from tests.storage.hub_client import HubClient
from tests.storage.test_journal import NOW, PROTOCOL, a_session


@pytest.fixture(scope="module", autouse=True)
def impatient(client):
    client.patience(seconds=2)


@pytest.fixture(scope="module")
def second(hub, tmp_path_factory):
    """Another server's client, which has pushed before: its first push takes seconds."""
    running = HubClient(hub.url, tmp_path_factory.mktemp("second"))
    folder = tmp_path_factory.mktemp("warm")
    running.push(home=Home(folder).finish("s").write().folder, repo="someone/warm")
    yield running
    running.close()


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path).finish("s", "t").write()


def sessions_on(hub, repo):
    """The sessions in the dataset, by the names of their shards, and by the card's count."""
    files = hub.repos[repo].files
    names = sorted(name for name in files if name.startswith("data/sessions/"))
    stats = read_stats(files["study.json"])
    assert stats.sessions == len(names)
    assert sum(count.iterations for count in stats.counts.values()) == 3 * len(names)
    assert len([name for name in files if name.startswith("data/iterations/")]) == len(names)
    return [name.split("/")[-1].rsplit("-", 1)[0] for name in names]


def test_what_waits_goes_in_one_commit_and_never_again(hub, client, home, repo):
    assert client.push(home=home.folder, repo=repo) == {"pushed": 2, "withdrawn": 0, "more": False, "fault": ""}
    assert sessions_on(hub, repo) == ["s", "t"]
    assert client.push(home=home.folder, repo=repo)["pushed"] == 0
    assert hub.repos[repo].made == 1
    home.finish("u").write()
    assert client.push(home=home.folder, repo=repo)["pushed"] == 1
    assert hub.repos[repo].made == 2
    shards = {name for name in hub.repos[repo].files if name.endswith(".parquet")}
    assert shards == {path.relative_to(home.dataset.folder).as_posix() for path in home.folder.rglob("*.parquet")}
    for name in shards:
        assert hub.repos[repo].files[name] == (home.dataset.folder / name).read_bytes()


COMMIT, UPLOAD, LOOK = "POST .*/commit/", "PUT /storage", "GET /api/datasets"
FAULTS = [
    (COMMIT, {"status": 500}, "out of order"),
    (COMMIT, {"status": 502}, "out of order"),
    (COMMIT, {"status": 503}, "out of order"),
    (COMMIT, {"status": 429}, "patience"),
    (COMMIT, {"status": 401}, "token"),
    (COMMIT, {"status": 403}, "may not write"),
    (COMMIT, {"kind": "html"}, "unexpected"),
    (COMMIT, {"kind": "cut"}, "connection broke"),
    (COMMIT, {"kind": "lost"}, "connection broke"),
    (COMMIT, {"kind": "hang", "seconds": 3}, "in time"),
    (LOOK, {"status": 503}, "out of order"),
    (LOOK, {"kind": "lost"}, "connection broke"),
    ("GET .*resolve", {"status": 500}, "out of order"),
    ("POST .*validate-yaml", {"status": 500}, "out of order"),
    ("POST /api/repos/create", {"status": 403}, "may not write"),
]


@pytest.mark.parametrize(("where", "fault", "words"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_fault_is_told_and_the_next_push_heals_it(hub, client, home, repo, where, fault, words):
    hub.strike(where, **fault)
    answer = client.push(home=home.folder, repo=repo)
    assert words in answer["fault"]
    assert "kept in the data folder" in answer["fault"]
    assert home.outbox(repo).waiting() == ["s", "t"], "the mark is written last"
    assert client.push(home=home.folder, repo=repo)["pushed"] == 2
    assert sessions_on(hub, repo) == ["s", "t"]
    assert hub.repos[repo].made == 1, "once, also if the commit had succeeded and only its answer was lost"
    assert len(list(home.folder.rglob("*.parquet"))) == 5


@pytest.mark.parametrize("fault", [{"status": 503}, {"kind": "cut"}, {"kind": "lost"}], ids=str)
def test_an_upload_that_breaks_is_begun_again_by_itself(hub, client, home, repo, fault):
    broken = hub.strike(UPLOAD, **fault)
    assert client.push(home=home.folder, repo=repo)["pushed"] == 2
    assert broken.struck.is_set()
    assert sessions_on(hub, repo) == ["s", "t"]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "77"}, 77),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"Retry-After": "Mon, 23 Nov 2026 12:02:00 GMT", "Date": "Mon, 23 Nov 2026 12:00:00 GMT"}, 120),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "99999999999"}, 86400),
        ({}, 0),
    ],
    ids=str,
)
def test_it_is_told_how_long_the_hub_asks_to_wait(hub, client, home, repo, headers, seconds):
    hub.strike(COMMIT, status=429, headers=headers)
    answer = client.push(home=home.folder, repo=repo)
    assert answer["retry_after"] == seconds


def test_a_concurrent_writer_is_looked_at_and_both_get_in(hub, client, second, home, tmp_path, repo):
    other = Home(tmp_path / "other").finish("u", "v").write()
    client.push(home=other.folder, repo=repo)
    other.finish("w").write()
    gate = hub.strike(COMMIT, kind="wait")
    slow = threading.Thread(target=client.push, kwargs={"home": home.folder, "repo": repo})
    slow.start()
    assert gate.struck.wait(60)
    assert second.push(home=other.folder, repo=repo)["pushed"] == 1
    gate.gate.set()
    slow.join()
    assert sessions_on(hub, repo) == ["s", "t", "u", "v", "w"]
    assert home.outbox(repo).waiting() == other.outbox(repo).waiting() == []
    assert hub.repos[repo].made == 3
    assert len([request for request in hub.requests if f"{repo}/commit" in request]) == 4, "one met a 412"


@pytest.mark.parametrize(("token", "words"), [("hf_old", "expired"), ("hf_read", "may not write")])
def test_a_token_that_may_not_write_is_told(hub, client, home, repo, token, words):
    client.push(home=home.folder, repo=repo)
    home.finish("u").write()
    assert words in client.push(home=home.folder, repo=repo, token=token)["fault"]
    assert client.push(home=home.folder, repo=repo)["pushed"] == 1
    assert sessions_on(hub, repo) == ["s", "t", "u"]


def test_a_repo_that_was_deleted_is_told_and_not_made_again(hub, client, home, repo):
    client.push(home=home.folder, repo=repo)
    kept = hub.repos.pop(repo)
    home.finish("u").write()
    assert "deleted, renamed or made private" in client.push(home=home.folder, repo=repo)["fault"]
    assert repo not in hub.repos
    hub.repos[repo] = kept
    assert client.push(home=home.folder, repo=repo)["pushed"] == 1


def test_a_repo_that_was_renamed_is_followed(hub, client, home, repo):
    client.push(home=home.folder, repo=repo)
    new = f"{repo}-renamed"
    hub.repos[new] = hub.repos.pop(repo)
    hub.repos[new].name = new
    hub.moved[repo] = new
    home.finish("u").write()
    assert client.push(home=home.folder, repo=repo)["pushed"] == 1
    assert sessions_on(hub, new) == ["s", "t", "u"]


def test_a_withdrawn_session_is_in_no_commit_and_no_large_file(hub, client, home, repo):
    client.push(home=home.folder, repo=repo)
    (shard,) = (home.dataset.folder / "data" / "iterations").glob("s-*.parquet")
    rows = shard.read_bytes()
    assert rows in hub.repos[repo].everything
    home.withdraw("s")
    assert client.push(home=home.folder, repo=repo) == {"pushed": 0, "withdrawn": 1, "more": False, "fault": ""}
    assert rows not in hub.repos[repo].everything
    assert sessions_on(hub, repo) == ["t"]
    assert b"1 session." in hub.repos[repo].files["README.md"]
    assert client.push(home=home.folder, repo=repo)["withdrawn"] == 0


@pytest.mark.parametrize("where", [COMMIT, "POST .*super-squash", "POST .*lfs-files/batch"])
@pytest.mark.parametrize("fault", [{"status": 500}, {"kind": "lost"}], ids=str)
def test_a_withdrawal_that_was_interrupted_is_ended_by_the_next_push(hub, client, home, repo, where, fault):
    client.push(home=home.folder, repo=repo)
    (shard,) = (home.dataset.folder / "data" / "iterations").glob("s-*.parquet")
    rows = shard.read_bytes()
    home.withdraw("s")
    hub.strike(where, **fault)
    assert client.push(home=home.folder, repo=repo)["fault"]
    assert home.outbox(repo).withdrawals() == ["s"]
    assert client.push(home=home.folder, repo=repo)["withdrawn"] == 1
    assert rows not in hub.repos[repo].everything
    assert len(hub.repos[repo].commits) == 1
    assert sessions_on(hub, repo) == ["t"]
    assert len(read_stats(hub.repos[repo].files["study.json"]).withdrawn) == 1, "counted once"


@pytest.mark.parametrize("where", ["POST .*super-squash", "POST .*lfs-files/batch"])
def test_it_is_ended_too_where_no_mark_says_that_the_session_was_sent(hub, client, home, repo, where):
    """The dataset was renamed, and the setting with it."""
    client.push(home=home.folder, repo=repo)
    (shard,) = (home.dataset.folder / "data" / "iterations").glob("s-*.parquet")
    rows = shard.read_bytes()
    new = f"{repo}-renamed"
    hub.repos[new] = hub.repos.pop(repo)
    hub.repos[new].name = new
    home.withdraw("s")
    hub.strike(where, status=500)
    assert client.push(home=home.folder, repo=new)["fault"]
    assert client.push(home=home.folder, repo=new)["withdrawn"] == 1
    assert rows not in hub.repos[new].everything


def test_a_damaged_shard_on_the_hub_does_not_hold_up_a_withdrawal(hub, client, home, repo):
    client.push(home=home.folder, repo=repo)
    there = hub.repos[repo]
    (name,) = (name for name in there.files if name.startswith("data/sessions/s-"))
    there.blobs[there.commits[-1][2][name]] = b"PAR1 no more"
    home.withdraw("s")
    assert client.push(home=home.folder, repo=repo)["withdrawn"] == 1
    assert not any("/s-" in name for name in there.files)
    assert name in client.told()


def test_a_withdrawal_while_its_push_is_under_way_wins(hub, client, home, repo):
    (shard,) = (home.dataset.folder / "data" / "iterations").glob("s-*.parquet")
    rows = shard.read_bytes()
    gate = hub.strike(COMMIT, kind="wait")
    slow = threading.Thread(target=client.push, kwargs={"home": home.folder, "repo": repo})
    slow.start()
    assert gate.struck.wait(60)
    home.withdraw("s")
    gate.gate.set()
    slow.join()
    assert home.outbox(repo).ever_sent(["s"]) == {"s"}
    assert client.push(home=home.folder, repo=repo)["withdrawn"] == 1
    assert rows not in hub.repos[repo].everything
    assert sessions_on(hub, repo) == ["t"]


def test_a_withdrawal_after_an_answer_was_lost_wins_too(hub, client, home, repo):
    hub.strike(COMMIT, kind="lost")
    client.push(home=home.folder, repo=repo)
    home.withdraw("s")
    assert client.push(home=home.folder, repo=repo) == {"pushed": 1, "withdrawn": 1, "more": False, "fault": ""}
    assert sessions_on(hub, repo) == ["t"]
    assert not any("data/iterations/s-" in str(files) for _, _, files in hub.repos[repo].commits)


def test_who_withdrew_at_another_server_is_not_pushed_again(hub, client, home, tmp_path, repo):
    """Another server restored the session, and erases it while the first has lost the answer to its push."""
    hub.strike(COMMIT, kind="lost")
    client.push(home=home.folder, repo=repo)
    (tmp_path / "other").mkdir()
    other = Home(tmp_path / "other")
    assert (
        client.command(
            arguments=["restore"],
            REFINE_DATA_DIR=str(other.folder),
            REFINE_DATASET_REPO=repo,
            REFINE_TARGETS=str(home.folder / "targets"),
        )[0]
        == 0
    )
    other.withdraw("s")
    assert client.push(home=other.folder, repo=repo)["withdrawn"] == 1
    assert client.push(home=home.folder, repo=repo)["fault"] == ""
    assert sessions_on(hub, repo) == ["t"]
    assert home.journal.finished_ids() == ["t"], "and it has left the first server too"
    assert not list(home.folder.rglob("data/*/s-*"))
    assert len(list(home.pictures.folder.rglob("*.png"))) == 3


@pytest.fixture
def other(client, home, tmp_path, repo):
    """Another server, which has restored what the first, `home`, has pushed."""
    client.push(home=home.folder, repo=repo)
    (tmp_path / "other").mkdir()
    other = Home(tmp_path / "other")
    where = {"REFINE_DATA_DIR": str(other.folder), "REFINE_TARGETS": str(home.folder / "targets")}
    assert client.command(arguments=["restore"], REFINE_DATASET_REPO=repo, **where)[0] == 0
    return other


def test_who_withdrew_at_another_server_leaves_this_one_though_it_has_nothing_to_push(hub, client, home, other, repo):
    assert client.look(home=home.folder, repo=repo) is False
    other.withdraw("s")
    client.push(home=other.folder, repo=repo)
    assert client.look(home=home.folder, repo=repo) is True
    assert home.journal.finished_ids() == ["t"]
    assert not list(home.folder.rglob("data/*/s-*"))
    assert len(list(home.pictures.folder.rglob("*.png"))) == 3
    assert client.look(home=home.folder, repo=repo) is False


def test_a_look_finds_nothing_where_there_is_nothing_and_tells_a_fault(hub, client, home, repo):
    assert client.look(home=home.folder, repo=repo) is False, "no dataset yet"
    client.push(home=home.folder, repo=repo)
    hub.strike(LOOK, status=503)
    assert "out of order" in client.look(home=home.folder, repo=repo)
    hub.repos[repo].put({"study.json": b"{"})
    assert client.look(home=home.folder, repo=repo) is False, "the next push says what is wrong"


@pytest.mark.parametrize("fault", [{"status": 500}, {"kind": "cut"}, {"kind": "lost"}], ids=str)
def test_a_shard_that_was_sent_before_a_commit_that_failed_goes_with_a_withdrawal(hub, client, home, repo, fault):
    shards = [path.read_bytes() for path in home.dataset.folder.rglob("s-*.parquet")]
    hub.strike(COMMIT, **fault)
    assert client.push(home=home.folder, repo=repo)["fault"]
    assert all(rows in hub.repos[repo].everything for rows in shards)
    home.withdraw("s")
    assert client.push(home=home.folder, repo=repo)["withdrawn"] == 1
    assert not any(rows in hub.repos[repo].everything for rows in shards)
    assert sessions_on(hub, repo) == ["t"]


def test_a_session_that_another_server_has_finished_too_is_sent_once(hub, client, home, tmp_path, repo):
    """It was restored from a replica that lagged behind, and ranked again: its shards have other names."""
    client.push(home=home.folder, repo=repo)
    again = Home(tmp_path / "again").finish("t", "u", order=(1, 2, 3)).write()
    (target,) = (again.dataset.folder / "data" / "targets").glob("*.parquet")
    other = BytesIO()
    pq.write_table(pq.read_table(target), other, compression="gzip")  # as an older library would write it
    target.rename(again.dataset.folder / shard_name("targets", shard_key(target.name), other.getvalue()))
    next(target.parent.glob("*.parquet")).write_bytes(other.getvalue())
    assert client.push(home=again.folder, repo=repo)["pushed"] == 2
    assert sessions_on(hub, repo) == ["s", "t", "u"]
    assert again.outbox(repo).waiting() == []
    status, words, _ = client.command(arguments=["verify", repo])
    assert status == 0, words


def test_the_card_has_every_text_that_somebody_agreed_to(hub, client, home, repo):
    """The text changed while sessions waited; of one that agreed to a third, only the version is known."""
    home.journal.add_session(replace(a_session("u"), consent_version="c0", withdrawal_code=code_of("u")))
    home.journal.begin_trial("u-01", NOW)
    for iteration in home.journal.session_by_id("t").trials[0].iterations:
        number = iteration.number
        home.journal.add_iteration(replace(iteration, id=f"u-01-0{number}", trial_id="u-01"))
    home.journal.add_ranking("u-01", home.journal.session_by_id("t").trials[0].ranking)
    home.journal.finish("u", NOW)
    home.write()
    where = {"REFINE_DATA_DIR": str(home.folder), "REFINE_TARGETS": str(home.folder / "targets")}
    status, _, words = client.command(arguments=["push"], REFINE_DATASET_REPO=repo, **where)
    assert status == 0, words
    card = hub.repos[repo].files["README.md"].decode()
    assert "> You agree\n> to take part." in card
    assert "> **What you do.**" in card, "today's"
    assert "Version `c0`: the text is not known" in card
    assert client.command(arguments=["verify", repo])[0] == 0
    stats = read_stats(hub.repos[repo].files["study.json"])
    del stats.consents["c0"]
    hub.repos[repo].put({"study.json": stats.to_json()})
    assert "version c0 of the consent text" in client.command(arguments=["verify", repo])[1]


def without_a_tally(hub, repo):
    """Somebody removes the dataset's `study.json`."""
    del hub.repos[repo].commits[-1][2]["study.json"]


@pytest.mark.parametrize("where", ["here", "on the Hub only"])
def test_a_tally_that_is_gone_is_counted_anew_from_what_is_there(hub, client, home, tmp_path, repo, where):
    client.push(home=home.folder, repo=repo)
    before = read_stats(hub.repos[repo].files["study.json"])
    without_a_tally(hub, repo)
    if where == "on the Hub only":
        (tmp_path / "other").mkdir()
        home = Home(tmp_path / "other")
        hub.strike("GET .*resolve.*data/iterations", status=503)  # waited out: what was read before would be in vain
    home.finish("u", order=(1, 2, 3)).write()
    assert client.push(home=home.folder, repo=repo)["pushed"] == 1
    assert sessions_on(hub, repo) == ["s", "t", "u"]
    (count,) = read_stats(hub.repos[repo].files["study.json"]).counts.values()
    assert count.first == {"1": 1, "3": 2}
    assert before.counts[PROTOCOL.hash].first == {"3": 2}
    status, words, _ = client.command(arguments=["verify", repo])
    assert status == 0, words


def test_a_tally_that_is_damaged_is_told_and_nothing_is_written_over_it(hub, client, home, repo):
    client.push(home=home.folder, repo=repo)
    hub.repos[repo].put({"study.json": b"{"})
    home.finish("u").write()
    assert "study.json in the dataset" in client.push(home=home.folder, repo=repo)["fault"]
    assert hub.repos[repo].files["study.json"] == b"{"


def test_a_compacted_copy_is_neither_added_to_nor_withdrawn_from(hub, client, home, tmp_path, repo):
    assert client.command(arguments=["compact", str(home.dataset.folder), str(tmp_path / "small")])[0] == 0
    client.push(home=Home(tmp_path / "some").finish("x").write().folder, repo=repo)
    hub.repos[repo].put(
        {
            path.relative_to(tmp_path / "small").as_posix(): path.read_bytes()
            for path in (tmp_path / "small").rglob("*.*")
        }
    )
    before = hub.repos[repo].head
    home.withdraw("s")
    assert "compacted copy" in client.push(home=home.folder, repo=repo)["fault"]
    assert hub.repos[repo].head == before
    without_a_tally(hub, repo)
    assert "compacted copy" in client.push(home=home.folder, repo=repo)["fault"]
    assert home.outbox(repo).withdrawals() == ["s"]


def test_sessions_that_cannot_be_written_do_not_hold_up_the_others(hub, client, home, repo):
    home.finish("u")  # not in the folder, and finished after the others
    for path in home.dataset.folder.rglob("s-*.parquet"):
        path.unlink()
    assert client.push(home=home.folder, repo=repo) == {"pushed": 1, "withdrawn": 0, "more": True, "fault": ""}
    assert sessions_on(hub, repo) == ["t"]


@pytest.mark.parametrize("config", ["sessions", "iterations"])
def test_a_shard_that_cannot_be_read_is_told_and_keeps_no_other_back(hub, client, home, repo, config):
    home.finish("u").write()
    client.push(home=home.folder, repo=repo)
    home.finish("v", "w").write()
    home.withdraw("s")
    shard = next((home.dataset.folder / "data" / config).glob("v-*.parquet"))
    shard.rename(shard.with_suffix(".kept"))
    shard.mkdir()  # what nobody can read, not even the tests' root
    sent = client.push(home=home.folder, repo=repo)
    assert (sent["pushed"], sent["withdrawn"]) == (1, 1)
    assert sent["fault"].startswith("Session v was not pushed. The shard ")
    assert sessions_on(hub, repo) == ["t", "u", "w"]
    assert home.outbox(repo).waiting() == ["v"]
    shard.rmdir()
    shard.with_suffix(".kept").rename(shard)
    assert client.push(home=home.folder, repo=repo)["pushed"] == 1


def test_marks_of_one_dataset_are_not_those_of_another(hub, client, home, repo):
    home.outbox("someone/other").done(["s", "t"], Errand.PUSH)
    assert client.push(home=home.folder, repo=repo)["pushed"] == 2
