"""Profiles: which weights draw, which metrics compare, which targets are shown.

Knows: all profiles. Does not know: which one runs; no other module asks. To add one: a file, and a line in `PROFILES`.
"""

from refine.profiles.paper import PAPER
from refine.profiles.profile import Profile
from refine.profiles.world import WORLD

PROFILES: dict[str, Profile] = {
    "world": WORLD,
    "paper": PAPER,
}

__all__ = ["PROFILES", "Profile"]
