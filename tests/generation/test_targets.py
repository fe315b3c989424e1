import json
import os
from random import Random

import pytest
from PIL import Image

from refine.generation.generator import Drawing, GenerationError
from refine.generation.targets import TargetPrompt, draw_targets, read_prompts
from refine.protocol import DrawingSettings, Provenance, pixel_hash
from refine.storage.targets import load_targets

PROMPTS = [
    TargetPrompt(f"animals-{i:02d}", "animals", f"a cat and {i} dögs", grade)
    for i, grade in enumerate(("easy", "hard", ""))
]


class Painter:
    """Paints noise seeded by prompt and seed, and gives up after `patience` pictures."""

    def __init__(self, seed=1, patience=100):
        self.settings = DrawingSettings("painter", "1", seed, 10, 5.0, 32, 32)
        self.patience = patience
        self.drawn = []

    def draw(self, prompt, progress):
        if len(self.drawn) == self.patience:
            raise GenerationError("tired")
        self.drawn.append(prompt)
        noise = Random(f"{prompt}{self.settings.seed}").randbytes(32 * 32 * 3)
        provenance = Provenance(self.settings, "uint8", "cpu", {})
        return Drawing(Image.frombytes("RGB", (32, 32), noise), "", 0.0, provenance)


def test_the_study_reads_what_was_drawn(tmp_path):
    draw_targets(Painter(), PROMPTS, tmp_path / "new" / "folder")
    found = load_targets(tmp_path / "new" / "folder")
    assert [(t.id, t.subject, t.prompt) for t in found.targets.values()] == [
        (p.id, p.subject, p.prompt) for p in PROMPTS
    ]
    assert [t.grade for t in found.targets.values()] == [p.grade for p in PROMPTS] == ["easy", "hard", ""]
    expected = Painter().draw(PROMPTS[1].prompt, None).picture
    assert pixel_hash(found.picture("animals-01")) == pixel_hash(expected)
    assert sorted(file.name for file in (tmp_path / "new" / "folder").iterdir()) == [
        "animals-00.png",
        "animals-01.png",
        "animals-02.png",
        "drawing.json",
        "targets.json",
    ]


def test_an_interrupted_run_is_no_set_of_targets_and_goes_on_where_it_stopped(tmp_path):
    with pytest.raises(GenerationError, match="tired"):
        draw_targets(Painter(patience=2), PROMPTS, tmp_path)
    assert not (tmp_path / "targets.json").exists()
    painter = Painter()
    draw_targets(painter, PROMPTS, tmp_path)
    assert painter.drawn == [PROMPTS[2].prompt]
    assert len(load_targets(tmp_path).targets) == 3


@pytest.mark.parametrize("damage", ["cut", "other", "missing", "header"])
def test_only_what_is_missing_or_damaged_is_drawn_again(tmp_path, damage):
    draw_targets(Painter(), PROMPTS, tmp_path)
    file = tmp_path / "animals-01.png"
    if damage == "cut":
        os.truncate(file, file.stat().st_size // 2)
    elif damage == "other":
        Image.new("RGB", (32, 32)).save(file)
    elif damage == "header":
        file.write_bytes(file.read_bytes()[:8] + b"?" * 100)
    else:
        file.unlink()
    painter = Painter()
    draw_targets(painter, PROMPTS, tmp_path)
    assert painter.drawn == [PROMPTS[1].prompt]
    load_targets(tmp_path)


def test_a_changed_prompt_is_drawn_and_a_dropped_one_leaves_the_list(tmp_path):
    draw_targets(Painter(), PROMPTS, tmp_path)
    painter = Painter()
    draw_targets(painter, [TargetPrompt("animals-00", "animals", "a horse"), PROMPTS[2]], tmp_path)
    assert painter.drawn == ["a horse"]
    assert [target.prompt for target in load_targets(tmp_path).targets.values()] == [
        "a horse",
        PROMPTS[2].prompt,
    ]


def test_targets_of_other_settings_are_never_mixed_or_overwritten(tmp_path):
    draw_targets(Painter(seed=1), PROMPTS, tmp_path)
    before = (tmp_path / "targets.json").read_bytes()
    with pytest.raises(GenerationError, match="drawn otherwise"):
        draw_targets(Painter(seed=2), PROMPTS, tmp_path)
    (tmp_path / "drawing.json").unlink()
    with pytest.raises(GenerationError, match="drawn otherwise"):
        draw_targets(Painter(seed=1), PROMPTS, tmp_path)
    assert (tmp_path / "targets.json").read_bytes() == before


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GenerationError, match="could not be written"):
        draw_targets(Painter(), PROMPTS, tmp_path / "file")


@pytest.mark.parametrize("content", [None, "{", "[1]", '[{"id": "a", "subject": "b"}]'])
def test_unreadable_prompts(tmp_path, content):
    file = tmp_path / "prompts.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(GenerationError, match="cannot be read"):
        read_prompts(file)


def test_our_own_prompts_for_the_paper_profile():
    from refine.profiles import PROFILES

    prompts = read_prompts(PROFILES["paper"].prompts)
    subjects = [prompt.subject for prompt in prompts]
    assert len(prompts) == len({prompt.id for prompt in prompts}) == len({prompt.prompt for prompt in prompts}) == 100
    assert sorted(subjects.count(subject) for subject in set(subjects)) == [20] * 5
    assert all(8 <= len(prompt.prompt.split()) <= 20 for prompt in prompts)
    assert all(json.dumps(prompt.prompt).isascii() and prompt.id.replace("-", "").isalnum() for prompt in prompts)
