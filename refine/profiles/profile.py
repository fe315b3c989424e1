"""What a profile is: which weights draw, which metrics compare, which targets are shown.

Knows: the form of a profile. Does not know: any one of them.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from refine.protocol import DrawingSettings


@dataclass(frozen=True, slots=True)
class Profile:
    """Names and places of weights.

    `pipeline` is a folder or a Hub id with a `StableDiffusion3Pipeline`; `drawing` are its settings unless the
    environment says otherwise, and those that `targets` was drawn with, but for `target_seed`, if there is one.
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
    target_seed: int | None = None

    @property
    def target_drawing(self) -> DrawingSettings:
        """The settings that `targets` was drawn with."""
        return self.drawing if self.target_seed is None else replace(self.drawing, seed=self.target_seed)


def as_in_the_paper(model: str, revision: str, size: int) -> DrawingSettings:
    """The paper's seed, steps and guidance, for a model at its revision that draws `size` x `size` pixels."""
    return DrawingSettings(model, revision, seed=1029, steps=10, guidance_scale=5.0, width=size, height=size)
