"""All stages from artwork to targets on a tiny budget: each finishes, keeps what it made, and the next finds it."""

import json
from functools import partial

import pytest

from refine.world3 import __main__ as command
from refine.world3 import stages, targets
from refine.world3.models import pipeline
from refine.world3.scenes.artwork import PACKAGE
from refine.world3.scenes.objects import OBJECTS
from refine.world3.stages import STAGES, Build, run
from refine.world3.training.perceptual import fit_heads
from refine.world3.words import tokenizer

BLINK = 0.001


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """A build whose icons are discs, so that nothing is fetched."""
    work = tmp_path_factory.mktemp("work")
    icons = work / "artwork" / "node_modules" / PACKAGE / "icons.json"
    icons.parent.mkdir(parents=True)
    discs = {
        thing.artwork: {"body": f'<circle cx="16" cy="16" r="{6 + number % 10}" fill="#{number * 99991 % 2**24:06x}"/>'}
        for number, thing in enumerate(OBJECTS.values())
    }
    icons.write_text(json.dumps({"icons": discs, "width": 32, "height": 32}))
    return Build(work, tmp_path_factory.mktemp("assets"), seed=1, minutes=BLINK, batch=2, jobs=2)


@pytest.fixture(scope="module")
def made(build):
    with pytest.MonkeyPatch.context() as patch:
        # As in all stages less is learned from, not something else.
        patch.setattr(stages, "fit_heads", partial(fit_heads, triplets=24))
        patch.setattr(tokenizer, "learn", partial(tokenizer.learn, captions=300, size=900))
        for stage in STAGES:
            if stage != "targets":
                run(build, stage)
    return build


def test_every_stage_leaves_what_the_study_loads(made):
    for name in (
        "vocabulary.txt",
        "layers.safetensors",
        "probe.safetensors",
        "cells.safetensors",
        "pipeline/model_index.json",
    ):
        assert (made.assets / name).exists(), name
    for name in ("lpips/lpips.safetensors", "clip_b32/open_clip_model.safetensors", "clip_l14/open_clip_config.json"):
        assert (made.assets / "metrics" / name).exists(), name
    picture = pipeline.draw(pipeline.load(made.assets / "pipeline"), "a cat")
    assert picture.size == (256, 256)


def test_a_world_that_was_hardly_trained_has_no_targets(made, monkeypatch):
    monkeypatch.setattr(targets, "SUBJECTS", ("animals",))
    monkeypatch.setattr(targets, "EACH", 3)
    with pytest.raises(RuntimeError, match="train for longer"):
        run(made, "targets")


def test_a_finished_stage_returns_at_once_and_a_new_world_grows_from_an_old_one(made, tmp_path):
    before = (made.assets / "pipeline" / "transformer" / "config.json").stat().st_mtime_ns
    run(made, "decoder")
    assert (made.assets / "pipeline" / "transformer" / "config.json").stat().st_mtime_ns == before
    grown = Build(tmp_path / "work", tmp_path / "assets", 2, BLINK, start=made.assets, batch=2)
    grown.work.mkdir()
    (grown.work / "artwork").symlink_to(made.work / "artwork")
    for stage in ("tokenizer", "layers", "cells", "decoder"):
        run(grown, stage)
    assert not (grown.work / "cells.pt").exists()
    assert (grown.assets / "layers.safetensors").read_bytes() == (made.assets / "layers.safetensors").read_bytes()


def test_the_command_tells_its_stages(capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["--help"])
    assert stop.value.code == 0
    assert "transformer" in capsys.readouterr().out


def test_an_unknown_stage_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(["paint"])
    assert stop.value.code == 2
