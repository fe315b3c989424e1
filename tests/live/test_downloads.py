"""Prepared downloads: minutes, one place, and nobody in them who has withdrawn."""

import threading

import pytest

from refine.live import downloads as module
from refine.live.downloads import MINUTES, MOST, BusyError, Downloads
from refine.live.results import LiveResults, Selection
from refine.live.rows import JournalRows
from refine.similarity.catalogue import METRICS
from refine.storage.errors import StorageError
from tests.test_study import finish


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def study(open_small_study):
    return open_small_study()


@pytest.fixture
def findings(study):
    findings = LiveResults(JournalRows(study._journal, {}), METRICS)
    yield findings
    findings.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def downloads(study, tmp_path, clock):
    kept = Downloads(tmp_path / "downloads", study._journal.withdrawal_count, clock)
    yield kept
    kept.close()


def finished(study):
    """Play a session to its end; returns its withdrawal code."""
    return finish(study, study.enrol(consent=True)).session.withdrawal_code


def prepare(downloads, findings, study):
    return downloads.prepare(findings, Selection(study.protocol.hash), "a test", simulated=False)


def test_what_is_prepared_is_had_by_its_key_and_names_only(downloads, findings, study):
    finished(study)
    ready = prepare(downloads, findings, study)
    assert set(ready.names) == {"iterations.csv", "report.html", "report.json"}
    assert all(downloads.file(ready.key, name).stat().st_size > 0 for name in ready.names)
    for key, name in ((ready.key, "../journal.sqlite"), ("..", "journal.sqlite"), ("nobody", "report.html")):
        assert downloads.file(key, name) is None


def test_a_click_after_a_click_leaves_nothing_more(downloads, findings, study, tmp_path):
    finished(study)
    assert prepare(downloads, findings, study) == prepare(downloads, findings, study)
    assert len(list((tmp_path / "downloads").iterdir())) == 1


def test_a_download_lives_minutes(downloads, findings, study, tmp_path, clock):
    ready = prepare(downloads, findings, study)
    clock.now += 60 * MINUTES + 1
    assert downloads.file(ready.key, "iterations.csv") is None
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_withdrawal_takes_the_downloads_along(downloads, findings, study, tmp_path):
    code = finished(study)
    finished(study)
    ready = prepare(downloads, findings, study)
    study.withdraw(code)
    assert downloads.file(ready.key, "iterations.csv") is None
    assert list((tmp_path / "downloads").iterdir()) == []
    anew = prepare(downloads, findings, study)
    assert len(downloads.file(anew.key, "iterations.csv").read_text().splitlines()) == 1 + 3


def test_they_go_by_themselves(study, findings, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    kept = Downloads(tmp_path / "downloads", study._journal.withdrawal_count, clock)
    kept.start()
    ready = prepare(kept, findings, study)
    clock.now += 60 * MINUTES + 1
    folder = tmp_path / "downloads" / ready.key
    gone = threading.Event()
    while folder.exists():
        gone.wait(0.01)
    kept.close()
    assert not (tmp_path / "downloads").exists()


def test_what_a_killed_server_left_goes_at_the_start(downloads, tmp_path):
    (tmp_path / "downloads" / "left").mkdir(parents=True)
    (tmp_path / "downloads" / "left" / "iterations.csv").write_text("somebody's")
    downloads.start()
    assert not (tmp_path / "downloads" / "left").exists()


def test_of_many_downloads_the_oldest_go(downloads, findings, study, tmp_path):
    made = [
        downloads.prepare(findings, Selection(study.protocol.hash, subject=str(n)), "a test", simulated=False)
        for n in range(MOST + 3)
    ]
    assert len(list((tmp_path / "downloads").iterdir())) == MOST
    assert downloads.file(made[0].key, "iterations.csv") is None
    assert downloads.file(made[-1].key, "iterations.csv") is not None


def test_one_is_prepared_at_a_time_and_the_next_is_told_to_wait(downloads, findings, study, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow(*given, **more):
        begun.set()
        go_on.wait(30)
        return []

    monkeypatch.setattr(findings, "write", slow)
    first = threading.Thread(target=prepare, args=(downloads, findings, study))
    first.start()
    begun.wait(30)
    with pytest.raises(BusyError, match="try again in a moment"):
        prepare(downloads, findings, study)
    go_on.set()
    first.join()
    prepare(downloads, findings, study)


def test_a_disk_that_takes_nothing_is_told_and_leaves_nothing(study, findings, tmp_path):
    (tmp_path / "file").write_text("")
    kept = Downloads(tmp_path / "file", study._journal.withdrawal_count)
    with pytest.raises(StorageError, match="cannot be written to"):
        prepare(kept, findings, study)


def test_nobody_is_handed_out_while_withdrawals_cannot_be_read(findings, study, tmp_path):
    readable = [True]

    def withdrawn():
        if not readable[0]:
            raise StorageError("The journal cannot be read.")
        return 0

    kept = Downloads(tmp_path / "downloads", withdrawn)
    ready = prepare(kept, findings, study)
    readable[0] = False
    assert kept.file(ready.key, "iterations.csv") is None
