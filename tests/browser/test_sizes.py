"""The page's sizes: what must be in sight is, on a phone and on small desktops, in all ten rounds of both arms."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.server import ROOT, Server

DEVICES = {
    "390x844": PHONE,
    "1366x768": {"viewport": {"width": 1366, "height": 768}},
    "1280x800": {"viewport": {"width": 1280, "height": 800}},
}
LONG_WORD = "z" * 600
UNREAD = "a cat on the left and " + "a very very big dog and " * 12 + LONG_WORD

MEASURE = """() => {
  const sides = (name) => {
    const found = document.querySelector(name)?.getBoundingClientRect();
    return found && [found.left, found.top, found.right, found.bottom, found.width, found.height].map(Math.round);
  };
  return {
    target: sides("#target img"), drawing: sides("#drawing img"), closer: sides("#closer img"),
    prompt: sides("#prompt textarea"), draw: sides("#draw"), begin: sides("#begin"),
    width: document.documentElement.scrollWidth, window: [innerWidth, innerHeight],
  };
}"""

# Every size that the target's picture has in any frame of the rounds.
WATCH = """() => {
  window.sizes = new Set();
  const look = () => {
    const found = document.querySelector("#round-counter") && document.querySelector("#target img");
    if (found?.complete && found.offsetWidth) window.sizes.add(found.offsetWidth + "x" + found.offsetHeight);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture(scope="module")
def ten_rounds(tmp_path_factory):
    """A study of ten rounds and two arms, that draws in a tenth of the time."""
    running = Server(
        tmp_path_factory.mktemp("ten rounds") / "data",
        REFINE_STEPS="1",
        REFINE_TARGETS=str(ROOT / "assets" / "world" / "targets"),
    )
    running.start()
    yield running
    running.stop()


def assert_in_sight(page, *names):
    seen = page.evaluate(MEASURE)
    width, height = seen["window"]
    assert seen["width"] <= width, "the page must not scroll sideways"
    for name in names:
        left, top, right, bottom, *_ = seen[name]
        assert left >= 0 and top >= 0 and right <= width and bottom <= height, (name, seen)
    return seen


def play_ten_rounds(participant):
    """Play to the ranking. Returns the arm, what was measured in each round, and all sizes the target ever had."""
    page = participant.page
    page.click("#start")
    expect(page.locator("#begin")).to_be_visible()
    assert_in_sight(page, "target", "begin")
    page.evaluate(WATCH)
    page.click("#begin")
    expect(page.locator("#round-counter")).to_contain_text("Round 1 of 10")
    rounds = [assert_in_sight(page, "target", "prompt", "draw")]
    participant.draw("a cat", 1)
    arm = "scores" if page.locator(".tp-scores").count() else "no scores"
    for number in range(2, 11):
        rounds.append(assert_in_sight(page, "target", "drawing", "prompt", "draw"))
        if number == 3:
            page.fill("#prompt textarea", "")
            page.click("#draw")
            expect(page.get_by_role("alert")).to_contain_text("write a prompt first")
            assert_in_sight(page, "target", "drawing", "prompt", "draw")
        prompt = f"{number} stars" + ", a big cat on the left at night" * (number - 1)
        participant.draw(UNREAD if number == 5 else prompt, number)
        if number == 5:
            expect(page.locator(".tp-unread")).to_contain_text(LONG_WORD)
    expect(page.locator("#rank-list")).to_be_visible()
    return arm, rounds, page.evaluate("[...window.sizes]")


def write_table(name, arms):
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    lines = ["| window | arm | round | target | drawing | bottom of Draw | width of the page |", "|" + " --- |" * 7]
    for arm, rounds in sorted(arms.items()):
        for number, seen in enumerate(rounds, start=1):
            target, drawing = (
                "x".join(map(str, seen[part][4:])) if seen[part] else "" for part in ("target", "drawing")
            )
            lines.append(f"| {name} | {arm} | {number} | {target} | {drawing} | {seen['draw'][3]} | {seen['width']} |")
    (folder / f"sizes-{name}.md").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("name", DEVICES)
def test_pictures_have_one_size_and_all_that_is_needed_is_in_sight_in_ten_rounds_of_both_arms(
    ten_rounds, visit, name, screenshot
):
    arms, sizes = {}, set()
    for _ in range(2):
        participant = visit(ten_rounds.url, **DEVICES[name])
        arm, arms_rounds, seen = play_ten_rounds(participant)
        arms[arm] = arms_rounds
        sizes |= set(seen)
    write_table(name, arms)
    assert sorted(arms) == ["no scores", "scores"]
    drawn = {tuple(seen[part][4:]) for rounds in arms.values() for seen in rounds[1:] for part in ("target", "drawing")}
    assert len(sizes) == len(drawn) == 1, (sizes, drawn)

    # The ranking of the last of them: the target stays, and every drawing can be looked at beside it.
    page = participant.page
    last = page.locator("#rank-list > li").last
    for picture in page.locator("#rank-list img").all():
        assert picture.bounding_box()["width"] >= 110
    last.scroll_into_view_if_needed()
    page.locator("#rank-submit").scroll_into_view_if_needed()
    assert_in_sight(page, "target")
    last.locator("img").click()
    screenshot(page, f"sizes-{name}-ranking")
    expect(page.locator("#closer img")).to_have_attribute("src", last.locator("img").get_attribute("src"))
    expect(page.locator("#closer figcaption")).to_have_text(last.get_attribute("data-rounds"))
    seen = assert_in_sight(page, "target", "closer")
    assert seen["closer"][4:] == seen["target"][4:] and min(seen["closer"][4:]) >= 160
    assert seen["closer"][1] == seen["target"][1], "side by side"
    page.locator("#rank-list > li").first.scroll_into_view_if_needed()
    assert_in_sight(page, "target", "closer")
