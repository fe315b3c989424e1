"""The app as a process of its own, started and killed as a machine would, and a browser to look at it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Server:
    """`python app.py` on a free port of this machine, with its data in one folder."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.variables = variables

    def start(self) -> float:
        """Start and wait for the first page. Returns the seconds it took."""
        started = time.perf_counter()
        self.process = self.begin()
        while time.perf_counter() - started < 180:
            if self.process.poll() is not None:
                raise RuntimeError(f"The server stopped:\n{self.log.read_text()}")
            try:
                with urllib.request.urlopen(self.url, timeout=5) as answer:
                    answer.read()
                return time.perf_counter() - started
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError(f"No page after three minutes:\n{self.log.read_text()}")

    def begin(self) -> subprocess.Popen:
        """The process that will serve, just begun."""
        return self.run("app.py")

    def run(self, *arguments: str, **pipes: int) -> subprocess.Popen:
        """Python with these arguments and the server's settings; what it says goes to the log."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REFINE_")}
        environment.update(
            REFINE_DATA_DIR=str(self.data_dir),
            GRADIO_SERVER_NAME="127.0.0.1",
            GRADIO_SERVER_PORT=str(self.port),
            **{"HF_HUB_OFFLINE": "1", **self.variables},
        )
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, env=environment, **{"stdout": log, "stderr": log, **pipes}
            )

    def kill(self) -> None:
        """SIGKILL: no time to save anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def chromium():
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
