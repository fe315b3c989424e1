"""Row and file of a drawing: both or none, wherever the process ends in between."""

import signal
import subprocess
import sys
import threading

import pytest
from PIL import Image

from refine.protocol import pixel_hash
from refine.storage.errors import StorageError
from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures, png
from refine.storage.pictures.transactions import PictureTransactions
from tests.storage.postgres import CuttingProxy, PostgresServer
from tests.storage.test_journal import PROTOCOL, a_session, an_iteration

RED, BLUE = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))


class Shelf:
    """A journal with two sessions, `s` and `t`, and a folder of pictures, opened as a start would."""

    def __init__(self, folder, url=""):
        self.folder = folder
        self.journal = Journal(url or f"sqlite:///{folder / 'journal.sqlite'}")
        self.journal.add_protocol(PROTOCOL)
        for name in "st":
            self.journal.add_session(a_session(name))
        self.pictures = Pictures(folder / "pictures")
        self.transactions = PictureTransactions(self.journal, self.pictures)
        self.transactions.recover()

    def keep(self, picture, number=1, trial="s-01"):
        with self.transactions.adding(png(picture)) as (pixels,):
            self.journal.add_iteration(an_iteration(number, trial, picture=pixels))

    def files(self):
        return sorted(path.name for path in self.pictures.folder.glob("??/*"))


def names(*pictures):
    return sorted(f"{pixel_hash(picture)}.png" for picture in pictures)


@pytest.fixture
def shelf(tmp_path, url):
    return Shelf(tmp_path, url)


def test_a_drawing_has_its_row_and_its_file_and_nothing_else(shelf):
    shelf.keep(RED)
    assert shelf.files() == names(RED)
    assert shelf.pictures.open(shelf.journal.iteration("s-01-01").picture).tobytes() == RED.tobytes()


def test_without_a_row_there_is_no_file(shelf):
    with pytest.raises(StorageError):
        shelf.keep(RED, trial="nobodys")
    assert shelf.files() == []


def test_a_withdrawn_session_takes_its_pictures_but_not_those_of_others(shelf):
    shelf.keep(RED, 1)
    shelf.keep(BLUE, 2)
    shelf.keep(BLUE, 1, "t-01")
    shelf.transactions.remove("s")
    assert shelf.files() == names(BLUE)
    shelf.transactions.remove("s")
    assert shelf.files() == names(BLUE)
    shelf.transactions.remove("t")
    assert shelf.files() == []


def test_the_same_pixels_kept_by_one_while_another_withdraws_are_there(shelf):
    for number in range(20):
        old, new = f"old{number}", f"new{number}"
        for name in (old, new):
            shelf.journal.add_session(a_session(name))
        shelf.keep(RED, trial=f"{old}-01")
        withdrawal = threading.Thread(target=shelf.transactions.remove, args=(old,))
        withdrawal.start()
        shelf.keep(RED, trial=f"{new}-01")
        withdrawal.join()
        assert shelf.files() == names(RED)
        shelf.transactions.remove(new)
        assert shelf.files() == []


DIE = """
import os, signal, sys
from pathlib import Path
from tests.storage.test_picture_transactions import *

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

shelf = Shelf(Path(sys.argv[1]))
shelf.keep(BLUE)
"""


@pytest.mark.parametrize(
    ("end", "left"),
    [
        # while drawing: before the file, between file and row, between row and tidying
        ("shelf.pictures.add = die; shelf.keep(RED, 2)", (BLUE,)),
        ("shelf.journal.add_iteration = die; shelf.keep(RED, 2)", (BLUE,)),
        ("shelf.transactions._settle = die; shelf.keep(RED, 2)", (RED, BLUE)),
        # while withdrawing: before the rows go, between rows and files
        ("shelf.journal.delete_session = die; shelf.transactions.remove('s')", (BLUE,)),
        ("shelf.transactions._settle = die; shelf.transactions.remove('s')", ()),
        ("shelf.pictures.delete = die; shelf.transactions.remove('s')", ()),
    ],
)
def test_a_process_that_ends_in_between_leaves_nothing_half_done(tmp_path, end, left):
    process = subprocess.run([sys.executable, "-c", f"{DIE}\n{end}", tmp_path], capture_output=True, text=True)
    assert process.returncode == -signal.SIGKILL, process.stderr
    journal, pictures = Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}"), Pictures(tmp_path / "pictures")
    PictureTransactions(journal, pictures).recover()
    assert sorted(path.name for path in pictures.folder.glob("??/*")) == names(*left)
    session = journal.session_by_id("s")
    rows = [] if session is None else [iteration.picture for iteration in session.trials[0].iterations]
    assert sorted(f"{pixels}.png" for pixels in rows) == names(*left)


def test_half_a_file_is_gone_after_a_start(shelf, tmp_path, url):
    shelf.keep(RED)
    half = shelf.pictures.path(pixel_hash(RED)).with_name(".abc.part")
    half.write_bytes(b"half")
    Shelf(tmp_path, url)
    assert shelf.files() == names(RED)


@pytest.fixture
def slow_commits():
    """A PostgreSQL server that takes a tenth of a second for a commit, and a proxy that can lose its answer."""
    server = PostgresServer(commit_delay=100_000, commit_siblings=0)
    proxy = CuttingProxy(server)
    yield server, proxy
    proxy.close()
    server.remove()


def test_a_commit_whose_answer_is_lost_leaves_nothing_half_done(tmp_path, slow_commits):
    server, proxy = slow_commits
    shelf = Shelf(tmp_path, proxy.url(server.new_database()))
    # What is asked next is asked on another connection, as on any server under load.
    with shelf.journal._engine.connect(), shelf.journal._engine.connect():
        pass
    proxy.armed.set()
    with pytest.raises(StorageError, match="cannot be reached"):
        shelf.keep(RED)
    assert [iteration.picture for iteration in shelf.journal.trial("s-01").iterations] == [pixel_hash(RED)]
    assert shelf.files() == names(RED)
    proxy.armed.set()
    shelf.transactions.remove("s")
    assert not proxy.armed.is_set()
    assert shelf.journal.session_by_id("s") is None
    assert shelf.files() == []


def test_another_journal_on_the_same_folder_removes_nothing(shelf, tmp_path):
    shelf.keep(RED)
    shelf.pictures.add(png(BLUE))
    PictureTransactions(Journal(f"sqlite:///{tmp_path / 'another.sqlite'}"), shelf.pictures).recover()
    assert shelf.files() == names(RED, BLUE)
