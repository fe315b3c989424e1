"""Targets in a Hub dataset: what the list names is fetched, whatever its kind, and nothing else."""

import json

import pytest
from PIL import Image

from refine.protocol import pixel_hash
from tests.storage.test_pictures import noise


@pytest.fixture
def shared(hub, repo, client, tmp_path):
    """A dataset with targets in files of three kinds, and other files."""
    files, entries = {"README.md": b"# Targets", "other.png": b"of no interest"}, []
    for number, name in enumerate(("one.webp", "more/two [2].png", "three.tiff")):
        noise(number).save(
            path := tmp_path / f"picture.{name.split('.')[-1]}", **{"lossless": True} if number == 0 else {}
        )
        files[name] = path.read_bytes()
        with Image.open(path) as picture:
            entries.append(
                {"id": f"t{number}", "subject": "s", "prompt": "p", "file": name, "pixel_hash": pixel_hash(picture)}
            )
    files["targets.json"] = json.dumps(entries).encode()
    client_makes(hub, repo, files)
    return files


def client_makes(hub, repo, files):
    from tests.storage.hub_repo import Repo

    hub.repos[repo] = Repo(repo)
    hub.repos[repo].put(files)


def test_what_the_list_names_is_fetched(client, repo, shared):
    fetched = client.fetch_targets(repo=repo)
    assert fetched["targets"] == ["t0", "t1", "t2"]
    assert fetched["files"] == ["more/two [2].png", "one.webp", "targets.json", "three.tiff"]


@pytest.mark.parametrize("file", ["../../../../secret.png", "/etc/passwd"])
def test_a_list_that_leads_elsewhere_is_refused(hub, client, repo, shared, file):
    entries = json.loads(shared["targets.json"])
    entries[0]["file"] = file
    hub.repos[repo].put({"targets.json": json.dumps(entries).encode()})
    assert "is not in the folder" in client.fetch_targets(repo=repo)["fault"]


def test_what_is_missing_is_told(hub, client, repo, shared):
    del hub.repos[repo].commits[-1][2]["one.webp"]
    assert "one.webp is missing" in client.fetch_targets(repo=repo)["fault"]
    del hub.repos[repo].commits[-1][2]["targets.json"]
    hub.repos[repo].put({"new": b"commit"})
    assert "has no targets.json" in client.fetch_targets(repo=repo)["fault"]


def test_a_name_that_is_neither_is_told(client, repo):
    assert "no Hub dataset of that name could be read" in client.fetch_targets(repo=repo)["fault"]
    assert "no name of a Hub dataset" in client.fetch_targets(repo="/no/such/folder")["fault"]
