"""Latents in layers: a facet changes its own numbers and no others, and different pictures have different latents."""

import random

import numpy as np
import pytest

from refine.world3.description import Description, Ground, Thing
from refine.world3.layers import CHANNELS, COLOUR, GROUND, SPRITE, STYLE, TEXTURE, WEATHER, Layers
from refine.world3.layout import arrange
from refine.world3.sampling import sample_description
from refine.world3.variations import vary

PARTS = {}
_at = 0
for _name, _size in (
    ("sprite", SPRITE),
    ("colour", COLOUR),
    ("texture", TEXTURE),
    ("ground", GROUND),
    ("weather", WEATHER),
    ("style", STYLE),
):
    PARTS[_name] = slice(_at, _at + _size)
    _at += _size
LAYER_OF = {
    **{facet: {"sprite"} for facet in ("object", "pose")},
    **{facet: {"sprite", "colour", "texture"} for facet in ("place", "size", "number")},
    "colour": {"colour"},
    "frame": {"colour"},
    "texture": {"texture"},
    "ground": {"ground"},
    "light": {"ground"},
    "weather": {"weather"},
    "style": {"style"},
}


def test_a_facet_changes_its_own_layer_only(layers):
    rng, seen = random.Random(1), set()
    for _ in range(200):
        description, boxes = sample_description(rng)
        facet, changed = vary(description, boxes, rng)
        before, after = layers.encode(description, boxes), layers.encode(changed, arrange(changed.things))
        touched = {name for name, part in PARTS.items() if np.abs(before[part] - after[part]).max() > 1e-6}
        assert touched and touched <= LAYER_OF[facet], facet
        seen.add(facet)
    assert seen == set(LAYER_OF)


def test_cells_without_a_thing_hold_no_sprite(layers):
    description = Description((Thing("cat", place=(0, 0), size="small"),), Ground("plain", "red"))
    grid = layers.encode(description, arrange(description.things))
    assert grid.shape == (CHANNELS, 16, 16) and grid.dtype == np.float32
    there = np.abs(grid[PARTS["sprite"]]).max(0) > 0
    assert there[1:5, 1:5].all() and there.sum() == 16


def test_components_are_kept_exactly(layers, sprites, tmp_path):
    layers.save(tmp_path / "layers.safetensors")
    again = Layers.load(tmp_path / "layers.safetensors", sprites)
    description, boxes = sample_description(random.Random(3))
    assert np.array_equal(layers.encode(description, boxes), again.encode(description, boxes))


@pytest.mark.parametrize("part", ["sprite", "ground"])
def test_layers_have_about_the_spread_of_the_noise(part, layers):
    rng = random.Random(4)
    grids = np.stack([layers.encode(*sample_description(rng)) for _ in range(100)])
    assert 0.2 < np.sqrt((grids[:, PARTS[part]] ** 2).mean()) < 3
