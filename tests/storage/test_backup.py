"""The backup: what a restart would lose is on the Hub, private, and comes back whole."""

import json
import shutil
import threading
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from refine.protocol import Ranking
from refine.storage.journal.journal import Request
from refine.storage.journal.outbox import Errand
from refine.storage.pictures.folder import png
from tests.storage.home import Home
from tests.storage.hub_client import HubClient
from tests.storage.test_journal import a_session, an_iteration
from tests.storage.test_pictures import noise


@pytest.fixture
def home(tmp_path):
    """One participant in the second round, whose drawing is asked for."""
    home = Home(tmp_path / "first")
    play(home, "open")
    home.journal.ask(Request("open-01", 2, "a bigger cat", datetime.now(UTC)))
    return home


def play(home, name, rounds=1, enrolled=None):
    now = enrolled or datetime.now(UTC)
    home.journal.add_session(replace(a_session(name), enrolled_at=now))
    home.journal.begin_trial(f"{name}-01", now)
    for number in range(1, rounds + 1):
        picture = home.pictures.add(png(noise(zlib.crc32(f"{name} {number}".encode()))))
        home.journal.add_iteration(an_iteration(number, f"{name}-01", picture=picture, asked_at=now, drawn_at=now))


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


def names(hub, repo):
    return sorted(path for path in hub.repos[repo].files if "/" in path)


def test_an_unfinished_session_comes_back_whole(hub, client, repo, home, tmp_path):
    assert client.replicate(home=home.folder, repo=repo) is True
    assert hub.repos[repo].private
    again = Home(tmp_path / "after the restart")
    assert client.restore(home=again.folder, repo=repo) == 1
    before, after = home.journal.session_by_id("open"), again.journal.session_by_id("open")
    assert after == before
    assert again.journal.asked_of("open-01") == home.journal.asked_of("open-01")
    pixels = before.trials[0].iterations[0].picture
    assert again.pictures.open(pixels).tobytes() == home.pictures.open(pixels).tobytes()
    assert client.restore(home=again.folder, repo=repo) == 0, "what is known is left alone"


def test_only_what_is_new_is_sent(hub, client, repo, home):
    client.replicate(home=home.folder, repo=repo)
    commits = len(hub.repos[repo].commits)
    assert client.replicate(home=home.folder, repo=repo) is False
    assert len(hub.repos[repo].commits) == commits
    play(home, "late")
    assert client.replicate(home=home.folder, repo=repo) is True
    assert len(hub.repos[repo].commits) == commits + 1
    assert len(names(hub, repo)) == 4


def test_a_session_that_has_arrived_in_the_dataset_leaves(hub, client, repo, home):
    home.finish("done")
    client.replicate(home=home.folder, repo=repo, dataset_repo="someone/study")
    assert "sessions/done-ended.json" in names(hub, repo)
    home.outbox("someone/study").done(["done"], Errand.PUSH, "abc")
    client.replicate(home=home.folder, repo=repo, dataset_repo="someone/study")
    assert {name for name in names(hub, repo) if "done" in name} == set()
    assert "sessions/open-facts.json" in names(hub, repo)


def test_without_a_dataset_finished_sessions_stay_and_come_back(hub, client, repo, home, tmp_path):
    home.finish("done")
    client.replicate(home=home.folder, repo=repo)
    again = Home(tmp_path / "again")
    assert client.restore(home=again.folder, repo=repo) == 2
    assert again.journal.session_by_id("done") == home.journal.session_by_id("done")


def test_a_withdrawn_session_leaves_the_history_too(hub, client, repo, home):
    client.replicate(home=home.folder, repo=repo)
    assert b"hash open" in hub.repos[repo].everything
    home.journal.delete_session("open")
    client.replicate(home=home.folder, repo=repo)
    assert names(hub, repo) == []
    assert b"hash open" not in hub.repos[repo].everything
    assert home.outbox(repo).withdrawals() == []


def test_who_does_not_come_back_is_forgotten_after_a_week(hub, client, repo, home):
    play(home, "gone", enrolled=datetime.now(UTC) - timedelta(days=8))
    client.replicate(home=home.folder, repo=repo)
    assert names(hub, repo)[-1] == "sessions/open-facts.json"
    assert not any("gone" in name for name in names(hub, repo))


def test_who_never_drew_is_forgotten_after_a_day(hub, client, repo, home):
    now = datetime.now(UTC)
    play(home, "idle", rounds=0, enrolled=now - timedelta(hours=23))
    client.replicate(home=home.folder, repo=repo)
    assert any("idle" in name for name in names(hub, repo))
    for name, rounds in (("never", 0), ("waits", 0), ("drew", 1)):
        play(home, name, rounds=rounds, enrolled=now - timedelta(days=2))
    home.journal.ask(Request("waits-01", 1, "a cat", now))
    client.replicate(home=home.folder, repo=repo)
    assert {
        name for name in ("idle", "never", "waits", "drew") if f"sessions/{name}-facts.json" in names(hub, repo)
    } == {
        "idle",
        "waits",
        "drew",
    }


def test_what_was_not_restored_is_never_removed(hub, client, repo, home, tmp_path):
    client.replicate(home=home.folder, repo=repo)
    fresh = Home(tmp_path / "could not restore")
    play(fresh, "new")
    client.replicate(home=fresh.folder, repo=repo)
    assert "sessions/open-facts.json" in names(hub, repo)
    assert "sessions/new-facts.json" in names(hub, repo)


def test_a_lost_answer_and_a_fault_are_made_up_for(hub, client, repo, home):
    client.replicate(home=home.folder, repo=repo)
    play(home, "late")
    hub.strike("/commit/", status=503)
    assert "out of order" in client.replicate(home=home.folder, repo=repo)
    assert client.replicate(home=home.folder, repo=repo) is True
    assert "sessions/late-facts.json" in names(hub, repo)


@pytest.mark.parametrize("damage", ["facts", "picture", "another picture", "no picture", "contradiction"])
def test_a_damaged_session_is_told_and_the_others_come_back(hub, client, repo, home, tmp_path, damage):
    for name in ("before", "worse"):
        play(home, name)
    client.replicate(home=home.folder, repo=repo)
    facts, picture = (
        "sessions/worse-facts.json",
        next(one for one in names(hub, repo) if one.startswith("pictures/worse")),
    )
    spoil(hub, repo, facts if damage in ("facts", "contradiction") else picture, damage)
    again = Home(tmp_path / "again")
    assert client.restore(home=again.folder, repo=repo) == 2
    assert facts in (told := client.told())
    assert "hash worse" not in told, "the key of a session is in no log"
    assert again.journal.session_by_id("worse") is None
    assert again.journal.session_by_id("before") == home.journal.session_by_id("before")
    assert again.journal.session_by_id("open") == home.journal.session_by_id("open")
    assert len(list(again.pictures.folder.rglob("*.png"))) == 2
    client.replicate(home=again.folder, repo=repo)
    assert facts in names(hub, repo), "it stays there"


def test_two_drawings_with_the_same_pixels_go_one_by_one(hub, client, repo, home, tmp_path):
    twin = home.pictures.add(png(noise(zlib.crc32(b"open 1"))))
    home.journal.add_session(a_session("twin"))
    home.journal.begin_trial("twin-01", datetime.now(UTC))
    home.journal.add_iteration(an_iteration(1, "twin-01", picture=twin))
    client.replicate(home=home.folder, repo=repo)
    home.journal.delete_session("open")
    client.replicate(home=home.folder, repo=repo)
    again = Home(tmp_path / "again")
    assert client.restore(home=again.folder, repo=repo) == 1
    assert again.journal.session_by_id("twin") == home.journal.session_by_id("twin")
    assert again.pictures.path(twin).read_bytes() == home.pictures.path(twin).read_bytes()


def test_a_withdrawal_that_the_dataset_has_not_been_told_of_outlives_the_disk(hub, client, repo, home, tmp_path):
    study = f"{repo}-study"
    home.finish("done", "other").write()
    client.push(home=home.folder, repo=study)
    home.journal.delete_session("done")
    client.replicate(home=home.folder, repo=repo, dataset_repo=study)
    (again := Home(tmp_path / "again")).write()
    assert client.restore(home=again.folder, repo=repo, dataset_repo=study) == 1
    assert again.outbox(study).withdrawals() == ["done"]
    shard = next(name for name in hub.repos[study].files if name.startswith("data/iterations/done-"))
    rows = hub.repos[study].files[shard]
    assert client.push(home=again.folder, repo=study)["withdrawn"] == 1
    assert rows not in hub.repos[study].everything
    assert client.replicate(home=again.folder, repo=repo, dataset_repo=study) is True
    assert not any(name.startswith("withdrawn/") for name in names(hub, repo)), "it is owed to nobody any more"


def notes(hub, repo):
    """All notes of withdrawals that anybody could still read, in any commit."""
    return {path for _, _, files in hub.repos[repo].commits for path in files if path.startswith("withdrawn/")}


@pytest.mark.parametrize("killed", [False, True], ids=["at once", "after a kill"])
def test_the_note_of_a_withdrawal_that_the_dataset_knows_is_in_no_commit(hub, client, repo, home, tmp_path, killed):
    study = f"{repo}-study"
    home.finish("done", "other").write()
    client.push(home=home.folder, repo=study)
    home.withdraw("done")
    client.replicate(home=home.folder, repo=repo, dataset_repo=study)
    assert notes(hub, repo) == {"withdrawn/done-note.json"}
    assert client.push(home=home.folder, repo=study)["withdrawn"] == 1
    server = client
    if killed:  # between the commit and the squash
        hub.strike("super-squash", status=500)
        assert "out of order" in client.replicate(home=home.folder, repo=repo, dataset_repo=study)
        assert notes(hub, repo) == {"withdrawn/done-note.json"}
        server = HubClient(hub.url, tmp_path / "client")
    server.replicate(home=home.folder, repo=repo, dataset_repo=study)
    assert notes(hub, repo) == set()
    if killed:
        server.close()


def test_a_picture_that_was_sent_before_a_commit_that_failed_goes_with_a_withdrawal(hub, client, repo, home):
    client.replicate(home=home.folder, repo=repo)
    play(home, "late")
    sent = set(hub.repos[repo].lfs)
    hub.strike("/commit/", status=503)
    assert "out of order" in client.replicate(home=home.folder, repo=repo)
    (late,) = set(hub.repos[repo].lfs) - sent
    home.journal.delete_session("late")
    client.replicate(home=home.folder, repo=repo)
    assert set(hub.repos[repo].lfs) == sent
    assert late not in hub.repos[repo].blobs


def test_a_withdrawal_that_was_not_taken_stays_for_the_next_start(hub, client, repo, home, tmp_path):
    """A fault of the Hub keeps the note back at the start, while the session itself comes back from the dataset."""
    study = f"{repo}-study"
    home.finish("done", "other").write()
    client.push(home=home.folder, repo=study)
    home.withdraw("done")
    client.replicate(home=home.folder, repo=repo, dataset_repo=study)
    meanwhile = Home(tmp_path / "could not read the backup")
    meanwhile.finish("done", "other")
    meanwhile.outbox(study).done(["done", "other"], Errand.PUSH)
    play(meanwhile, "new")
    client.replicate(home=meanwhile.folder, repo=repo, dataset_repo=study)
    assert "withdrawn/done-note.json" in names(hub, repo)
    (again := Home(tmp_path / "again")).write()
    client.restore(home=again.folder, repo=repo, dataset_repo=study)
    assert client.push(home=again.folder, repo=study)["withdrawn"] == 1
    assert not any("/done-" in name for name in names(hub, study))


def test_a_journal_that_outlives_its_pictures_gets_them_back(hub, client, repo, home):
    client.replicate(home=home.folder, repo=repo)
    session = home.journal.session_by_id("open")
    shutil.rmtree(home.pictures.folder)
    assert client.restore(home=home.folder, repo=repo) == 0
    home.pictures.open(session.trials[0].iterations[0].picture)
    assert home.journal.session_by_id("open") == session


def test_what_has_finished_is_written_down_once(hub, client, repo, home, tmp_path):
    home.finish("done")
    client.replicate(home=home.folder, repo=repo)
    before = hub.repos[repo].blobs.copy()
    other = HubClient(hub.url, tmp_path / "client")  # a new process, which does not remember what it sent
    other.replicate(home=home.folder, repo=repo)
    other.close()
    new = [content for sha, content in hub.repos[repo].blobs.items() if sha not in before]
    assert not [content for content in new if b"hash done" in content]


# ---- two servers, as at a restart, where the old one goes on for a while ---------------------------------------------


@pytest.fixture
def new(client, repo, home, tmp_path):
    """The new server, which has restored what the old one, `home`, had sent."""
    client.replicate(home=home.folder, repo=repo)
    new = Home(tmp_path / "new")
    assert client.restore(home=new.folder, repo=repo) == 1
    return new


def draw(home, number, name="open", prompt="a cat"):
    picture = home.pictures.add(png(noise(zlib.crc32(f"{name} {number} {prompt}".encode()))))
    now = datetime.now(UTC)
    drawn = an_iteration(number, f"{name}-01", prompt=prompt, picture=picture, asked_at=now, drawn_at=now)
    home.journal.add_iteration(drawn)


def rank(home, name="open", order=(3, 1, 2)):
    home.journal.add_ranking(f"{name}-01", Ranking(order, datetime.now(UTC)))
    home.journal.finish(name, datetime.now(UTC))


def rounds(home, name="open"):
    return [iteration.prompt for iteration in home.journal.session_by_id(name).trials[0].iterations]


def rounds_on(hub, repo, name="open"):
    (trial,) = json.loads(hub.repos[repo].files[f"sessions/{name}-facts.json"])["session"]["trials"]
    return [iteration["prompt"] for iteration in trial["iterations"]]


def test_a_round_that_the_old_server_took_is_the_new_ones_too_and_the_other_way_round(hub, client, repo, home, new):
    draw(home, 2, prompt="a second cat")
    client.replicate(home=home.folder, repo=repo)
    play(new, "other")
    client.replicate(home=new.folder, repo=repo)
    assert new.journal.session_by_id("open") == home.journal.session_by_id("open")
    new.pictures.open(new.journal.session_by_id("open").trials[0].iterations[1].picture)
    assert rounds_on(hub, repo)[1:] == ["a second cat"]
    draw(new, 3, prompt="a third cat")
    client.replicate(home=new.folder, repo=repo)
    play(home, "late")
    client.replicate(home=home.folder, repo=repo)
    assert rounds(home)[1:] == rounds(new)[1:] == rounds_on(hub, repo)[1:] == ["a second cat", "a third cat"]
    assert home.journal.session_by_id("other") == new.journal.session_by_id("other")


def test_an_end_at_the_old_server_is_one_at_the_new_one(hub, client, repo, home, new):
    draw(home, 2)
    draw(home, 3)
    rank(home)
    client.replicate(home=home.folder, repo=repo)
    play(new, "other")
    client.replicate(home=new.folder, repo=repo)
    assert new.journal.session_by_id("open") == home.journal.session_by_id("open")
    assert [name for name in names(hub, repo) if name.startswith("sessions/open")] == ["sessions/open-ended.json"]


def test_who_withdraws_at_the_old_server_has_withdrawn_at_the_new_one(hub, client, repo, home, tmp_path):
    study = f"{repo}-study"
    client.replicate(home=home.folder, repo=repo, dataset_repo=study)
    new = Home(tmp_path / "new")
    client.restore(home=new.folder, repo=repo, dataset_repo=study)
    home.journal.delete_session("open")
    client.replicate(home=home.folder, repo=repo, dataset_repo=study)
    play(new, "other")
    client.replicate(home=new.folder, repo=repo, dataset_repo=study)
    assert new.journal.session_by_id("open") is None
    assert new.outbox(study).withdrawals() == ["open"]
    assert len(list(new.pictures.folder.rglob("*.png"))) == 1
    assert not any("/open-" in name for name in names(hub, repo) if not name.startswith("withdrawn/"))
    assert b"hash open" not in hub.repos[repo].everything


def test_who_withdraws_while_their_session_is_taken_over_does_not_come_back(hub, client, repo, home, new):
    draw(home, 2)
    client.replicate(home=home.folder, repo=repo)
    play(new, "other")
    gate = hub.strike("/resolve/.*open-facts", kind="wait")
    slow = threading.Thread(target=client.replicate, kwargs={"home": new.folder, "repo": repo})
    slow.start()
    assert gate.struck.wait(60)
    new.transactions.remove("open")
    gate.gate.set()
    slow.join()
    assert new.journal.session_by_id("open") is None
    assert len(list(new.pictures.folder.rglob("*.png"))) == 1
    assert not any("/open-" in name for name in names(hub, repo))


def test_what_the_old_server_has_removed_does_not_come_back(hub, client, repo, home, new):
    home.journal.delete_session("open")
    client.replicate(home=home.folder, repo=repo)
    for name in ("other", "another"):
        play(new, name)
        client.replicate(home=new.folder, repo=repo)
        play(home, f"late {name}")
        client.replicate(home=home.folder, repo=repo)
    assert not any("/open-" in name for name in names(hub, repo))


def test_of_two_rounds_with_one_number_the_first_stays_and_that_is_told(hub, client, repo, home, new):
    draw(home, 2, prompt="a cat in one window")
    client.replicate(home=home.folder, repo=repo)
    draw(new, 2, prompt="a cat in another window")
    play(new, "other")
    client.replicate(home=new.folder, repo=repo)
    assert "round 2 of trial open-01 was drawn twice" in client.told()
    assert rounds_on(hub, repo)[1:] == ["a cat in one window"]
    assert rounds(new)[1:] == ["a cat in another window"]
    assert "sessions/other-facts.json" in names(hub, repo), "the others go on"
    assert len(list(new.pictures.folder.rglob("*.png"))) == 3


def test_one_request_that_both_servers_have_drawn_is_one_round(hub, client, repo, home, new):
    for server in (home, new):
        draw(server, 2, prompt="a bigger cat")
        client.replicate(home=server.folder, repo=repo)
    draw(new, 3)
    client.replicate(home=new.folder, repo=repo)
    assert rounds_on(hub, repo) == rounds(new)
    assert len(rounds(new)) == 3


def test_what_could_not_be_restored_at_the_start_comes_with_the_first_sending(hub, client, repo, home, tmp_path):
    client.replicate(home=home.folder, repo=repo)
    late = Home(tmp_path / "late")
    hub.strike(f"GET /api/datasets/{repo}", status=403)
    assert "not updated" in client.restore(home=late.folder, repo=repo)
    play(late, "other")
    client.replicate(home=late.folder, repo=repo)
    assert late.journal.session_by_id("open") == home.journal.session_by_id("open")


def test_a_replica_that_was_deleted_is_filled_again(hub, client, repo, home):
    client.replicate(home=home.folder, repo=repo)
    del hub.repos[repo]
    play(home, "late")
    client.replicate(home=home.folder, repo=repo)
    assert {"sessions/open-facts.json", "sessions/late-facts.json"} <= set(names(hub, repo))


def spoil(hub, repo, path, damage):
    there = hub.repos[repo]
    key = there.commits[-1][2][path]
    content = {
        "facts": lambda: there.blobs[key][:-5],
        "picture": lambda: there.blobs[key][:40],
        "another picture": lambda: png(noise(1)),
        "contradiction": lambda: there.blobs[key].replace(b"hash worse", b"hash open"),
    }
    if damage == "no picture":
        there.forget([key])
    else:
        there.blobs[key] = content[damage]()


def test_a_fault_of_the_hub_while_it_is_read_is_waited_out(hub, client, repo, home, tmp_path):
    client.replicate(home=home.folder, repo=repo)
    fault = hub.strike("/resolve/.*open-facts", status=503)
    hub.strike("/resolve/.*png", status=429)
    assert client.restore(home=Home(tmp_path / "again").folder, repo=repo) == 1
    assert fault.struck.is_set()


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [({"status": 503}, 0), ({"status": 429, "headers": {"Retry-After": "2"}}, 2), ({"kind": "lost"}, 0)],
    ids=str,
)
def test_a_fault_of_the_hub_at_the_first_look_is_waited_out(hub, client, repo, home, tmp_path, fault, seconds):
    client.replicate(home=home.folder, repo=repo)
    struck = hub.strike(f"GET /api/datasets/{repo}$", **fault)
    begun = time.monotonic()
    assert client.restore(home=Home(tmp_path / "again").folder, repo=repo) == 1
    assert struck.struck.is_set()
    assert time.monotonic() - begun >= seconds


def test_without_a_replica_there_is_nothing_to_restore(client, repo, tmp_path):
    assert client.restore(home=Home(tmp_path).folder, repo=repo) == 0


def test_the_replicator_sends_by_itself_and_at_the_end(hub, client, repo, home):
    client.start_replication(home=home.folder, repo=repo)
    wait_for(lambda: repo in hub.repos and "sessions/open-facts.json" in names(hub, repo))
    play(home, "last")
    client.tell(home=home.folder, what="close")
    assert "sessions/last-facts.json" in names(hub, repo)


def test_what_comes_from_another_server_while_this_one_runs_is_told(hub, client, repo, home, tmp_path):
    client.start_replication(home=home.folder, repo=repo)
    wait_for(lambda: repo in hub.repos and "sessions/open-facts.json" in names(hub, repo))
    other = Home(tmp_path / "another server")
    play(other, "guest")
    client.replicate(home=other.folder, repo=repo)
    play(home, "last")
    wait_for(lambda: f"something came to {home.folder}" in client.told())
    client.tell(home=home.folder, what="close")
    assert home.journal.session_by_id("guest") is not None


def test_files_of_others_are_left_alone(hub, client, repo, home):
    client.replicate(home=home.folder, repo=repo, dataset_repo=f"{repo}-study")
    home.finish("done")
    home.outbox(f"{repo}-study").done(["done"], Errand.PUSH)
    theirs = {f"data/{config}/done-0123456789ab.parquet": b"rows" for config in ("sessions", "iterations")}
    hub.repos[repo].put({**theirs, "notes/done-1.txt": b"a note"})
    assert client.replicate(home=home.folder, repo=repo, dataset_repo=f"{repo}-study") is False
    assert {"notes/done-1.txt", *theirs} <= set(names(hub, repo))


def test_a_public_replica_is_refused(hub, client, repo, home):
    client.replicate(home=home.folder, repo=repo)
    hub.repos[repo].private = False
    play(home, "late")
    assert "is public" in client.replicate(home=home.folder, repo=repo)
    assert "sessions/late-facts.json" not in names(hub, repo)
