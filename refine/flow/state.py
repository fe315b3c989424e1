"""State of a participant: all that the page is told of where somebody stands.

Knows: what a screen needs. Does not know: the rules that decide it (study) or how it is shown (ui).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from refine.flow.steps import Step
from refine.metrics import Scale
from refine.protocol import Session, Target, Trial


@dataclass(frozen=True, slots=True)
class Pending:
    """A drawing that was asked for and is not there yet. `ahead` drawings come before it; `progress` is 0..1."""

    number: int
    prompt: str
    ahead: int
    progress: float


@dataclass(frozen=True, slots=True)
class State:
    """Where a participant stands: all that the page needs to show the right screen.

    `trial` is the current trial (at the end the last one). `target` has its hidden prompt only once the session is
    finished. `scale` is that of each metric for the target, by id, empty as long as it is being made. `notice` is a sentence for
    the participant about something that went wrong, or empty.
    """

    step: Step
    session: Session | None = None
    trial: Trial | None = None
    target: Target | None = None
    pending: Pending | None = None
    notice: str = ""
    scale: Mapping[str, Scale] = field(default_factory=dict)
