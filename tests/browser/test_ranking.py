"""The ranking in a browser: drawings that are the same, drawings seen large, and browsers that store nothing."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.test_session import drag, journal_of

STORAGE = {
    "denied": """Object.defineProperty(window, "localStorage",
        { get() { throw new DOMException("denied", "SecurityError") } })""",
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }",
}
RUBBISH = ["", "{", "null", "7", "[1, 1, 1]", "[3, 2]", '["1", "2", "3"]', '{"length": 3}', "[1, 2, 4]"]
THREE = ("a dog", "a boat", "a star")


@pytest.fixture
def ranking(server, visit):
    """A function that plays a session of these prompts up to its ranking."""

    def play(prompts, script="", **device):
        participant = visit(server.url, **device)
        if script:
            participant.page.add_init_script(script)
            participant.page.reload()
        participant.enrol()
        for number, prompt in enumerate(prompts, start=1):
            participant.draw(prompt, number)
        expect(participant.page.locator("#rank-list")).to_be_visible()
        return participant

    return play


def shown_ranks(page):
    return page.locator("#rank-list .tp-rank").all_inner_texts()


def test_drawings_that_are_the_same_are_one_item_and_are_kept_as_tied(server, ranking):
    participant = ranking(["a key", "a red heart", "a key"])
    page = participant.page
    items = page.locator("#rank-list > li")
    assert sorted(participant.order()) == [1, 2]
    expect(page.locator(".tp-tie")).to_have_text("Rounds 1 and 3 drew the same")
    tied, other = items.filter(has_text="a key"), items.filter(has_text="a red heart")
    other.focus()
    page.keyboard.press("End")
    assert shown_ranks(page) == ["1", "3"]
    other.focus()
    page.keyboard.press("Home")
    assert shown_ranks(page) == ["1", "2"]
    expect(tied.locator(".tp-rank")).to_have_text("2")
    page.click("#rank-submit")
    confirm = page.locator("#rank-confirm")
    expect(confirm.or_(page.locator("#withdrawal-code")).first).to_be_visible()
    if confirm.is_visible():  # it was offered like this
        confirm.click()
    code = page.locator("#withdrawal-code").inner_text()
    ranking = journal_of(server).session_by_withdrawal_code(code).trials[0].ranking
    assert [ranking.rank_of(number) for number in (1, 2, 3)] == [2, 1, 2]


@pytest.mark.parametrize("storage", STORAGE)
def test_where_nothing_can_be_stored_the_order_is_built_numbered_and_sent_all_the_same(server, ranking, storage):
    participant = ranking(THREE, STORAGE[storage])
    page = participant.page
    offered = participant.order()
    items = page.locator("#rank-list > li")
    drag(page, items.nth(2), items.nth(0))
    assert participant.order() == [offered[2], *offered[:2]]
    assert shown_ranks(page) == ["1", "2", "3"]
    items.nth(0).get_by_label("Move down").click()
    items.nth(1).get_by_label("Move down").click()
    assert participant.order() == offered
    page.click("#rank-submit")
    expect(page.locator("#rank-confirm")).to_be_visible()
    items.nth(0).get_by_label("Move down").click()
    built = participant.order()
    assert built == [offered[1], offered[0], offered[2]]
    code = participant.finish()
    assert list(journal_of(server).session_by_withdrawal_code(code).trials[0].ranking.order) == built


def test_rubbish_in_the_storage_is_no_order(ranking):
    participant = ranking(THREE)
    page = participant.page
    offered = participant.order()
    name = "thousand-prompts-order-" + page.locator("[data-key]").get_attribute("data-key")
    for rubbish in RUBBISH:
        page.evaluate("([name, value]) => localStorage.setItem(name, value)", [name, rubbish])
        page.reload()
        expect(page.locator("#rank-list .tp-rank")).to_have_text(["1", "2", "3"])
        assert participant.order() == offered, rubbish
        page.locator("#rank-list > li").first.get_by_label("Move down").click()
        assert participant.order() == [offered[1], offered[0], offered[2]], rubbish


def test_a_tap_shows_a_drawing_beside_the_target_and_moves_nothing(ranking):
    participant = ranking(THREE, **PHONE)
    page = participant.page
    offered = participant.order()
    for item in page.locator("#rank-list > li").all():
        item.locator("img").tap()
        expect(page.locator("#closer img")).to_have_attribute("src", item.locator("img").get_attribute("src"))
        expect(page.locator("#closer figcaption")).to_have_text(item.get_attribute("data-rounds"))
        expect(page.locator(".tp-shown")).to_have_count(1)
    assert participant.order() == offered


def test_a_finger_drags_by_the_dots(ranking):
    participant = ranking(THREE, **PHONE)
    page = participant.page
    offered = participant.order()
    page.locator(".tp-ranking").scroll_into_view_if_needed()
    start = page.locator(".tp-handle").nth(0).bounding_box()
    end = page.locator("#rank-list > li").nth(1).bounding_box()
    client = page.context.new_cdp_session(page)

    def touch(kind, *points):
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    touch("touchStart", (x, y))
    for step in range(1, 9):
        touch("touchMove", (x, y + (end["y"] + end["height"] * 0.8 - y) * step / 8))
    page.wait_for_timeout(150)
    touch("touchEnd")
    expect(page.locator("#rank-list > li").nth(1)).to_have_attribute("data-iteration", str(offered[0]))
    assert participant.order() == [offered[1], offered[0], offered[2]]
