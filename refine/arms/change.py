"""What the last change of the prompt did, as a map over the drawing: what came closer, what went away.

Knows: what is shown of a change. Does not know: how it is measured or coloured.
"""

from dataclasses import dataclass
from random import Random

from refine.arms.arm import Given, MapView, Perceived
from refine.arms.map_html import map_section


@dataclass(frozen=True, slots=True)
class ChangeFeedback:
    """The newest drawing against the one before, place by place."""

    id: str = "change"
    needs: frozenset[str] = frozenset({"maps"})
    reading_error: float = 0.1

    def html(self, given: Given) -> str:
        """The sentence, and the map over the drawing; nothing in the first round."""
        return map_section(given.change, "What did your last change do?", "change")

    def perceived(self, given: Given, rng: Random) -> Perceived:
        """Each place nearly as its colour says."""
        if not isinstance(given.change, MapView):
            return Perceived()
        return Perceived(
            changed={
                place: min(1.0, max(-1.0, rng.gauss(amount, self.reading_error)))
                for place, amount in given.change.amounts.items()
            }
        )


CHANGE = ChangeFeedback()
