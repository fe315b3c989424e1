"""A Space's restart: the disk is empty, and everybody goes on where they were."""

from tests.storage.hub_client import HubClient


def test_finished_and_unfinished_sessions_come_back_on_an_empty_disk(hub, tmp_path):
    study, replica = "someone/study", "someone/replica"
    before = HubClient(hub.url, tmp_path / "before")
    first = str(tmp_path / "disk")
    assert before.open_house(folder=first, repo=study, replica=replica) == 0
    before.play(folder=first, rounds=2)
    token = before.play(folder=first, rounds=1)
    before.tell(home=first, what="close")
    before.close()
    assert any(name.startswith("data/sessions/") for name in hub.repos[study].files)

    after = HubClient(hub.url, tmp_path / "after")
    second = str(tmp_path / "another disk")
    assert after.open_house(folder=second, repo=study, replica=replica) == 1
    assert after.standing(folder=second, token=token) == ["rounds", 1]
    after.play(folder=second, rounds=1, token=token)
    assert after.standing(folder=second, token=token)[0] == "thanks"
    after.tell(home=second, what="close")
    after.close()
    sessions = {name for name in hub.repos[study].files if name.startswith("data/sessions/")}
    assert len(sessions) == 2, "each exactly once"


def test_without_the_hub_the_study_begins_and_says_what_is_missing(hub, tmp_path):
    client = HubClient(hub.url, tmp_path / "client")
    hub.strike("", times=100, status=503)
    folder = str(tmp_path / "disk")
    assert client.open_house(folder=folder, repo="someone/study", replica="someone/replica") == 0
    hub.faults.clear()
    token = client.play(folder=folder, rounds=1)
    assert client.standing(folder=folder, token=token) == ["rounds", 1]
    client.tell(home=folder, what="close")
    client.close()
