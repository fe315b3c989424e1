"""One server and one browser for the tests of the page, and a folder of screenshots for people to look at."""

from pathlib import Path

import pytest

from tests.browser.participant import Participant
from tests.browser.server import ROOT, Server, chromium

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
ROUNDS = 3


@pytest.fixture(scope="session")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A study of three rounds that shows scores, for all tests that do not kill it."""
    running = Server(tmp_path_factory.mktemp("study") / "data", REFINE_ITERATIONS=str(ROUNDS), REFINE_FEEDBACK="always")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def visit(browser):
    """A function that opens a page in a browser of its own (own storage), as another person would."""
    contexts = []

    def open_page(url, **device):
        contexts.append(browser.new_context(**(device or DESKTOP)))
        return Participant(contexts[-1].new_page(), url)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def screenshot():
    """A function that keeps a picture of the whole page in `screenshots/`."""
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)

    def take(page, name: str) -> Path:
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take
