"""The page: its tabs, a theme, and how it is served.

Knows: what is put where. Does not know: what the tabs contain.
"""

import os
from typing import Any

import gradio as gr

from refine.live.downloads import Downloads
from refine.live.results import LiveResults
from refine.storage.publishing.publisher import Publisher
from refine.study import Study
from refine.ui.about import About
from refine.ui.admin import Admin
from refine.ui.html import SCRIPTS, script
from refine.ui.path import QUIET, Path
from refine.ui.results_page import LIBRARY
from refine.ui.results_tab import ResultsTab
from refine.ui.theme import THEME
from refine.web.access import Access
from refine.web.serving import app_options

# Gradio sums up its last 10,000 calls after each call, for a page (/monitoring) that is closed here.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))

LONGEST_QUEUE = 500
"""Calls that wait for the page's own functions; each is answered in milliseconds."""

LAUNCH: dict[str, Any] = {
    "theme": THEME,
    "css_paths": SCRIPTS / "style.css",
    "head": f"<script>{script('memory.js')}</script>",
    "footer_links": [],
    "ssr_mode": False,
    "show_error": False,
    "enable_monitoring": False,
    "run_history": False,  # what was written here is kept by the study, not by whoever uses this browser next
    "state_session_capacity": 2000,  # open pages; one takes up to a megabyte
    "prevent_thread_lock": True,
}
"""How the page is served, for `Blocks.launch`."""


def build(
    study: Study,
    live: LiveResults,
    simulated: LiveResults,
    publisher: Publisher,
    access: Access,
    downloads: Downloads,
) -> gr.Blocks:
    """The page of a study, with results of its own and of a simulated one to look at.

    `access` says who sees the state of `publisher`; `downloads` keeps what is prepared to be taken home.
    """
    with gr.Blocks(title="Thousand Prompts", analytics_enabled=False, fill_width=False) as demo, gr.Tabs():
        with gr.Tab("Take part") as take_part:
            Path(study, demo)
        with gr.Tab("Results") as results_tab:
            results = ResultsTab(live, simulated, study.protocol, downloads)
        with gr.Tab("About") as about:
            About(study)
        others = [take_part, about]
        if access.token or access.owner:
            with gr.Tab("Researcher") as researcher:
                Admin(publisher, access)
            others.append(researcher)
        results_tab.select(results.open, None, results.outputs, **QUIET)
        for other in others:
            other.select(lambda: gr.Timer(active=False), None, results.timer, **QUIET)
    # Nothing on the page waits for anything else: drawings have a line of their own (generation.queue).
    gr.set_static_paths([LIBRARY])
    demo.queue(default_concurrency_limit=None, api_open=False, max_size=LONGEST_QUEUE, status_update_rate=10)
    return demo


def serve(demo: gr.Blocks, downloads: Downloads, *, behind_hub: bool) -> None:
    """Serve a page that was built, behind the gate. Returns at once.

    `behind_hub`: this is a Space, and all requests come through the Hub's proxies.
    """
    demo.launch(
        **LAUNCH,
        app_kwargs=app_options(demo, files=(LIBRARY,), download=downloads.file, behind_hub=behind_hub),
    )
