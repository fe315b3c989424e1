"""`python -m refine.analysis`: a report of a real folder, no two protocols pooled, and a sentence for whatever is wrong."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from refine.analysis.dataset import read_iterations
from refine.analysis.results import analyse
from refine.analysis.simulate import simulate
from refine.cli.analysis import main
from refine.metrics import METRICS as CATALOGUE
from tests.analysis.dataset_folder import METRICS, write_dataset
from tests.test_study import finish

MEASURED = [CATALOGUE[name] for name in METRICS]


def study(**conditions: object) -> pd.DataFrame:
    return simulate(MEASURED, **{"sessions": 8, "iterations": 4, "plateau": 3, "seed": 6, **conditions})


def renamed(rows: pd.DataFrame, end: str) -> pd.DataFrame:
    return rows.assign(session=rows["session"] + end, trial=rows["trial"] + end)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "dataset", study())


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    # Without the progress bars.
    lines = [line for line in re.split(r"[\r\n]", err) if line.strip() and not re.search(r"\| \d\d:\d\d\s*$", line)]
    return code, out, "\n".join(lines)


def test_the_report_says_what_the_analysis_found(folder: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "new" / "report"
    code, said, _ = report(capsys, folder, "--out", out)
    assert code == 0
    assert said.startswith("8 finished sessions with 8 trials and 32 rounds.")
    assert str(out / "report.html") in said
    found = json.loads((out / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert found["origin"] == {"source": str(folder), "profile": "world", "protocol": "abc", "simulated": True}
    expected = analyse(study(), MEASURED, 4)
    effects = {effect["metric"]["id"]: effect for effect in found["effects"]}
    for effect in expected.effects:
        assert effects[effect.metric.id]["test"]["F"] == pytest.approx(effect.test.F, rel=1e-6)
    assert found["summary"]["top_ranked"]["counts"] == list(expected.summary.top_ranked.counts)
    assert "Simulated data." in (out / "report.html").read_text(encoding="utf-8")
    assert len(pd.read_csv(out / "tables" / "iteration_means.csv")) == 4 * len(expected.effects)


def test_a_ceiling_is_named_where_the_noise_of_a_rewording_has_been_measured(tmp_path: Path, capsys) -> None:
    rows = study(gain=0.0, plateau=1)
    rows = rows.assign(lpips_world=0.4 + 1e-5 * rows["lpips_world"])
    for profile, named in (("world", True), ("unmeasured", False)):
        folder = write_dataset(tmp_path / profile, rows, profile=profile)
        assert report(capsys, folder, "--out", tmp_path / "report")[0] == 0
        signs = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))["signs"]["seen"]
        assert any("are at a ceiling" in sign["finding"] for sign in signs) == named


def test_what_the_study_itself_has_published(open_small_study, tmp_path: Path, capsys) -> None:
    played, firsts = open_small_study(), []
    for _ in range(4):
        firsts.append(finish(played, played.enrol(consent=True)).trial.ranking.order[0])
    assert played.wait(30)
    code, said, _ = report(capsys, tmp_path / "dataset", "--out", tmp_path / "report")
    assert code == 0
    assert said.startswith("4 finished sessions with 4 trials and 12 rounds.")
    found = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert found["origin"]["simulated"] is False
    assert found["origin"]["protocol"] == played.protocol.hash
    assert found["summary"]["top_ranked"]["counts"] == list(np.bincount(firsts, minlength=4)[1:])
    assert [one["metric"]["id"] for one in found["summary"]["agreements"]] == ["imagehash"]


def test_pictures_are_not_read(folder: Path) -> None:
    rows = read_iterations(str(folder), CATALOGUE)
    assert list(rows.columns) == [
        *("session", "trial", "target", "arm", "iteration", "rank", "profile", "protocol"),
        *METRICS,
    ]
    original = study().sort_values(["trial", "iteration"])
    read = rows.sort_values(["trial", "iteration"])
    for column in ("session", "trial", "target", "arm", "iteration", "rank", *METRICS):
        assert read[column].tolist() == original[column].tolist()


def test_progress_goes_from_none_to_all(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    read_iterations(str(folder), CATALOGUE, lambda *step: told.append(step))
    assert told == [(i, 8) for i in range(9)]


def test_two_protocols_are_never_pooled(folder: Path, tmp_path: Path, capsys) -> None:
    write_dataset(folder, renamed(study(sessions=3, seed=9), "x"), "def", "paper")
    code, out, err = report(capsys, folder, "--out", tmp_path / "report")
    assert (code, out) == (2, "")
    assert not (tmp_path / "report").exists()
    assert "must not be pooled. Pass --protocol with one of:" in err
    assert "abc  (profile world, 8 sessions)" in err
    assert "def  (profile paper, 3 sessions)" in err
    for arguments, sessions in ((("--protocol", "abc"), 8), (("--profile", "paper"), 3), (("--protocol", "def"), 3)):
        code, out, _ = report(capsys, folder, "--out", tmp_path / "report", *arguments)
        assert (code, out.split(" finished")[0]) == (0, str(sessions))
    code, _, err = report(capsys, folder, "--protocol", "zzz")
    assert code == 2
    assert "There is no session of the protocol zzz. There are:" in err
    code, _, err = report(capsys, folder, "--protocol", "abc", "--profile", "paper")
    assert code == 2
    assert "def  (profile paper, 3 sessions)" in err


def test_scores_that_a_profile_has_not_are_no_fault(tmp_path: Path, capsys) -> None:
    folder = write_dataset(tmp_path / "dataset", study().assign(imagehash=np.nan))
    code, _, _ = report(capsys, folder, "--out", tmp_path / "report")
    found = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert code == 0
    assert [one["metric"]["id"] for one in found["summary"]["agreements"]] == ["lpips_world", "clip_b32_world"]


def test_a_single_session_has_a_report_too(tmp_path: Path, capsys) -> None:
    folder = write_dataset(tmp_path / "dataset", study(sessions=1))
    code, out, _ = report(capsys, folder, "--out", tmp_path / "report")
    assert code == 0
    assert out.startswith("1 finished session with 1 trial and 4 rounds.")
    assert "undefined, because there is only one session" in (tmp_path / "report" / "report.json").read_text("utf-8")


def damaged(folder: Path) -> Path:
    shard = sorted(folder.glob("data/iterations/*.parquet"))[2]
    shard.write_bytes(shard.read_bytes()[:300])
    return folder


def a_file(folder: Path) -> Path:
    return folder / "README.md"


def emptied(folder: Path) -> Path:
    for shard in folder.glob("data/iterations/*.parquet"):
        shard.unlink()
    return folder


WRONG = {
    "no folder": (lambda folder: folder / "none", "There is no folder "),
    "a file": (a_file, "is a file, not a dataset's folder."),
    "empty": (emptied, "(data/iterations/*.parquet). Nobody may have finished yet."),
    "the data folder": (lambda folder: folder.parent, "Did you mean "),
    "damaged": (damaged, "cannot be read: "),
    "no ranks": (
        lambda folder: write_dataset(folder.parent / "other", study(), without=["rank", "arm"]),
        "lacks arm, rank: it is no shard of this study.",
    ),
    "no metric": (
        lambda folder: write_dataset(folder.parent / "other", study(), without=METRICS),
        "lack a metric's scores (lpips, ",
    ),
    "one iteration": (
        lambda folder: write_dataset(folder.parent / "other", study().query("iteration == 1").assign(rank=1)),
        "one iteration only",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_gets_a_sentence(case: str, folder: Path, tmp_path: Path, capsys) -> None:
    spoil, words = WRONG[case]
    code, out, err = report(capsys, spoil(folder), "--out", tmp_path / "report")
    assert (code, out) == (2, "")
    assert words in err
    assert "\n" not in err
    assert not (tmp_path / "report").exists()


def test_a_place_that_cannot_be_written_to(folder: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "report").write_text("a file stands in the way")
    code, _, err = report(capsys, folder, "--out", tmp_path / "report")
    assert code == 2
    assert err == f"The report cannot be written to {tmp_path / 'report'}: Not a directory."


def test_a_dataset_is_read_without_its_card(folder: Path, tmp_path: Path, capsys) -> None:
    (folder / "README.md").unlink()
    assert report(capsys, folder, "--out", tmp_path / "report")[0] == 0


def test_a_folder_whose_name_is_a_pattern(tmp_path: Path, capsys) -> None:
    folder = write_dataset(tmp_path / "data [1]*?", study())
    assert report(capsys, folder, "--out", tmp_path / "report")[0] == 0


def test_without_network_a_dataset_of_the_hub_cannot_be_looked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "refine.analysis", "someone/study", "--out", str(tmp_path / "report")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    assert done.returncode == 2
    assert "There is no folder someone/study here, and the Hub cannot be reached to look there" in done.stderr
    assert "Traceback" not in done.stderr
