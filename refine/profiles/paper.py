"""The profile `paper`: the weights of arXiv 2504.20340.

Knows: names and places of its weights. Does not know: how they are loaded.
"""

from refine import ASSETS
from refine.metrics import metrics_of
from refine.profiles.profile import Profile, as_in_the_paper

PAPER = Profile(
    description="the weights of arXiv 2504.20340: SD3 medium and the official metrics; a GPU and a Hub token",
    pipeline="stabilityai/stable-diffusion-3-medium-diffusers",
    drawing=as_in_the_paper("stabilityai/stable-diffusion-3-medium-diffusers", "main", 1024),
    metrics=metrics_of("paper"),
    targets=None,
    prompts=ASSETS / "paper" / "prompts.json",
)
