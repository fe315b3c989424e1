"""What people do to a page: odd texts, double clicks, reloads, two windows, old links; and what attackers try."""

import json
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from refine.storage.targets import load_targets
from tests.browser.server import ROOT

ODD = [
    "<img src=x onerror=alert(1)><b>cat</b>",
    "{{value}} ${alert(1)} `code` **bold** # title",
    "قطة على العشب",
    "🦊👩‍👩‍👧 in the snow",
]


def test_an_empty_prompt_is_answered_and_costs_no_round(server, visit):
    participant = visit(server.url)
    participant.enrol()
    page = participant.page
    page.click("#draw")
    expect(page.get_by_role("alert")).to_contain_text("write a prompt first")
    page.fill("#prompt textarea", " \n ")
    page.click("#draw")
    expect(page.get_by_role("alert")).to_contain_text("write a prompt first")
    expect(page.locator("#round-counter")).to_contain_text("Round 1 of")


def test_a_prompt_that_is_too_long_is_answered_and_kept(server, visit):
    participant = visit(server.url)
    participant.enrol()
    page = participant.page
    page.fill("#prompt textarea", "cat " * 1250)
    page.click("#draw")
    expect(page.get_by_role("alert")).to_contain_text("up to 2,000 characters")
    assert page.input_value("#prompt textarea") == "cat " * 1250


def test_odd_prompts_are_shown_to_the_letter_everywhere(server, visit):
    participant = visit(server.url)
    page = participant.page
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    participant.enrol()
    for number, prompt in enumerate(ODD[:3], start=1):
        participant.draw(prompt, number)
        if number < 3:
            card = page.locator(f".tp-strip li:has([data-iteration='{number}'])")
            assert card.locator("p").inner_text() == prompt
            card.get_by_role("button").click()
            assert page.locator("dialog p").inner_text() == prompt
            page.locator("[data-do=close]").click()
    for number, prompt in enumerate(ODD[:3], start=1):
        assert (
            page.locator(f"#rank-list [data-iteration='{number}'], #rank-list li[data-iteration='{number}']")
            .first.locator(".tp-words")
            .inner_text()
            == prompt
        )


def test_a_long_prompt_is_drawn_with_a_note_of_what_was_not_read(server, visit):
    participant = visit(server.url)
    participant.enrol()
    participant.draw("a cat on the left and " + "a very very big dog and " * 12 + "a zebra", 1)
    expect(participant.page.locator(".tp-unread")).to_contain_text("zebra")


def test_a_double_click_draws_once(server, visit):
    participant = visit(server.url)
    participant.enrol()
    page = participant.page
    page.fill("#prompt textarea", "a red heart")
    page.dblclick("#draw")
    expect(page.locator("#drawing figcaption")).to_contain_text("round 1")
    page.wait_for_timeout(3000)
    expect(page.locator("#round-counter")).to_contain_text("Round 2 of")


def test_an_earlier_prompt_can_be_used_again(server, visit):
    participant = visit(server.url)
    participant.enrol()
    participant.draw("a red heart", 1)
    page = participant.page
    page.fill("#prompt textarea", "something else")
    page.locator(".tp-strip button").first.click()
    page.locator("[data-do=reuse]").click()
    assert page.input_value("#prompt textarea") == "a red heart"
    page.click("#draw")
    expect(page.locator("#drawing figcaption")).to_contain_text("round 2")


def test_reload_and_back_keep_the_place_at_every_step(server, visit):
    participant = visit(server.url)
    page = participant.page
    page.reload()
    expect(page.locator("#start")).to_be_visible()
    page.click("#start")
    expect(page.locator("#begin")).to_be_visible()
    page.reload()
    page.click("#begin")
    page.fill("#prompt textarea", "a key")
    page.click("#draw")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.goto("about:blank")
    page.go_back()
    expect(page.locator("#drawing figcaption")).to_contain_text("round 1")
    assert page.input_value("#prompt textarea") == "a key"


def test_two_windows_with_one_session(server, visit):
    participant = visit(server.url)
    participant.enrol()
    first = participant.page
    second = first.context.new_page()
    second.goto(server.url)
    expect(second.locator("#round-counter")).to_contain_text("Round 1 of")
    participant.draw("a blue whale", 1)
    second.fill("#prompt textarea", "a red car")
    second.click("#draw")
    # It is refused, unless the second window had learned of round 1 by itself: then it draws round 2.
    refused = second.get_by_role("alert").filter(has_text="drawn already")
    expect(refused.or_(second.locator("#drawing figcaption", has_text="round 2")).first).to_be_visible()
    expect(second.locator("#round-counter")).to_contain_text("Round 2 of" if refused.is_visible() else "Round 3 of")
    assert second.input_value("#prompt textarea") == "a red car"


def test_a_resume_link_goes_on_elsewhere_and_does_not_stay_in_the_address(server, visit):
    participant = visit(server.url)
    participant.enrol()
    participant.draw("a green frog", 1)
    token = participant.page.locator("[data-resume]").get_attribute("data-resume")
    elsewhere = visit(f"{server.url}/?resume={token}").page
    expect(elsewhere.locator("#round-counter")).to_contain_text("Round 2 of")
    elsewhere.wait_for_function("!location.search.includes('resume')")
    elsewhere.reload()
    expect(elsewhere.locator("#round-counter")).to_contain_text("Round 2 of")


def test_a_resume_link_of_nobody_leads_to_the_welcome(server, visit):
    page = visit(f"{server.url}/?resume=nonsense").page
    expect(page.get_by_role("alert")).to_contain_text("not known")
    expect(page.locator("#start")).to_be_visible()


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as fault:
        return fault.code, ""


def test_the_server_tells_no_secret(server):
    _, info = get(f"{server.url}/gradio_api/info")
    assert json.loads(info) == {"named_endpoints": {}, "unnamed_endpoints": {}}
    _, config = get(f"{server.url}/config")
    for target in load_targets(ROOT / "assets" / "world" / "targets").targets.values():
        assert target.prompt not in config


@pytest.mark.parametrize("route", ["gradio_api/file=", "file=", "gradio_api/proxy=", "static/"])
def test_no_route_reads_the_data_folder_or_the_targets(server, route):
    for path in (
        server.data_dir / "journal.sqlite",
        ROOT / "assets" / "world" / "targets" / "targets.json",
        ROOT / "app.py",
    ):
        status, content = get(f"{server.url}/{route}{path}")
        assert status >= 400, (route, path, status)
        assert content == ""


def call(server, function, data, event=None):
    """Call a private endpoint as a hand-made client would; returns all that the server sends back."""
    session = f"test{function}"
    body = {"data": data, "fn_index": function, "session_hash": session, "event_data": event}
    request = urllib.request.Request(
        f"{server.url}/gradio_api/queue/join", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            answer.read()
    except urllib.error.HTTPError as fault:
        return str(fault.code)
    with urllib.request.urlopen(f"{server.url}/gradio_api/queue/data?session_hash={session}", timeout=30) as stream:
        return stream.read().decode()


def test_private_endpoints_give_nothing_to_who_has_no_token(server, visit):
    participant = visit(server.url)
    participant.enrol()
    _, config = get(f"{server.url}/config")
    dependencies, components = (json.loads(config)[kind] for kind in ("dependencies", "components"))
    odd = {"number": 1, "json": {"link": "nonsense", "tokens": ["nonsense"]}}
    kinds = {component["id"]: odd.get(component["type"], "nonsense") for component in components}
    prompts = [t.prompt for t in load_targets(ROOT / "assets" / "world" / "targets").targets.values()]
    tried = 0
    for dependency in dependencies:
        if not dependency["backend_fn"]:
            continue
        # The first input of every participant's call is the token; a wrong one must lead nowhere.
        data = [kinds[component] for component in dependency["inputs"]]
        answer = call(server, dependency["id"], data, {"trial": 1, "order": [1, 2, 3], "unchanged": True})
        assert "process_completed" in answer, "it got through the gate"
        tried += 1
        assert not any(prompt in answer for prompt in prompts)
        assert "round-counter" not in answer
        assert "withdrawal-code" not in answer
    assert tried > 5
