"""A metric is declared once, and everything that is said of it is made from that."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from pkgutil import resolve_name

import pytest

from refine.analysis import paper
from refine.arms.scores import shown
from refine.assembly import open_services
from refine.metrics import METRICS, MetricInfo, Simulated, metrics_of
from refine.profiles import PROFILES
from refine.settings import Settings
from refine.similarity.catalogue import digest_of
from refine.storage.dataset.columns import CONFIGS

ROOT = Path(__file__).resolve().parent.parent


def test_ids_are_unique_and_are_no_other_column():
    counts = Counter(column.name for columns in CONFIGS.values() for column in columns if column.name in METRICS)
    assert counts == dict.fromkeys(METRICS, 1)


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_declaration_is_whole(metric):
    assert callable(resolve_name(metric.opened_by))
    assert metric.explanation and metric.measures and metric.credit
    assert set(metric.weights) <= set(PROFILES)
    assert metric.paper in paper.ICC or metric.by_choice
    (column,) = (column for column in CONFIGS["iterations"] if column.name == metric.id)
    assert column.optional
    assert column.meaning.startswith(metric.measures)


def test_each_profile_compares_with_the_papers_four():
    for name, profile in PROFILES.items():
        assert profile.metrics == metrics_of(name)
        assert [METRICS[metric].paper for metric in profile.metrics] == list(paper.ICC)


@pytest.mark.parametrize("name", metrics_of("world"))
def test_the_embedded_weights_are_the_declared_ones(name):
    metric = METRICS[name]
    found = "" if metric.weights["world"] is None else digest_of(Path(metric.weights["world"]))[:12]
    assert found == metric.digest, f"if the weights of {name} are new, declare digest={found!r}"


def test_a_column_says_what_its_scores_depend_on():
    (lpips, clip, bits) = (
        next(column.meaning for column in CONFIGS["iterations"] if column.name == name)
        for name in ("lpips_world", "clip_b32", "imagehash")
    )
    assert f"(SHA-256 of weights {METRICS['lpips_world'].digest}, pictures at their own size)" in lpips
    assert "(SHA-256 of weights 40d365715913, shorter side to 224 pixels (bicubic), the square in the middle)" in clip
    assert "(grey, to 32 x 32 pixels (Lanczos))" in bits


def test_a_study_compares_with_the_metrics_that_are_set(tmp_path):
    services = open_services(Settings(data_dir=tmp_path, metrics="ssim,imagehash"))
    try:
        assert services.study.protocol.metrics == ("imagehash", "ssim")
        assert services.study.protocol.measures == tuple(METRICS[name].conditions for name in ("imagehash", "ssim"))
        assert [metric.id for metric in services.study.metrics] == ["imagehash", "ssim"]
    finally:
        services.close()


def test_what_stands_in_for_an_official_metric_is_told_from_it():
    assert [metric.id for metric in METRICS.values() if metric.stands_in] == [
        "lpips_world",
        "clip_b32_world",
        "clip_l14_world",
    ]


@pytest.mark.parametrize(
    ("lowest", "highest", "words"),
    [
        (0.0, 64.0, "bits (at a glance); 0 to 64, smaller is more similar; "),
        (-273.15, None, "bits (at a glance); from -273.15, smaller is more similar; "),
        (None, 7.0, "bits (at a glance); up to 7, smaller is more similar; "),
        (None, None, "bits (at a glance); any number, smaller is more similar; "),
    ],
)
def test_the_meaning_of_a_column_tells_range_and_direction(lowest, highest, words):
    metric = MetricInfo("x", "X", -1, lowest, highest, "", measures="bits", resampling="at a glance")
    assert metric.column == f"{words}missing if the study does not compare with it, or it failed"


def test_simulated_scores_out_of_range_are_refused_where_they_are_declared():
    with pytest.raises(ValueError, match=r"Metric x: simulated scores of about 3\.0 are out of its range"):
        MetricInfo("x", "X", 1, 5.0, 17.0, "", simulated=Simulated(3.0, 1.0))


def test_the_decimals_of_a_raw_score_are_the_declared_ones():
    metric = MetricInfo("x", "X", 1, 0.0, 64.0, "", decimals=1)
    assert shown(metric, None, 12.345) == "12.3"


FILE = '''
"""Warmth: are two pictures equally red?"""

from PIL import Image

from refine.metrics import MetricInfo


class WarmthMetric:
    """Difference of mean red minus blue."""

    def __init__(self, info: MetricInfo, weights: str, device: str) -> None:
        self.info = info

    def prepare(self, pictures: list[Image.Image]) -> list[float]:
        means = [picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)) for picture in pictures]
        return [red - blue for red, _, blue in means]

    def compare(self, target: float, drawing: float) -> float:
        return abs(target - drawing) - 40.0
'''

LINE = (
    'MetricInfo("warmth", "Warmth", -1, -40.0, 470.0, "Compares how warm they are.", measures="difference of warmth in kelvin",'
    ' unit="kelvin", decimals=1, resampling="one pixel", credit="Warmth (public domain)", simulated=Simulated(-20.0, 4.0), weights={"world": None},'
    ' opened_by="refine.similarity.warmth:WarmthMetric"),'
)

STUDY = """
import sys
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
from datasets import load_dataset

from refine.analysis.dataset import read_iterations
from refine.analysis.report.write import write_report
from refine.analysis.report.plain import Origin
from refine.analysis.results import analyse
from refine.analysis.simulate import simulate
from refine.assembly import open_services
from refine.live.results import Selection
from refine.metrics import METRICS
from refine.settings import Settings
from refine.storage.dataset.folder import from_parquet
from tests.conftest import small_study

home = Path(sys.argv[1])
warmth = METRICS["warmth"]
study = small_study(home, Random(7), metrics=("warmth", "imagehash"))
for _ in range(2):
    token = study.enrol(True)
    study.begin(token, 1)
    for number in (1, 2, 3):
        study.draw(token, 1, number, f"a warm picture, {number}")
        assert study.wait(60)
    study.rank(token, 1, (2, 3, 1), unchanged_is_meant=True)
assert study.wait(60)
study.close()

# The shard has the scores, and says what they are.
shards = sorted((home / "dataset").glob("data/iterations/*.parquet"))
rows = [row for shard in shards for row in from_parquet("iterations", shard)]
assert len(rows) == 6 and all(-40 <= row["warmth"] <= 470 for row in rows), rows
assert b"difference of warmth in kelvin" in pq.read_schema(shards[0]).field("warmth").metadata[b"description"]

# So does the card.
card = (home / "dataset" / "README.md").read_text()
assert "| `warmth` | float64 | difference of warmth in kelvin (one pixel); -40 to 470, smaller is more similar" in card
assert "compared by Warmth (public domain), ImageHash (BSD-2-Clause)" in card
assert "metrics `warmth` (one pixel), `imagehash` (grey, to 32 x 32 pixels (Lanczos))." in card

analyse(read_iterations(str(home / "dataset"), METRICS), [warmth, METRICS["imagehash"]], 3)

# A shard from before there was the metric still reads, and the set loads.
pq.write_table(pq.read_table(shards[0]).drop_columns(["warmth"]), shards[0])
assert [row["warmth"] for row in from_parquet("iterations", shards[0])] == [None] * 3
loaded = load_dataset(str(home / "dataset"), "iterations", split="train", cache_dir=str(home / "cache"))
assert sum(score is None for score in loaded["warmth"]) == 3

# Simulated scores look as declared, and analyses take both.
imagined = simulate([warmth], sessions=40)
assert imagined["warmth"].between(-40, 470).all() and -30 < imagined["warmth"].mean() < -15
assert imagined["warmth"].nunique() > 300
results = analyse(imagined, [warmth], 10)
page = write_report(results, Origin("simulated", "world", "simulated"), home / "report")
assert "Warmth" in page.read_text()

# A server that compares with it starts, and shows what results look like.
services = open_services(Settings(data_dir=home / "data"))
try:
    assert "warmth" in services.study.protocol.metrics
    assert "one pixel" in services.study.protocol.measures
    shown = services.simulated.summary(Selection("simulated"))
    assert "warmth" in [found.metric.id for found in shown.agreements]
finally:
    services.close()
print("All is made from the declaration.")
"""


def test_a_metric_is_added_with_one_file_and_one_line(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "refine", copy / "refine", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("assets", "tests"):
        (copy / name).symlink_to(ROOT / name)
    (copy / "refine" / "similarity" / "warmth.py").write_text(FILE)
    declarations = copy / "refine" / "metrics.py"
    text = declarations.read_text()
    assert text.count("        _HASH,\n") == 1
    declarations.write_text(text.replace("        _HASH,\n", f"        _HASH,\n        {LINE}\n"))
    (tmp_path / "home").mkdir()
    run = subprocess.run(
        [sys.executable, "-c", STUDY, str(tmp_path / "home")],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
    )
    assert run.stdout == "All is made from the declaration.\n", run.stderr
