"""A server on this machine that speaks the Hub's protocol to the unmodified clients, with faults on demand.

It knows what a push, a download and `load_dataset` need: repos, trees, commits, large files, squashed histories.
Tokens: `hf_write` may write, `hf_read` may read, any other has expired. A `Fault` strikes the requests that match.
"""

import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.storage.hub_repo import Repo

PAGE = 1000


@dataclass
class Fault:
    """What befalls the next `times` requests whose "METHOD path" matches `where`.

    `kind`: `answer` (with `status` and `headers`), `html` (a page with status 200), `cut` (the connection breaks in
    the middle of the request), `lost` (it breaks after the deed, before the answer), `hang` (silence for `seconds`),
    `wait` (it is held until `gate` is set, then served).
    """

    where: str
    kind: str = "answer"
    status: int = 500
    headers: dict = field(default_factory=dict)
    times: int = 1
    seconds: float = 0
    gate: threading.Event = field(default_factory=threading.Event)
    struck: threading.Event = field(default_factory=threading.Event)


class Hub:
    """`repos` by name, `moved` from an old name to a new one, `faults` to come, `received` bytes, `requests` so far."""

    def __init__(self):
        self.repos: dict[str, Repo] = {}
        self.moved: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.received = 0
        self.lock = threading.RLock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.storage = f"http://localhost:{self.server.server_port}/storage"  # another host, as on the Hub
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def strike(self, where, **fault):
        """Let a fault befall the next requests that match `where`; returns it."""
        self.faults.append(Fault(where, **fault))
        return self.faults[-1]

    def fault_for(self, request):
        with self.lock:
            for fault in self.faults:
                if fault.times and re.search(fault.where, request):
                    fault.times -= 1
                    fault.struck.set()
                    return fault
        return None


class _RefusedError(Exception):
    def __init__(self, status, message, code=""):
        self.status, self.message, self.code = status, message, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *args):
        pass

    def handle_request(self):
        request = f"{self.command} {self.path}"
        self.hub.requests.append(request)
        fault = self.hub.fault_for(request)
        length = int(self.headers.get("Content-Length") or 0)
        if fault and fault.kind == "cut":
            self.rfile.read(length // 2)
            return self.break_off()
        self.body = self.rfile.read(length)
        self.hub.received += length
        if fault and fault.kind == "hang":
            time.sleep(fault.seconds)
            return self.break_off()
        if fault and fault.kind == "wait":
            fault.gate.wait(60)
        if fault and fault.kind == "answer":
            return self.send(fault.status, {"error": "a fault on demand"}, fault.headers)
        if fault and fault.kind == "html":
            return self.send(200, b"<html>We will be back soon</html>", {"Content-Type": "text/html"})
        try:
            with self.hub.lock:
                answer = self.route()
        except _RefusedError as refused:
            answer = refused.status, {"error": refused.message}, {"X-Error-Message": refused.message}
            if refused.code:
                answer[2]["X-Error-Code"] = refused.code
        if fault and fault.kind == "lost":
            return self.break_off()
        self.send(*answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_request

    def break_off(self):
        # Linger of zero: the client sees a reset, as when a machine in between dies.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def send(self, status, content, headers=None):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
        try:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError, ValueError):
            self.close_connection = True

    # ---- who may do what ----------------------------------------------------------------------------------------

    def token(self):
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and token not in ("hf_write", "hf_read"):
            raise _RefusedError(401, "Invalid credentials in Authorization header")
        return token

    def repo(self, name):
        token = self.token()
        if name in self.hub.moved:
            new = self.hub.moved[name]
            raise _MovedError(self.hub.url + self.path.replace(name, new, 1))
        found = self.hub.repos.get(name)
        if found is None or (found.private and not token):
            raise _RefusedError(404 if token else 401, "Repository not found", "RepoNotFound")
        return found

    def may_write(self):
        if self.token() != "hf_write":
            raise _RefusedError(403, "you don't have the necessary permissions to write")

    # ---- where requests go --------------------------------------------------------------------------------------

    def route(self):
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        if match := re.fullmatch(r"/storage/(.+?/.+?)/(\w{64})", path):
            return self.storage(self.hub.repos[match[1]], match[2])
        if path == "/api/whoami-v2":
            return 200, {"type": "user", "name": "someone", "orgs": [], "auth": {"type": "access_token"}}, {}
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}, {}
        if path == "/api/repos/create":
            return self.create()
        try:
            if match := re.fullmatch(r"/datasets/(.+?/.+?)\.git/info/lfs/objects/(batch|verify)", path):
                return self.large_files(self.repo(match[1]), match[2])
            if match := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
                return self.resolve(self.repo(match[1]), match[2], match[3])
            if match := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/([\w-]+))?(?:/(.+))?", path):
                return self.api(self.repo(match[1]), match[2] or "revision", match[3] or "main", query)
        except _MovedError as moved:
            return 307, {}, {"Location": moved.to}
        raise _RefusedError(404, f"The loopback Hub does not know {path}")

    def create(self):
        self.may_write()
        given = json.loads(self.body)
        name = f"{given.get('organization') or 'someone'}/{given['name'].split('/')[-1]}"
        there = name in self.hub.repos or name in self.hub.moved
        if not there:
            self.hub.repos[name] = Repo(name, given.get("visibility") == "private")
        return (409 if there else 200), {"url": f"{self.hub.url}/datasets/{name}", "name": name, "id": name}, {}

    def api(self, repo, what, rest, query):
        revision = "main" if what == "lfs-files" else rest.split("/")[0]
        files = repo.at(revision)
        if files is None:
            raise _RefusedError(404, "Revision not found", "RevisionNotFound")
        if what == "revision":
            siblings = [{"rfilename": path} for path in files]
            info = {"id": repo.name, "sha": repo.sha_of(revision), "private": repo.private, "siblings": siblings}
            return 200, {**info, "tags": [], "downloads": 0, "likes": 0}, {}
        if what == "tree":
            return self.tree(repo, files, "/".join(rest.split("/")[1:]), query)
        if what == "paths-info":
            paths = parse_qs(self.body.decode()).get("paths", [])
            return 200, [repo.entry(path, files[path]) for path in paths if path in files], {}
        if what == "refs":
            main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.head}
            return 200, {"branches": [main], "converts": [], "tags": [], "pullRequests": []}, {}
        if what == "lfs-files" and self.command == "GET":
            return 200, [self.large_file(repo, sha, path) for sha, path in repo.lfs.items()], {}
        self.may_write()
        if what == "preupload":
            wanted = [file["path"] for file in json.loads(self.body)["files"]]
            modes = [{"path": path, "uploadMode": repo.mode(path), "shouldIgnore": False} for path in wanted]
            for mode in modes:
                mode["oid"] = repo.oid(files[mode["path"]]) if mode["path"] in files else None
            return 200, {"files": modes}, {}
        if what == "commit":
            status, message = repo.commit(self.body)
            if status != 200:
                raise _RefusedError(status, message, "EntryNotFound" if status == 404 else "")
            url = f"{self.hub.url}/datasets/{repo.name}/commit/{message}"
            return 200, {"success": True, "commitOid": message, "commitUrl": url}, {}
        if what == "super-squash":
            repo.squash()
            return 200, {}, {}
        if what == "lfs-files":
            repo.forget(json.loads(self.body)["deletions"]["sha"])
            return 200, {}, {}
        raise _RefusedError(404, f"The loopback Hub does not know {what}")

    def large_file(self, repo, sha, path):
        # The Hub gives the bare name of a file that the large file was seen as.
        file = {"fileOid": sha, "filename": path.split("/")[-1], "oid": sha, "pushedAt": "2026-11-23T12:00:00.000Z"}
        return {**file, "ref": "main", "size": len(repo.blobs[sha])}

    def tree(self, repo, files, under, query):
        inside = sorted(path for path in files if not under or path.startswith(under + "/"))
        if under and not inside:
            raise _RefusedError(404, "Entry not found", "EntryNotFound")
        entries = [repo.entry(path, files[path]) for path in inside]
        if query.get("recursive", ["false"])[0].lower() != "true":
            depth = len(under.split("/")) + 1 if under else 1
            folders = {"/".join(path.split("/")[:depth]) for path in inside if path.count("/") >= depth}
            entries = [entry for entry in entries if entry["path"].count("/") < depth]
            entries += [{"type": "directory", "path": name, "oid": "0" * 40, "size": 0} for name in sorted(folders)]
        start = int(query.get("cursor", ["0"])[0])
        headers = {}
        if start + PAGE < len(entries):
            path = re.sub(r"[?&]cursor=\d+", "", self.path)
            headers["Link"] = f'<{self.hub.url}{path}{"&" if "?" in path else "?"}cursor={start + PAGE}>; rel="next"'
        return 200, entries[start : start + PAGE], headers

    # ---- files --------------------------------------------------------------------------------------------------

    def large_files(self, repo, what):
        self.may_write()
        if what == "verify":
            return 200, {}, {}
        objects = []
        for wanted in json.loads(self.body)["objects"]:
            found = {"oid": wanted["oid"], "size": wanted["size"]}
            if wanted["oid"] not in repo.blobs:
                upload = {"href": f"{self.hub.storage}/{repo.name}/{wanted['oid']}"}
                verify = {"href": f"{self.hub.url}/datasets/{repo.name}.git/info/lfs/objects/verify"}
                found["actions"] = {"upload": upload, "verify": verify}
            objects.append(found)
        return 200, {"transfer": "basic", "objects": objects}, {"Content-Type": "application/vnd.git-lfs+json"}

    def storage(self, repo, sha):
        if self.command == "PUT":
            repo.receive(sha, self.body)
            return 200, b"", {"ETag": sha}
        if sha not in repo.blobs:
            raise _RefusedError(404, "This large file was deleted")
        return self.bytes(repo.blobs[sha], {"ETag": f'"{sha}"'})

    def resolve(self, repo, revision, path):
        files = repo.at(revision)
        if files is None:
            raise _RefusedError(404, "Revision not found", "RevisionNotFound")
        if path not in files:
            raise _RefusedError(404, "Entry not found", "EntryNotFound")
        sha = files[path]
        headers = {"X-Repo-Commit": repo.sha_of(revision), "ETag": f'"{repo.oid(sha)}"', "Accept-Ranges": "bytes"}
        if repo.is_large(sha):
            linked = {"X-Linked-Etag": f'"{sha}"', "X-Linked-Size": str(repo.sizes[sha])}
            return 302, b"", {**headers, **linked, "Location": f"{self.hub.storage}/{repo.name}/{sha}"}
        return self.bytes(repo.blobs[sha], headers)

    def bytes(self, content, headers):
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **headers}
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or ""):
            first, last = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
            return 206, content[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(content)}"}
        return 200, content, {**headers, "Content-Length": str(len(content))}


class _MovedError(Exception):
    def __init__(self, to):
        self.to = to
