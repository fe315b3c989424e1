"""The data folder: what its disk survives, what endangers it, and one server at a time."""

import signal
import subprocess
import sys

import pytest

from refine.storage import disk
from refine.storage.disk import FolderLock, hazard, make_folder, survives
from refine.storage.errors import StorageError

HOLDER = """
import sys, time
from pathlib import Path
from refine.storage.disk import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """A function that says a folder is mounted from something of another kind."""

    def mount(folder, kind):
        table = tmp_path / "mounts"
        point = str(folder).replace(" ", "\\040")
        table.write_text(f"/dev/vda / ext4 rw 0 0\nsomewhere {point} {kind} rw 0 0\n")
        monkeypatch.setattr(disk, "MOUNTS", table)

    return mount


@pytest.mark.parametrize("kind", ["fuse.hf-mount", "fuse.s3fs", "nfs4", "cifs", "9p"])
def test_sqlite_on_a_bucket_or_network_folder_is_warned_of(tmp_path, mounted, kind):
    mounted(tmp_path / "my bucket", kind)
    sentence = hazard(tmp_path / "my bucket" / "study")
    assert kind in sentence
    assert "REFINE_DATA_DIR" in sentence
    assert "REFINE_DATABASE_URL" in sentence
    assert kind in survives(tmp_path / "my bucket")


@pytest.mark.parametrize("kind", ["ext4", "xfs", "overlay", "tmpfs", "fuseblk"])
def test_sqlite_on_a_local_disk_is_in_no_danger(tmp_path, mounted, kind):
    mounted(tmp_path, kind)
    assert hazard(tmp_path) == ""


def test_memory_and_a_spaces_own_disk_do_not_survive_a_restart(tmp_path, mounted, monkeypatch):
    mounted(tmp_path, "tmpfs")
    assert "lost when the machine restarts" in survives(tmp_path)
    mounted(tmp_path, "ext4")
    monkeypatch.setenv("SPACE_ID", "owner/space")
    assert "outlives restarts" in survives(tmp_path)
    assert "lost at every restart" in survives(tmp_path.parent)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match=r"cannot be written to .*REFINE_DATA_DIR"):
        make_folder(tmp_path / "file" / "data")


def test_a_second_server_is_refused_until_the_first_ends_even_by_sigkill(tmp_path):
    first = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline() == "held\n"
    with pytest.raises(StorageError, match=rf"in use by another server \(process {first.pid}\)"):
        FolderLock(tmp_path)
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    FolderLock(tmp_path).release()


def test_a_folder_given_back_can_be_taken_again(tmp_path):
    lock = FolderLock(tmp_path)
    with pytest.raises(StorageError, match="in use"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()
