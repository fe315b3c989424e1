"""The Hub's unmodified clients in a process of their own, where `HF_ENDPOINT` is the Hub on this machine.

The process that runs the tests is offline, and the clients read that once, at import.
"""

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

SHORT = {"gather": 0.0, "burst": 1000, "most": 1000, "first_wait": 0.1, "longest_wait": 0.2}


class HubClient:
    """`client.push(home=..., repo=...)` and so on: each is a function below, run over there."""

    def __init__(self, endpoint, folder, token="hf_write", **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.hub_client"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("REFINE_")},
                "HF_ENDPOINT": endpoint,
                "HF_TOKEN": token,
                "HF_HUB_OFFLINE": "0",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                "HF_HOME": str(folder / "hf"),
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __getattr__(self, name):
        def call(**arguments):
            self.process.stdin.write(json.dumps({"do": name, **arguments}, default=str) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline() or '{"raised": "the client died"}')
            if "raised" in answer:
                raise AssertionError(answer["raised"])
            return answer["result"]

        return call

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


# ---- over there ---------------------------------------------------------------------------------------------------

_log = io.StringIO()
_open = {}
_replicas = {}


def push(home, repo, token="hf_write"):
    """One push of what waits."""
    from refine.storage.errors import StorageError
    from refine.storage.hub import HubDataset
    from refine.storage.publishing.push import Push
    from tests.storage.home import Home

    folder = Home(Path(home))
    try:
        sent = Push(HubDataset(repo, token), folder.journal, folder.transactions, folder.dataset).once()
    except StorageError as fault:
        told = {"retry_after": getattr(fault, "retry_after", 0), "conflict": getattr(fault, "conflict", False)}
        return {"fault": str(fault), **told}
    return asdict(sent)


def look(home, repo):
    """A look for withdrawals at other servers; whether there was one, or the fault."""
    from refine.storage.errors import StorageError
    from refine.storage.hub import HubDataset
    from refine.storage.publishing.push import Push
    from tests.storage.home import Home

    folder = Home(Path(home))
    try:
        return Push(HubDataset(repo, "hf_write"), folder.journal, folder.transactions, folder.dataset).look()
    except StorageError as fault:
        return str(fault)


def patience(seconds):
    """How long the Hub may be silent."""
    import httpx2

    import refine.storage.hub as hub

    hub.PATIENCE = httpx2.Timeout(seconds)


def start(home, repo, token="hf_write", **limits):
    """A publisher starts, as with the server."""
    from refine.storage.publishing.publisher import Publisher
    from refine.storage.publishing.rate_limit import Limits
    from tests.storage.home import Home

    folder = Home(Path(home))
    parts = folder.journal, folder.dataset, folder.targets, folder.transactions
    _open[home] = Publisher(*parts, repo, token, limits=Limits(**{**SHORT, **limits}))
    _open[home].start()


def tell(home, what):
    """`publish`, `retry_now`, `pause`, `resume`, `close`."""
    getattr(_open[home], what)()


def join(home, timeout=60):
    return _open[home].join(timeout)


def state(home):
    return asdict(_open[home].state())


def replicate(home, repo, dataset_repo=""):
    """The backup is brought up to date; whether that took a commit, or the fault."""
    from refine.storage.errors import StorageError

    try:
        return _replica(home, repo, dataset_repo).send(lambda: None)
    except StorageError as fault:
        return str(fault)


def restore(home, repo, dataset_repo=""):
    """What the backup has is put into the journal; how many sessions, or the fault."""
    from refine.storage.errors import StorageError

    try:
        return _replica(home, repo, dataset_repo).restore()
    except StorageError as fault:
        return str(fault)


def fetch_targets(repo):
    """The targets of a Hub dataset by id, and the files that came; or the fault."""
    from refine.storage.errors import StorageError
    from refine.storage.hub_targets import fetch_targets
    from refine.storage.targets import load_targets

    try:
        folder = fetch_targets(repo)
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        return {"targets": list(load_targets(folder).targets), "files": files}
    except StorageError as fault:
        return {"fault": str(fault)}


def told():
    """What was logged until now."""
    return _log.getvalue()


def start_replication(home, repo):
    """A backup worker starts, as with the server."""
    from refine.storage.backup.worker import BackupWorker
    from refine.storage.publishing.rate_limit import Limits

    _open[home] = BackupWorker(_replica(home, repo), lambda: _log.write(f"something came to {home}\n"), Limits(**SHORT))
    _open[home].start()


def _replica(home, repo, dataset_repo=""):
    from refine.storage.backup.backup import Backup
    from refine.storage.hub import HubDataset
    from tests.storage.home import Home

    if (home, repo) not in _replicas:
        folder = Home(Path(home))
        _replicas[home, repo] = Backup(HubDataset(repo, "hf_write"), folder.journal, folder.transactions, dataset_repo)
    return _replicas[home, repo]


def push_to_hub(shards, repo):
    """All rows so far, as one split that replaces what is there."""
    from datasets import Dataset

    Dataset.from_parquet(shards, keep_in_memory=True).push_to_hub(repo, "iterations")


def open_services(folder, repo, replica):
    """The whole server opens on a data folder, drawn for by a painter; how many sessions are finished."""
    from refine import assembly
    from refine.settings import Settings
    from refine.similarity.catalogue import open_metric
    from refine.similarity.panel import Panel
    from tests.conftest import Painter256

    settings = Settings(data_dir=Path(folder), dataset_repo=repo, replica=replica, iterations=2)
    _open[folder] = services = assembly.open_services(settings)
    metrics = [open_metric("imagehash", None)]
    services.drawing_service.use_models(Painter256(), Panel(metrics))
    return len(services.study._journal.finished_ids())


def play(folder, rounds, token=""):
    """A participant enrols, or goes on, and plays some rounds; with the second and last they rank. Their token."""
    study = _open[folder].study
    token = token or study.enrol(consent=True)
    study.begin(token, 1)
    for _ in range(rounds):
        number = len(study.state(token).trial.iterations) + 1
        study.draw(token, 1, number, f"a cat {number}")
        study.wait(30)
    if len(study.state(token).trial.iterations) == 2:
        study.rank(token, 1, study.state(token).trial.shuffled, unchanged_is_meant=True)
    return token


def withdraw(folder, token):
    """The participant with this token, who has finished, withdraws."""
    study = _open[folder].study
    study.withdraw(study.state(token).session.withdrawal_code)


def participant_state(folder, token):
    """The step where the participant with this token stands, and their rounds."""
    found = _open[folder].study.state(token)
    return [found.step.id, len(found.trial.iterations) if found.trial else 0]


def load(repo, config, cache):
    """What `load_dataset` gives, pictures as the hash of their pixels."""
    from datasets import load_dataset

    from refine.protocol import pixel_hash

    rows = load_dataset(repo, config, split="train", cache_dir=cache)
    return [{**row, "picture": pixel_hash(row["picture"])} if "picture" in row else row for row in rows]


def command(arguments, **environment):
    """`python -m refine.storage`: exit status, what was printed, what was complained of."""
    from refine.cli.storage import main as storage

    printed, complained = io.StringIO(), io.StringIO()
    os.environ.update(environment)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complained):
            status = storage(arguments)
    finally:
        for name in environment:
            del os.environ[name]
    return [status, printed.getvalue(), complained.getvalue()]


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    logging.basicConfig(stream=_log)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"result": globals()[asked.pop("do")](**asked)}
        except BaseException:
            answer = {"raised": traceback.format_exc()}
        print(json.dumps(answer, default=str), file=answers, flush=True)


if __name__ == "__main__":
    main()
