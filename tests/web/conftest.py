"""The page of a small study, served by Gradio on loopback behind the gate, and calls as no browser makes them."""

import json
import socket
from random import Random
from types import SimpleNamespace

import httpx
import pytest

from refine.live.downloads import Downloads
from refine.live.results import LiveResults
from refine.live.rows import JournalRows
from refine.similarity.catalogue import METRICS
from refine.ui import page
from refine.web.access import Access
from tests.conftest import small_study

TOKEN = "a token of 24 characters"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A served study: `url`, `port`, its folder `home`, its parts, and an HTTP client `http`."""
    home = tmp_path_factory.mktemp("site")
    study = small_study(home, Random(7))
    findings = LiveResults(JournalRows(study._journal, {}), METRICS)
    downloads = Downloads(home / "downloads", study._journal.withdrawal_count)
    downloads.start()
    demo = page.build(study, findings, findings, study._publisher, Access(TOKEN, ""), downloads)
    page.serve(demo, downloads, behind_hub=False)
    port = demo.server_port
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, timeout=30, headers={"Content-Type": "application/json"}) as http:
        yield SimpleNamespace(
            url=url, port=port, home=home, study=study, http=http, demo=demo, findings=findings, downloads=downloads
        )
    demo.close()
    downloads.close()
    findings.close()
    study.close()


@pytest.fixture
def raw(site):
    """A function that sends bytes as they are and returns the beginning of what comes back."""

    def send(*parts):
        with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
            for part in parts:
                try:
                    connection.sendall(part)
                except OSError:  # it was refused before all was sent
                    break
            try:
                return connection.recv(65536).decode("latin1")
            except OSError:
                return ""

    return send


@pytest.fixture
def load(site):
    """The body of the call that a page makes when it has loaded."""
    return a_call(site, "load", "", [{}])


@pytest.fixture
def begin(site):
    """The body of the call that begins the rounds, of a session that nobody has."""
    return a_call(site, "click", "begin", ["nobody", 1])


def a_call(site, event, element, values):
    """The body of the call that this event of this element makes; without an element, of the one that has the memory."""
    config = site.http.get("/config").json()
    parts = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
    for call in config["dependencies"]:
        mine = [parts[element], event] in call["targets"] if element else parts["memory"] in call["inputs"]
        if mine:
            return {"data": values, "event_data": None, "fn_index": call["id"], "session_hash": "abcdef"}
    raise LookupError(f"no call of {element}")


def as_json(body):
    return json.dumps(body).encode()
