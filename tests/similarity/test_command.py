"""`python -m refine.similarity` as it is used: on files, with the embedded weights and with official ones that are small."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from refine import ASSETS
from refine.cli.similarity import main
from refine.metrics import METRICS, metrics_of
from refine.similarity.catalogue import digest_of, open_metric
from refine.similarity.pairs import LARGEST
from refine.similarity.panel import Panel


@pytest.fixture
def pictures(tmp_path, scene, far_scene):
    """A folder with a target and a drawing in which one corner is covered."""
    changed = scene.copy()
    changed.paste((10, 10, 10), (64, 64, 96, 96))
    for name, picture in (("target", scene), ("changed", changed), ("far", far_scene)):
        picture.save(tmp_path / f"{name}.png")
    return tmp_path


def run(capsys, *arguments):
    """Exit code, standard output and standard error."""
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_two_pictures_from_the_shell_without_anything_set(pictures):
    done = subprocess.run(
        [sys.executable, "-m", "refine.similarity", pictures / "target.png", pictures / "changed.png"],
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == list(metrics_of("world"))
    assert "smaller is more similar" in lines[0] and "larger is more similar" in lines[1]
    assert lines[4] == "Most different: lower right."
    assert (done.stderr, done.returncode) == ("", 0)


def test_json_has_every_digit_and_what_each_metric_is(capsys, pictures, scene, far_scene):
    code, out, _ = run(capsys, pictures / "target.png", pictures / "far.png", "--json")
    told = json.loads(out)
    panel = Panel([open_metric(*metric) for metric in metrics_of("world").items()])
    (pair,) = told["pairs"]
    assert pair["scores"] == panel.score(scene, far_scene)
    assert told["metrics"]["lpips_world"]["conditions"] == METRICS["lpips_world"].conditions
    assert (told["profile"], code) == ("world", 0)


def test_equal_pictures_have_the_extreme_values(capsys, pictures):
    _, out, _ = run(capsys, pictures / "far.png", pictures / "far.png", "--json")
    (pair,) = json.loads(out)["pairs"]
    assert list(pair["scores"].values()) == [0.0, 1.0, 1.0, 0.0]
    assert pair["most_different"] == []


def test_the_map_shows_the_drawing_under_colours_with_a_legend(capsys, pictures):
    run(capsys, pictures / "target.png", pictures / "changed.png", "--map", pictures / "maps" / "map.png")
    seen = np.asarray(Image.open(pictures / "maps" / "map.png").convert("RGB")).astype(int)
    height, width, _ = seen.shape
    assert height > width >= 384, "a legend is below"
    yellow = seen[:width, :, 1] - seen[:width, :, 2]  # which the greys of the drawing do not change
    third = width // 3
    assert yellow[-third:, -third:].mean() > yellow[:third, :third].mean() + 20


def test_an_earlier_drawing_tells_what_came_closer_and_what_went_away(capsys, pictures, scene):
    now, earlier = pictures / "now.png", pictures / "earlier.png"
    for file, box in ((now, (0, 64, 32, 96)), (earlier, (64, 64, 96, 96))):
        covered = scene.copy()
        covered.paste((10, 10, 10), box)
        covered.save(file)
    given = (pictures / "target.png", now, "--before", earlier, "--map", pictures / "change.png")
    code, out, _ = run(capsys, *given)
    assert out.splitlines()[-2:] == ["Most different: lower left.", "Came closer: lower right. Went away: lower left."]
    assert code == 0
    seen = np.asarray(Image.open(pictures / "change.png").convert("RGB")).astype(int)[:384]
    violet = seen[:, :, 2] - seen[:, :, 0]  # which the greys of the drawing do not change
    assert violet[-128:, -128:].mean() > 10 > -10 > violet[-128:, :128].mean()
    _, out, _ = run(capsys, *given, "--json")
    assert json.loads(out)["pairs"][0]["changed"] == {"closer": ["lower right"], "away": ["lower left"]}


def test_folders_are_compared_by_name_with_a_progress_bar(capsys, pictures, scene):
    ours, theirs = pictures / "ours", pictures / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    for name in ("a", "b", "only"):
        scene.save(ours / f"{name}.png")
    scene.save(theirs / "a.jpg")
    scene.rotate(180).save(theirs / "b.webp", lossless=True)
    (theirs / "notes.txt").write_text("no picture")
    code, out, err = run(capsys, ours, theirs, "--map", pictures / "maps")
    head, *rows = (line.split() for line in out.splitlines())
    assert head == list(metrics_of("world"))
    assert [row[0] for row in rows] == ["a", "b"]
    assert "comparing: 100%" in err
    assert f"{ours / 'only.png'} has no counterpart in the other folder and is left out." in err
    assert sorted(path.name for path in (pictures / "maps").iterdir()) == ["a.png", "b.png"]
    assert code == 0


def test_one_target_is_compared_with_all_drawings_of_a_folder_and_a_bad_one_takes_no_other_with_it(
    capsys, pictures, scene
):
    drawings = pictures / "drawings"
    drawings.mkdir()
    scene.save(drawings / "same.png")
    scene.rotate(90).save(drawings / "turned.png")
    (drawings / "torn.png").write_bytes((drawings / "same.png").read_bytes()[:200])
    code, out, err = run(capsys, pictures / "target.png", drawings, "--json", "--metrics", "imagehash")
    same, torn, turned = json.loads(out)["pairs"]
    assert same["scores"] == {"imagehash": 0.0}
    assert turned["scores"]["imagehash"] > 0
    assert torn["scores"] == {"imagehash": None}
    assert torn["note"] == f"{drawings / 'torn.png'} cannot be read as a picture: save it as a PNG, JPEG or WebP file."
    assert torn["note"] in err
    assert code == 1
    _, out, _ = run(capsys, pictures / "target.png", drawings, "--metrics", "imagehash")
    assert next(line for line in out.splitlines() if "torn" in line).split(maxsplit=2)[1:] == ["-", "not compared"]


def test_a_drawing_of_another_size_is_resized_and_that_is_said(capsys, pictures, scene):
    large = pictures / "large.png"
    scene.resize((192, 192), Image.Resampling.LANCZOS).save(large)
    code, out, err = run(capsys, pictures / "target.png", large, "--json", "--metrics", "lpips_world")
    assert f"{large} was resized from 192 x 192 to the target's 96 x 96 pixels." in err
    assert json.loads(out)["pairs"][0]["scores"]["lpips_world"] < 0.1
    assert code == 0


@pytest.mark.parametrize(
    ("size", "accepted"), [((192, 191), True), ((48, 49), False), ((31, 21), True), ((31, 19), False)]
)
def test_a_shape_is_the_same_up_to_the_rounding_of_a_pixel(capsys, tmp_path, scene, size, accepted):
    target = (96, 96) if size[0] > 31 else (310, 208)
    scene.resize(target).save(tmp_path / "target.png")
    scene.resize(size).save(tmp_path / "drawing.png")
    code, _, err = run(capsys, tmp_path / "target.png", tmp_path / "drawing.png", "--metrics", "imagehash")
    assert code == (0 if accepted else 2)
    assert ("was resized" in err) == accepted == ("another shape" not in err)


def test_the_readmes_lines_of_python_run(scene, far_scene):
    section = (ASSETS.parent / "README.md").read_text().split("## The metrics")[1]
    names = {"target": scene, "drawings": [scene, far_scene]}
    exec(section.split("```python")[1].split("```")[0], names)
    same, far = names["found"]
    assert list(same.scores.values()) == [0.0, 1.0, 1.0, 0.0]
    assert far.where.mean() > 0.3 > same.where.max() == 0.0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK", "F"])
def test_pictures_of_any_mode_are_converted_or_refused_in_words(capsys, pictures, scene, mode):
    file = pictures / f"mode.{'tiff' if mode in ('CMYK', 'F') else 'png'}"
    if mode == "I;16":
        Image.fromarray(np.asarray(scene.convert("L")).astype(np.uint16) * 257).save(file)
    else:
        scene.convert(mode).save(file)
    code, out, err = run(capsys, pictures / "target.png", file, "--json", "--metrics", "imagehash")
    if mode in ("CMYK", "F"):
        assert code == 2
        assert "save it as" in err
    else:
        assert json.loads(out)["pairs"][0]["scores"]["imagehash"] <= 8


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("target.png", "nowhere.png"), "There is no picture .*nowhere.png"),
        (("nowhere.png", "target.png"), "There is no picture .*nowhere.png"),
        (
            ("target.png", "wide.png"),
            "96 x 48 pixels, which is another shape than the target's 96 x 96: crop one of them",
        ),
        (("target.png", "huge.png"), f"{LARGEST + 1} x 1 pixels, more than {LARGEST} a side: make it smaller"),
        (("folder", "target.png"), "folder is a folder and .* is none: name the target first"),
        (("folder", "folder"), "There is nothing to compare"),
        (("target.png", "twice"), r"a\.jpg and a\.png have the same name: remove one of them"),
        (("target.png", "far.png", "--before", "nowhere.png"), "There is no picture nowhere.png"),
        (("target.png", "pair", "--before", "far.png"), "belongs to one drawing, not to a folder"),
        (
            ("target.png", "far.png", "--map", "map.nothing"),
            r"cannot be written to map\.nothing \(unknown file extension",
        ),
        (
            ("target.png", "far.png", "--map", "/proc/no/map.png"),
            "cannot be written to /proc/no/map.png .*: name a PNG",
        ),
        (("target.png", "far.png", "--metrics", "lpips"), "The profile world has no metric lpips, only lpips_world"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(capsys, pictures, scene, given, words):
    scene.resize((96, 48)).save(pictures / "wide.png")
    Image.new("L", (LARGEST + 1, 1)).save(pictures / "huge.png")
    (pictures / "folder").mkdir()
    for folder in ("twice", "pair"):
        (pictures / folder).mkdir()
    scene.save(pictures / "pair" / "a.png")
    for name in ("a.png", "a.jpg"):
        scene.save(pictures / "twice" / name)
    paths = [pictures / name if place < 2 else name for place, name in enumerate(given)]
    code, out, err = run(capsys, *paths)
    assert code == 2
    assert out == ""
    assert len(err.splitlines()) == 1
    assert re.search(words, err)


def test_the_papers_profile_compares_with_official_weights_where_they_are(
    capsys, pictures, monkeypatch, tmp_path, clip_folder, torch_home, scene, far_scene
):
    for name in ("clip_b32", "clip_l14"):  # which take a gigabyte: here small ones of the same class stand for them
        small = replace(METRICS[name], weights={"paper": str(clip_folder)}, digest=digest_of(clip_folder)[:12])
        monkeypatch.setitem(METRICS, name, small)
    code, out, _ = run(capsys, pictures / "target.png", pictures / "far.png", "--profile", "paper", "--json")
    told = json.loads(out)
    assert list(told["pairs"][0]["scores"]) == ["lpips", "clip_b32", "clip_l14", "imagehash"]
    assert told["metrics"]["lpips"]["conditions"].startswith("SHA-256 of weights 7be5be79+df73285e35b2")
    official = open_metric("lpips", "alex", "cpu")
    assert told["pairs"][0]["scores"]["lpips"] == pytest.approx(
        official.compare(*official.prepare([scene, far_scene])), abs=1e-6
    )
    assert code == 0


def test_official_weights_that_cannot_be_had_are_told_in_a_sentence(capsys, pictures, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    code, _, err = run(capsys, pictures / "target.png", pictures / "far.png", "--profile", "paper")
    assert code == 2
    assert "The AlexNet weights that LPIPS needs could not be loaded" in err
    assert "check the network" in err


def test_a_picture_too_small_for_one_metric_has_the_scores_of_the_others(capsys, caplog, pictures, scene):
    scene.resize((20, 20)).save(pictures / "tiny.png")
    code, out, _ = run(capsys, pictures / "tiny.png", pictures / "tiny.png")
    assert "Perceptual Similarity needs pictures of 32 pixels a side" in caplog.text
    assert [line.split()[1] for line in out.splitlines()[:4]] == ["-", "1.000", "1.000", "0"]
    assert code == 0
