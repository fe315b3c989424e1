"""Who gets what: the feedback arm and the targets of the next participant.

Knows: how to keep arms and targets balanced. Does not know: where the counts come from, or what a session is.
"""

from collections.abc import Iterable, Mapping
from random import Random

from refine.protocol import ARMS, Arm, FeedbackPolicy, Target


def assign_arm(policy: FeedbackPolicy, enrolled: Mapping[Arm, int], rng: Random) -> Arm:
    """The arm of the next session: under `random` the smaller arm, by lot when both are equal.

    `enrolled` counts the sessions in each arm so far; an arm that is missing counts 0.
    """
    if policy == "always":
        return "scores"
    if policy == "never":
        return "no_scores"
    fewest = min(enrolled.get(arm, 0) for arm in ARMS)
    return rng.choice([arm for arm in ARMS if enrolled.get(arm, 0) == fewest])


def assign_targets(targets: Iterable[Target], used: Mapping[str, int], trials: int, rng: Random) -> list[str]:
    """The target ids of the next session's trials, in order, all different.

    The least used targets come first, by lot among equals; within a session the subjects are spread as evenly as
    the targets allow. `used` counts the trials of each target so far; a target that is missing counts 0.

    Raises `ValueError` if there are fewer targets than trials.
    """
    pool = list(targets)
    if len(pool) < trials:
        raise ValueError(f"{trials} trials need {trials} different targets, and there are {len(pool)}.")
    chosen: list[Target] = []
    while len(chosen) < trials:
        remaining = [target for target in pool if target not in chosen]
        rng.shuffle(remaining)
        taken = [target.subject for target in chosen]
        chosen.append(min(remaining, key=lambda t: (taken.count(t.subject), used.get(t.id, 0))))
    return [target.id for target in chosen]
