"""The arrival: which of the sessions that a browser knows is shown when its page is opened.

Knows: resume links, the sessions that a browser remembers, and what is asked when there is more than one. Does not know:
how a session is shown (path), or how a browser remembers (assets/ui/memory.js).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from refine.flow.state import State
from refine.flow.steps import RANKING, ROUNDS, TARGET, THANKS, WELCOME
from refine.study import BEGIN_ANEW, Study
from refine.ui.html import message

UNFINISHED = (TARGET, ROUNDS, RANKING)


class Memory(BaseModel):
    """What a browser tells: the token of the link that was followed, the tokens of its sessions (the one to go on with
    first), and drafts of prompts by their place. A part that is anything else is nothing, and takes no other with it.
    """

    link: str = ""
    tokens: list[str] = Field(default=[], max_length=8)
    drafts: dict[str, str] = Field(default={}, max_length=8)

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_nothing(cls, given: Any, check: ValidatorFunctionWrapHandler, field: ValidationInfo) -> Any:
        try:
            return check(given)
        except ValidationError:
            return cls.model_fields[str(field.field_name)].get_default()


@dataclass(frozen=True, slots=True)
class Arrival:
    """The session that is shown, by its `token`, and pieces of HTML about others: a `question` or sentence for now, and
    `others` for as long as the page is open.
    """

    token: str
    state: State
    question: str = ""
    others: str = ""


def read_memory(given: Any) -> Memory:
    """What a browser tells, or nothing if it tells anything else."""
    try:
        return Memory.model_validate(given)
    except ValidationError:
        return Memory()


def arrive(study: Study, memory: Memory) -> Arrival:
    """Where a browser's page goes on.

    A link's session is shown only if it is known and the browser's own is not left unfinished without a question.
    """
    places = {token: study.state(token) for token in memory.tokens}
    current = _current(memory.tokens, places)
    state = places.get(current) or study.state(None)
    question = ""
    if memory.link:
        linked = study.state(memory.link)
        if linked.step == WELCOME:
            own = "You go on with your own." if current else BEGIN_ANEW
            question = message(linked.notice.replace(BEGIN_ANEW, own))
        elif memory.link != current and state.step in UNFINISHED:
            places[memory.link] = linked
            question = _question(study, memory.link, linked, state)
        else:
            current, state = memory.link, linked
    elif not current and memory.tokens:
        state = places[memory.tokens[0]]  # the notice: why it cannot be shown
    others = {token: place for token, place in places.items() if token != current and place.step in UNFINISHED}
    return Arrival(current, state, question, _others(study, others))


def _current(tokens: list[str], places: Mapping[str, State]) -> str:
    """The first session if it can be shown, or else the first that is unfinished; empty if there is none."""
    for token in tokens:
        step = places[token].step
        if step in UNFINISHED or (token == tokens[0] and step != WELCOME):
            return token
    return ""


def _question(study: Study, token: str, linked: State, own: State) -> str:
    return (
        '<div class="tp-message tp-alert" role="alert">'
        f"This link leads to another session ({_place(study, linked)}). The one that you have begun in this browser "
        f"({_place(study, own)}) is shown here. Both are kept. "
        f'<button type="button" class="tp-button" data-go="{escape(token)}">Go to the session of the link</button> '
        '<button type="button" class="tp-button" data-stay>Stay with this one</button></div>'
    )


def _others(study: Study, others: Mapping[str, State]) -> str:
    buttons = "".join(
        f'<button type="button" class="tp-link" data-go="{escape(token)}">Go on with it ({_place(study, place)})</button>'
        for token, place in others.items()
    )
    return f'<p class="tp-note tp-footer">You have another unfinished session. {buttons}</p>' if buttons else ""


def _place(study: Study, state: State) -> str:
    """How far a session is, in words."""
    if state.step == THANKS or state.trial is None or state.session is None:
        return "finished"
    trials = len(state.session.trials)
    which = f"picture {state.trial.number} of {trials}, " if trials > 1 else ""
    rounds = f"round {len(state.trial.iterations) + 1} of {study.rule.most}"
    return which + ("ranking" if state.step == RANKING else rounds)
