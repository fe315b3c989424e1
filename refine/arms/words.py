"""Where a drawing differs from its target, in one sentence and without a picture.

Knows: what is said of a difference. Does not know: how it is measured.
"""

from dataclasses import dataclass
from random import Random

from refine.arms.arm import Given, MapView, Perceived
from refine.arms.map_html import sentence


@dataclass(frozen=True, slots=True)
class WordsFeedback:
    """The sentence that names the places."""

    id: str = "words"
    needs: frozenset[str] = frozenset({"maps"})
    overlooked: float = 0.1

    def html(self, given: Given) -> str:
        """The sentence."""
        return sentence(given.difference)

    def perceived(self, given: Given, rng: Random) -> Perceived:
        """The places that are named, and nothing of how much they differ; now and then nobody reads it."""
        if not isinstance(given.difference, MapView) or rng.random() < self.overlooked:
            return Perceived()
        return Perceived(differs=dict.fromkeys(given.difference.named, 1.0))


WORDS = WordsFeedback()
