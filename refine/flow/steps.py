"""Steps of a session: what a participant goes through, one declared list.

Knows: which step is due when, by what is done already. Does not know: what a screen shows (ui), or how a step is answered (study).
To add a step: declare it here, add it to `STEPS`, and give it a screen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from refine.flow.stopping import StoppingRule
from refine.protocol import Session, Trial


@dataclass(frozen=True, slots=True)
class Progress:
    """What is done already: the session, if one has begun, and its first trial that is not ranked, if any."""

    session: Session | None
    trial: Trial | None
    rule: StoppingRule


@dataclass(frozen=True, slots=True)
class Step:
    """A step. `title` names it to participants; `due` says whether it is still to be done."""

    id: str
    title: str
    due: Callable[[Progress], bool]


WELCOME = Step("welcome", "Welcome", lambda done: done.session is None)
TARGET = Step("target", "Target", lambda done: done.trial is not None and done.trial.begun_at is None)
ROUNDS = Step(
    "rounds", "Rounds", lambda done: done.trial is not None and not done.rule.must_stop(done.trial.iterations)
)
RANKING = Step("ranking", "Ranking", lambda done: done.trial is not None and done.trial.ranking is None)
THANKS = Step("thanks", "Thanks", lambda done: True)

STEPS: dict[str, Step] = {step.id: step for step in (WELCOME, TARGET, ROUNDS, RANKING, THANKS)}
"""All steps by id, in order. The id stands in the protocol."""


def steps_of(ids: Sequence[str]) -> tuple[Step, ...]:
    """The steps that a protocol names. Raises `ValueError`, with a sentence, if one does not exist or they come to no end."""
    if unknown := [name for name in ids if name not in STEPS]:
        raise ValueError(f"There is no step {', '.join(map(repr, unknown))}. There are: {', '.join(STEPS)}.")
    if tuple(ids[:1]) != (WELCOME.id,) or tuple(ids[-1:]) != (THANKS.id,):
        raise ValueError(
            f"A session begins with the step {WELCOME.id} and ends with {THANKS.id}, not {', '.join(ids)}."
        )
    return tuple(STEPS[name] for name in ids)


def due(steps: Sequence[Step], done: Progress) -> Step:
    """Where a participant stands: the first step that is due."""
    return next(step for step in steps if step.due(done))
