"""The model card of a world: what it is, where it comes from, how well it does.

Knows: where words and figures are. Does not know: how figures were measured; none is written by hand.
"""

import json
from pathlib import Path

from refine.world.backgrounds import SIDE
from refine.world.pipeline import GUIDANCE, SEED, STEPS
from refine.world.tokenizer import LENGTH
from refine.world.vocabulary import BACKGROUNDS, OBJECTS

TEXT = Path(__file__).with_name("card.md")


def write(assets: Path) -> None:
    """Write `README.md` from the figures of `checks.json` and the words of `EDITION.md`, both in `assets`."""
    weights = (assets / "pipeline").rglob("*.safetensors")
    text = TEXT.read_text().format(
        # Two bytes a parameter.
        millions=sum(file.stat().st_size for file in weights) / 2e6,
        side=SIDE,
        length=LENGTH,
        seed=SEED,
        steps=STEPS,
        guidance=f"{GUIDANCE:g}",
        objects=len(OBJECTS),
        backgrounds=len(BACKGROUNDS),
        edition=(assets / "EDITION.md").read_text().strip(),
        **json.loads((assets / "checks.json").read_text()),
    )
    (assets / "README.md").write_text(text)
