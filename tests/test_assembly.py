"""Putting together and starting are two things: parts that are made do nothing before they are started."""

import threading

import pytest

from refine.assembly import put_together, take_folder
from refine.configuration import StartError, open_journal
from refine.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


def files(folder):
    return {path.name for path in folder.rglob("*")}


def test_parts_that_are_made_write_nothing_and_run_no_thread(settings):
    locks, journal = take_folder(settings), open_journal(settings)
    before, threads = files(settings.data_dir), set(threading.enumerate())
    services = put_together(settings, journal, locks)
    assert set(threading.enumerate()) == threads
    assert files(settings.data_dir) == before
    services.start()
    running = {thread.name for thread in set(threading.enumerate()) - threads}
    assert {"publishing", "downloads"} <= running
    assert journal.protocol(services.study.protocol.hash) == services.study.protocol
    services.close()


def test_one_picture_transaction_serves_all(settings):
    services = put_together(settings, open_journal(settings), take_folder(settings))
    assert services.drawing_service._transactions is services.transactions
    assert services.publisher._pictures is services.transactions.pictures
    services.close()


def test_a_folder_that_is_taken_is_refused_before_anything_is_opened(settings):
    locks = take_folder(settings)
    with pytest.raises(StartError, match="is in use by another server"):
        take_folder(settings)
    for lock in locks:
        lock.release()
