"""Latents in layers: a facet changes its own numbers and no others, and different pictures have different latents."""

import random

import numpy as np
import pytest

from refine.world3.models.layers import AT, CHANNELS, Layers
from refine.world3.models.obedience import judge
from refine.world3.models.reading import read_layers
from refine.world3.scenes.description import Description, Ground, Thing
from refine.world3.scenes.layout import arrange
from refine.world3.scenes.sampling import sample_crowd, sample_description
from refine.world3.scenes.variations import vary

OF_A_THING = {"object", "part", "size", "pose", "colour", "texture"}
LAYERS_OF = {
    **dict.fromkeys(("place", "size", "number"), OF_A_THING),
    "object": {"object"},
    "pose": {"pose", "part"},
    "colour": {"colour"},
    "frame": {"colour"},
    "texture": {"texture"},
    "ground": {"kind", "first", "second"},
    "light": {"first"},
    "weather": {"weather"},
    "style": {"style"},
}


def test_a_facet_changes_its_own_layers_only(layers):
    rng, seen = random.Random(1), set()
    for _ in range(200):
        description, boxes = sample_description(rng)
        facet, changed = vary(description, boxes, rng)
        before, after = layers.encode(description, boxes), layers.encode(changed, arrange(changed.things))
        touched = {name for name, part in AT.items() if np.abs(before[part] - after[part]).max() > 1e-6}
        assert touched and touched <= LAYERS_OF[facet], facet
        seen.add(facet)
    assert seen == set(LAYERS_OF)


def test_cells_without_a_thing_hold_no_object(layers):
    description = Description((Thing("cat", place=(0, 0), size="small"),), Ground("plain", "red"))
    grid = layers.encode(description, arrange(description.things))
    assert grid.shape == (CHANNELS, 16, 16) and grid.dtype == np.float32
    there = np.abs(grid[AT["object"]]).max(0) > 0
    assert there[1:5, 1:5].all() and there.sum() == 16


def test_each_cell_of_a_thing_says_which_part_of_it_it_is(layers):
    description = Description((Thing("cat", 2, place=(1, 1), size="small"),))
    (box,) = boxes = arrange(description.things)
    part = layers.encode(description, boxes)[AT["part"]]
    top, left = box.top // 16, box.lefts[0] // 16
    first, second = part[:, top : top + 4, left : left + 4], part[:, top : top + 4, left + 4 : left + 8]
    assert np.array_equal(first, second)
    apart = [np.abs(first[:, i, j] - first[:, k, n]).max() for i, j, k, n in np.ndindex(4, 4, 4, 4) if (i, j) != (k, n)]
    assert min(apart) > 0.5


def test_codes_are_kept_exactly_and_no_two_objects_have_nearly_the_same(layers, tmp_path):
    layers.save(tmp_path / "layers.safetensors")
    again = Layers.load(tmp_path / "layers.safetensors")
    assert np.array_equal(layers.objects, again.objects)
    assert np.allclose(np.linalg.norm(layers.objects, axis=1), 4, atol=1e-4)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_what_is_encoded_is_read_again(layers, noise):
    rng, chance = random.Random(5), np.random.default_rng(5)
    for _ in range(60):
        description, boxes = sample_description(rng)
        latents = layers.encode(description, boxes)
        read = read_layers(latents + noise * chance.normal(size=latents.shape), layers)
        for facet, right in judge(description, boxes, read).items():
            assert not any(right) if facet == "not asked for" else all(right), (facet, description)


def test_a_crowd_fills_the_picture_and_keeps_clear_of_the_border(layers):
    rng = random.Random(6)
    for _ in range(20):
        grid = layers.encode(*sample_crowd(rng))
        there = np.abs(grid[AT["object"]]).max(0) > 0
        assert there.sum() > 90
        assert not (there[0].any() or there[-1].any() or there[:, 0].any() or there[:, -1].any())


def test_layers_have_about_the_spread_of_the_noise(layers):
    rng = random.Random(4)
    grids = np.stack([layers.encode(*sample_description(rng)) for _ in range(100)])
    for name, part in AT.items():
        assert 0.05 < np.sqrt((grids[:, part] ** 2).mean()) < 1.5, name
