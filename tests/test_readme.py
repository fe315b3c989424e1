"""The README is true: its tree, its variables, its columns and its commands are those of the code."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from refine.settings import Settings, variable
from refine.storage.dataset.columns import CONFIGS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def tree_paths():
    """The paths of the README's tree, from its indentation."""
    block = README.split("## How it is built")[1].split("```")[1]
    parents: list[str] = []
    for line in block.strip("\n").splitlines():
        name, _, comment = line.strip().partition("  ")
        depth = (len(line) - len(line.lstrip())) // 2
        parents[depth:] = [name]
        yield "".join(parents), comment.strip()


def tracked_files():
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return [name for name in listing.stdout.splitlines() if (ROOT / name).exists()]


def test_every_entry_of_the_tree_exists_and_has_a_comment():
    for path, comment in tree_paths():
        assert (ROOT / path).exists(), path
        assert comment, f"{path} has no comment"


def test_every_folder_of_the_package_stands_in_the_tree():
    named = {path for path, _ in tree_paths()}
    folders = {
        f"{Path(name).parent}/" for name in tracked_files() if name.startswith("refine/") and name.endswith(".py")
    }
    assert {folder for folder in folders if "/migrations/" not in folder} <= named


def test_every_variable_is_explained():
    rows = re.findall(r"^\| `(REFINE_\w+)` \| (.*?) \|", README, flags=re.MULTILINE)
    assert [name for name, _ in rows] == [variable(name) for name in Settings.model_fields]
    for name, default in rows:
        field = Settings.model_fields[name.removeprefix("REFINE_").lower()]
        assert default.strip("`") == ("" if field.default in (None, "") else str(field.default))


@pytest.mark.parametrize("config", sorted(CONFIGS))
def test_every_column_of_the_dataset_is_explained(config):
    section = README.split(f"#### `{config}`")[1].split("####")[0]
    rows = [f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in CONFIGS[config]]
    assert re.findall(r"^\| `.*$", section, flags=re.MULTILINE) == rows


def test_the_front_matter_is_what_a_space_reads():
    front = yaml.safe_load(README.split("---")[1])
    assert front["sdk"] == "gradio"
    assert (ROOT / front["app_file"]).exists()
    assert front["license"] == "apache-2.0"
    assert len(front["short_description"]) <= 60
    requirement = re.search(r"^gradio\[oauth\]>=([\d.]+)", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
    assert front["sdk_version"].startswith(requirement.group(1))


def test_pictures_and_files_it_links_to_exist():
    for link in re.findall(r"\]\((?!https?://)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def test_the_commands_it_names_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
    for module in re.findall(r"python -m (refine[\w.]*)", README):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_no_file_is_too_large_for_a_space():
    large = [name for name in tracked_files() if (ROOT / name).stat().st_size > 10_000_000]
    assert large == []
