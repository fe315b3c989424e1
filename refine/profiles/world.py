"""The profile `world`: the embedded world, which runs anywhere.

Knows: names and places of its weights. Does not know: how they are loaded.
"""

from refine import ASSETS
from refine.metrics import metrics_of
from refine.profiles.profile import Profile, as_in_the_paper

WORLD = Profile(
    description="the embedded world: our own small weights, no GPU, no network, no token",
    pipeline=str(ASSETS / "world" / "pipeline"),
    drawing=as_in_the_paper("thousand-prompts/world", "edition-2", 256),
    metrics=metrics_of("world"),
    targets=ASSETS / "world" / "targets",
    prompts=ASSETS / "world" / "targets" / "targets.json",
    vocabulary=ASSETS / "world" / "vocabulary.txt",
)
