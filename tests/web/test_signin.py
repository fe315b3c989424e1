"""Signing in with Hugging Face, by Gradio itself, in the app as a Space starts it; the provider is on loopback."""

import json
import re
from urllib.parse import urlsplit

import httpx
import pytest

from tests.browser.server import Server
from tests.web.provider import Provider


@pytest.fixture(scope="module")
def provider():
    running = Provider("someone")
    yield running
    running.close()


@pytest.fixture(scope="module")
def space(tmp_path_factory, provider):
    """The app with the variables of a Space of `someone` that has `hf_oauth: true`."""
    server = Server(
        tmp_path_factory.mktemp("space") / "data",
        SYSTEM="spaces",
        SPACE_ID="someone/study",
        SPACE_AUTHOR_NAME="someone",
        OAUTH_CLIENT_ID="client",
        OAUTH_CLIENT_SECRET="secret",
        OAUTH_SCOPES="openid profile",
        OPENID_PROVIDER_URL=provider.url,
    )
    server.start()
    yield server
    server.stop()


class Visitor:
    """A browser, as far as signing in goes. Its cookie is for HTTPS, and so is carried by hand."""

    def __init__(self, space):
        self._http = httpx.Client(base_url=space.url, timeout=60)
        self._config = self._http.get("/config").json()
        self.cookie = ""

    def get(self, url):
        answer = self._http.get(url, headers={"Cookie": self.cookie})
        if found := re.match(r"session=[^;]+", answer.headers.get("set-cookie", "")):
            self.cookie = found[0]
        return answer

    def sign_in(self):
        """Follow the button to the provider and back; returns the last answer."""
        there = self.get("/login/huggingface?_target_url=/").headers["location"]
        back = httpx.get(there).headers["location"]
        return self.get(f"{urlsplit(back).path}?{urlsplit(back).query}")

    def look(self):
        """Press *Show the push*; returns what is shown."""
        parts = {part["props"].get("elem_id"): part["id"] for part in self._config["components"]}
        call = next(one for one in self._config["dependencies"] if [parts["admin-look"], "click"] in one["targets"])
        body = {"data": [""], "fn_index": call["id"], "session_hash": "visitor"}
        self._http.post("/gradio_api/queue/join", json=body, headers={"Cookie": self.cookie}).raise_for_status()
        with self._http.stream("GET", "/gradio_api/queue/data", params={"session_hash": "visitor"}) as stream:
            line = next(line for line in stream.iter_lines() if "process_completed" in line)
        return json.loads(line[5:])["output"]["data"][0]


@pytest.fixture
def visitor(space):
    return Visitor(space)


def test_the_login_leads_to_the_provider(visitor, provider):
    answer = visitor.get("/login/huggingface")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{provider.url}/oauth/authorize?response_type=code&client_id=client")


def test_the_owner_signs_in_and_sees_the_push(visitor, provider):
    provider.account = "someone"
    assert "give the admin token" in visitor.look()
    answer = visitor.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (307, "/")
    assert "Sessions pushed" in visitor.look()
    visitor.get("/logout")
    assert "give the admin token" in visitor.look()


def test_somebody_else_signs_in_and_sees_nothing(visitor, provider):
    provider.account = "somebody-else"
    visitor.sign_in()
    assert "give the admin token" in visitor.look()


def test_a_session_cookie_that_was_made_up_opens_nothing(visitor):
    visitor.cookie = "session=eyJvYXV0aF9pbmZvIjogeyJ1c2VyaW5mbyI6IHsicHJlZmVycmVkX3VzZXJuYW1lIjogInNvbWVvbmUifX19.x.y"
    assert "give the admin token" in visitor.look()


def test_an_answer_to_a_login_of_somebody_else_signs_nobody_in(visitor, provider):
    provider.account = "someone"
    there = visitor.get("/login/huggingface").headers["location"]
    back = urlsplit(httpx.get(there).headers["location"])
    visitor.cookie = ""
    visitor.get(f"{back.path}?{back.query}")
    assert "give the admin token" in visitor.look()
