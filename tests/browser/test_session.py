"""Whole sessions in a real browser: drawn by the real pipeline, scored, ranked, saved, and found again."""

import re
import shutil
from pathlib import Path

import pytest
from datasets import load_dataset
from playwright.sync_api import expect

from refine.protocol import pixel_hash
from refine.storage.journal.journal import Journal
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.server import Server

PROMPTS = (
    "a cat",
    "a big cat on the left",
    "a big cat on the left, night sky",
    "a big cat and a small star at night",
)


def journal_of(server):
    return Journal(f"sqlite:///{server.data_dir / 'journal.sqlite'}")


def rows_of(server, config, cache):
    return load_dataset(str(server.data_dir / "dataset"), config, split="train", cache_dir=str(cache))


def drag(page, item, onto):
    """Take an item by its picture and drop it a little above the middle of another."""
    start = item.locator("img").bounding_box()
    end = onto.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 60, end["y"] + end["height"] / 2, steps=8)
    page.mouse.move(end["x"] + 60, end["y"] + end["height"] / 4, steps=4)
    page.wait_for_timeout(150)
    page.mouse.up()


def test_a_session_survives_a_kill_and_ends_in_the_dataset(tmp_path, visit, screenshot):
    server = Server(tmp_path / "data", REFINE_ITERATIONS="4", REFINE_FEEDBACK="always")
    server.start()
    participant = visit(server.url, **DESKTOP)
    page = participant.page
    screenshot(page, "desktop-1-welcome")
    participant.enrol()
    screenshot(page, "desktop-2-round-1")
    for number in (1, 2):
        participant.draw(PROMPTS[number - 1], number)
    screenshot(page, "desktop-3-round-3")
    shown = page.locator("#drawing img").get_attribute("src")

    # Killed in the middle of a drawing: what was shown stays, what was asked for is made after the start.
    page.fill("#prompt textarea", PROMPTS[2])
    page.click("#draw")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.evaluate("window.isOld = true")
    server.kill()
    server.start()
    # The page loads itself anew: a `goto` beside that is overtaken, and waits for a load that never comes.
    page.wait_for_function("() => !window.isOld")
    expect(page.locator("#drawing figcaption")).to_contain_text("round 3")
    assert page.locator("[data-iteration='2'] img").get_attribute("src") == shown
    assert page.input_value("#prompt textarea") == PROMPTS[2]

    participant.draw(PROMPTS[3], 4)
    offered = participant.order()
    screenshot(page, "desktop-4-ranking")
    items = page.locator("#rank-list > li")
    drag(page, items.nth(3), items.nth(0))
    dragged = participant.order()
    assert dragged == [offered[3], *offered[:3]]
    items.nth(3).focus()
    page.keyboard.press("ArrowUp")
    ordered = participant.order()
    assert ordered == [dragged[0], dragged[1], dragged[3], dragged[2]]
    code = participant.finish()
    screenshot(page, "desktop-5-thanks")

    session = journal_of(server).session_by_withdrawal_code(code)
    (trial,) = session.trials
    assert trial.ranking.order == tuple(ordered)
    assert [iteration.prompt for iteration in trial.iterations] == list(PROMPTS)
    assert all(len(iteration.scores) == 4 for iteration in trial.iterations)

    page.get_by_role("tab", name="Results").click()
    expect(page.locator("#count-sessions")).to_have_text("1")
    expect(page.locator("#count-iterations")).to_have_text("4")
    screenshot(page, "desktop-6-results")

    rows = rows_of(server, "iterations", tmp_path / "cache")
    assert len(rows) == 4
    for row, iteration in zip(sorted(rows, key=lambda row: row["iteration"]), trial.iterations, strict=True):
        assert row["prompt"] == iteration.prompt
        assert row["rank"] == ordered.index(row["iteration"]) + 1
        assert pixel_hash(row["picture"]) == row["pixel_hash"] == iteration.picture
        assert {name: row[name] for name in iteration.scores} == pytest.approx(dict(iteration.scores))
    assert rows_of(server, "sessions", tmp_path / "cache")["arm"] == ["scores"]
    assert len(rows_of(server, "targets", tmp_path / "cache")) == 1
    server.stop()


def test_a_session_goes_on_after_a_spaces_restart_has_wiped_its_disk(hub, tmp_path, visit):
    server = Server(
        tmp_path / "data",
        HF_ENDPOINT=hub.url,
        HF_TOKEN="hf_write",
        HF_HUB_OFFLINE="0",
        REFINE_ITERATIONS="2",
        REFINE_DATASET_REPO="someone/study",
        REFINE_REPLICA="someone/replica",
    )
    server.start()
    participant = visit(server.url)
    participant.enrol()
    participant.draw(PROMPTS[0], 1)
    shown = participant.page.locator("#drawing img").get_attribute("src")
    participant.page.goto("about:blank")  # closed meanwhile: a page that is open may load itself anew beside a `goto`
    server.stop()
    shutil.rmtree(server.data_dir)
    server.start()
    participant.page.goto(server.url)
    expect(participant.page.locator("#round-counter")).to_contain_text("Round 2 of")
    assert participant.page.locator("#drawing img").get_attribute("src") == shown
    participant.draw(PROMPTS[1], 2)
    items = participant.page.locator("#rank-list > li")
    items.first.focus()
    participant.page.keyboard.press("ArrowDown")
    participant.finish()
    server.stop()
    assert len([name for name in hub.repos["someone/study"].files if name.startswith("data/sessions/")]) == 1


def test_a_session_with_a_thumb(server, visit, screenshot):
    participant = visit(server.url, **PHONE)
    page = participant.page
    page.tap("#start")
    page.tap("#begin")
    screenshot(page, "phone-1-round-1")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "the page must not scroll sideways"
    for number in (1, 2, 3):
        page.fill("#prompt textarea", PROMPTS[number])
        page.locator("#prompt textarea").press("Enter")
        seen = page.locator(f"#drawing figcaption:has-text('round {number}')").or_(page.locator("#rank-list"))
        expect(seen.first).to_be_visible(timeout=60_000)
        if number == 2:
            expect(page.locator(".tp-scores [data-metric]")).to_have_count(4)
            expect(page.locator(".tp-score-value").first).to_contain_text(re.compile("closer|further|same"))
            screenshot(page, "phone-2-round-3")
    screenshot(page, "phone-3-ranking")
    before = participant.order()
    page.locator("#rank-list > li").nth(0).get_by_label("Move down").tap()
    assert participant.order() == [before[1], before[0], before[2]]
    page.reload()
    expect(page.locator("#rank-list")).to_be_visible()
    assert participant.order() == [before[1], before[0], before[2]], "a reload keeps the order so far"
    participant.finish()
    expect(page.locator("#hidden-prompt")).not_to_be_empty()
    screenshot(page, "phone-4-thanks")
    page.get_by_role("tab", name="Results").click()
    expect(page.locator("#count-sessions")).to_be_visible()
    page.click("#simulate")
    expect(page.locator("#results")).to_contain_text("Simulated data")
    expect(page.locator("#fit")).to_contain_text("to 200 sessions")
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "nor must the results"
    screenshot(page, "phone-5-simulated-results")


def test_figures_data_and_report_can_be_taken_home(server, visit, screenshot):
    page = visit(server.url, **DESKTOP).page
    page.get_by_role("tab", name="Results").click()
    page.click("#simulate")
    expect(page.locator("#fit")).to_contain_text("to 200 sessions")
    expect(page.locator("#results .js-plotly-plot")).to_have_count(page.locator("#results [data-figure]").count())
    screenshot(page, "desktop-7-simulated-results")
    for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
        with page.expect_download() as download:
            page.locator(f"#results [data-save={kind}]").first.click()
        assert download.value.suggested_filename == f"thousand-prompts-agreement.{kind}"
        assert Path(download.value.path()).read_bytes().startswith(start)
    page.click("#prepare")
    files = page.locator("#downloads")
    for name in ("iterations", "report"):
        expect(files).to_contain_text(name)
    page.click("#live")
    expect(page.locator("#results")).not_to_contain_text("Simulated data")


def test_the_unchanged_order_is_asked_about(server, visit):
    participant = visit(server.url)
    participant.enrol()
    for number in (1, 2, 3):
        participant.draw(f"a dog {number}", number)
    offered = participant.order()
    participant.page.click("#rank-submit")
    expect(participant.page.locator("#rank-confirm")).to_be_visible()
    assert participant.order() == offered
    participant.page.click("#rank-confirm")
    expect(participant.page.locator("#withdrawal-code")).to_be_visible()


def test_results_of_others_appear_by_themselves(server, visit):
    watcher = visit(server.url).page
    watcher.get_by_role("tab", name="Results").click()
    participant = visit(server.url)
    participant.enrol()
    for number in (1, 2, 3):
        participant.draw(f"a boat {number}", number)
    participant.page.locator("#rank-list > li").nth(0).get_by_label("Move down").click()
    code = participant.finish()
    finished = len(journal_of(server).finished_ids())
    expect(watcher.locator("#count-sessions")).to_have_text(str(finished))

    # And a withdrawal takes it away again.
    page = participant.page
    page.get_by_role("tab", name="About").click()
    page.fill("#withdraw-code textarea, #withdraw-code input", code.lower())
    page.click("#withdraw")
    page.click("#withdraw-yes")
    expect(page.get_by_text("Your session was removed")).to_be_visible()
    assert journal_of(server).session_by_withdrawal_code(code) is None
