"""The gate: an ASGI middleware before all others, which lets through what a page calls and nothing else.

Knows: routes, sizes, origins, headers, and how many calls are too many. Does not know: what is answered.

Gradio has over eighty routes (uploads, a proxy, monitoring, code editing); a page of ours needs the few below. A route
that a new version of Gradio brings along is closed until somebody opens it here.
"""

import asyncio
import logging
import re
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any
from urllib.parse import urlsplit

from refine.web.calls import Calls, MalformedError
from refine.web.clients import MARK, Scope, address_of, client_key
from refine.web.limits import RateLimit

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 256 * 1024
"""Bytes. A hundred times the longest prompt."""

BODY_SECONDS = 20.0
"""For a body to arrive."""

LARGEST_ADDRESS = 8 * 1024
"""Bytes of a path and its query."""

JOINS = RateLimit(burst=10, rate=20, patience=10)
"""Calls of one client: so many that a lecture hall behind one address goes on, if more slowly, and nobody else waits."""

FEW, QUIET_SECONDS, LOOK_SECONDS = 3, 1.0, 0.02
"""Of who calls too fast, the next call goes on when so few are under way, or after so long, looked for so often."""

AT_THE_DOOR = 200
"""So many of those calls wait, all clients together."""

TOO_FAST = "Too many calls come from your network. Please wait a few seconds and try again."

STREAMS = 400
"""Open streams of one client: two for each page."""

JOIN = "/gradio_api/queue/join"
STREAMING = ("/gradio_api/queue/data", "/gradio_api/heartbeat/")

NAME = r"[\w@~+-][\w@~+.-]*"
OPEN_TO_READ = (
    r"/|/config/?|/theme\.css|/gradio_api/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/pwa_icon(/\d+)?"
    rf"|/(static|assets)/{NAME}(/{NAME})*"
    r"|/gradio_api/(startup-events|info|app_id|queue/data|heartbeat/[A-Za-z0-9_-]{1,64})"
    rf"|/downloads/[A-Za-z0-9_-]{{1,64}}/{NAME}"
    r"|/login/huggingface|/login/callback|/logout"
)
OPEN_TO_WRITE = re.compile(JOIN)

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", b"frame-ancestors 'self' https://huggingface.co https://*.huggingface.co"),
)
"""Of every answer. Nobody but the Hub may show the page inside another one."""


class RefusedError(Exception):
    """A call that does not get through: status, and a sentence for whoever made it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Gate:
    """Wraps the whole application `app`, whose page makes `calls` and reads the files `files` by their paths."""

    def __init__(
        self,
        app: App,
        calls: Calls,
        files: tuple[str, ...],
        *,
        behind_hub: bool,
        underway: Callable[[], int] = int,
        joins: RateLimit = JOINS,
    ) -> None:
        """`underway` counts the calls that are not answered yet."""
        self._app = app
        self._calls = calls
        self._behind_hub = behind_hub
        self._joins = joins
        self._underway = underway
        self._door = asyncio.Lock()
        self._at_the_door = 0
        self._streams: Counter[str] = Counter()
        listed = "".join(rf"|/gradio_api/file={re.escape(file)}" for file in files)
        self._readable = re.compile(OPEN_TO_READ + listed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, at least with a refusal."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        client = scope[MARK] = client_key(address_of(scope, behind_hub=self._behind_hub))
        answer = _Answer(send)
        path = _path(scope)
        streams = path.startswith(STREAMING)
        self._streams[client] += streams
        try:
            self._check(scope, path, client)
            hasty = path == JOIN and await self._take_turn(client)
            if path == JOIN:
                receive = _replay(self._checked(await _read(receive)), receive)
            async with self._let_in() if hasty else nullcontext():
                await self._app(scope, receive, answer.send)
        except RefusedError as refusal:
            if refusal.status not in (404, 405):  # what scanners ask for by the hundred
                log.info("RefusedError a call of client %s to %s: %s", client[:8], path[:80], refusal)
            await answer.end(refusal.status, refusal.sentence)
        except Exception as fault:
            at = traceback.extract_tb(fault.__traceback__)[-1]
            log.error("A call to %s failed: %r (%s:%d)", path[:80], fault, at.filename, at.lineno or 0)
            await answer.end(500, "Something went wrong on our side. Please try again.")
        finally:
            if streams:
                self._streams[client] -= 1
                if not self._streams[client]:
                    del self._streams[client]

    def _check(self, scope: Scope, path: str, client: str) -> None:
        """All that can be said before the body is read. Raises `RefusedError`."""
        headers = {name: value.decode("latin1") for name, value in scope["headers"]}
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LARGEST_ADDRESS:
            raise RefusedError(414, "This address is too long.")
        _check_route(scope["method"], path, self._readable)
        if not _is_own(headers):
            raise RefusedError(403, "This page answers only itself: open it in a window of its own.")
        length = headers.get(b"content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise RefusedError(413, f"That is too much: up to {LARGEST_BODY // 1024} KB are taken.")
        if self._streams[client] > STREAMS:
            raise RefusedError(429, "Too many pages are open in your network. Please close some, and reload this one.")

    async def _take_turn(self, client: str) -> bool:
        """Wait until the client's rate allows another call. Says whether it had to."""
        wait = self._joins.wait(client)
        if wait is None:
            raise RefusedError(429, TOO_FAST)
        await asyncio.sleep(wait)
        return wait > 0

    @asynccontextmanager
    async def _let_in(self) -> AsyncIterator[None]:
        """One hasty call after the other, so that what others call meanwhile finds no line before it."""
        if self._at_the_door >= AT_THE_DOOR:
            raise RefusedError(429, TOO_FAST)
        self._at_the_door += 1
        try:
            async with self._door:
                with suppress(TimeoutError):
                    async with asyncio.timeout(QUIET_SECONDS):
                        while self._underway() > FEW:
                            await asyncio.sleep(LOOK_SECONDS)
                yield
        finally:
            self._at_the_door -= 1

    def _checked(self, body: bytes) -> bytes:
        try:
            return self._calls.checked(body)
        except MalformedError as fault:
            raise RefusedError(400, f"This call cannot be understood: {fault}. Please reload the page.") from None


class _Answer:
    """The answer to one request: with our headers, and ended in any case."""

    def __init__(self, send: Send) -> None:
        self._send, self._begun, self._ended = send, False, False

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer."""
        if message["type"] == "http.response.start":
            self._begun = True
            # Gradio invites every origin to read, with cookies. Nobody else's page has anything to read here.
            kept = [one for one in message.get("headers", ()) if not one[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": [*kept, *HEADERS]}
        elif not message.get("more_body", False):
            self._ended = True
        await self._send(message)

    async def end(self, status: int, sentence: str) -> None:
        """Say `sentence`, if nothing is said yet, and end the answer."""
        body = b""
        if not self._begun:
            body = b'{"detail":"%s"}' % sentence.encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            if status in (408, 413):
                headers.append((b"connection", b"close"))  # the rest is not waited for
            await self.send({"type": "http.response.start", "status": status, "headers": headers})
        if not self._ended:
            with suppress(Exception):  # the other side is gone, or was promised more
                await self.send({"type": "http.response.body", "body": body})


def _path(scope: Scope) -> str:
    """The path as the application sees it, without the prefix that a proxy serves it under."""
    prefix = urlsplit(scope.get("root_path") or "").path.rstrip("/")
    path = str(scope["path"])
    return path.removeprefix(prefix) if prefix and path.startswith(prefix + "/") else path


def _check_route(method: str, path: str, readable: re.Pattern[str]) -> None:
    reads, writes = readable.fullmatch(path), OPEN_TO_WRITE.fullmatch(path)
    if not reads and not writes:
        raise RefusedError(404, "There is nothing at this address.")
    if not (reads and method in ("GET", "HEAD")) and not (writes and method == "POST"):
        raise RefusedError(405, "This cannot be done at this address.")


def _is_own(headers: dict[bytes, str]) -> bool:
    """Whether a call comes from this page, or from no page at all. A page cannot make these headers up.

    Going to the page by a link or an address is allowed to everybody: there the browser sends no Origin.
    """
    origin = headers.get(b"origin")
    if origin is None or headers.get(b"sec-fetch-site") == "same-origin":
        return True
    return urlsplit(origin).netloc.lower() == headers.get(b"host", "").lower() != ""


async def _read(receive: Receive) -> bytes:
    """A body, however it comes, up to the limits. Raises `RefusedError`."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise RefusedError(400, "The call broke off.")
                body += message.get("body", b"")
                if len(body) > LARGEST_BODY:
                    raise RefusedError(413, f"That is too much: up to {LARGEST_BODY // 1024} KB are taken.")
                if not message.get("more_body", False):
                    return body
    except TimeoutError:
        raise RefusedError(408, "The call took too long to arrive. Please try again.") from None


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once, and then what comes after it."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
