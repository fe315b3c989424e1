"""What a screen is: a part of the participant's path that draws itself from where the participant stands.

Knows: the form of a screen. Does not know: any particular one, or their order (path).
"""

import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from refine.flow.state import State
from refine.flow.steps import Step
from refine.study import Study

Verb = Callable[..., str | None]
"""A verb of the study: takes the token and the values of the inputs; returns a new token, or `None` to keep it."""


class On(typing.Protocol):
    """Connects an event to a verb: afterwards the page shows where the participant stands.

    `fresh` also fills in what the participant may be editing (the prompt box). With `payload` the verb's last
    argument is what the event carries; with `client` it is who calls. `js` gives token and inputs, in the browser,
    instead of the components.
    """

    def __call__(
        self,
        listener: Callable[..., Dependency],
        verb: Verb,
        inputs: Sequence[Component] = (),
        *,
        fresh: bool = False,
        payload: bool = False,
        js: str | None = None,
        client: bool = False,
    ) -> None:
        """Connect."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """What a screen is drawn from. `alert` is a sentence about the last call, `confirm` asks for one; `drafts` are what
    the browser remembers of prompts, by trial and round.
    """

    state: State
    token: str
    fresh: bool = False
    alert: str = ""
    confirm: bool = False
    drafts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pulse:
    """When a page looks again where the participant stands, and the output that holds what it believes of that."""

    timer: gr.Timer
    believed: gr.Textbox


@dataclass(slots=True)
class Screen:
    """One screen. `outputs` are the components that `render` gives values for, in the same order.

    A screen that keeps itself up to date has a `pulse`.
    """

    step: typing.ClassVar[Step]
    outputs: list[Component] = field(default_factory=list)
    pulse: Pulse | None = None

    def build(self, study: Study) -> None:
        """Make the components; called inside the screen's own column."""
        raise NotImplementedError

    def connect(self, study: Study, on: On) -> None:
        """Connect the events of the components."""

    def render(self, study: Study, view: View) -> list[object]:
        """New values of `outputs` for a participant who stands at this screen."""
        raise NotImplementedError

    def refresh(self, state: State) -> Mapping[Component, object]:
        """Of a screen with a `pulse`: new values of those outputs that change while `belief` stays the same."""
        raise NotImplementedError

    def belief(self, state: State) -> str:
        """Of a screen with a `pulse`: the state in a word, which the page keeps and brings along when it looks again."""
        raise NotImplementedError

    def clear(self) -> list[object]:
        """New values of `outputs` for everybody else: nothing of a session stays in a hidden screen."""
        raise NotImplementedError
