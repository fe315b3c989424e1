"""The package: the command `refine`, what is installed with it, and how little an analysis needs."""

import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

import refine
from refine.cli.main import COMMANDS, main

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

STATISTICS = """
import importlib.abc
import importlib.metadata
import re
import sys

# What a statistician has: the four libraries, and what these themselves need. Everything else is not there.
wanted, had = ["numpy", "scipy", "pandas", "formulaic"], set()
while wanted:
    name = re.sub("[-_.]+", "-", wanted.pop()).lower()
    if name in had:
        continue
    had.add(name)
    for line in importlib.metadata.requires(name) or ():
        if "extra ==" not in line:
            needed = re.match(r"[A-Za-z0-9._-]+", line)[0]
            try:
                importlib.metadata.version(needed)
                wanted.append(needed)
            except importlib.metadata.PackageNotFoundError:
                pass  # for another system
missing = {
    package
    for package, names in importlib.metadata.packages_distributions().items()
    if not {re.sub("[-_.]+", "-", name).lower() for name in names} & had
} - {"refine"}


class NothingElse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top in missing:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)
        return None


sys.meta_path.insert(0, NothingElse())

import pandas as pd

from refine.analysis.arms import arm_effect
from refine.analysis.icc import icc
from refine.analysis.mixed import fit_mixed
from refine.analysis.power import power
from refine.analysis.results import analyse
from refine.analysis.simulate import simulate
from refine.cli.main import main
from refine.metrics import METRICS

rows = simulate([METRICS["clip_b32"]], sessions=12, trials=2, iterations=3)
results = analyse(rows, [METRICS["clip_b32"]], 3)
assert results.effects and results.arms and results.summary.agreements
assert power(8, 2, "iteration", 0.05, 0, gain=1.0, iterations=3, plateau=2).studies == 2
assert main(["icc", sys.argv[1]]) == 0
assert main(["run"]) == 2, "what needs more says so"
assert not {"torch", "gradio", "plotly", "pyarrow", "PIL", "sqlalchemy"} & set(sys.modules)
"""


def test_the_statistics_need_four_libraries_only(tmp_path):
    assert [re.split("[>=<]", one)[0] for one in PROJECT["dependencies"]] == ["pandas", "scipy", "numpy", "formulaic"]
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("judge 1,judge 2\n9,2\n6,1\n8,4\n7,1\n")
    command = [sys.executable, "-c", STATISTICS, str(ratings)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    assert "ICC" in answer.stdout
    assert "`refine run` needs" in answer.stderr and "pip install" in answer.stderr


def test_every_command_has_its_module_and_a_purpose():
    for command in COMMANDS.values():
        assert find_spec(command.module) is not None
        assert command.purpose


@pytest.mark.parametrize("name", ["data", "icc", "mixed", "power", "analyse", "targets", "run"])
def test_a_command_is_the_command_line_that_it_names(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert "usage: " in capsys.readouterr().out


def test_without_a_command_or_with_a_wrong_one_all_are_told(capsys):
    assert (main([]), main(["--help"]), main(["dance"])) == (0, 0, 2)
    told = capsys.readouterr()
    assert all(f"  {name} " in told.out for name in COMMANDS)
    assert "There is no command 'dance'" in told.err


def test_versions_and_licences_are_said_once_or_alike():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], citation["license"]) == (refine.__version__, PROJECT["license"])
    assert f"## {refine.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_ci_runs_what_everybody_runs():
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]["test"]["steps"]
    assert steps[-1]["run"] == ".ci/run" and (ROOT / ".ci" / "run").exists()
