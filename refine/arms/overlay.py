"""Where a drawing differs from its target, as a map over it, with the places in words.

Knows: what is shown of a difference. Does not know: how it is measured or coloured.
"""

from dataclasses import dataclass
from random import Random
from statistics import mean

from refine.arms.arm import Given, MapView, Perceived
from refine.arms.map_html import map_section


@dataclass(frozen=True, slots=True)
class OverlayFeedback:
    """The map of the newest drawing."""

    id: str = "overlay"
    needs: frozenset[str] = frozenset({"maps"})
    reading_error: float = 0.1

    def html(self, given: Given) -> str:
        """The sentence, and the map over the drawing."""
        return map_section(given.difference, "Where does it differ from the target?", "difference")

    def perceived(self, given: Given, rng: Random) -> Perceived:
        """Each place nearly as its colour says, and from all of them roughly how near the whole is."""
        if not isinstance(given.difference, MapView):
            return Perceived()
        seen = {
            place: min(1.0, max(0.0, rng.gauss(amount, self.reading_error)))
            for place, amount in given.difference.amounts.items()
        }
        return Perceived(1.0 - mean(seen.values()), seen)


OVERLAY = OverlayFeedback()
