"""A participant's page without a browser: the calls that the page's scripts make, over HTTP, and what came back."""

import base64
import html
import json
import re
import uuid
from functools import lru_cache
from io import BytesIO

import httpx
from PIL import Image

from refine.protocol import pixel_hash

DRAWING = re.compile(
    r'data-iteration="(\d+)"(?P<item>.*?)<img src="data:image/webp;base64,(?P<picture>[^"]+)"', re.DOTALL
)
PROMPT = re.compile(r'data-prompt="([^"]*)"|aria-label="Rounds? [^":]+: ([^"]*)"')


class GoneError(Exception):
    """The server does not answer, or broke off."""


class Page:
    """One tab. Every call raises `GoneError` when the server is."""

    def __init__(self, url: str, address: str = "") -> None:
        """Open the page from this address, as a proxy on this machine tells it; without one, from nobody else's."""
        self._session = uuid.uuid4().hex
        address = address or f"2001:db8:{self._session[:4]}:{self._session[4:8]}::1"
        headers = {"X-Forwarded-For": address}
        # No certificates to read: plain HTTP.
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60, verify=False)
        config = self._get("/config")
        self._values = {part["id"]: part["props"].get("value") for part in config["components"]}
        self._ids = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        self._token, self._memory = self._ids["token"], self._ids["memory"]
        self._calls = [
            call
            for call in config["dependencies"]
            if {self._token, self._memory, self._ids["withdraw-code"]} & set(call["inputs"])
        ]
        self._values[self._token] = ""

    def close(self) -> None:
        """Close the tab."""
        self._http.close()

    @property
    def token(self) -> str:
        """The participant's key, as the browser keeps it."""
        return self._values[self._token]

    def arrive(self, token: str) -> None:
        """The page has loaded, in a browser that knows `token` (or none, empty)."""
        self._values[self._memory] = {"tokens": [token] if token else []}
        self._fire("load")

    def click(self, button: str) -> None:
        """Press a button by its id."""
        self._fire("click", self._ids[button])

    def draw(self, prompt: str) -> None:
        """Write a prompt and press Draw."""
        self._values[self._ids["prompt"]] = prompt
        self.click("draw")

    def rank(self, order: list[int]) -> None:
        """Send the list in this order."""
        self._fire("rank", event_data={"trial": 1, "order": order, "unchanged": True})

    def withdraw(self, code: str) -> None:
        """Write the code into the form and say that it is meant."""
        self._values[self._ids["withdraw-code"]] = code
        self.click("withdraw-yes")

    def poll(self) -> None:
        """What the page asks from time to time during the rounds."""
        self._fire("tick")

    @property
    def pace(self) -> float:
        """Seconds after which the page looks again."""
        return next(self._values[part] for call in self._calls for part, event in call["targets"] if event == "tick")

    @property
    def step(self) -> str:
        """The name of the screen that is seen."""
        return re.search(r'<li class="now"[^>]*>([^<]*)</li>', self._text()).group(1)

    @property
    def is_drawing(self) -> bool:
        """Whether the page shows that a drawing is being made."""
        return any(str(value).endswith("/drawing") for value in self._values.values())

    @property
    def withdrawal_code(self) -> str:
        """The code on the last screen."""
        return re.search(r'<code id="withdrawal-code"[^>]*>([^<]*)</code>', self._text()).group(1)

    @property
    def drawings(self) -> dict[int, tuple[str, str]]:
        """Prompt and pixel hash of every drawing that is seen, by the number of its round."""
        seen = {}
        for found in DRAWING.finditer(self._text()):
            prompt = PROMPT.search(found["item"])
            seen[int(found[1])] = (html.unescape(prompt[1] or prompt[2]), _pixel_hash(found["picture"]))
        return seen

    def _text(self) -> str:
        return "\n".join(value for value in self._values.values() if isinstance(value, str))

    def _get(self, path: str) -> dict:
        try:
            answer = self._http.get(path)
            answer.raise_for_status()
            return answer.json()
        except httpx.HTTPError as fault:
            raise GoneError from fault

    def _fire(self, event: str, source: int | None = None, event_data: dict | None = None) -> None:
        call = next(
            call
            for call in self._calls
            for target in call["targets"]
            if target[1] == event and source in (None, target[0])
        )
        body = {
            "data": [self._values[part] for part in call["inputs"]],
            "event_data": event_data,
            "fn_index": call["id"],
            "session_hash": self._session,
        }
        try:
            self._http.post("/gradio_api/queue/join", json=body).raise_for_status()
            values = self._answer()
        except httpx.HTTPError as fault:
            raise GoneError from fault
        for part, value in zip(call["outputs"], values, strict=True):
            if not isinstance(value, dict):
                self._values[part] = value
            elif "value" in value:
                self._values[part] = value["value"]

    def _answer(self) -> list:
        with self._http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self._session}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    message = json.loads(line[5:])
                    if message["msg"] == "process_completed":
                        assert message["success"], message
                        return message["output"]["data"]
        raise GoneError


@lru_cache(maxsize=1000)
def _pixel_hash(encoded: str) -> str:
    return pixel_hash(Image.open(BytesIO(base64.b64decode(encoded))))
