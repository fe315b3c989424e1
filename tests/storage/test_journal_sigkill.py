"""The journal and SIGKILL: what a call has returned is on disk, on either database."""

import signal
import subprocess
import sys
import time

from refine.storage.journal.journal import Journal

WRITER = """
import sys
from tests.storage.test_journal import *
journal = Journal(sys.argv[1])
journal.add_protocol(PROTOCOL)
journal.add_session(a_session(sys.argv[2]))
for number in range(1, 10_000):
    journal.add_iteration(an_iteration(number, f"{sys.argv[2]}-01"))
    print(number, flush=True)
"""


def test_sigkill_loses_nothing_that_was_reported(url):
    for attempt in range(5):
        name = f"k{attempt}"
        process = subprocess.Popen([sys.executable, "-c", WRITER, url, name], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "1\n"
        time.sleep(0.02 + 0.07 * attempt)
        process.send_signal(signal.SIGKILL)
        reported = [1, *map(int, process.stdout.read().split())]
        process.wait()
        kept = [iteration.number for iteration in Journal(url).trial(f"{name}-01").iterations]
        assert kept[: len(reported)] == reported
        assert len(kept) <= len(reported) + 1
