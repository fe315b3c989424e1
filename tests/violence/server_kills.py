"""SIGKILL for the whole app under participants who use it over HTTP as a browser does."""

import contextlib
import random
import threading
import time
import traceback
from collections.abc import Callable

from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures
from tests.browser.server import Server
from tests.violence.ledger import Ledger, Shown, check_pictures
from tests.violence.page import GoneError, Page

ROUNDS = 3
LEAVING = 0.2
"""The share of participants who withdraw in the end."""


class Seat:
    """One participant after another, who come back to their page whenever the server does."""

    def __init__(self, server: Server, ledger: Ledger, rng: random.Random) -> None:
        self._server = server
        self._ledger = ledger
        self._rng = rng
        self.token = ""

    def play(self, over: threading.Event, last: threading.Event) -> None:
        """Go on where the page says, until `over`, or until the session is finished if `last` is set.

        Raises `GoneError` when the server is.
        """
        page = Page(self._server.url)
        try:
            page.arrive(self.token)
            while not over.is_set():
                if self._step(page, over) and last.is_set():
                    return
        finally:
            page.close()

    def _step(self, page: Page, over: threading.Event) -> bool:
        """Look, write down what is seen, and do what is due. Says whether a session has just come to its end."""
        for number, (prompt, picture) in page.drawings.items() if page.step in ("Rounds", "Ranking") else ():
            self._ledger.rounds.add(Shown(self.token, 1, number, prompt, picture))
        match page.step:
            case "Welcome":
                if self.token:
                    assert self.token in self._ledger.leaving, "the server knows everybody who has begun"
                    self._ledger.left.add(self.token)
                page.click("start")
                self.token = page.token
                self._ledger.tokens.add(self.token)
            case "Target":
                page.click("begin")
            case "Rounds":
                if page.is_drawing:
                    over.wait(page.pace)
                    page.poll()
                else:
                    # Some drawings are of one participant only, others of many: who withdraws takes the first alone.
                    # Never the same twice in a session: equal drawings are one item of the ranking, and not seen apart.
                    number = ROUNDS * self._rng.randrange(33) + len(page.drawings)
                    page.draw(f"a {self._rng.choice(['cat', 'dog', 'star'])} {number}")
            case "Ranking":
                order = self._rng.sample(range(1, ROUNDS + 1), ROUNDS)
                page.rank(order)
                self._ledger.rankings[self.token, 1] = tuple(order)
            case "Thanks":
                self._ledger.finished.add(self.token)
                if self._rng.random() < LEAVING:
                    self._ledger.leaving.add(self.token)
                    page.withdraw(page.withdrawal_code)
                    self._ledger.left.add(self.token)
                self.token = ""
                page.arrive("")
                return True
        return False


def run_life(server: Server, seats: list[Seat], until: Callable[[], None] | None) -> None:
    """Start the server, let all participants play, and kill it when `until` returns (`None`: let every session finish).

    Raises `AssertionError` with what went wrong for a participant.
    """
    serving, over, last, faults = threading.Event(), threading.Event(), threading.Event(), []
    if until is None:
        last.set()

    def play(seat: Seat) -> None:
        serving.wait()
        try:
            with contextlib.suppress(GoneError):
                seat.play(over, last)
                return
            assert until is not None, "nobody killed it"
        except BaseException:
            faults.append(traceback.format_exc())

    def start() -> None:
        with contextlib.suppress(RuntimeError):  # killed before its first page
            server.start()
        serving.set()

    server.process = None
    starter = threading.Thread(target=start)
    starter.start()
    players = [threading.Thread(target=play, args=(seat,)) for seat in seats]
    for player in players:
        player.start()
    try:
        if until is not None:
            until()
            while server.process is None:
                time.sleep(0.01)
            assert server.process.poll() is None, "it lives until it is killed"
    finally:
        if until is not None:
            if server.process is not None:
                server.kill()
            over.set()
        for player in [starter, *players]:
            player.join()
        print("".join(faults), end="", flush=True)
    assert not faults, faults[0]


def main(server: Server, kills: int, participants: int, seed: int, longest: float) -> str:
    """Kill, start, check and go on; in the end let every participant finish. Returns what happened, in a sentence.

    A kill comes at any moment within `longest` seconds of the start: in the start itself, while all participants come
    back at once, or while they draw, rank and withdraw.
    """
    rng, ledger = random.Random(seed), Ledger()
    url = server.variables.get("REFINE_DATABASE_URL") or f"sqlite:///{server.data_dir / 'journal.sqlite'}"
    pictures = Pictures(server.data_dir / "pictures")
    seats = [Seat(server, ledger, random.Random(f"{seed} {number}")) for number in range(participants)]
    started = time.monotonic()
    for kill in range(kills):
        run_life(server, seats, lambda: time.sleep(rng.uniform(0, longest)))
        if ledger.tokens:
            ledger.check(Journal(url))
            check_pictures(Journal(url), pictures, tidied=False)
        print(f"kill {kill + 1} of {kills}: {len(ledger.rounds)} rounds shown so far are there once", flush=True)
    try:
        run_life(server, seats, None)
    finally:
        if server.process is not None:
            server.stop()
    ledger.check(Journal(url))
    ledger.check_looks(ROUNDS)
    check_pictures(Journal(url), pictures, tidied=True)
    ledger.check_dataset(server.data_dir)
    return (
        f"{kills} kills in {time.monotonic() - started:.0f} s: {len(ledger.tokens)} sessions, {len(ledger.finished)} of "
        f"them finished, {len(ledger.left)} withdrawn, {len(ledger.rounds)} rounds shown, each there once"
    )
