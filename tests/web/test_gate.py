"""The gate: what a page calls gets through, and nothing else, whatever a client sends."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from refine.web import gate
from refine.web.calls import Calls
from refine.web.gate import HEADERS, JOIN, LARGEST_BODY, Gate
from refine.web.limits import RateLimit
from tests.web.conftest import as_json

CLOSED = [
    "/monitoring",
    "/monitoring/summary",
    "/openapi.json",
    "/gradio_api/openapi.json",
    "/docs",
    "/redoc",
    "/gradio_api/upload",
    "/gradio_api/upload_progress?upload_id=a",
    "/gradio_api/proxy=https://example.com",
    "/gradio_api/file=https://example.com",
    "/gradio_api/run/predict",
    "/gradio_api/call/predict",
    "/gradio_api/component_server",
    "/gradio_api/process_recording",
    "/gradio_api/vibe-edit",
    "/gradio_api/dev/reload",
    "/gradio_api/runs",
    "/gradio_api/queue/status",
    "/gradio_api/deep_link?session_hash=a",
    "/%67radio_api/upload",
    "//monitoring",
    "/monitoring/",
    "/assets/../../../refine/settings.py",
    "/assets/%2e%2e/%2e%2e/x",
    "/static/..%2f..%2fx",
    "/login",
    "/a route that a new version brings",
]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
]
MALFORMED = {
    "nothing": lambda load: b"",
    "no JSON": lambda load: b"{",
    "deep JSON": lambda load: b"[" * 200_000,
    "no object": lambda load: b"[]",
    "not a number": lambda load: b'{"data":[NaN],"fn_index":0,"session_hash":"a"}',
    "no such call": lambda load: as_json({**load, "fn_index": 9999}),
    "a call by a word": lambda load: as_json({**load, "fn_index": "0"}),
    "too few values": lambda load: as_json({**load, "data": []}),
    "too many values": lambda load: as_json({**load, "data": [""] * 50}),
    "no values": lambda load: as_json({**load, "data": None}),
    "an odd session": lambda load: as_json({**load, "session_hash": "../../x"}),
    "a file in its event": lambda load: as_json({**load, "event_data": {"order": [{"path": "/etc/passwd"}]}}),
    "a huge number": lambda load: b'{"data":[' + b"9" * 5000 + b'],"fn_index":0,"session_hash":"a"}',
}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("path", CLOSED)
def test_what_a_page_does_not_need_is_closed(raw, path, method):
    # Not by a client that tidies up paths.
    answer = raw(f"{method} {path.replace(' ', '%20')} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
    assert "404" in answer.split("\r\n")[0]


def test_no_upload_is_taken(site):
    answer = httpx.post(f"{site.url}/gradio_api/upload", files={"files": ("a.bin", b"x" * 1000)})
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text


def test_neither_journal_nor_code_nor_targets_are_served(site):
    files = [*site.home.rglob("*"), Path(gate.__file__), Path("app.py").resolve()]
    for file in filter(Path.is_file, files):
        assert site.http.get(f"/gradio_api/file={file}").status_code == 404, file


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "POST"])
def test_the_page_is_only_read(site, method):
    assert site.http.request(method, "/").status_code == 405


def test_a_page_gets_through(site, load):
    for path in ("/", "/config", "/theme.css", "/gradio_api/info", "/static/img/logo.svg"):
        assert site.http.get(path).status_code == 200, path
    assert "event_id" in site.http.post(JOIN, json=load).json()


def test_a_body_that_announces_too_much_is_refused_before_it_is_read(raw):
    head = f"POST {JOIN} HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"
    assert "413" in raw(head.encode()).split("\r\n")[0]


def test_a_body_that_announces_nothing_is_refused_when_it_grows_too_large(raw):
    head = f"POST {JOIN} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert "413" in raw(head.encode(), *[chunk] * (LARGEST_BODY // 0x10000 + 1)).split("\r\n")[0]


def test_a_body_that_does_not_arrive_is_not_waited_for(raw, monkeypatch):
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.2)
    head = f"POST {JOIN} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + "{"
    assert "408" in raw(head.encode()).split("\r\n")[0]


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_call_is_refused_and_costs_one_line(site, load, kind, caplog, capfd):
    with caplog.at_level(logging.INFO, logger="refine"):
        answer = site.http.post(JOIN, content=MALFORMED[kind](load))
    assert answer.status_code == 400
    assert "cannot be understood" in answer.json()["detail"]
    assert len([one for one in caplog.records if one.name.startswith("refine")]) == 1
    assert "Traceback" not in "".join(capfd.readouterr()) + caplog.text


@pytest.fixture
def answered(site, caplog, capfd):
    """A function that makes a call, and says whether it was answered without a fault."""

    def make(body):
        site.http.post(JOIN, content=as_json({**body, "session_hash": "odd"})).raise_for_status()
        with site.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": "odd"}) as stream:
            said = next(line for line in stream.iter_lines() if "process_completed" in line)
        assert "Traceback" not in "".join(capfd.readouterr()) + caplog.text
        return '"success":true' in said

    return make


@pytest.mark.parametrize("token", ["\ud800", "x" * 10_000, "", None, 5, True])
def test_a_token_of_no_kind_is_nobodys_and_no_fault(answered, begin, token):
    assert answered({**begin, "data": [token, 1]})


@pytest.mark.parametrize(
    "memory", [None, "x", 5, [], {"tokens": [5]}, {"tokens": {"a": "b"}}, {"link": ["x"]}, {"x": 1}]
)
def test_a_browser_that_remembers_rubbish_is_answered(answered, load, memory):
    assert answered({**load, "data": [memory]})


@pytest.mark.parametrize("value", [{"a": 1}, [1], "a word"])
def test_a_value_of_another_kind_is_refused(site, begin, value):
    assert site.http.post(JOIN, content=as_json({**begin, "data": ["nobody", value]})).status_code == 400


@pytest.mark.parametrize("inside", [lambda file: file, lambda file: {"tokens": [file]}, lambda file: [{"a": [[file]]}]])
@pytest.mark.parametrize("path", ["https://example.com/large.bin", "/etc/passwd"])
def test_nobody_makes_the_server_fetch_or_read_a_file(site, load, path, inside):
    file = {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}}
    assert site.http.post(JOIN, content=as_json({**load, "data": [inside(file)]})).status_code == 400


def test_events_of_nobody_end_with_one_line(site, caplog, capfd):
    with caplog.at_level(logging.INFO):
        answer = site.http.get("/gradio_api/queue/data", params={"session_hash": "nobody"})
    assert "session_not_found" in answer.text
    assert "Traceback" not in "".join(capfd.readouterr()) + caplog.text
    assert len([one for one in caplog.records if one.levelno >= logging.INFO and "httpx" not in one.name]) == 1


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_page_gets_no_answer(site, load, headers, method):
    path = JOIN if method == "POST" else "/config"
    answer = site.http.request(method, path, content=as_json(load) if method == "POST" else None, headers=headers)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_another_page_is_not_invited(site):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = site.http.options(JOIN, headers=headers)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("site_of", ["same host", "same-origin"])
def test_the_page_itself_gets_answers(site, load, site_of):
    headers = {"Origin": site.url}
    if site_of == "same-origin":  # behind a proxy that does not pass on the name of the host
        headers = {"Origin": "https://study.example", "Sec-Fetch-Site": "same-origin"}
    assert site.http.post(JOIN, content=as_json(load), headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/config", "/nothing", "/assets/nothing.js", JOIN])
def test_every_answer_has_the_headers(site, path):
    answer = site.http.get(path)
    for name, value in HEADERS:
        assert answer.headers[name.decode()] == value.decode()
    assert "frame-ancestors 'self' https://huggingface.co" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "request_line",
    [b"GET / HTTP/1.0\r\nOrigin: http://x\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000],
    ids=["no host", "no HTTP", "a huge header"],
)
def test_what_is_hardly_a_request_is_refused(raw, request_line):
    assert raw(request_line).split("\r\n")[0].split()[1] in ("400", "403")


def test_a_websocket_is_refused(raw, site):
    ask = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n"
    assert "405" in raw(f"GET {JOIN} HTTP/1.1\r\nHost: x\r\n{ask}\r\n".encode()).split("\r\n")[0]


# ---- the gate by itself -------------------------------------------------------------------------------------------


async def fine(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})


def run(coroutine):
    """What a coroutine returns, in a thread of its own: in this one the loop of the browser tests may be running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def ask(app, *requests):
    """Make these requests (method, path, body, address) of an ASGI application; returns the answers."""

    async def all_of_them():
        answers = []
        for method, path, content, address in requests:
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
                answers.append(await http.request(method, path, content=content))
        return answers

    return run(all_of_them())


@pytest.fixture
def calls(site):
    return Calls(site.demo)


def test_too_many_calls_of_one_client_are_refused_with_a_sentence_and_others_go_on(calls, load):
    guarded = Gate(fine, calls, (), behind_hub=False, joins=RateLimit(2, rate=1e-6, patience=10))
    call = ("POST", JOIN, as_json(load))
    *first, third, other = ask(guarded, *[(*call, "192.0.2.1")] * 3, (*call, "192.0.2.2"))
    assert [answer.status_code for answer in first] == [200, 200]
    assert third.status_code == 429
    assert "wait a few seconds" in third.json()["detail"]
    assert other.status_code == 200


def test_who_calls_too_fast_comes_in_when_few_others_are_under_way(calls, load, monkeypatch):
    monkeypatch.setattr(gate, "QUIET_SECONDS", 60)
    underway, order = [gate.FEW + 1], []

    async def try_it():
        async def noted(scope, receive, send):
            order.append(scope["client"][0])
            await fine(scope, receive, send)

        joins = RateLimit(1, rate=1000, patience=10, clock=lambda: 0.0)
        guarded = Gate(noted, calls, (), behind_hub=False, underway=lambda: underway[0], joins=joins)

        async def join(address):
            transport = httpx.ASGITransport(guarded, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
                return (await http.post(JOIN, content=as_json(load))).status_code

        hasty = [asyncio.create_task(join("192.0.2.1")) for _ in range(3)]
        await asyncio.sleep(0.1)
        other = await join("192.0.2.2")
        waited = list(order)
        underway[0] = 0
        return other, waited, await asyncio.gather(*hasty)

    other, waited, answers = run(try_it())
    assert (other, answers) == (200, [200, 200, 200])
    assert waited == ["192.0.2.1", "192.0.2.2"]


def test_too_many_open_pages_of_one_client_are_refused_with_a_sentence(calls, monkeypatch):
    monkeypatch.setattr(gate, "STREAMS", 2)

    async def try_it():
        open_pages, done = 0, asyncio.Event()

        async def waits(scope, receive, send):
            nonlocal open_pages
            open_pages += 1
            await done.wait()
            await fine(scope, receive, send)

        guarded = Gate(waits, calls, (), behind_hub=False)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://x") as http:
            streams = [asyncio.create_task(http.get("/gradio_api/heartbeat/a")) for _ in range(2)]
            while open_pages < 2:
                await asyncio.sleep(0)
            refused = await http.get("/gradio_api/heartbeat/a")
            done.set()
            answers = await asyncio.gather(*streams)
            return refused, answers, await http.get("/gradio_api/heartbeat/a")

    refused, answers, later = run(try_it())
    assert refused.status_code == 429
    assert "close some" in refused.json()["detail"]
    assert [one.status_code for one in (*answers, later)] == [200, 200, 200]


def test_a_fault_is_answered_and_costs_one_line(calls, caplog):
    async def broken(scope, receive, send):
        raise RuntimeError("out of paint")

    (answer,) = ask(Gate(broken, calls, (), behind_hub=False), ("GET", "/", None, "192.0.2.1"))
    assert (answer.status_code, answer.json()["detail"][:21]) == (500, "Something went wrong ")
    assert [record.getMessage().count("\n") for record in caplog.records] == [0]
    assert "out of paint" in caplog.text


def test_the_prefix_of_a_proxy_opens_nothing(calls):
    async def prefixed(scope, receive, send):
        await Gate(fine, calls, (), behind_hub=False)({**scope, "root_path": "https://x/study"}, receive, send)

    paths = ("/study/config", "/config", "/study/monitoring", "/studyconfig")
    answers = ask(prefixed, *[("GET", path, None, "192.0.2.1") for path in paths])
    assert [answer.status_code for answer in answers] == [200, 200, 404, 404]


def test_a_websocket_that_a_server_speaks_is_closed(calls):
    sent = []

    async def send(message):
        sent.append(message)

    run(Gate(fine, calls, (), behind_hub=False)({"type": "websocket", "path": JOIN}, None, send))
    assert [message["type"] for message in sent] == ["websocket.close"]
