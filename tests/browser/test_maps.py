"""Maps on the page: a sentence, colours over the drawing with a slider, on a phone one tap; and no map for who is in another arm."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.server import Server

SENTENCE = re.compile(r"^(Most different|Different in most places|About equally different|Hardly any difference)")
MOVE = "(range) => { range.value = '20'; range.dispatchEvent(new Event('input', { bubbles: true })) }"
OPACITY = "(picture) => Number(getComputedStyle(picture).opacity)"


@pytest.fixture(scope="module")
def mapping_server(tmp_path_factory):
    """A study of four rounds that shows scores and maps."""
    running = Server(tmp_path_factory.mktemp("maps") / "data", REFINE_ITERATIONS="4", REFINE_ARMS="both")
    running.start()
    yield running
    running.stop()


def test_the_map_lies_open_over_the_drawing_and_its_slider_stays_in_the_next_round(mapping_server, visit, screenshot):
    participant = visit(mapping_server.url, **DESKTOP)
    page = participant.page
    participant.enrol()
    participant.draw("a small red boat on the left", 1)
    difference = page.get_by_role("region", name="Where does it differ")
    expect(difference.locator(".tp-place")).to_have_text(SENTENCE)
    expect(page.locator("#tp-spoken")).to_have_text(SENTENCE)
    expect(difference.locator(".tp-layers")).to_be_visible()
    expect(page.get_by_role("region", name="What did your last change do")).to_have_count(0)
    boxes = [difference.locator(".tp-layers img").nth(place).bounding_box() for place in (0, 1)]
    assert boxes[0] == boxes[1], "the colours cover the drawing"
    colours = difference.locator(".tp-colours")
    assert colours.evaluate(OPACITY) == pytest.approx(0.6)
    difference.get_by_label("How strong are the colours?").evaluate(MOVE)
    assert colours.evaluate(OPACITY) == pytest.approx(0.2)

    participant.draw("a big dog on a beach", 2)
    change = page.get_by_role("region", name="What did your last change do")
    expect(change.locator(".tp-place")).to_have_text(re.compile("Came closer|Went away|Hardly any change"))
    expect(page.locator("#tp-spoken")).to_have_text(re.compile("Came closer|Went away|Hardly any change"))
    for colours in (difference.locator(".tp-colours"), change.locator(".tp-colours")):
        assert colours.evaluate(OPACITY) == pytest.approx(0.2)
    expect(page.locator(".tp-scores")).to_be_visible()
    screenshot(page, "maps-round-3")
    change.locator("summary").click()
    participant.draw("a big red boat on the left", 3)
    expect(difference.locator(".tp-layers")).to_be_visible()
    expect(change.locator(".tp-layers")).to_be_hidden()  # what was closed stays closed


def test_on_a_phone_the_sentence_is_there_and_one_tap_shows_the_map_in_every_round(mapping_server, visit, screenshot):
    participant = visit(mapping_server.url, **PHONE)
    page = participant.page
    participant.enrol()
    participant.draw("a cat", 1)
    difference = page.get_by_role("region", name="Where does it differ")
    expect(difference.locator(".tp-place")).to_be_visible()
    expect(difference.locator(".tp-layers")).to_be_hidden()
    difference.locator("summary").tap()
    expect(difference.locator(".tp-layers")).to_be_visible()
    participant.draw("a big cat on a beach", 2)
    expect(page.get_by_role("region", name="What did your last change do").locator(".tp-place")).to_be_visible()
    expect(difference.locator(".tp-layers")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    screenshot(page, "maps-phone")
    participant.draw("a dog", 3)
    participant.draw("a cat on a beach", 4)
    expect(page.locator("#tp-spoken")).to_have_text("")
