"""A participant at the keyboard (or with a thumb): the same few actions for tests and benchmarks."""

import re

from playwright.sync_api import Page, expect

PATIENCE = 120_000

SEEN = """number => document.querySelector("#rank-list li")
    || document.querySelector("#drawing figcaption")?.textContent.includes("round " + number)"""

expect.set_options(timeout=PATIENCE)  # a busy machine is no fault


class Participant:
    """Acts on the page by the ids that it promises to keep."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE)
        page.goto(url)

    def enrol(self) -> None:
        """Agree, look at the target, begin."""
        self.page.click("#start")
        self.page.click("#begin")
        expect(self.page.locator("#round-counter")).to_contain_text("Round 1 of")

    def draw(self, prompt: str, number: int) -> None:
        """Draw round `number` and wait until its drawing is seen (or the ranking, after the last)."""
        self.page.fill("#prompt textarea", prompt)
        self.page.click("#draw")
        # Looked for in every frame that is painted, so that benchmarks may time it.
        self.page.wait_for_function(SEEN, arg=number)

    def order(self) -> list[int]:
        """The ranking list as it stands: iteration numbers from the top."""
        items = self.page.locator("#rank-list > li")
        return [int(items.nth(i).get_attribute("data-iteration") or 0) for i in range(items.count())]

    def finish(self) -> str:
        """Send the ranking; returns the withdrawal code."""
        self.page.click("#rank-submit")
        code = self.page.locator("#withdrawal-code")
        expect(code).to_have_text(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
        return code.inner_text()
