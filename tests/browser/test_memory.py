"""What a browser remembers: drafts through a lost network and a reload, and every session that was begun or linked."""

import sqlite3

import pytest
from playwright.sync_api import expect

BOX = "#prompt textarea"
MEMORY = "thousand-prompts-memory"
STORAGE = {
    "denied": """for (const kind of ["localStorage", "sessionStorage"])
        Object.defineProperty(window, kind, { get() { throw new DOMException("denied", "SecurityError") } })""",
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }",
    "full of rubbish": f"""localStorage.setItem("{MEMORY}", '{{"tokens": [7, null, "?"], "next": [], "drafts": {{"a": 1}}}}')""",
    "not JSON": f'localStorage.setItem("{MEMORY}", "{{")',
}


def lose_the_network(page):
    """Until the page has noticed, and has loaded itself anew."""
    page.evaluate("window.isOld = true")
    page.context.set_offline(True)
    expect(page.get_by_text("Connection to the server was lost").first).to_be_visible()
    page.context.set_offline(False)
    page.wait_for_function("!window.isOld")


def sessions(server):
    with sqlite3.connect(server.data_dir / "journal.sqlite") as journal:
        return journal.execute("SELECT count(*) FROM sessions").fetchone()[0]


def begun(visit, url, prompt=""):
    """The page of somebody in a browser of their own, in the rounds; with `prompt` one round is drawn."""
    participant = visit(url)
    participant.enrol()
    if prompt:
        participant.draw(prompt, 1)
    return participant.page


def link(page):
    """The resume link of the session that is shown."""
    return f"{page.url}?resume={page.locator('[data-resume]').get_attribute('data-resume')}"


def at_round(page, number):
    expect(page.locator("#round-counter")).to_contain_text(f"Round {number} of")


def test_a_draft_outlives_a_reload_and_a_lost_network_in_round_1_and_later(server, visit):
    page = begun(visit, server.url)
    for number in (1, 2):
        at_round(page, number)
        page.fill(BOX, f"a cat, begun {number}")
        page.reload()
        expect(page.locator(BOX)).to_have_value(f"a cat, begun {number}")
        page.fill(BOX, f"a cat, written {number}")
        lose_the_network(page)
        expect(page.locator(BOX)).to_have_value(f"a cat, written {number}")
        page.click("#draw")
        expect(page.locator("#drawing img")).to_have_attribute(
            "alt", f"Your drawing of round {number}: a cat, written {number}"
        )


def test_what_is_written_while_a_drawing_is_made_is_a_draft_for_the_next_round(server, visit):
    page = begun(visit, server.url)
    page.fill(BOX, "a red star")
    page.click("#draw")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.fill(BOX, "a red star on the left")
    page.reload()
    expect(page.locator(BOX)).to_have_value("a red star on the left")
    at_round(page, 2)
    page.reload()
    expect(page.locator(BOX)).to_have_value("a red star on the left")


def test_a_draft_belongs_to_its_session(server, visit):
    page = begun(visit, server.url)
    page.fill(BOX, "a draft")
    other = link(begun(visit, server.url))
    page.goto(other)
    page.get_by_role("button", name="Go to the session of the link").click()
    expect(page.locator(BOX)).to_have_value("")
    page.get_by_role("button", name="Go on with it").click()
    expect(page.locator(BOX)).to_have_value("a draft")


def test_a_link_of_nobody_leaves_the_browsers_own_session(server, visit):
    page = begun(visit, server.url, "a green frog")
    page.goto(f"{server.url}/?resume=abc")
    expect(page.get_by_role("alert")).to_contain_text("not known here, or was withdrawn. You go on with your own")
    at_round(page, 2)
    page.goto(server.url)
    at_round(page, 2)


def test_a_link_to_another_session_asks_and_both_stay_reachable(server, visit):
    mine, theirs = begun(visit, server.url, "a green frog"), begun(visit, server.url)
    mine.goto(link(theirs))
    at_round(mine, 2)
    question = mine.get_by_role("alert")
    expect(question).to_contain_text("another session (round 1 of 3)")
    mine.wait_for_function("!location.search.includes('resume')")
    mine.get_by_role("button", name="Stay with this one").click()
    expect(question).to_be_hidden()
    mine.reload()
    at_round(mine, 2)
    expect(question).to_have_count(0)
    mine.get_by_role("button", name="Go on with it (round 1 of 3)").click()
    at_round(mine, 1)
    mine.reload()
    at_round(mine, 1)
    mine.get_by_role("button", name="Go on with it (round 2 of 3)").click()
    at_round(mine, 2)


def test_each_window_goes_on_with_its_own_session(server, visit):
    first, other = begun(visit, server.url, "a key"), begun(visit, server.url)
    second = first.context.new_page()
    second.goto(link(other))
    second.get_by_role("button", name="Go to the session of the link").click()
    at_round(second, 1)
    first.reload()
    at_round(first, 2)
    second.reload()
    at_round(second, 1)


def test_two_windows_that_were_opened_at_the_welcome_make_one_session(server, visit):
    first = visit(server.url).page
    expect(first.locator("#start")).to_be_enabled()
    second = first.context.new_page()
    second.goto(server.url)
    expect(second.locator("#start")).to_be_enabled()
    before = sessions(server)
    first.click("#start")
    second.click("#start")
    for page in (first, second):
        expect(page.locator("#begin")).to_be_visible()
    assert sessions(server) == before + 1
    first.click("#begin")
    at_round(first, 1)
    second.reload()
    at_round(second, 1)


def test_a_start_whose_answer_was_lost_begins_one_session(server, visit):
    page = visit(server.url).page
    expect(page.locator("#start")).to_be_enabled()
    before = sessions(server)
    page.route("**/queue/data*", lambda route: route.abort())
    page.click("#start")
    page.wait_for_timeout(1000)
    page.unroute("**/queue/data*")
    page.reload()
    page.click("#start")
    expect(page.locator("#begin")).to_be_visible()
    assert sessions(server) == before + 1


def test_who_plays_again_begins_another_session(server, visit):
    participant = visit(server.url)
    participant.enrol()
    for number in (1, 2, 3):
        participant.draw(f"a fish {number}", number)
    participant.page.locator("#rank-list > li").first.get_by_label("Move down").click()
    participant.finish()
    before = sessions(server)
    participant.page.click("#again")
    participant.enrol()
    assert sessions(server) == before + 1
    participant.page.reload()
    at_round(participant.page, 1)


@pytest.mark.parametrize("storage", STORAGE)
def test_the_study_runs_where_storage_is(server, visit, storage):
    participant = visit("about:blank")
    page = participant.page
    page.add_init_script(f"if (location.protocol !== 'about:') {{ {STORAGE[storage]} }}")
    page.goto(server.url)
    participant.enrol()
    participant.draw("a house", 1)
    at_round(page, 2)
