"""Arms of the study: what participants see of each drawing besides the drawing itself.

Knows: all arms, the one without feedback first: analyses compare the others with the first that runs. Does not know: who is in
which arm (assignment), or where a page shows it (ui). To add a kind of feedback: a file, and a line in `ARMS`.
"""

from collections.abc import Sequence

from refine.arms.arm import Arm, Feedback, Given
from refine.arms.scores import SCORES

ARMS: dict[str, Arm] = {
    arm.id: arm
    for arm in (
        Arm("no_scores", "no scores", "nothing but the drawing", ()),
        Arm("scores", "scores shown", "the scores of the drawing", (SCORES,)),
    )
}
"""By id; the id stands in every row of the data, and never changes."""


def check_arms(ids: Sequence[str], given: frozenset[str]) -> None:
    """Check the arms that a protocol names, in a study that gives `given` to make feedback from.

    Raises `ValueError`, with a sentence, if one does not exist, or shows what cannot be made.
    """
    if unknown := [name for name in ids if name not in ARMS]:
        raise ValueError(f"There is no arm {', '.join(map(repr, unknown))}. There are: {', '.join(ARMS)}.")
    for name in ids:
        if lacks := ARMS[name].lacks(given):
            raise ValueError(f"The arm {name} needs {', '.join(sorted(lacks))}, which this study does not give.")


def meaning() -> str:
    """What the ids of arms mean, in words for whoever reads the data."""
    return "what the participant saw of each round: " + "; ".join(f"`{arm.id}`: {arm.meaning}" for arm in ARMS.values())


__all__ = ["ARMS", "Arm", "Feedback", "Given", "check_arms", "meaning"]
