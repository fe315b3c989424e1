"""The table of profiles: which weights draw, which metrics compare, which targets are shown.

Knows: names and places of weights. Does not know: how they are loaded. No other module asks which profile runs.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from refine.metrics import metrics_of
from refine.protocol import DrawingSettings

ASSETS = Path(__file__).resolve().parent.parent / "assets"

ProfileName = Literal["world", "paper"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A row of the table.

    `pipeline` is a folder or a Hub id with a `StableDiffusion3Pipeline`; `drawing` are its settings unless the
    environment says otherwise, and those that `targets` was drawn with.
    `metrics` gives for each metric id where its weights are: a folder or file, a name the metric's own library
    knows, or `None` if it has none. `targets` is a folder drawn beforehand, `prompts` what to draw them from.
    `vocabulary` lists the words that the model knows, one a line; `None` if it is not known where its knowledge ends.
    """

    description: str
    pipeline: str
    drawing: DrawingSettings
    metrics: dict[str, str | None]
    targets: Path | None
    prompts: Path
    vocabulary: Path | None = None


def _as_in_the_paper(model: str, revision: str, size: int) -> DrawingSettings:
    return DrawingSettings(model, revision, seed=1029, steps=10, guidance_scale=5.0, width=size, height=size)


PROFILES: dict[ProfileName, Profile] = {
    "world": Profile(
        description="the embedded world: our own small weights, no GPU, no network, no token",
        pipeline=str(ASSETS / "world" / "pipeline"),
        drawing=_as_in_the_paper("thousand-prompts/world", "edition-2", 256),
        metrics=metrics_of("world"),
        targets=ASSETS / "world" / "targets",
        prompts=ASSETS / "world" / "targets" / "targets.json",
        vocabulary=ASSETS / "world" / "vocabulary.txt",
    ),
    "paper": Profile(
        description="the weights of arXiv 2504.20340: SD3 medium and the official metrics; a GPU and a Hub token",
        pipeline="stabilityai/stable-diffusion-3-medium-diffusers",
        drawing=_as_in_the_paper("stabilityai/stable-diffusion-3-medium-diffusers", "main", 1024),
        metrics=metrics_of("paper"),
        targets=None,
        prompts=ASSETS / "paper" / "prompts.json",
    ),
}
