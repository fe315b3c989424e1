"""The tab *About*: what this is, how good its parts are, and how to withdraw.

Knows: the words. Does not know: anything about a participant, unless they type their withdrawal code.
"""

import json
import logging

import gradio as gr

from refine import ASSETS
from refine.profiles import PROFILES
from refine.storage.errors import StorageError
from refine.study import Study, StudyError
from refine.ui.attempts import Attempts
from refine.ui.html import message
from refine.ui.path import QUIET

log = logging.getLogger(__name__)

WORDS = """
## About this study

**Thousand Prompts** asks how people refine prompts towards a picture, and whether image-similarity metrics see what
people see. It reproduces the user study of
[*A Picture is Worth a Thousand Prompts?*](https://arxiv.org/abs/2504.20340) (Trinh et al., 2025), where 20
participants recreated 100 targets made with Stable Diffusion 3, and carries it to a crowd.

**What draws here.** Profile `{profile}`: {description}. Seed {drawing.seed}, {drawing.steps} steps, guidance
{drawing.guidance_scale:g}, {drawing.width} x {drawing.height} pixels; the same prompt gives the same pixels.
{limits}

**What compares.** {metrics}.

**The data.** Finished sessions are published as an open dataset. Conditions of this study: protocol
`{protocol}`. {iterations} rounds a trial, {trials} trial(s) a session.

**The code** is open (Apache-2.0): duplicate the Space, set a few variables, and run your own study.

## Withdraw

Enter the withdrawal code that you were given at the end. Your session is removed here at once, and from the published
dataset with its next update, usually within minutes; copies that others made before cannot be called back.
"""

LIMITS = """
**How well it draws.** The embedded world is small: it draws emoji-like objects on simple backgrounds. On {captions:.0f}
captions that it had not seen, {object:.0%} of the named objects appeared, {place:.0%} where they were said to be, and
{background:.0%} of the backgrounds were right, as read by a separately trained network. It ignores words it does not
know. The paper's own weights draw photographs of anything; they need a GPU."""

QUESTION = "Remove the session with this code for good? Nobody can bring it back."
NO_CODE = "Please enter your withdrawal code first. You were given it at the end of your session: three groups of four."
REMOVED = "Your session was removed, and leaves the published dataset with its next update."
NOT_REMOVED = "Your session could not be removed just now. Please try again in a moment."


class About:
    """Words, and the form to withdraw."""

    def __init__(self, study: Study) -> None:
        """Make the components and connect them. Called inside the tab."""
        protocol = study.protocol
        gr.Markdown(
            WORDS.format(
                profile=protocol.profile,
                description=PROFILES[protocol.profile].description if protocol.profile in PROFILES else "",
                drawing=protocol.drawing,
                limits=_limits(study),
                metrics=", ".join(metric.label for metric in study.metrics),
                protocol=protocol.hash,
                iterations=study.rule.most,
                trials=protocol.trials,
            )
        )
        code = gr.Textbox(
            label="Withdrawal code",
            placeholder="XXXX-XXXX-XXXX",
            max_length=40,
            elem_id="withdraw-code",
            elem_classes="notranslate",
        )
        button = gr.Button("Remove my session for good", variant="stop", elem_id="withdraw")
        # Asked inside the page: a frame of another origin may show no dialog.
        with gr.Column(visible=False) as question:
            gr.HTML(message(QUESTION), apply_default_css=False)
            with gr.Row():
                yes = gr.Button("Yes, remove it", variant="stop", elem_id="withdraw-yes")
                no = gr.Button("No, keep it", elem_id="withdraw-no")
        answer = gr.HTML(apply_default_css=False)
        attempts = Attempts("withdrawal code")

        def ask(words: str) -> tuple[object, object]:
            if not (words or "").strip():
                return message(NO_CODE), gr.Column(visible=False)
            return "", gr.Column(visible=True)

        def withdraw(words: str, request: gr.Request) -> tuple[object, object, object]:
            if wait := attempts.begin(request.request):
                return message(wait), words, gr.Column(visible=False)
            try:
                study.withdraw(words or "")
                said, left = message(REMOVED, "good"), ""
                attempts.right(request.request)
            except StudyError as refusal:
                attempts.wrong(request.request)
                said, left = message(str(refusal)), words
            except StorageError as fault:
                attempts.right(request.request)
                log.error("A withdrawal could not be kept: %s", fault)
                said, left = message(NOT_REMOVED), words
            return said, left, gr.Column(visible=False)

        for listener in (button.click, code.submit):
            listener(ask, code, [answer, question], **QUIET)
        yes.click(withdraw, code, [answer, code, question], **QUIET)
        no.click(lambda: gr.Column(visible=False), None, question, **QUIET)
        # A question about another code than the one that was asked about is no question.
        code.input(lambda: ("", gr.Column(visible=False)), None, [answer, question], **QUIET)


def _limits(study: Study) -> str:
    checks = ASSETS / "world" / "checks.json"
    if study.protocol.profile != "world" or not checks.exists():
        return ""
    return LIMITS.format(**json.loads(checks.read_text()))
