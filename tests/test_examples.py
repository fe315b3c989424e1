"""The examples run, and say what they promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "storage" / "first_release" / "dataset"


def run(name, *arguments):
    command = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
    answer = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_a_metric_of_ones_own_scores_two_pictures(tmp_path):
    for name, colour in (("red", (255, 0, 0)), ("black", (0, 0, 0))):
        Image.new("RGB", (8, 8), colour).save(tmp_path / f"{name}.png")
    assert run("own_metric.py", tmp_path / "red.png", tmp_path / "black.png") == "Colour: 85.0 levels\n"
    assert run("own_metric.py", tmp_path / "red.png", tmp_path / "red.png") == "Colour: 0.0 levels\n"


def test_a_simulated_study_finds_what_was_put_into_it():
    effect, plateau, arms = run("simulated_study.py").splitlines()
    assert "CLIP B/32" in effect and "p < .001" in effect
    assert "Feedback had an effect on CLIP B/32" in arms
    assert plateau


def test_a_dataset_is_analysed():
    assert "ImageHash: ICC(3,1) = " in run("analyse_dataset.py", KEPT)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_every_example_is_run_here(path):
    assert f'"{path.name}"' in Path(__file__).read_text()
