"""The publisher and the Hub: in the background, told in a state, and never in anybody's way."""

import time

import pytest

from tests.storage.home import Home


@pytest.fixture
def home(tmp_path, client):
    home = Home(tmp_path).finish("s", "t")
    yield home
    client.tell(home=home.folder, what="close")


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def sessions(hub, repo):
    return sum(name.startswith("data/sessions/") for name in hub.repos[repo].files) if repo in hub.repos else 0


def test_what_is_finished_is_on_the_hub_without_being_asked_for(hub, client, home, repo):
    client.start(home=home.folder, repo=repo)
    assert client.join(home=home.folder)
    assert sessions(hub, repo) == 2
    home.finish("u")
    client.tell(home=home.folder, what="publish")
    assert client.join(home=home.folder)
    assert client.state(home=home.folder) == {
        "repo": repo,
        "pushed": 3,
        "waiting": 0,
        "withdrawals": 0,
        "last_error": "",
        "next_attempt": None,
        "paused": False,
    }
    home.journal.delete_session("s")
    client.tell(home=home.folder, what="publish")
    assert client.join(home=home.folder)
    assert sessions(hub, repo) == 2
    assert not list(home.folder.glob("dataset/data/*/s-*"))


@pytest.mark.parametrize("config", ["sessions", "iterations", "targets"])
@pytest.mark.parametrize("damage", ["cut", "one byte", "gone"])
def test_a_shard_that_the_disk_has_damaged_is_written_anew_and_then_sent(hub, client, home, repo, config, damage):
    home.write()
    shard = sorted((home.dataset.folder / "data" / config).glob("*.parquet"))[0]
    whole = shard.read_bytes()
    if damage == "gone":
        shard.unlink()
    else:
        shard.write_bytes(whole[:100] if damage == "cut" else whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    client.start(home=home.folder, repo=repo)
    wait_for(lambda: sessions(hub, repo) == 2)
    assert hub.repos[repo].files[f"data/{config}/{shard.name}"] == whole
    wait_for(lambda: client.state(home=home.folder)["last_error"] == "")


def test_a_fault_is_in_the_state_and_heals_by_itself(hub, client, home, repo):
    fault = hub.strike(f"POST .*{repo}/commit", status=503, times=10**6)
    client.start(home=home.folder, repo=repo)
    wait_for(lambda: client.state(home=home.folder)["last_error"])
    state = client.state(home=home.folder)
    assert "out of order" in state["last_error"]
    assert (state["pushed"], state["waiting"]) == (0, 2)
    assert state["next_attempt"] is not None
    assert len(list(home.folder.glob("dataset/data/sessions/*.parquet"))) == 2
    fault.times = 0
    wait_for(lambda: client.state(home=home.folder)["pushed"] == 2)
    assert client.state(home=home.folder)["last_error"] == ""
    assert hub.repos[repo].made == 1


def test_retry_after_is_waited_for_unless_somebody_says_now(hub, client, home, repo):
    hub.strike(f"POST .*{repo}/commit", status=429, headers={"Retry-After": "500"})
    client.start(home=home.folder, repo=repo)
    wait_for(lambda: client.state(home=home.folder)["last_error"])
    assert 450 < client.state(home=home.folder)["next_attempt"] <= 550
    assert "patience" in client.state(home=home.folder)["last_error"]
    client.tell(home=home.folder, what="retry_now")
    wait_for(lambda: client.state(home=home.folder)["pushed"] == 2)


def test_a_pause_outlives_a_restart(hub, client, home, repo):
    client.start(home=home.folder, repo=repo, gather=600)
    client.tell(home=home.folder, what="pause")
    client.tell(home=home.folder, what="close")
    client.start(home=home.folder, repo=repo)
    assert client.join(home=home.folder)
    state = client.state(home=home.folder)
    assert (state["paused"], state["pushed"], state["waiting"]) == (True, 0, 2)
    assert sessions(hub, repo) == 0
    client.tell(home=home.folder, what="resume")
    assert client.join(home=home.folder)
    assert sessions(hub, repo) == 2


def test_sessions_wait_for_others_to_share_a_commit_but_not_at_the_end(hub, client, home, repo):
    client.start(home=home.folder, repo=repo, gather=600)
    wait_for(lambda: client.state(home=home.folder)["next_attempt"] is not None)
    home.finish("u")
    client.tell(home=home.folder, what="publish")
    assert 500 < client.state(home=home.folder)["next_attempt"] <= 600
    assert sessions(hub, repo) == 0
    client.tell(home=home.folder, what="close")
    assert sessions(hub, repo) == 3
    assert hub.repos[repo].made == 1


def test_the_limit_on_commits_outlives_a_restart(hub, client, home, repo):
    client.start(home=home.folder, repo=repo, most=1, burst=10)
    assert client.join(home=home.folder)
    client.tell(home=home.folder, what="close")
    home.finish("u")
    client.start(home=home.folder, repo=repo, most=1, burst=10)
    client.tell(home=home.folder, what="retry_now")
    wait_for(lambda: client.state(home=home.folder)["next_attempt"] is not None)
    assert client.state(home=home.folder)["next_attempt"] > 3000
    assert hub.repos[repo].made == 1


def test_a_withdrawal_waits_for_two_commits_and_both_are_remembered(hub, client, home, repo):
    client.start(home=home.folder, repo=repo, most=2)
    assert client.join(home=home.folder)
    home.journal.delete_session("s")
    client.tell(home=home.folder, what="retry_now")
    wait_for(lambda: client.state(home=home.folder)["next_attempt"] is not None)
    assert client.state(home=home.folder)["next_attempt"] > 3000
    assert hub.repos[repo].made == 1
    client.tell(home=home.folder, what="close")
    client.start(home=home.folder, repo=repo, most=3)
    assert client.join(home=home.folder)
    assert client.state(home=home.folder)["withdrawals"] == 0
    client.tell(home=home.folder, what="close")
    home.finish("u")
    client.start(home=home.folder, repo=repo, most=3)
    wait_for(lambda: client.state(home=home.folder)["next_attempt"] is not None)
    assert client.state(home=home.folder)["next_attempt"] > 3000


def test_one_session_that_cannot_be_written_keeps_no_other_back(hub, client, home, repo):
    home.pictures.delete(home.journal.session_by_id("s").trials[0].iterations[0].picture)
    client.start(home=home.folder, repo=repo)
    assert client.join(home=home.folder)
    wait_for(lambda: sessions(hub, repo) == 1)
    state = client.state(home=home.folder)
    assert "is missing" in state["last_error"]
    assert (state["pushed"], state["waiting"]) == (1, 1)


def test_a_shard_that_cannot_be_read_is_in_the_state_until_it_can(hub, client, home, repo):
    home.write()
    shard = next(home.folder.glob("dataset/data/iterations/s-*.parquet"))
    shard.rename(shard.with_suffix(".kept"))
    shard.mkdir()
    client.start(home=home.folder, repo=repo)
    wait_for(lambda: sessions(hub, repo) == 1)
    wait_for(lambda: "cannot be read" in client.state(home=home.folder)["last_error"])
    shard.rmdir()
    shard.with_suffix(".kept").rename(shard)
    wait_for(lambda: sessions(hub, repo) == 2)
    wait_for(lambda: client.state(home=home.folder)["last_error"] == "")


def test_without_a_token_nothing_is_sent_and_that_is_said(hub, client, home, repo):
    client.start(home=home.folder, repo=repo, token="")
    assert client.join(home=home.folder)
    assert "HF_TOKEN" in client.state(home=home.folder)["last_error"]
    assert repo not in hub.repos


def test_a_withdrawal_at_another_server_is_taken_over_though_nothing_is_to_be_sent(hub, client, home, tmp_path, repo):
    client.start(home=home.folder, repo=repo, look=0.2)
    assert client.join(home=home.folder)
    other = Home(tmp_path / "other").finish("s", "t").write()
    client.push(home=other.folder, repo=repo)
    out_of_order = hub.strike(f"GET /api/datasets/{repo}$", status=503, times=3)
    wait_for(lambda: out_of_order.times == 0)
    other.withdraw("s")
    wait_for(lambda: client.push(home=other.folder, repo=repo).get("withdrawn") == 1)
    wait_for(lambda: home.journal.finished_ids() == ["t"])
    wait_for(lambda: not list(home.folder.glob("dataset/data/*/s-*")))
    assert client.join(home=home.folder)
    wait_for(lambda: b"1 session." in (home.folder / "dataset" / "README.md").read_bytes())
    assert client.told().count("are not known just now") == 1, "once, not with every look"
