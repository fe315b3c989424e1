"""The entry point: help and doctor answer, and a study that cannot start says why in a sentence."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from refine.settings import Settings, variable
from refine.target_list import LIST, read_list, write_list

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REFINE_")}
    environment.pop("HF_TOKEN", None)
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env={**environment, "HF_HUB_OFFLINE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_help_tells_all_variables():
    answer = run("--help")
    assert answer.returncode == 0
    assert all(variable(name) in answer.stdout for name in Settings.model_fields)


def test_doctor_tells_what_and_why(tmp_path):
    answer = run("--doctor", REFINE_DATA_DIR=str(tmp_path), REFINE_TRIALS="2", REFINE_TRAILS="3")
    assert answer.returncode == 0, answer.stderr
    assert "profile:     world" in answer.stdout
    assert str(tmp_path) in answer.stdout
    assert "REFINE_TRIALS is set" in answer.stdout
    assert "REFINE_TRAILS" in answer.stdout
    assert "all 100 pictures can be shown" in answer.stdout
    for subject in ("device", "targets", "data folder", "Hub dataset"):
        assert f"{subject}:" in answer.stdout


def test_doctor_tells_what_the_disk_survives():
    memory = Path("/dev/shm/thousand-prompts-test")
    try:
        assert "lost when the machine restarts" in run("--doctor", REFINE_DATA_DIR=str(memory)).stdout
    finally:
        shutil.rmtree(memory, ignore_errors=True)


@pytest.mark.parametrize("arguments", [(), ("--doctor",)])
def test_a_data_folder_that_cannot_be_written_is_told(tmp_path, arguments):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    answer = run(*arguments, REFINE_DATA_DIR=str(blocked / "data"))
    assert "cannot be written" in answer.stdout + answer.stderr
    assert "REFINE_DATA_DIR" in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr


def test_targets_that_are_not_drawn_yet_are_told_with_the_command(tmp_path):
    answer = run(REFINE_DATA_DIR=str(tmp_path), REFINE_SEED="7")
    assert answer.returncode == 1
    assert "python -m refine.generation targets" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_paper_profile_without_network_says_what_to_do(tmp_path):
    targets = ROOT / "assets" / "world" / "targets"
    answer = run(
        REFINE_DATA_DIR=str(tmp_path),
        REFINE_PROFILE="paper",
        REFINE_SIZE="256",
        REFINE_TARGETS=str(targets),
        HF_HOME=str(tmp_path),
    )
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert "network" in answer.stderr or "token" in answer.stderr


@pytest.mark.parametrize("arguments", [(), ("--doctor",)])
def test_targets_of_another_size_are_refused_at_the_start_and_told_by_the_doctor(tmp_path, arguments):
    targets = ROOT / "assets" / "world" / "targets"
    answer = run(*arguments, REFINE_DATA_DIR=str(tmp_path), REFINE_SIZE="512", REFINE_TARGETS=str(targets))
    assert answer.returncode == (0 if arguments else 1)
    said = answer.stdout if arguments else answer.stderr
    assert "256 x 256 pixels, and drawings are 512 x 512" in said
    assert "python -m refine.generation adopt" in said
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("arguments", [(), ("--doctor",)])
def test_fewer_targets_than_a_session_has_trials_are_refused_at_the_start(tmp_path, arguments):
    targets = tmp_path / "targets"
    shutil.copytree(ROOT / "assets" / "world" / "targets", targets)
    write_list(targets / LIST, read_list(targets / LIST)[:2])
    answer = run(*arguments, REFINE_DATA_DIR=str(tmp_path), REFINE_TRIALS="3", REFINE_TARGETS=str(targets))
    assert "3 trials with a target each, and there are 2 targets" in (answer.stdout if arguments else answer.stderr)
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("arguments", [(), ("--doctor",)])
@pytest.mark.parametrize("place", ["no/such", "/no/such/folder"])
def test_targets_that_are_nowhere_are_told(tmp_path, arguments, place):
    answer = run(*arguments, REFINE_DATA_DIR=str(tmp_path), REFINE_TARGETS=place)
    said = answer.stdout if arguments else answer.stderr
    assert f"There is no folder {place}" in said
    assert "Traceback" not in answer.stderr
