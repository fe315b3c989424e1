"""A disk that is full, or may not be written: the participant is told, and nothing that was shown is lost.

The system refuses to let files grow (RLIMIT_FSIZE), which needs no privileges; it does so for every file at once, as a
full disk would.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from refine.flow.steps import ROUNDS

FULL = """
import resource, sys
from pathlib import Path
from random import Random
from refine.storage.errors import StorageError
from refine.drawing.service import FAILURE
from tests.conftest import small_study

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

def attempt(study, token, number, prompt):
    try:
        study.draw(token, 1, number, prompt)
    except StorageError as fault:
        return f"refused: {fault}"
    assert study.wait(30)
    return study.state(token).notice

study = small_study(Path(sys.argv[1]), Random(1), iterations=3)
token = study.enrol(consent=True)
study.begin(token, 1)
assert attempt(study, token, 1, "a cat") == ""
shown = study.state(token).trial.iterations

FILL

assert [i.number for i in shown] == [1]
assert study.state(token).trial.iterations == shown
for iteration in shown:
    study.picture(iteration.picture)
limit(resource.RLIM_INFINITY)
assert attempt(study, token, 2, "a dog at last") == "", "there is room again"
assert study.state(token).trial.iterations[1].prompt == "a dog at last"
print(token)
"""

NOTHING_CAN_BE_WRITTEN = """
limit(1)
told = attempt(study, token, 2, "a dog")
assert told.startswith("refused: The journal") and "disk is full" in told, told
assert study.state(token).pending is None
"""

THE_REQUEST_BUT_NOT_THE_PICTURE = """
class Filler:
    def draw(self, prompt, progress):
        limit(1)
        return painter.draw(prompt, progress)

painter = study._drawing_service._generator
study._drawing_service._generator = Filler()
assert attempt(study, token, 2, "a dog") == FAILURE
assert study.state(token).pending is None, "the page must not wait for ever"
study._drawing_service._generator = painter
"""


@pytest.mark.parametrize("fill", [NOTHING_CAN_BE_WRITTEN, THE_REQUEST_BUT_NOT_THE_PICTURE])
def test_a_full_disk_is_told_and_the_round_can_be_drawn_when_there_is_room(tmp_path, fill, open_small_study):
    code = FULL.replace("FILL", fill)
    run = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stderr
    again = open_small_study()
    state = again.state(run.stdout.strip())
    assert state.step == ROUNDS
    assert [iteration.number for iteration in state.trial.iterations] == [1, 2]
    pictures = {iteration.picture for iteration in state.trial.iterations}
    assert {path.stem for path in (tmp_path / "pictures").glob("??/*")} == pictures


READ_ONLY = """
import os, sys
from refine.assembly import open_services
from refine.configuration import StartError
from refine.settings import read_settings
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write anywhere
try:
    open_services(read_settings())
except StartError as fault:
    print(fault)
"""


def test_a_read_only_folder_is_told_at_the_start(tmp_path):
    folder = Path(tmp_path.root) / "var" / "lib"  # any user can read it and only root can write to it
    run = subprocess.run(
        [sys.executable, "-c", READ_ONLY],
        env={**os.environ, "REFINE_DATA_DIR": str(folder / "thousand-prompts")},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "cannot be written to" in run.stdout, run.stderr
    assert "REFINE_DATA_DIR" in run.stdout
