"""The SQLite file: durable, and every fault told in a sentence."""

import resource
import subprocess
import sys

import pytest

from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal
from tests.storage.test_journal import PROTOCOL, a_session, an_iteration
from tests.storage.test_journal_sigkill import WRITER


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'journal.sqlite'}"


@pytest.fixture
def journal(url):
    journal = Journal(url)
    journal.add_protocol(PROTOCOL)
    journal.add_session(a_session())
    return journal


def test_every_write_reaches_the_disk(journal):
    with journal._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_full_disk_is_told_and_what_was_kept_stays(journal, url):
    journal.add_iteration(an_iteration(1))
    code = WRITER.replace(
        "journal = ", "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000,) * 2)\njournal = "
    )
    run = subprocess.run([sys.executable, "-c", code, url, "full"], capture_output=True, text=True, timeout=100)
    assert run.returncode != 0
    last = run.stderr.splitlines()[-1]
    assert "StorageError: The journal" in last
    assert "disk is full" in last
    reported = [int(line) for line in run.stdout.split()]
    assert reported, "it must have worked for a while"
    kept = [iteration.number for iteration in Journal(url).trial("full-01").iterations]
    assert kept[: len(reported)] == reported
    assert resource.getrlimit(resource.RLIMIT_FSIZE) != (1_000_000, 1_000_000)
    assert Journal(url).iteration("s-01-01") == an_iteration(1)


def test_what_was_withdrawn_is_in_no_file_any_more(journal, tmp_path):
    journal.add_session(a_session("other"))
    for number in range(1, 200):
        journal.add_iteration(an_iteration(number, prompt=f"my secret boat {number}"))
    journal.add_iteration(an_iteration(1, "other-01", prompt="no secret"))
    journal.delete_session("s")
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"no secret" in content
    assert b"my secret boat" not in content


def test_a_damaged_file_is_told(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"this is no database, though it is long enough to be looked at" * 100)
    with pytest.raises(StorageError, match="damaged"):
        Journal(f"sqlite:///{path}")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        Journal(f"sqlite:///{tmp_path / 'nowhere' / 'journal.sqlite'}")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("journal.sqlite", "REFINE_DATABASE_URL"),
        ("mysql://researcher@localhost/study", "needs SQLite or PostgreSQL"),
        ("postgresql+nothing://localhost/study", "REFINE_DATABASE_URL"),
        ("nothing://localhost/study", "SQLite or PostgreSQL"),
    ],
)
def test_a_url_of_no_use_is_told(url, sentence):
    with pytest.raises(StorageError, match=sentence):
        Journal(url)
