"""The push: new shards, once; withdrawn ones go; and what the Hub refuses is told in a sentence."""

import os
import subprocess
import sys

import pytest

from tests.storage.hub import Hub

PUSH = """
import sys
from pathlib import Path
from refine.storage.errors import StorageError
from refine.storage.hub import push, retract
try:
    if sys.argv[1] == "push":
        print(push(Path(sys.argv[2]), "someone/study", "hf_token"))
    else:
        retract(sys.argv[2], "someone/study", "hf_token")
except StorageError as fault:
    print(fault)
    sys.exit(1)
"""


@pytest.fixture
def hub():
    running = Hub()
    yield running
    running.close()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n")
    for name in ("data/iterations/s-1.parquet", "data/sessions/s-2.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def client(endpoint, *arguments):
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    return subprocess.run(
        [sys.executable, "-c", PUSH, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=120
    )


def test_new_files_are_sent_once(hub, folder):
    assert client(hub.url, "push", folder).stdout.strip() == "3"
    assert hub.files["data/iterations/s-1.parquet"] == b"data/iterations/s-1.parquet"
    assert set(hub.files) == {"README.md", "data/iterations/s-1.parquet", "data/sessions/s-2.parquet"}
    assert client(hub.url, "push", folder).stdout.strip() == "0"
    assert hub.commits == 1
    (folder / "data/sessions/t-3.parquet").write_bytes(b"t")
    assert client(hub.url, "push", folder).stdout.strip() == "1"
    assert hub.commits == 2


def test_a_withdrawn_session_is_removed(hub, folder):
    client(hub.url, "push", folder)
    assert client(hub.url, "retract", "s").returncode == 0
    assert set(hub.files) == {"README.md"}


@pytest.mark.parametrize(("status", "words"), [(401, "token is not valid"), (403, "may not write"), (429, "patience")])
def test_a_refusal_is_told_and_nothing_local_is_lost(hub, folder, status, words):
    hub.refuse = status
    answer = client(hub.url, "push", folder)
    assert answer.returncode == 1, answer.stderr
    assert words in answer.stdout
    assert "kept in the data folder" in answer.stdout
    hub.refuse = 0
    assert client(hub.url, "push", folder).stdout.strip() == "3"


def test_no_network_is_told(hub, folder):
    hub.close()
    answer = client(hub.url, "push", folder)
    assert answer.returncode == 1, answer.stderr
    assert "could not be reached" in answer.stdout
