"""SIGKILL at random moments: every round that was ever shown is there once, every session can go on, no picture is
missing or orphaned.

The whole app, as `python -m tests.violence` kills it two hundred times, is killed only a few times here. The study
without page and weights starts in milliseconds, and is killed two hundred times.
"""

import subprocess
import sys

from tests.browser.server import ROOT
from tests.violence.server_kills import main


def test_the_study_killed_two_hundred_times_under_twenty_participants(tmp_path):
    # A process of its own: it forks, which must not happen among the threads of other tests.
    run = subprocess.run(
        [sys.executable, "-m", "tests.violence.study_kills", tmp_path / "study", "200", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("200 kills")


def test_the_app_killed_under_participants_who_use_it_over_http(tmp_path):
    assert "each there once" in main(tmp_path, kills=4, participants=5, seed=1)
