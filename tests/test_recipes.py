"""The recipes of CONTRIBUTING.md, followed for real in a copy: an arm, a step and a stopping rule, one file and one line each.

The metric's is in `test_metrics`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

NEW_FEEDBACK = '''
"""Cheering: a kind word."""

from dataclasses import dataclass

from refine.arms.arm import Perceived


@dataclass(frozen=True)
class Cheering:
    """A kind word for every drawing."""

    id: str = "cheering"
    needs: frozenset = frozenset()

    def html(self, given):
        return f"<p>Round {len(given.iterations)}: well done!</p>" if given.iterations else ""

    def perceived(self, given, rng):
        return Perceived(1.0)
'''

NEW_SCREEN = '''
"""The pause: a breath before the ranking."""

from typing import ClassVar

import gradio as gr

from refine.flow.steps import PAUSE
from refine.ui.screen import Screen


class Pause(Screen):
    """A breath."""

    step: ClassVar = PAUSE

    def build(self, study):
        self.words = gr.HTML()
        self.outputs = [self.words]

    def render(self, study, view):
        return ["Take a breath."]

    def clear(self):
        return [""]
'''

STUDY = """
import sys
from pathlib import Path
from random import Random

import gradio as gr

from refine.arms import ARMS, Given
from refine.flow.steps import STEPS
from refine.protocol import Stopping
from refine.settings import Settings
from refine.storage.dataset.source import FolderSource
from refine.storage.dataset.verify import verify
from refine.ui.path import Path as Way
from tests.conftest import small_study

home = Path(sys.argv[1])
assert Settings(arms="cheering,scores").arms == "scores,cheering"
study = small_study(
    home, Random(1), arms=("cheering",), steps=tuple(STEPS), stopping=Stopping("until_a_cat", {"most": 3}), trials=2
)
token = study.enrol(True)
study.begin(token, 1)
study.draw(token, 1, 1, "a dog")
assert study.wait(60)
assert study.state(token).step.id == "rounds"
session = study.state(token).session
assert "Round 1: well done!" in ARMS[session.arm].html(Given(study.metrics, session.trials[0].iterations, {}, {}))
study.draw(token, 1, 2, "a cat")
assert study.wait(60)
assert study.state(token).step.id == "pause", study.state(token).step
with gr.Blocks() as demo:
    way = Way(study, demo)
    assert "Take a breath." in way._arrive({"tokens": [token]})
    assert "Pause" in way._arrive({"tokens": [token]})[1]
study.close()
print("All recipes were followed.")
"""


def put(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))


def test_an_arm_a_step_and_a_stopping_rule_are_one_file_and_one_line_each(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "refine", copy / "refine", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("assets", "tests"):
        (copy / name).symlink_to(ROOT / name)
    refine = copy / "refine"
    # An arm.
    (refine / "arms" / "cheering.py").write_text(NEW_FEEDBACK)
    put(
        refine / "arms" / "__init__.py",
        '"the scores of the drawing", (SCORES,)),\n',
        '"the scores of the drawing", (SCORES,)),\n        Arm("cheering", "cheering", "a kind word", (Cheering(),)),\n',
    )
    put(
        refine / "arms" / "__init__.py",
        "from refine.arms.scores",
        "from refine.arms.cheering import Cheering\nfrom refine.arms.scores",
    )
    # A stopping rule.
    put(
        refine / "flow" / "stopping.py",
        "RULES: dict",
        '''@dataclass(frozen=True)
class UntilACat:
    """Until a cat is drawn."""

    most: int
    id: ClassVar[str] = "until_a_cat"

    @property
    def label(self):
        return "rounds until a cat is drawn"

    def must_stop(self, iterations):
        return len(iterations) >= self.most or any("cat" in one.prompt for one in iterations)


RULES: dict''',
    )
    put(refine / "flow" / "stopping.py", "for rule in (FixedRounds,)", "for rule in (FixedRounds, UntilACat)")
    # A step.
    put(
        refine / "flow" / "steps.py",
        "THANKS = Step",
        'PAUSE = Step("pause", "Pause", lambda done: done.trial is not None and done.trial.number == 1)\nTHANKS = Step',
    )
    put(
        refine / "flow" / "steps.py",
        "(WELCOME, TARGET, ROUNDS, RANKING, THANKS)}",
        "(WELCOME, TARGET, ROUNDS, PAUSE, RANKING, THANKS)}",
    )
    (refine / "ui" / "pause.py").write_text(NEW_SCREEN)
    put(refine / "ui" / "path.py", "Rounds, RankingScreen, Thanks)", "Rounds, Pause, RankingScreen, Thanks)")
    put(
        refine / "ui" / "path.py", "from refine.ui.ranking", "from refine.ui.pause import Pause\nfrom refine.ui.ranking"
    )

    run = subprocess.run(
        [sys.executable, "-c", STUDY, str(tmp_path)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert "All recipes were followed." in run.stdout
