"""The page: its tabs, a theme, and how it is served.

Knows: what is put where. Does not know: what the tabs contain.
"""

from typing import Any

import gradio as gr

from refine.access import Access
from refine.findings import Findings
from refine.publication import Publisher
from refine.study import Study
from refine.ui.about import About
from refine.ui.admin import Admin
from refine.ui.findings_page import LIBRARY
from refine.ui.html import SCRIPTS, script
from refine.ui.path import QUIET, Path
from refine.ui.results import Results
from refine.ui.theme import THEME

LAUNCH: dict[str, Any] = {
    "theme": THEME,
    "css_paths": SCRIPTS / "style.css",
    "head": f"<script>{script('memory.js')}</script>",
    "footer_links": [],
    "ssr_mode": False,
    "show_error": False,
}
"""How the page is served, for `Blocks.launch`."""


def build(study: Study, live: Findings, simulated: Findings, publisher: Publisher, access: Access) -> gr.Blocks:
    """The page of a study, with findings of its own and of a simulated one to look at.

    `access` says who sees the state of `publisher`.
    """
    with gr.Blocks(title="Thousand Prompts", analytics_enabled=False, fill_width=False) as demo, gr.Tabs():
        with gr.Tab("Take part") as take_part:
            Path(study, demo)
        with gr.Tab("Results") as results_tab:
            results = Results(live, simulated, study.protocol)
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
    demo.queue(default_concurrency_limit=None, api_open=False)
    return demo
