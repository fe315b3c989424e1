"""A server on this machine that speaks as much of the Hub's protocol as a push needs, to the unmodified client."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hub:
    """Keeps the files of one dataset. `refuse` is a status that every commit is answered with, or 0."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.commits = 0
        self.refuse = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def commit(self, lines):
        for line in lines:
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "deletedFile":
                del self.files[value["path"]]
        self.commits += 1

    def _handler(hub):
        class Handler(BaseHTTPRequestHandler):
            def answer(self, content, status=200):
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                if "/tree/" in self.path:
                    tree = [
                        {"type": "file", "path": path, "size": len(content), "oid": "0" * 40}
                        for path, content in hub.files.items()
                    ]
                    return self.answer(tree)
                return self.answer({"id": "someone/study", "sha": "0" * 40, "siblings": []})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == "/api/repos/create":
                    return self.answer({"url": f"{hub.url}/datasets/someone/study", "name": "someone/study"})
                if "/preupload/" in self.path:
                    files = [
                        {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                        for file in json.loads(body)["files"]
                    ]
                    return self.answer({"files": files})
                if "/commit/" in self.path:
                    if hub.refuse:
                        return self.answer({"error": "refused"}, hub.refuse)
                    hub.commit(body.splitlines())
                    return self.answer(
                        {
                            "commitUrl": f"{hub.url}/datasets/someone/study/commit/{'0' * 40}",
                            "commitOid": "0" * 40,
                            "success": True,
                        }
                    )
                return self.answer({})

            def log_message(self, *args):
                pass

        return Handler
