"""Scores on the page: points on the target's scale, raw values on demand, and what was opened stays open."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import PHONE

POINTS = re.compile(r"^\d+$")
LINES = "(name) => { const range = new Range(); range.selectNodeContents(name); return range.getClientRects().length }"
MOVE = "(range) => { range.value = '80'; range.dispatchEvent(new Event('input', { bubbles: true })) }"


def points(page):
    """What stands as the newest score of each metric."""
    values = page.locator(".tp-score-value").all_inner_texts()
    return [value.split("\n")[0] for value in values]


def test_scores_are_points_and_what_was_opened_stays_open_in_the_next_round(server, visit, screenshot):
    participant = visit(server.url)
    page = participant.page
    participant.enrol()
    participant.draw("a small red boat on the left", 1)
    compare, raw = page.locator("details.tp-compare"), page.locator(".tp-scores details")
    compare.locator("summary").click()
    expect(compare).to_have_attribute("open", "")
    compare.locator("input[type=range]").evaluate(MOVE)
    first = compare.locator("img").first.get_attribute("src")

    participant.draw("a big dog on a beach", 2)
    assert compare.locator("img").first.get_attribute("src") != first
    expect(compare).to_have_attribute("open", "")
    expect(compare.locator("input[type=range]")).to_have_value("80")
    assert "--at: 80%" in compare.locator(".tp-slider").get_attribute("style")
    expect(raw).not_to_have_attribute("open", "")
    expect(page.locator(".tp-scores")).to_contain_text("100: the target itself")
    assert len(points(page)) == 4
    assert all(POINTS.fullmatch(value) and 0 <= int(value) <= 100 for value in points(page))
    raw.locator("summary").click()
    expect(raw).to_contain_text("a typical unrelated picture")
    screenshot(page, "scores-round-3")

    participant.draw("a cat", 3)
    page.locator("#rank-list > li").first.focus()
    page.keyboard.press("ArrowDown")  # the order in which they were shuffled would be asked about
    order = participant.order()
    participant.finish()
    expect(page.locator(".tp-scores h3")).to_have_text(f"How close is your best, round {order[0]}?")
    assert all(POINTS.fullmatch(value) for value in points(page))
    screenshot(page, "scores-thanks")

    # On a phone the longest words on a change break no metric's name within a word.
    page.set_viewport_size(PHONE["viewport"])
    page.locator(".tp-score-value small").evaluate_all(
        "all => all.forEach((one) => one.textContent = '▼ 0.126 further away than the first')"
    )
    name = page.locator(".tp-score-name", has_text="Perceptual Similarity")
    assert name.evaluate(LINES) <= 2
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
