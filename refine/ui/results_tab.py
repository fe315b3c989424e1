"""The tab *Results*: what all finished sessions say, by itself up to date.

Knows: the controls, and when there is something new to show. Does not know: what is shown (results_page), or how a
number comes about (analysis).
"""

import logging
from dataclasses import dataclass
from typing import Any

import gradio as gr

from refine.flow.stopping import rule_of
from refine.live.downloads import MINUTES, BusyError, Download, Downloads
from refine.live.results import LiveResults, Selection
from refine.protocol import Protocol
from refine.storage.errors import StorageError
from refine.ui.html import message, script
from refine.ui.path import QUIET
from refine.ui.results_page import SECTIONS, sections

LOOK_SECONDS = 0.4
"""Between two looks for something new, while the tab is open."""

EVERYTHING = "all"
LIVE, SIMULATED = "live", "simulated"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: what was asked for and how new it was, and the hashes of its sections."""

    stamp: tuple[object, ...] = ()
    hashes: tuple[int, ...] = (hash(""),) * SECTIONS


FAULT = Shown(("fault",))


class ResultsTab:
    """Live figures, or on demand those of a simulated study."""

    def __init__(self, live: LiveResults, simulated: LiveResults, protocol: Protocol, downloads: Downloads) -> None:
        """Make the components and connect them. Called inside the tab; `protocol` is shown at first."""
        self._sources = {LIVE: live, SIMULATED: simulated}
        self._protocol = protocol
        self._downloads = downloads
        with gr.Column(elem_id="results"):
            shown_sections = [
                gr.HTML(js_on_load=script("figures.js"), apply_default_css=False, padding=False)
                for _ in range(SECTIONS)
            ]
        with gr.Accordion("Choose what is shown", open=False):
            with gr.Row():
                protocols = gr.Dropdown([protocol.hash], value=protocol.hash, label="Study (profile and protocol)")
                arm = gr.Dropdown([EVERYTHING, *protocol.arms], label="Arm")
                subject = gr.Dropdown([EVERYTHING], label="Subject of the target")
            with gr.Row():
                since = gr.DateTime(label="From", include_time=False, type="string")
                until = gr.DateTime(label="To", include_time=False, type="string")
        with gr.Row():
            simulated_button = gr.Button("Look at simulated data", elem_id="simulate")
            live_button = gr.Button("Back to the real data", elem_id="live", visible=False)
            prepare = gr.Button("Prepare data and report for download", elem_id="prepare")
        files = gr.HTML(elem_id="downloads", apply_default_css=False)
        source, shown = gr.State(LIVE), gr.State()
        self.timer = gr.Timer(LOOK_SECONDS, active=False)
        chosen: list[Any] = [source, protocols, arm, subject, since, until]

        # What is chosen may have gone since: without `preprocess` Gradio does not insist on a list of choices.
        self.timer.tick(self._look, [shown, *chosen], [*shown_sections, shown], preprocess=False, **QUIET)
        for button, name in ((simulated_button, SIMULATED), (live_button, LIVE)):
            button.click(
                lambda name=name: (name, gr.Button(visible=name == LIVE), gr.Button(visible=name != LIVE)),
                None,
                [source, simulated_button, live_button],
                **QUIET,
            )
        self.outputs: list[Any] = [protocols, subject, self.timer]
        prepare.click(self._files, chosen, files, preprocess=False, show_progress="full", api_visibility="private")

    def open(self) -> list[Any]:
        """New values of `outputs` when the tab is selected: what can be chosen, and looks for something new."""
        choices = self._sources[LIVE].choices
        studies = [(label, protocol) for protocol, label in choices.protocols.items()]
        if self._protocol.hash not in choices.protocols:
            studies.insert(0, ("this study (nobody has finished yet)", self._protocol.hash))
        return [gr.Dropdown(studies), gr.Dropdown([EVERYTHING, *choices.subjects]), gr.Timer(active=True)]

    def _look(self, shown: Shown | None, source: str, *chosen: str | None) -> tuple[object, ...]:
        """The sections that are not what the page shows already, and what it shows then."""
        try:
            return self._new(shown or Shown(), source, *chosen)
        except StorageError as fault:
            if shown != FAULT:  # told and logged once, looked for again and again
                log.error("The results could not be read: %s", fault)
            words = message("The results cannot be read just now. This page goes on by itself when they can.")
            return words, *[""] * (SECTIONS - 1), FAULT

    def _new(self, shown: Shown, source: str, *chosen: str | None) -> tuple[object, ...]:
        results, selection = self._sources[source], self._selection(source, *chosen)
        fit = results.fit(selection)
        stamp = (source, *chosen, results.version, fit and fit.at)
        if stamp == shown.stamp:
            return *[gr.skip()] * SECTIONS, gr.skip()
        found = sections(
            results.summary(selection),
            fit,
            rule_of(self._protocol.stopping).most,
            simulated=source == SIMULATED,
            chosen=selection != self._selection(source, self._protocol.hash, *[None] * 4),
        )
        hashes = tuple(map(hash, found))
        news = [one if new != old else gr.skip() for one, new, old in zip(found, hashes, shown.hashes, strict=True)]
        return *news, Shown(stamp, hashes)

    def _files(self, source: str, *chosen: str | None) -> str:
        origin = "Thousand Prompts, results tab" + (", simulated data" if source == SIMULATED else "")
        try:
            ready = self._downloads.prepare(
                self._sources[source], self._selection(source, *chosen), origin, simulated=source == SIMULATED
            )
        except BusyError as refusal:
            return message(str(refusal))
        except StorageError as fault:
            log.error("A download could not be prepared: %s", fault)
            return message("The files could not be prepared just now. Please try again in a moment.")
        return _links(ready)

    def _selection(self, source: str, *chosen: str | None) -> Selection:
        protocol, arm, subject, since, until = ("" if value in (None, EVERYTHING) else str(value) for value in chosen)
        return Selection(protocol if source == LIVE else SIMULATED, arm, subject, since[:10], until[:10])


def _links(ready: Download) -> str:
    items = "".join(f'<li><a href="downloads/{ready.key}/{name}" download>{name}</a></li>' for name in ready.names)
    return f'<ul class="tp-downloads">{items}</ul><p class="tp-note">The files stay here for {MINUTES} minutes.</p>'
