"""SIGKILL for a study with twenty participants, again and again: `python -m tests.violence.study_kills FOLDER KILLS SEED`.

The whole study without page and weights, in a process forked from this one, so that a start takes milliseconds and
hundreds of kills a minute. What participants see comes here by a pipe before anybody can forget it.
"""

import json
import os
import random
import select
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

from refine.protocol import Step
from refine.similarity.catalogue import open_metric
from refine.storage.journal import Journal
from refine.study import Study
from tests.conftest import Painter, small_study
from tests.violence.ledger import Ledger, Shown, check_pictures

PARTICIPANTS, ROUNDS, TRIALS = 20, 3, 1
LONGEST_LIFE = 0.7  # seconds
WORDS = ["cat", "dog", "star", "moon", "house", "tree", "boat"]


class SlowPainter(Painter):
    """Takes a moment, as a drawing does, so that kills meet requests that wait, and drawings that are being made."""

    def draw(self, prompt, progress):
        time.sleep(0.003)
        return super().draw(prompt, progress)


def participate(study: Study, seat: int, token: str | None, tell, rng: random.Random, until_done: bool) -> None:
    """One participant after another at one seat: enrol, draw, rank, sometimes withdraw, enrol again."""
    known = 0
    while True:
        if token is None:
            token = study.enrol(consent=True)
            tell("enrolled", seat, token)
        standing = study.standing(token)
        trial = standing.trial
        if standing.step == Step.WELCOME:  # the withdrawal came through before the kill
            token = None
            continue
        if len(trial.iterations) != known:
            for iteration in trial.iterations:
                tell("round", token, trial.number, iteration.number, iteration.prompt, iteration.picture)
            known = len(trial.iterations)
        if standing.step == Step.TARGET:
            study.begin(token, trial.number)
        elif standing.step == Step.ROUNDS:
            if standing.pending is None:
                # Few words: different participants must sometimes draw the same pixels.
                study.draw(token, trial.number, known + 1, f"{rng.choice(WORDS)} {rng.choice(WORDS)}")
            else:
                study.wait(1)
        elif standing.step == Step.RANKING:
            order = rng.sample(range(1, ROUNDS + 1), ROUNDS)
            study.rank(token, trial.number, order, unchanged_is_meant=True)
            tell("ranked", token, trial.number, order)
        else:
            tell("finished", token)
            if until_done:
                return
            if rng.random() < 0.5:
                tell("leaving", token)
                study.withdraw(standing.session.withdrawal_code)
                tell("left", token)
            token = None


def live(home: Path, ledger: Ledger, seats: dict[int, str], pipe: int, seed: float, last: bool) -> None:
    """A server's life: check what there is, then serve until killed, or in the last one until all have finished."""
    writing = threading.Lock()

    def tell(*words) -> None:
        with writing:
            os.write(pipe, json.dumps(words).encode() + b"\n")

    def play(seat: int) -> None:
        try:
            participate(study, seat, seats.get(seat), tell, random.Random(f"{seed} {seat}"), last)
        except BaseException:
            tell("fault", traceback.format_exc())

    try:
        ledger.check(home)
        check_pictures(home)
        tell("checked")
        study = small_study(home, random.Random(seed), SlowPainter(), iterations=ROUNDS, trials=TRIALS)
        players = [threading.Thread(target=play, args=(seat,)) for seat in range(PARTICIPANTS)]
        for player in players:
            player.start()
        for player in players:
            player.join()
        study.close()
    except BaseException:
        tell("fault", traceback.format_exc())


def note(ledger: Ledger, seats: dict[int, str], what: str, *words) -> None:
    """Write down what was told."""
    match what:
        case "enrolled":
            seats[words[0]] = words[1]
            ledger.tokens.add(words[1])
        case "round":
            ledger.rounds.add(Shown(*words))
        case "ranked":
            ledger.rankings[words[0], words[1]] = tuple(words[2])
        case "finished":
            ledger.finished.add(words[0])
        case "leaving":
            ledger.leaving.add(words[0])
        case "left":
            ledger.left.add(words[0])
        case "fault":
            raise AssertionError(words[0])


def one_life(home: Path, ledger: Ledger, seats: dict[int, str], seed: float, seconds: float | None) -> int:
    """Fork a server, kill it after `seconds` (`None`: let it end), and note what it told. Returns its checks: 0 or 1."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        live(home, ledger, seats, writing, seed, last=seconds is None)
        os._exit(0)
    os.close(writing)
    kill_at = time.monotonic() + (300 if seconds is None else seconds)
    told, killed = b"", False
    while True:
        ready, _, _ = select.select([reading], [], [], max(0, kill_at - time.monotonic()) if not killed else None)
        if not ready:
            os.kill(child, signal.SIGKILL)
            killed = True
            continue
        part = os.read(reading, 1 << 20)
        if not part:
            break
        told += part
    os.close(reading)
    os.waitpid(child, 0)
    lines = [json.loads(line) for line in told.split(b"\n")[:-1]]
    for line in lines:
        note(ledger, seats, *line)
    assert killed == (seconds is not None), "the last life must end by itself, and the others must not"
    return sum(line[0] == "checked" for line in lines)


def main(home: Path, kills: int, seed: int) -> None:
    """Kill, start, check, and go on; in the end let every participant finish."""
    ledger, seats, rng = Ledger(), {}, random.Random(seed)
    home.mkdir(parents=True, exist_ok=True)
    open_metric("imagehash", None), Journal("sqlite://")  # read their libraries here once, not in every life
    if os.fork() == 0:
        small_study(home, rng).close()  # makes the targets
        os._exit(0)
    os.wait()
    started, checks = time.monotonic(), 0
    for _ in range(kills):
        # From the very start on: a start can be killed too.
        checks += one_life(home, ledger, seats, rng.random(), rng.uniform(0, LONGEST_LIFE))
    one_life(home, ledger, seats, rng.random(), None)
    ledger.check(home)
    check_pictures(home, as_a_start_would=False)
    assert ledger.finished >= set(seats.values()), "every session could go on to its end"
    print(
        f"{kills} kills in {time.monotonic() - started:.0f} s ({checks} after the start was checked): "
        f"{len(ledger.tokens)} sessions, {len(ledger.rounds)} rounds shown, {len(ledger.left)} withdrawn"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
