"""The whole app as a server that starts in half a second: forked from a process that has read its libraries.

All is real but the weights: what is drawn is noise, at once, so that many rounds fit between two kills.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.browser.server import Server


class Fork:
    """A process that another one forked, as `subprocess.Popen` would show it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """`None` while it runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return -signal.SIGKILL
        return None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def wait(self, timeout: float = 60) -> None:
        """Raises `subprocess.TimeoutExpired`."""
        until = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("fork", timeout)
            time.sleep(0.005)


class ForkedServer(Server):
    """A server whose every start is a fork."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        super().__init__(data_dir, **variables)
        self._parent = self.run("-m", "tests.violence.forked", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._parent.stdout.readline()  # it has read its libraries

    def begin(self) -> Fork:
        self._parent.stdin.write(b"start\n")
        self._parent.stdin.flush()
        return Fork(int(self._parent.stdout.readline()))

    def close(self) -> None:
        """No more starts."""
        self._parent.stdin.close()
        self._parent.wait()
        self._parent.stdout.close()


# ---- over there ---------------------------------------------------------------------------------------------------


def main() -> None:
    from refine import assembly, configuration
    from refine.settings import read_settings
    from refine.similarity.catalogue import open_metric
    from refine.similarity.panel import Panel
    from refine.ui import page
    from tests.conftest import Painter256

    class SlowPainter(Painter256):
        """Takes a moment, so that kills meet requests that wait, and drawings that are being made."""

        def __init__(self, settings):
            self.settings = settings

        def draw(self, prompt, progress):
            time.sleep(0.003)
            drawing = super().draw(prompt, progress)
            return replace(drawing, provenance=replace(drawing.provenance, settings=self.settings))

    def serve() -> None:
        settings = read_settings()
        services = assembly.open_services(settings)
        demo = page.build(
            services.study,
            services.results,
            services.simulated,
            services.publisher,
            configuration.admin_access(settings),
            services.downloads,
        )
        try:
            page.serve(demo, services.downloads, behind_hub=False)
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            services.drawing_service.use_models(
                SlowPainter(configuration.drawing_settings(settings)), Panel([open_metric("imagehash", None)])
            )
            demo.block_thread()
        except KeyboardInterrupt:
            pass
        finally:
            services.close()

    open_metric("imagehash", None)  # its libraries are read here once, not in every life
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(2, 0), os.dup2(2, 1)
            serve()
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
