"""The model card of a world: what it is, where it comes from, how well it does.

Knows: where words and figures are. Does not know: how figures were measured; none is written by hand.
"""

import json
from pathlib import Path

from refine.world3.checks.check import AIMS
from refine.world3.models.pipeline import DRAWING_SEED, GUIDANCE, STEPS, TARGET_SEED
from refine.world3.models.transformer import ABSENT_TOKENS
from refine.world3.scenes.description import SIDE
from refine.world3.scenes.objects import OBJECTS
from refine.world3.scenes.palette import COLOURS
from refine.world3.words.tokenizer import LENGTH

TEXT = Path(__file__).with_name("card.md")


def write(assets: Path) -> None:
    """Write `README.md` from the figures of `checks.json` and the words of `EDITION.md`, both in `assets`."""
    weights = (assets / "pipeline").rglob("*.safetensors")
    figures = json.loads((assets / "checks.json").read_text())
    text = TEXT.read_text().format(
        # Two bytes a parameter.
        millions=sum(file.stat().st_size for file in weights) / 2e6,
        side=SIDE,
        length=LENGTH,
        absent=ABSENT_TOKENS,
        colours=len(COLOURS),
        seed=DRAWING_SEED,
        target_seed=TARGET_SEED,
        steps=STEPS,
        guidance=f"{GUIDANCE:g}",
        objects=len(OBJECTS),
        edition=(assets / "EDITION.md").read_text().strip(),
        captions=f"{figures['captions']:g}",
        table=_table(figures),
        autoencoder=figures["psnr_autoencoder"],
        drawing=figures["psnr_drawing"],
    )
    (assets / "README.md").write_text(text)


def _table(figures: dict[str, float]) -> str:
    """Figures and aims as rows of a Markdown table."""
    return "\n".join(f"| {name} | {figures[name]:.3f} | {aim:g} |" for name, aim in AIMS.items())
