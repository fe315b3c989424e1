import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from refine.cli.generation import main
from refine.configuration import drawing_settings, open_journal, targets_folder
from refine.generation.pipeline import PipelineGenerator
from refine.generation.redraw import compare
from refine.profiles import PROFILES
from refine.protocol import Iteration, Protocol, Session, Trial, fixed_rounds
from refine.settings import read_settings
from refine.storage.journal.journal import Request
from refine.storage.pictures.folder import Pictures, png
from refine.storage.targets import load_targets


def noise(size=(100, 100)):
    return np.random.default_rng(0).integers(1, 255, (*size, 3), dtype=np.uint8)


def test_verdicts():
    pixels = noise()
    same = compare(Image.fromarray(pixels), Image.fromarray(pixels))
    assert (same.verdict, same.differing, same.largest, same.values) == ("identical", 0, 0, 30_000)
    pixels_rounded = pixels.copy()
    pixels_rounded[0, :10] += 1
    rounded = compare(Image.fromarray(pixels), Image.fromarray(pixels_rounded))
    assert (rounded.verdict, rounded.differing, rounded.largest) == ("same up to rounding", 30, 1)
    pixels_rounded[1, 0, 0] += 1
    assert compare(Image.fromarray(pixels), Image.fromarray(pixels_rounded)).verdict == "different"
    far = pixels.copy()
    far[0, 0, 0] = 255 - far[0, 0, 0] if far[0, 0, 0] != 127 else 0
    assert compare(Image.fromarray(pixels), Image.fromarray(far)).verdict == "different"
    assert compare(Image.fromarray(pixels), Image.fromarray(noise((50, 100)))).verdict == "different"


@pytest.fixture
def journal_of_one(tmp_path, monkeypatch):
    """Keeps one iteration, drawn small by the embedded weights, in a data folder of its own."""
    for name, value in {"DATA_DIR": tmp_path, "SIZE": 64, "STEPS": 2}.items():
        monkeypatch.setenv(f"REFINE_{name}", str(value))
    settings = read_settings()
    journal, pictures = open_journal(settings), Pictures(settings.data_dir / "pictures")
    drawing = PipelineGenerator(PROFILES["world"].pipeline, drawing_settings(settings)).draw("a cat", lambda done: None)
    now = datetime.now(UTC)
    protocol = Protocol("world", 1, fixed_rounds(2), ("no_scores",), drawing_settings(settings), ("imagehash",))
    trial = Trial("t", "s", 1, "target", (1, 2))

    def keep(provenance=drawing.provenance, picture=drawing.picture):
        journal.add_protocol(protocol)
        journal.add_session(
            Session("s", "hash", "code", protocol.hash, "no_scores", "1", now, trials=(trial,)),
        )
        journal.ask(Request("t", 1, "a cat", now))
        kept = pictures.add(png(picture))
        journal.add_iteration(Iteration("i", "t", 1, "a cat", "", kept, {}, 0.1, 0.1, now, now, provenance))

    return drawing, keep


def test_redraw_gives_the_same_pixels(journal_of_one, capsys, monkeypatch):
    _, keep = journal_of_one
    keep()
    # The settings of the day do not matter: the iteration's own do.
    monkeypatch.setenv("REFINE_SEED", "7")
    assert main(["redraw", "i"]) == 0
    assert capsys.readouterr().out == "identical: 0 of 12,288 values differ, by at most 0 of 255\n"


def test_redraw_tells_a_difference_and_the_circumstances(journal_of_one, capsys):
    drawing, keep = journal_of_one
    keep(
        provenance=replace(drawing.provenance, versions={"torch": "1.0"}),
        picture=drawing.picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    )
    assert main(["redraw", "i"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("different: ")
    assert "drawn then: edition-2, float32 on cpu, torch 1.0\n" in said
    assert "drawn now:  edition-2, float32 on cpu, diffusers" in said


def test_redraw_of_what_cannot_be_drawn(journal_of_one, capsys):
    drawing, keep = journal_of_one
    unknown = replace(drawing.provenance.settings, model="someone/else")
    keep(provenance=replace(drawing.provenance, settings=unknown))
    assert main(["redraw", "j"]) == 1
    assert "no iteration 'j'" in capsys.readouterr().err
    assert main(["redraw", "i"]) == 1
    assert "drawn by someone/else, which no profile has" in capsys.readouterr().err


def test_wrong_setting(monkeypatch, capsys):
    monkeypatch.setenv("REFINE_SIZE", "many")
    assert main(["targets"]) == 2
    assert "REFINE_SIZE" in capsys.readouterr().err


def test_targets_command_draws_into_the_folder_where_the_study_looks(tmp_path, monkeypatch, capsys):
    for name, value in {"DATA_DIR": tmp_path, "SIZE": 64, "STEPS": 1}.items():
        monkeypatch.setenv(f"REFINE_{name}", str(value))
    few = tmp_path / "prompts.json"
    few.write_text(json.dumps([{"id": f"a-{i}", "subject": "a", "prompt": f"{i} cats"} for i in range(3)]))
    monkeypatch.setitem(PROFILES, "world", replace(PROFILES["world"], prompts=few))
    assert main(["targets", "--profile", "world"]) == 0
    folder = targets_folder(read_settings())
    assert list(load_targets(folder).targets) == ["a-0", "a-1", "a-2"]
    assert str(folder) in capsys.readouterr().out
    assert main(["targets", "--out", str(tmp_path / "elsewhere")]) == 0
    assert (tmp_path / "elsewhere" / "a-2.png").read_bytes() == (folder / "a-2.png").read_bytes()
