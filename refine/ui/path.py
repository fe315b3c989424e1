"""The participant's path: one list, and the plumbing that keeps the page where the participant stands.

Knows: the screen of each step, and that a browser remembers. Does not know: the order of steps (flow), what a screen shows, or any
rule.
"""

import logging
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from refine.flow.state import State
from refine.flow.steps import THANKS, WELCOME, Step
from refine.storage.errors import StorageError
from refine.study import Study, StudyError, UnchangedOrderError
from refine.ui.arrival import arrive, read_memory
from refine.ui.html import message, script
from refine.ui.ranking import RankingScreen
from refine.ui.rounds import Rounds
from refine.ui.screen import Pulse, Screen, Verb, View
from refine.ui.target import TargetScreen
from refine.ui.thanks import Thanks
from refine.ui.welcome import Welcome
from refine.web.clients import client_of

log = logging.getLogger(__name__)

SCREENS: dict[str, type[Screen]] = {
    screen.step.id: screen for screen in (Welcome, TargetScreen, Rounds, RankingScreen, Thanks)
}
"""The screen of each step of a session, by the step's id."""

UNREADABLE = "Your session cannot be read just now. What is saved is not lost: please reload the page in a moment."
UNSHOWN = "Something went wrong on our side, and your session cannot be shown. Reload the page to try again, or begin a new one."

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


class Path:
    """The tab *Take part*: all screens of the path, of which one is seen."""

    def __init__(self, study: Study, demo: gr.Blocks) -> None:
        """Make the screens and connect them. Called inside the tab."""
        self._study = study
        self._token = gr.HTML(
            "", html_template="", js_on_load=script("token.js"), apply_default_css=False, elem_id="token"
        )
        memory = gr.JSON(visible=False, elem_id="memory")
        self._question = gr.HTML(js_on_load=script("sessions.js"), apply_default_css=False)
        self._steps = gr.HTML(apply_default_css=False)
        self._trouble = gr.HTML(apply_default_css=False)
        self._screens = [SCREENS[step.id]() for step in study.steps]
        self._columns = []
        for screen in self._screens:
            with gr.Column(visible=screen.step == WELCOME, elem_classes="tp-screen") as column:
                screen.build(study)
            self._columns.append(column)
        self._footer = gr.HTML(js_on_load=script("copy.js"), apply_default_css=False)
        self._others = gr.HTML(js_on_load=script("sessions.js"), apply_default_css=False)
        wake = gr.HTML(js_on_load=script("wake.js"), apply_default_css=False)
        self._outputs: list[Any] = [self._token, self._steps, self._trouble, self._footer, *self._columns]
        self._outputs += [output for screen in self._screens for output in screen.outputs]

        for screen in self._screens:
            screen.connect(study, self._on)
        self._arrival = [*self._outputs, self._question, self._others]
        demo.load(self._arrive, memory, self._arrival, js="() => [tpMemory.arrival()]", **QUIET).then(
            # The link's token is remembered now, unless there was trouble; it need not stay where others can read it.
            None,
            self._trouble,
            js="(trouble) => { if (!trouble && location.search.includes('resume=')) "
            "history.replaceState(null, '', location.pathname) }",
            **QUIET,
        )
        self._on(wake.wake, lambda token: None)
        for screen in self._screens:
            if screen.pulse is not None:
                self._keep_up_to_date(screen, screen.pulse)

    def _keep_up_to_date(self, screen: Screen, pulse: Pulse) -> None:
        def look(token: str, believed: str) -> list[Any]:
            return self._poll(screen, token, believed)

        pulse.timer.tick(look, [self._token, pulse.believed], self._outputs, **QUIET)

    def _on(
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
        def handle(token: str, *values: Any) -> list[Any]:
            return self._act(verb, token, values, fresh)

        def handle_client(request: gr.Request, token: str, *values: Any) -> list[Any]:
            return self._act(verb, token, (*values, client_of(request.request)), fresh)

        def handle_payload(event: gr.EventData, token: str, *values: Any) -> list[Any]:
            return self._act(verb, token, (*values, event._data), fresh)

        listener(
            handle_payload if payload else handle_client if client else handle,
            [self._token, *inputs],
            self._outputs,
            js=js,
            **QUIET,
        )

    def _arrive(self, given: Any) -> list[Any]:
        """The page was opened or loaded again, perhaps by a resume link. `given` is what the browser remembers."""
        memory = read_memory(given)

        def show() -> list[Any]:
            at = arrive(self._study, memory)
            view = View(at.state, at.token, fresh=True, drafts=memory.drafts)
            return [*self._show(view), at.question, at.others]

        token = next(iter(memory.tokens), "")
        return self._guarded(show, token, rest=[gr.skip(), gr.skip()])

    def _poll(self, screen: Screen, token: str, believed: str) -> list[Any]:
        """Bring a page at `screen` up to date: all of it if it believes what is true no longer."""

        def update(state: State) -> list[Any]:
            if screen.belief(state) != believed:
                return self._show(View(state, token))
            return self._only({self._trouble: "", **screen.refresh(state)})

        return self._stand(token, update)

    def _act(self, verb: Verb, token: str, values: Sequence[Any], fresh: bool) -> list[Any]:
        alert, confirm = "", False
        try:
            changed = verb(token, *values)
            token = token if changed is None else changed
        except UnchangedOrderError as question:
            alert, confirm, fresh = str(question), True, False
        except StudyError as refusal:
            alert, fresh = str(refusal), False
        except StorageError as fault:
            log.error("A call could not be kept: %s", fault)
            alert, fresh = "This could not be saved just now. Please try again in a moment.", False
        except Exception:
            log.exception("A call failed")
            alert, fresh = "Something went wrong on our side. Nothing is lost: please try again.", False
        return self._stand(token, lambda state: self._show(View(state, token, fresh, alert, confirm)), alert)

    def _stand(self, token: str, show: Callable[[State], list[Any]], alert: str = "") -> list[Any]:
        """What `show` makes of where the participant stands."""
        return self._guarded(lambda: show(self._study.state(token)), token, alert)

    def _guarded(
        self, show: Callable[[], list[Any]], token: str, alert: str = "", rest: Sequence[Any] = ()
    ) -> list[Any]:
        """What `show` gives. A fault is told to the participant, and shuts nobody out; then `rest` follows the outputs."""
        try:
            return show()
        except StorageError as fault:
            log.error("Where a participant stands could not be read: %s", fault)
            return [*self._only({self._token: token, self._trouble: message(alert or UNREADABLE)}), *rest]
        except Exception:
            log.exception("A page could not be shown")
            return [*self._show(View(State(WELCOME, notice=UNSHOWN), token)), *rest]

    def _only(self, values: dict[Component, Any]) -> list[Any]:
        """New values for these outputs; all others stay as they are."""
        return [values.get(output, gr.skip()) for output in self._outputs]

    def _show(self, view: View) -> list[Any]:
        """New values for all outputs: the screen where the participant stands, and the others empty."""
        step = view.state.step
        updates: list[Any] = [view.token, _steps(self._study.steps, step), "", _footer(view)]
        updates += [gr.Column(visible=screen.step == step) for screen in self._screens]
        for screen in self._screens:
            updates += screen.render(self._study, view) if screen.step == step else screen.clear()
        return updates


def _steps(steps: Sequence[Step], now: Step) -> str:
    place = steps.index(now)
    items = "".join(
        f'<li class="{"now" if number == place else "done" if number < place else ""}"'
        f"{' aria-current=step' if number == place else ''}>{escape(step.title)}</li>"
        for number, step in enumerate(steps)
    )
    return f'<nav aria-label="Your way"><ol class="tp-steps">{items}</ol></nav>'


def _footer(view: View) -> str:
    if view.state.step in (WELCOME, THANKS):
        return ""
    return (
        '<p class="tp-note tp-footer">Everything is saved as you go. '
        f'<button type="button" class="tp-link" data-resume="{escape(view.token)}">Copy a link to go on later</button></p>'
    )
