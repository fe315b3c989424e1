import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from refine.generation.generator import GenerationError
from refine.generation.pipeline import PipelineGenerator
from refine.protocol import pixel_hash
from tests.generation.conftest import SETTINGS


@pytest.fixture(scope="module")
def generator(checkpoint):
    return PipelineGenerator(checkpoint, SETTINGS)


def ignore(done):
    pass


def test_same_prompt_gives_same_pixels_whatever_the_threads_and_the_process_drew_before(generator, checkpoint):
    first = generator.draw("a cat", ignore)
    other = generator.draw("a dog", ignore)
    again = PipelineGenerator(checkpoint, SETTINGS)
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        repeated = again.draw("a cat", ignore)
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
    assert pixel_hash(first.picture) == pixel_hash(repeated.picture)
    assert pixel_hash(first.picture) != pixel_hash(other.picture)


def test_drawing_is_what_the_bare_pipeline_draws(generator, checkpoint):
    from diffusers import StableDiffusion3Pipeline

    bare = StableDiffusion3Pipeline.from_pretrained(checkpoint, text_encoder_3=None, tokenizer_3=None)
    picture = bare(
        "a cat",
        num_inference_steps=SETTINGS.steps,
        max_sequence_length=bare.tokenizer_max_length,
        guidance_scale=SETTINGS.guidance_scale,
        width=SETTINGS.width,
        height=SETTINGS.height,
        generator=torch.Generator("cpu").manual_seed(SETTINGS.seed),
    ).images[0]
    ours = generator.draw("a cat", ignore).picture
    # The bare pipeline may use several threads, and round otherwise.
    assert np.abs(np.asarray(ours, dtype=int) - np.asarray(picture, dtype=int)).max() <= 1


def test_weights_may_say_how_many_zeros_they_were_trained_with(generator, checkpoint, tmp_path):
    from diffusers import StableDiffusion3Pipeline

    folder = tmp_path / "weights"
    shutil.copytree(checkpoint, folder)
    (folder / "drawing.json").write_text('{"max_sequence_length": 1}')
    ours = PipelineGenerator(folder, SETTINGS).draw("a cat", ignore).picture
    bare = StableDiffusion3Pipeline.from_pretrained(folder, text_encoder_3=None, tokenizer_3=None)
    picture = bare(
        "a cat",
        num_inference_steps=SETTINGS.steps,
        max_sequence_length=1,
        guidance_scale=SETTINGS.guidance_scale,
        width=SETTINGS.width,
        height=SETTINGS.height,
        generator=torch.Generator("cpu").manual_seed(SETTINGS.seed),
    ).images[0]
    assert np.abs(np.asarray(ours, dtype=int) - np.asarray(picture, dtype=int)).max() <= 1
    assert pixel_hash(ours) != pixel_hash(generator.draw("a cat", ignore).picture)


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"max_sequence_length": 0}', '{"max_sequence_length": "many"}'])
def test_a_number_of_zeros_that_is_none_is_told(checkpoint, tmp_path, said):
    folder = tmp_path / "weights"
    shutil.copytree(checkpoint, folder)
    (folder / "drawing.json").write_text(said)
    with pytest.raises(GenerationError, match=r"drawing\.json"):
        PipelineGenerator(folder, SETTINGS)


@pytest.mark.parametrize("changed", [{"seed": 1}, {"steps": 4}, {"guidance_scale": 2.0}])
def test_each_setting_matters(generator, checkpoint, changed):
    other = PipelineGenerator(checkpoint, replace(SETTINGS, **changed))
    assert pixel_hash(generator.draw("a cat", ignore).picture) != pixel_hash(other.draw("a cat", ignore).picture)


def test_progress_never_falls_and_ends_at_one(generator):
    seen = []
    generator.draw("a cat", seen.append)
    assert seen == sorted(set(seen))
    assert len(seen) == SETTINGS.steps + 1
    assert 0 < seen[0] < seen[-1] == 1


def test_picture_size_and_provenance(checkpoint):
    settings = replace(SETTINGS, width=64, height=32)
    drawing = PipelineGenerator(checkpoint, settings).draw("a cat", ignore)
    assert drawing.picture.size == (64, 32)
    assert drawing.picture.mode == "RGB"
    assert drawing.provenance.settings == settings
    assert (drawing.provenance.dtype, drawing.provenance.device) == ("float32", "cpu")
    assert set(drawing.provenance.versions) == {"torch", "diffusers", "transformers"}
    assert drawing.seconds > 0


@pytest.mark.parametrize(
    "prompt",
    [
        "🐱🎉👨‍👩‍👧",
        "חתול גדול על הדשא",
        "قطة",
        "大きな猫",
        "<b>cat</b> **dog** &amp;",
        "<|endoftext|>",
        ".",
        "é" * 2000,
    ],
)
def test_any_script_is_drawn(generator, prompt):
    assert generator.draw(prompt, ignore).picture.size == (64, 64)


def test_end_of_a_long_prompt_is_reported(generator):
    assert generator.draw("cat " * 14 + "dog, dog", ignore).unread == "dog, dog"
    assert generator.draw("cat " * 14, ignore).unread == ""


@pytest.mark.parametrize("side", [66, 1024])
def test_size_that_the_weights_cannot_draw(checkpoint, side):
    with pytest.raises(GenerationError, match="multiples of 8, up to 512"):
        PipelineGenerator(checkpoint, replace(SETTINGS, width=side, height=side))


def test_third_text_encoder_is_left_out(own_checkpoint):
    index = own_checkpoint / "model_index.json"
    with_t5 = index.read_text().replace(
        '"text_encoder_3": [\n    null,\n    null\n  ]',
        '"text_encoder_3": ["transformers", "T5EncoderModel"]',
    )
    assert "T5EncoderModel" in with_t5
    index.write_text(with_t5)
    # Its folder is not there, so this would fail if it were loaded.
    assert PipelineGenerator(own_checkpoint, SETTINGS).draw("a cat", ignore).picture.size == (64, 64)


SHORT_OF_MEMORY = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from refine.generation.generator import GenerationError
from refine.generation.pipeline import PipelineGenerator
from tests.generation.conftest import SETTINGS

small = PipelineGenerator(Path(sys.argv[1]), SETTINGS)
small.draw("a cat", lambda done: None)
large = PipelineGenerator(Path(sys.argv[1]), replace(SETTINGS, width=256, height=256))
taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken, resource.RLIM_INFINITY))
try:
    large.draw("a cat", lambda done: None)
except GenerationError as fault:
    print(fault)
"""


def test_memory_that_runs_out_is_told(checkpoint):
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY, checkpoint], capture_output=True, text=True, timeout=120
    )
    assert done.stdout == ("Too little memory to draw. Close other programs that use it, or use a larger machine.\n"), (
        done.stderr
    )
