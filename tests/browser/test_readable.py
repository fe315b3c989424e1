"""What a participant must be able to read and answer: contrast, direction, questions inside a frame, figures that did not load."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import PHONE

BOX = "#prompt textarea"
LEGIBLE = 4.5
"""Contrast of WCAG 2, level AA, for text of any size."""

FAINT = """() => {
  const parse = (css) => {
    const [r, g, b, a = 1] = css.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest("svg, script, style, :disabled, [aria-hidden=true]")) continue;
    const chain = [];
    for (let one = element; one; one = one.parentElement) chain.unshift(one);
    let back = [255, 255, 255, 1];
    let opacity = 1;
    for (const one of chain) {
      back = over(parse(getComputedStyle(one).backgroundColor), back);
      opacity *= Number(getComputedStyle(one).opacity);
    }
    const ink = parse(getComputedStyle(element).color);
    const [one, other] = [light(over([...ink.slice(0, 3), ink[3] * opacity], back)), light(back)];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found.push([Math.round(contrast * 100) / 100, text.data.trim().slice(0, 40), element.className]);
  }
  return found;
}"""


def assert_legible(page, *expected):
    for _ in range(40):
        found = page.evaluate(FAINT)
        faint = [one for one in found if one[0] < LEGIBLE]
        if not faint:
            break
        page.wait_for_timeout(250)  # colours change gently, on a busy machine over seconds
    assert faint == []
    texts = {text for _, text, _ in found}
    assert set(expected) <= texts


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(server, visit, scheme):
    participant = visit(server.url, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page = participant.page
    expect(page.locator("#start")).to_be_enabled()
    assert_legible(page, "Take part", "I agree, start")
    page.get_by_role("tab", name="About").click()
    page.click("#withdraw")
    expect(page.get_by_role("alert").filter(has_text="enter your withdrawal code")).to_be_visible()
    assert_legible(page, "About")
    page.get_by_role("tab", name="Results").click()
    page.click("#simulate")
    expect(page.locator("#fit")).to_contain_text("to 200 sessions")
    assert_legible(page, "Results")
    page.get_by_role("tab", name="Take part").click()
    page.click("#start")
    expect(page.locator("#begin")).to_be_visible()
    assert_legible(page, "Write my first prompt")
    page.click("#begin")
    for number in (1, 2, 3):
        page.click("#draw") if number == 1 else None
        participant.draw(f"a cat {number}", number)
        assert_legible(page)
    page.locator("#rank-list > li").first.get_by_label("Move down").click()
    participant.finish()
    assert_legible(page, "Thank you!")


def ink(page):
    """How much of what is written in the prompt box stands in the left and in the right half of it."""
    picture = np.asarray(Image.open(BytesIO(page.locator(BOX).screenshot())).convert("L"), dtype=float)
    inside = picture[8:-8, 8:-8]
    dark = np.abs(inside - np.median(inside)) > 60
    middle = dark.shape[1] // 2
    return dark[:, :middle].sum(), dark[:, middle:].sum()


def test_the_prompt_box_follows_the_direction_of_what_is_written(server, visit):
    participant = visit(server.url)
    participant.enrol()
    page = participant.page
    page.fill(BOX, "a cat")
    left, right = ink(page)
    assert left > 0 == right
    page.fill(BOX, "قطة على العشب")
    left, right = ink(page)
    assert right > 0 == left


PROMPT = "a purple jeep and two zebras"
TRANSLATED = """words => {
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode())
        if (text.data.includes(words)) found.push(Boolean(text.parentElement.closest("[translate=no]")));
    return found;
}"""


def test_unknown_words_are_named_after_the_drawing_and_no_prompt_or_code_is_translated(server, visit):
    participant = visit(server.url)
    participant.enrol()
    page = participant.page
    note = page.locator(".tp-unknown")
    participant.draw("two small red cars, at night!", 1)
    expect(note).to_have_count(0)
    participant.draw(PROMPT, 2)
    expect(note).to_have_text("The model does not know: “jeep”, “zebras”. Other words may help.")
    page.locator(".tp-strip button").first.click()
    shown = page.evaluate(TRANSLATED, PROMPT)
    assert len(shown) == 2 and all(shown)
    page.locator("[data-do=close]").click()
    participant.draw(PROMPT, 3)
    shown = page.evaluate(TRANSLATED, PROMPT)
    assert shown and all(shown)
    page.locator("#rank-list > li").first.get_by_label("Move down").click()
    code = participant.finish()
    for words in (code, page.locator("#hidden-prompt").inner_text()):
        shown = page.evaluate(TRANSLATED, words)
        assert len(shown) == 1 and all(shown)


FRAME = """<!DOCTYPE html><title>A Space</title><iframe sandbox="allow-scripts allow-same-origin allow-forms"
    allow="clipboard-write 'none'" width="1200" height="850" src="/"></iframe>"""


def test_a_long_prompt_does_not_push_the_withdrawal_code_away(server, visit):
    participant = visit(server.url, **PHONE)
    page = participant.page
    participant.enrol()
    for number, prompt in enumerate(("w" * 2000, "a dog", "a boat"), start=1):
        participant.draw(prompt, number)
    page.locator("#rank-list > li").first.get_by_label("Move down").click()
    participant.finish()
    captions = page.locator(".tp-three figcaption")
    expect(captions).to_have_count(3)
    long = page.locator(".tp-three figcaption", has_text="www").first
    assert long.inner_text().count("w") == 2000, "it can be read by scrolling"
    assert max(one.bounding_box()["height"] for one in captions.all()) < 120
    assert page.locator("#withdrawal-code").bounding_box()["y"] < 3 * PHONE["viewport"]["height"]


def test_in_a_frame_that_may_show_no_dialog_withdrawal_asks_and_links_can_be_copied(server, visit):
    participant = visit("about:blank")
    page = participant.page
    page.on("dialog", lambda dialog: pytest.fail("the frame showed a dialog"))
    page.route("**/a-space", lambda route: route.fulfill(body=FRAME, content_type="text/html"))
    page.goto(f"{server.url}/a-space")
    frame = page.frame_locator("iframe")
    frame.locator("#start").click()
    frame.get_by_role("button", name="Copy a link to go on later").click()
    copied = frame.get_by_label("Copy this")
    expect(copied).to_have_value(f"{server.url}/?resume={frame.locator('[data-resume]').get_attribute('data-resume')}")
    assert copied.evaluate("field => field.selectionEnd - field.selectionStart == field.value.length")

    frame.get_by_role("tab", name="About").click()
    code = frame.locator("#withdraw-code textarea, #withdraw-code input")
    frame.locator("#withdraw").click()
    alert = frame.get_by_role("alert")
    expect(alert.filter(has_text="Please enter your withdrawal code first")).to_be_visible()
    code.fill("ABCD-EFGH-JKMN")
    frame.locator("#withdraw").click()
    expect(alert.filter(has_text="Remove the session with this code for good?")).to_be_visible()
    frame.locator("#withdraw-no").click()
    expect(frame.locator("#withdraw-yes")).to_be_hidden()
    frame.locator("#withdraw").click()
    frame.locator("#withdraw-yes").click()
    expect(alert.filter(has_text="There is no session with this code")).to_be_visible()
    expect(code).to_have_value("ABCD-EFGH-JKMN")
    expect(frame.locator("#withdraw-yes")).to_be_hidden()


@pytest.mark.parametrize("by_hand", [True, False], ids=["by hand", "by themselves"])
def test_figures_that_could_not_load_say_so_and_are_tried_again(server, visit, by_hand):
    page = visit(server.url).page
    page.route("**/plotly.min.js*", lambda route: route.abort())
    page.get_by_role("tab", name="Results").click()
    page.click("#simulate")
    expect(page.locator("#fit")).to_contain_text("to 200 sessions")
    told = page.get_by_text("This figure could not be loaded.")
    expect(told).to_have_count(page.locator("#results [data-figure]").count())
    page.unroute("**/plotly.min.js*")
    if by_hand:
        page.locator("[data-again]").first.click()
    expect(told).to_have_count(0)
    expect(page.locator("#results .js-plotly-plot")).to_have_count(page.locator("#results [data-figure]").count())
