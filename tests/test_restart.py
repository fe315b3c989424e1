"""A Space's restart: the disk is empty, and everybody goes on where they were."""

import time

from tests.storage.hub_client import HubClient


def test_finished_and_unfinished_sessions_come_back_on_an_empty_disk(hub, tmp_path):
    study, replica = "someone/study-1", "someone/replica-1"
    before = HubClient(hub.url, tmp_path / "before")
    first = str(tmp_path / "disk")
    assert before.open_services(folder=first, repo=study, replica=replica) == 0
    before.play(folder=first, rounds=2)
    token = before.play(folder=first, rounds=1)
    before.tell(home=first, what="close")
    before.close()
    assert any(name.startswith("data/sessions/") for name in hub.repos[study].files)

    after = HubClient(hub.url, tmp_path / "after")
    second = str(tmp_path / "another disk")
    assert after.open_services(folder=second, repo=study, replica=replica) == 1
    assert after.participant_state(folder=second, token=token) == ["rounds", 1]
    after.play(folder=second, rounds=1, token=token)
    assert after.participant_state(folder=second, token=token)[0] == "thanks"
    after.tell(home=second, what="close")
    after.close()
    sessions = {name for name in hub.repos[study].files if name.startswith("data/sessions/")}
    assert len(sessions) == 2, "each exactly once"


def test_a_finished_session_that_was_not_pushed_keeps_no_other_back(hub, tmp_path):
    study, replica = "someone/study-2", "someone/replica-2"
    before, first = HubClient(hub.url, tmp_path / "before"), str(tmp_path / "disk")
    before.open_services(folder=first, repo=study, replica=replica)
    before.play(folder=first, rounds=2)
    before.play(folder=first, rounds=2)
    before.tell(home=first, what="close")
    before.open_services(folder=first, repo=study, replica=replica)
    out_of_order = hub.strike(f"POST .*{study}/commit", status=503, times=10**6)
    before.play(folder=first, rounds=2)
    before.tell(home=first, what="close")
    before.close()
    out_of_order.times = 0

    after = HubClient(hub.url, tmp_path / "after")
    second = str(tmp_path / "another disk")
    out_of_reach = hub.strike("GET .*/resolve/.*data/iterations", status=403, times=10**6)
    assert after.open_services(folder=second, repo=study, replica=replica) == 1, "the dataset cannot be read just now"
    after.tell(home=second, what="close")
    out_of_reach.times = 0
    assert after.open_services(folder=second, repo=study, replica=replica) == 3, "the next start goes on"
    after.tell(home=second, what="close")
    after.close()


def test_a_withdrawal_outlives_the_disk(hub, tmp_path):
    study, replica = "someone/study-3", "someone/replica-3"
    before, first = HubClient(hub.url, tmp_path / "before"), str(tmp_path / "disk")
    before.open_services(folder=first, repo=study, replica=replica)
    token = before.play(folder=first, rounds=2)
    before.tell(home=first, what="close")
    (name,) = (name for name in hub.repos[study].files if name.startswith("data/iterations/"))
    rows = hub.repos[study].files[name]
    before.open_services(folder=first, repo=study, replica=replica)
    out_of_order = hub.strike(f"POST .*{study}/commit", status=503, times=10**6)
    before.withdraw(folder=first, token=token)
    before.tell(home=first, what="close")
    before.close()
    out_of_order.times = 0

    after = HubClient(hub.url, tmp_path / "after")
    second = str(tmp_path / "another disk")
    assert after.open_services(folder=second, repo=study, replica=replica) == 0
    after.tell(home=second, what="close")
    after.close()
    assert rows not in hub.repos[study].everything


def test_what_the_old_server_still_takes_while_the_new_one_starts_is_not_lost(hub, tmp_path):
    study, replica = "someone/study-5", "someone/replica-5"
    old, first = HubClient(hub.url, tmp_path / "old"), str(tmp_path / "disk")
    new, second = HubClient(hub.url, tmp_path / "new"), str(tmp_path / "another disk")
    old.open_services(folder=first, repo=study, replica=replica)
    token = old.play(folder=first, rounds=0)
    wait_for(lambda: replica in hub.repos and any("facts" in name for name in hub.repos[replica].files))
    new.open_services(folder=second, repo=study, replica=replica)
    assert new.participant_state(folder=second, token=token) == ["rounds", 0]
    old.play(folder=first, rounds=1, token=token)
    old.tell(home=first, what="close")
    old.close()
    new.play(folder=second, rounds=0)
    wait_for(lambda: new.participant_state(folder=second, token=token) == ["rounds", 1])
    new.play(folder=second, rounds=1, token=token)
    assert new.participant_state(folder=second, token=token)[0] == "thanks"
    new.tell(home=second, what="close")
    new.close()
    assert sum(name.startswith("data/sessions/") for name in hub.repos[study].files) == 1


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.2)


def test_without_the_hub_the_study_begins_and_says_what_is_missing(hub, tmp_path):
    client = HubClient(hub.url, tmp_path / "client")
    hub.strike("", times=100, status=503)
    folder = str(tmp_path / "disk")
    assert client.open_services(folder=folder, repo="someone/study-4", replica="someone/replica-4") == 0
    hub.faults.clear()
    token = client.play(folder=folder, rounds=1)
    assert client.participant_state(folder=folder, token=token) == ["rounds", 1]
    client.tell(home=folder, what="close")
    client.close()
