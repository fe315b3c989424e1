"""Claim: for 100 sessions the push, ten a commit, sends a 25th of what `Dataset.push_to_hub` of the whole set after each
session sends, and one session more costs the same bytes and requests at 10,000 sessions as at 100.

    .venv/bin/python -m benchmarks.push

Against the Hub on this machine that the tests use, with plain LFS uploads: Xet, which sends only changed pieces of a
file, would make `push_to_hub` cheaper in bytes, not in commits. Drawings are noise of 64 x 64 pixels, three a session.
"""

import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from refine.protocol import Ranking
from refine.storage.dataset.folder import shard_name
from refine.storage.dataset.records import session_row
from refine.storage.dataset.stats import FILE, Count, Stats
from refine.storage.journal import schema as t
from refine.storage.journal.outbox import Errand, Outbox
from tests.storage.home import Home
from tests.storage.hub import Hub
from tests.storage.hub_client import HubClient
from tests.storage.hub_repo import Repo
from tests.storage.test_journal import NOW, PROTOCOL, a_session, an_iteration

SESSIONS, MORE, SIZE = 100, 5, (64, 64)


def ours(hub: Hub, client: HubClient, folder: Path, at_a_time: int) -> tuple[int, int]:
    """Bytes and commits of 100 sessions, of which so many end between two commits."""
    repo = f"someone/ours-{at_a_time}"
    home = Home(folder, SIZE)
    before = hub.received
    client.start(home=folder, repo=repo)
    for start in tqdm(range(0, SESSIONS, at_a_time), desc=f"ours, {at_a_time} a commit"):
        home.finish(*(f"s{number:05d}" for number in range(start, start + at_a_time)))
        client.tell(home=folder, what="publish")
        client.join(home=folder)
    client.tell(home=folder, what="close")
    return hub.received - before, hub.repos[repo].made


def theirs(hub: Hub, client: HubClient, folder: Path) -> tuple[int, int]:
    """Bytes and commits of `push_to_hub` of all rows so far, after each of 100 sessions."""
    repo = "someone/theirs"
    hub.repos[repo] = Repo(repo)
    before = hub.received
    shards = sorted((folder / "dataset" / "data" / "iterations").glob("*.parquet"))
    for number in tqdm(range(1, len(shards) + 1), desc="push_to_hub"):
        client.push_to_hub(shards=[str(path) for path in shards[:number]], repo=repo)
    return hub.received - before, hub.repos[repo].made


def grown(hub: Hub, client: HubClient, folder: Path, sessions: int) -> tuple[float, float, float]:
    """Bytes, requests and seconds of one session more, where so many are there already."""
    repo = f"someone/grown-{sessions}"
    home = Home(folder, SIZE)
    names = [f"g{number:05d}" for number in range(sessions)]
    fill(home, names)
    files = {}
    for name in names:  # only their names matter: what is there is not read again
        for config in ("iterations", "sessions"):
            files[shard_name(config, name, b"")] = b""
    row = session_row(home.journal.session_by_id(names[0]), PROTOCOL)
    count = Count("test", row["protocol"], sessions, sessions, 3 * sessions, {"3": sessions}, row["date"], row["date"])
    files[FILE] = Stats({PROTOCOL.hash: count}).to_json()
    hub.repos[repo] = Repo(repo)
    hub.repos[repo].put(files)
    for name, content in files.items():
        path = home.dataset.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    Outbox(home.journal, repo).done(names, Errand.PUSH)

    client.start(home=folder, repo=repo)
    client.join(home=folder)
    home.finish("first")  # brings the target
    client.tell(home=folder, what="publish")
    client.join(home=folder)
    bytes_, requests, start = hub.received, len(hub.requests), time.perf_counter()
    for number in range(MORE):
        home.finish(f"more{number}")
        client.tell(home=folder, what="publish")
        client.join(home=folder)
    cost = hub.received - bytes_, len(hub.requests) - requests, time.perf_counter() - start
    client.tell(home=folder, what="close")
    return cost[0] / MORE, cost[1] / MORE, cost[2] / MORE


def fill(home: Home, names: list[str]) -> None:
    """Many finished sessions in one transaction."""
    sessions, trials, iterations, ranks = [], [], [], []
    provenance = asdict(an_iteration().provenance)
    for name in names:
        session = a_session(name)
        row = {"withdrawal_code": f"AAAA-{name}", "enrolled_at": NOW, "arm": "scores", "consent_version": "c1"}
        sessions.append({"id": name, "token_hash": f"hash {name}", "protocol_hash": PROTOCOL.hash, **row})
        trials.append(
            {"id": f"{name}-01", "session_id": name, "number": 1, "target_id": "target", "shuffled": [2, 3, 1]}
        )
        for iteration in (an_iteration(number, session.trials[0].id) for number in (1, 2, 3)):
            rank = Ranking((3, 1, 2), NOW).rank_of(iteration.number)
            ranks.append({"iteration_id": iteration.id, "trial_id": f"{name}-01", "rank": rank, "ranked_at": NOW})
            made = {"id": iteration.id, "trial_id": f"{name}-01", "number": iteration.number, "prompt": "a cat"}
            made |= {"unread": "", "picture": iteration.picture, "scores": {}, "drawing_ms": 1, "scoring_ms": 1}
            iterations.append({**made, "asked_at": NOW, "drawn_at": NOW, "provenance": provenance})
    with home.journal.writing() as connection:
        tables = {t.sessions: sessions, t.trials: trials, t.iterations: iterations}
        for table, rows in tables.items():
            connection.execute(table.insert(), rows)
        for rank in (1, 2, 3):
            connection.execute(t.ranks.insert(), [row for row in ranks if row["rank"] == rank])
        connection.execute(t.sessions.update().values(finished_at=NOW))


def main() -> None:
    hub = Hub()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        client = HubClient(hub.url, folder, HF_HUB_DISABLE_XET="1")
        places = {part: folder / part for part in ("one", "ten", "g100", "g1000", "g10000")}
        for place in places.values():
            place.mkdir()
        one, ten = (ours(hub, client, places[part], many) for part, many in (("one", 1), ("ten", 10)))
        whole = theirs(hub, client, places["one"])
        print(f"{'100 sessions':34}{'MB sent':>10}{'commits':>10}")
        for what, (sent, commits) in {
            "ours, a commit a session": one,
            "ours, ten sessions a commit": ten,
            "push_to_hub after each session": whole,
        }.items():
            print(f"{what:34}{sent / 1e6:10.1f}{commits:10}")
        print(f"ratio of bytes: {whole[0] / one[0]:.0f} and {whole[0] / ten[0]:.0f}    (claim: 25 with ten a commit)")
        growth = {sessions: grown(hub, client, places[f"g{sessions}"], sessions) for sessions in (100, 1000, 10_000)}
        client.close()
    hub.close()
    print(f"\n{'one session more, with':34}{'kB sent':>10}{'requests':>10}{'seconds':>10}")
    for sessions, (sent, requests, seconds) in growth.items():
        print(f"{sessions:>10,} sessions there           {sent / 1e3:10.1f}{requests:10.1f}{seconds:10.2f}")


if __name__ == "__main__":
    main()
