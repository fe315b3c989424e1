"""Metrics of image similarity: everything that is known about each without running it.

Knows: ids, words, directions, ranges, weights by profile, how pictures are resized, which class compares. Does not know: how
a metric works (similarity), or anything that is made from these declarations: protocol, columns, card, labels, simulated scores.

To add a metric, write its class in a file of `refine.similarity` and declare it here: one line in `METRICS`. An id stands for
one metric with one set of weights, so that scores of two sets are never mixed up in the data.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from refine import ASSETS

UNTOLD = {"told": False}
"""Marks what reports do not tell of a declaration."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """How simulated raw scores look: what is usual, and how much one deviation of similarity changes it."""

    usual: float
    deviation: float


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """The declaration of a metric.

    `direction` is +1 if a larger raw value means more similar, -1 if less. `lowest` and `highest` bound the raw value
    (`None`: unbounded). `explanation` is one sentence for a layman, `measures` says for the dataset what a raw value is, and
    `unit` in a word (`distance`, `cosine`, `count`, ...). Raw values are shown with `decimals`; one with none is a whole
    number. `paper` is the id of the metric in the paper that it is, or stands for. `credit` names what compares, with its
    licence. `weights` says by profile where the weights are (`None`: it has none): a metric belongs to the profiles named
    there, if `by_choice` only where a study names it. `opened_by` is the class that compares, `module:Class`.

    What a raw value depends on besides the two pictures is in `conditions`: `digest`, the first digits of the SHA-256 of the
    weights (of a folder: what `sha256sum * | sha256sum` says there; joined by `+` where there are two files), and `resampling`,
    what is done to a picture first (empty: nothing, it is compared at its own size). Each side needs `least` pixels.
    `apart` is what the metric's map of differences has between unrelated pictures, on average (`None`: it has no map).

    Raises `ValueError` if simulated scores would lie outside the range.
    """

    id: str
    label: str
    direction: Literal[1, -1]
    lowest: float | None
    highest: float | None
    explanation: str
    measures: str = ""
    unit: str = "score"
    decimals: int = 3
    paper: str | None = None
    credit: str = ""
    # How it is run and imitated is no result: neither compared nor told.
    simulated: Simulated = field(default=Simulated(0.0, 1.0), compare=False, metadata=UNTOLD)
    digest: str = field(default="", compare=False, metadata=UNTOLD)
    resampling: str = field(default="", compare=False, metadata=UNTOLD)
    least: int = field(default=1, compare=False, metadata=UNTOLD)
    apart: float | None = field(default=None, compare=False, metadata=UNTOLD)
    by_choice: bool = field(default=False, compare=False, metadata=UNTOLD)
    weights: Mapping[str, str | None] = field(default_factory=dict, compare=False, metadata=UNTOLD)
    opened_by: str = field(default="", compare=False, metadata=UNTOLD)

    def __post_init__(self) -> None:
        lowest, highest = self.bounds
        if not lowest <= self.simulated.usual <= highest:
            raise ValueError(
                f"Metric {self.id}: simulated scores of about {self.simulated.usual} are out of its range."
            )

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest raw value; infinite where there is no bound."""
        return (
            -math.inf if self.lowest is None else self.lowest,
            math.inf if self.highest is None else self.highest,
        )

    def within(self, value: float) -> float:
        """The raw value, or the end of the range that it lies beyond, as ends of intervals may."""
        lowest, highest = self.bounds
        return min(max(value, lowest), highest)

    def orient(self, value: float) -> float:
        """The value with its sign changed where needed, so that larger always means more similar."""
        return self.direction * value

    @property
    def stands_in(self) -> bool:
        """Whether it stands for a metric of the paper with weights other than the paper's."""
        return self.paper is not None and self.paper != self.id

    @property
    def better(self) -> str:
        """Which of two raw values means more similar."""
        return "larger" if self.direction > 0 else "smaller"

    @property
    def column(self) -> str:
        """What its column of the dataset means."""
        return (
            f"{self.measures} ({self.conditions}); {self._range}, {self.better} is more similar; missing if the study does not "
            "compare with it, or it failed"
        )

    @property
    def conditions(self) -> str:
        """What a raw value depends on besides the two pictures, in words: part of the protocol, and so of its hash."""
        weights = f"SHA-256 of weights {self.digest}, " if self.digest else ""
        return weights + (self.resampling or "pictures at their own size")

    @property
    def _range(self) -> str:
        if self.lowest is not None and self.highest is not None:
            return f"{self.lowest:g} to {self.highest:g}"
        if self.lowest is not None:
            return f"from {self.lowest:g}"
        return "any number" if self.highest is None else f"up to {self.highest:g}"


@dataclass(frozen=True, slots=True)
class Scale:
    """Of one metric and one target: the raw scores of a typical unrelated picture (0 points) and of the target itself (100)."""

    unrelated: float
    itself: float

    def points(self, raw: float) -> float:
        """A raw score in points, 0..100; what is less similar than an unrelated picture has 0."""
        return 100 * min(1.0, max(0.0, (raw - self.unrelated) / (self.itself - self.unrelated)))


_LPIPS = MetricInfo(
    "lpips",
    "Perceptual Similarity",
    -1,
    0.0,
    None,
    "Compares colours, edges and textures place by place, much as an eye would.",
    measures="LPIPS (AlexNet), official weights",
    unit="distance",
    paper="lpips",
    credit="LPIPS with AlexNet (BSD-2-Clause)",
    simulated=Simulated(0.45, 0.05),
    weights={"paper": "alex"},
    digest="7be5be79+df73285e35b2",
    least=32,
    apart=0.7,
    opened_by="refine.similarity.lpips:LpipsMetric",
)
_B32 = MetricInfo(
    "clip_b32",
    "CLIP B/32",
    1,
    -1.0,
    1.0,
    "Compares what the two pictures show, at a quick glance.",
    measures="cosine of CLIP ViT-B/32 embeddings, official weights",
    unit="cosine",
    paper="clip_b32",
    credit="OpenAI's CLIP ViT-B/32 (MIT)",
    simulated=Simulated(0.72, 0.04),
    weights={"paper": "ViT-B-32"},
    digest="40d365715913",
    resampling="shorter side to 224 pixels (bicubic), the square in the middle",
    apart=0.5,
    opened_by="refine.similarity.clip:ClipMetric",
)
_L14 = replace(
    _B32,
    id="clip_l14",
    label="CLIP L/14",
    explanation="Compares what the two pictures show, with a closer look.",
    measures="cosine of CLIP ViT-L/14 embeddings, official weights",
    paper="clip_l14",
    credit="OpenAI's CLIP ViT-L/14 (MIT)",
    weights={"paper": "ViT-L-14"},
    digest="b8cca3fd41ae",
)
_HASH = MetricInfo(
    "imagehash",
    "ImageHash",
    -1,
    0.0,
    64.0,
    "Compares the rough layout of light and dark.",
    measures="Hamming distance of 64-bit perceptual hashes",
    unit="count",
    decimals=0,
    paper="imagehash",
    credit="ImageHash (BSD-2-Clause)",
    simulated=Simulated(22.0, 2.5),
    weights={"world": None, "paper": None},
    resampling="grey, to 32 x 32 pixels (Lanczos)",
    opened_by="refine.similarity.imagehash:ImageHashMetric",
)

_SSIM = MetricInfo(
    "ssim",
    "SSIM",
    1,
    -1.0,
    1.0,
    "Compares small windows by brightness, contrast and structure.",
    measures="structural similarity of windows of 11 x 11 pixels (Gaussian), RGB",
    unit="index",
    credit="SSIM of TorchMetrics (Apache-2.0)",
    simulated=Simulated(0.4, 0.08),
    weights={"world": None, "paper": None},
    least=11,
    apart=0.6,
    by_choice=True,
    opened_by="refine.similarity.structure:SsimMetric",
)
_MS_SSIM = replace(
    _SSIM,
    id="ms_ssim",
    label="MS-SSIM",
    explanation="Compares small and large windows by contrast and structure.",
    measures="structural similarity at five scales, RGB",
    credit="MS-SSIM of TorchMetrics (Apache-2.0)",
    least=176,
    apart=None,
    opened_by="refine.similarity.structure:MsSsimMetric",
)
_DISTS = MetricInfo(
    "dists",
    "DISTS",
    -1,
    0.0,
    None,
    "Compares structure and texture, wherever in the picture a texture lies.",
    measures="DISTS (VGG-16), official weights",
    unit="distance",
    credit="DISTS of TorchMetrics (Apache-2.0, weights MIT)",
    simulated=Simulated(0.35, 0.05),
    weights={"paper": "vgg16"},
    digest="397923af+f5e65c96230b",
    resampling="shorter side to 256 pixels (bilinear) if it has more",
    least=32,
    by_choice=True,
    opened_by="refine.similarity.dists:DistsMetric",
)
_DINO = MetricInfo(
    "dinov2_s14",
    "DINOv2 S/14",
    1,
    -1.0,
    1.0,
    "Compares what the two pictures show and how, as a network sees it that learned from pictures alone.",
    measures="cosine of DINOv2 ViT-S/14 embeddings (LVD-142M), official weights",
    unit="cosine",
    credit="DINOv2 ViT-S/14 (Apache-2.0)",
    simulated=Simulated(0.5, 0.1),
    weights={"paper": "vit_small_patch14_dinov2.lvd142m"},
    resampling="shorter side to 518 pixels (bicubic), the square in the middle",
    apart=0.5,
    by_choice=True,
    opened_by="refine.similarity.dino:DinoMetric",
)


def _in_the_world(official: MetricInfo, measures: str, credit: str, digest: str, apart: float) -> MetricInfo:
    """The same metric with the small weights of the embedded world."""
    return replace(
        official,
        id=f"{official.id}_world",
        measures=f"{measures}, weights of the embedded world",
        credit=f"{credit} of the embedded world (Apache-2.0)",
        weights={"world": str(ASSETS / "world" / "metrics" / official.id)},
        digest=digest,
        resampling=official.resampling.replace("224", "256"),
        apart=apart,
    )


METRICS: dict[str, MetricInfo] = {
    info.id: info
    for info in (
        _LPIPS,
        _B32,
        _L14,
        _in_the_world(_LPIPS, "LPIPS (AlexNet)", "LPIPS", "ebd7018a6806", 1.2),
        _in_the_world(_B32, "cosine of embeddings of the smaller CLIP", "the smaller CLIP", "c4dbe61c3ad2", 0.85),
        _in_the_world(_L14, "cosine of embeddings of the larger CLIP", "the larger CLIP", "a8b8e55c3538", 0.83),
        _HASH,
        _SSIM,
        _MS_SSIM,
        _DISTS,
        _DINO,
    )
}
"""All metrics by id, in the order of the dataset's columns."""


def metrics_of(profile: str, chosen: Sequence[str] = ()) -> dict[str, str | None]:
    """The metrics that a profile compares with, or those of it that are `chosen`: where each one's weights are, by id.

    Raises `ValueError` if one is chosen that the profile does not have.
    """
    there = {info.id: info for info in METRICS.values() if profile in info.weights}
    if unknown := [name for name in chosen if name not in there]:
        raise ValueError(f"the profile {profile} has no metric {unknown[0]}, only {', '.join(there)}")
    wanted = set(chosen or (name for name, info in there.items() if not info.by_choice))
    return {name: info.weights[profile] for name, info in there.items() if name in wanted}


@cache
def rewording_noise(profile: str) -> Mapping[str, float]:
    """By metric id, in raw units: what a score changes by when the same scene is asked for in other words.

    A smaller change says nothing. Measured with the profile's own weights, beside which it lies (`refine.world.noise`);
    empty for a profile for which nobody has measured it.
    """
    path = ASSETS / profile / "noise.json"
    noise: dict[str, float] = json.loads(path.read_text())["noise"] if path.is_file() else {}
    return noise
