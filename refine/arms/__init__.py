"""Arms of the study: what participants see of each drawing besides the drawing itself.

Knows: all arms, the one without feedback first: analyses compare the others with the first that runs. Does not know: who is in
which arm (assignment), or where a page shows it (ui). To add a kind of feedback: a file, and a line in `ARMS`.
"""

from collections.abc import Sequence

from refine.arms.arm import Arm, Feedback, Given, MapView, Perceived
from refine.arms.change import CHANGE
from refine.arms.overlay import OVERLAY
from refine.arms.scores import SCORES
from refine.arms.words import WORDS

ARMS: dict[str, Arm] = {
    arm.id: arm
    for arm in (
        Arm("no_scores", "no scores", "nothing but the drawing", ()),
        Arm("scores", "scores shown", "the scores of the drawing", (SCORES,)),
        Arm(
            "overlay", "map shown", "where it differs and what the last change did, as maps over it", (OVERLAY, CHANGE)
        ),
        Arm("both", "scores and map", "its scores and the maps over it", (SCORES, OVERLAY, CHANGE)),
        Arm("words", "places named", "a sentence that says where it differs most", (WORDS,)),
    )
}
"""By id; the id stands in every row of the data, and never changes."""

HOW = {
    "scores": "a metric that compares",
    "maps": "a metric that says where pictures differ, such as LPIPS or CLIP: name one in REFINE_METRICS, or leave it empty",
}
"""What gives feedback what it needs."""


def check_arms(ids: Sequence[str], given: frozenset[str]) -> None:
    """Check the arms that a protocol names, in a study that gives `given` to make feedback from.

    Raises `ValueError`, with a sentence, if one does not exist, or shows what cannot be made.
    """
    if unknown := [name for name in ids if name not in ARMS]:
        raise ValueError(f"There is no arm {', '.join(map(repr, unknown))}. There are: {', '.join(ARMS)}.")
    for name in ids:
        if lacks := ARMS[name].needs - given:
            how = "".join(f" It takes {HOW[lack]}." for lack in sorted(lacks) if lack in HOW)
            raise ValueError(f"The arm {name} needs {', '.join(sorted(lacks))}, which this study does not give.{how}")


def needs_of(ids: Sequence[str]) -> frozenset[str]:
    """What the feedback of these arms is made from, by name; of an arm that does not exist nothing."""
    return frozenset[str]().union(*(ARMS[name].needs for name in ids if name in ARMS))


def meaning() -> str:
    """What the ids of arms mean, in words for whoever reads the data."""
    return "what the participant saw of each round: " + "; ".join(f"`{arm.id}`: {arm.meaning}" for arm in ARMS.values())


__all__ = ["ARMS", "Arm", "Feedback", "Given", "MapView", "Perceived", "check_arms", "meaning", "needs_of"]
