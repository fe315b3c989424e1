"""Who gets what: the feedback arm and the targets of the next participant.

Knows: how to keep arms and targets balanced. Does not know: where the counts come from, or what a session is.
"""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from refine.protocol import Target


def assign_arm(arms: Sequence[str], enrolled: Mapping[str, int], rng: Random) -> str:
    """The arm of the next session: of these the smallest, by lot among equals.

    `enrolled` counts the sessions in each arm so far; an arm that is missing counts 0.
    """
    fewest = min(enrolled.get(arm, 0) for arm in arms)
    return rng.choice([arm for arm in arms if enrolled.get(arm, 0) == fewest])


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
