"""What the first release wrote is read: its journal, its dataset, its backup. They lie in `first_release`, as it left them.

Two sessions are finished, one in each arm, of which one drew the same picture twice; a third has one drawing and asked for another.
"""

import shutil
import sqlite3
from pathlib import Path
from random import Random

import pytest

from refine.flow.steps import RANKING, ROUNDS, THANKS
from refine.storage.backup.restore import restore
from refine.storage.backup.snapshot import FOLDERS, read_snapshot
from refine.storage.dataset.folder import Dataset, from_parquet
from refine.storage.dataset.source import FolderSource
from refine.storage.dataset.verify import verify
from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures
from refine.storage.pictures.transactions import PictureTransactions
from tests.conftest import small_study

KEPT = Path(__file__).parent / "first_release"
NO_SCORES, SCORES = "4add74b97b7447668c7a946e78cc69e8", "eb799da5d25b4404af323ff8a8635d80"
UNFINISHED, TOKEN = "4933af9708ec4ea08ccb4c507c8481d7", "P_LDiDeePhedrKjamv7be5r5vlb6h9QS"
PROTOCOL = "d8d588a7d036"


@pytest.fixture
def home(tmp_path):
    """A data folder of the first release."""
    for name in ("dataset", "targets", "pictures"):
        shutil.copytree(KEPT / name, tmp_path / name)
    with sqlite3.connect(tmp_path / "journal.sqlite") as database:
        database.executescript((KEPT / "journal.sql").read_text())
    return tmp_path


def rows(folder):
    """All rows by config and session or target; what columns mean, which a shard says too, is said in other words by now."""
    return {
        (path.parent.name, path.name.rpartition("-")[0]): from_parquet(path.parent.name, path.read_bytes())
        for path in folder.rglob("*.parquet")
    }


def test_a_participant_goes_on_where_the_first_release_left_them(home):
    study = small_study(home, Random(1), measures=())
    assert study.protocol.hash == PROTOCOL
    assert study.wait(60)
    state = study.state(TOKEN)
    assert (state.step, [one.prompt for one in state.trial.iterations]) == (ROUNDS, ["a dog", "a dog at last"])
    study.draw(TOKEN, 1, 3, "a dog at the very last")
    assert study.wait(60)
    assert study.state(TOKEN).step == RANKING
    order = sorted(study.state(TOKEN).trial.iterations, key=lambda one: -one.number)
    assert study.rank(TOKEN, 1, [one.number for one in order], unchanged_is_meant=True).step == THANKS
    assert study.wait(60)
    study.close()
    found = verify(FolderSource(home / "dataset"))
    assert (found.wrong, found.rows["sessions"], found.rows["iterations"]) == ([], 3, 9)


def test_its_sessions_are_written_again_as_it_wrote_them(home):
    before = rows(home / "dataset")
    shutil.rmtree(home / "dataset" / "data")
    study = small_study(home, Random(1), measures=())
    assert study.wait(60)
    study.close()
    assert rows(home / "dataset") == before


def test_its_dataset_is_whole_and_comes_back_into_a_new_journal(home, tmp_path):
    assert verify(FolderSource(home / "dataset")).wrong == []
    journal = Journal(f"sqlite:///{tmp_path / 'new.sqlite'}")
    new = Dataset(tmp_path / "new dataset")
    transactions = PictureTransactions(journal, Pictures(tmp_path / "new pictures"))
    assert restore(FolderSource(home / "dataset"), journal, transactions, new) == 2
    old = Journal(f"sqlite:///{home / 'journal.sqlite'}")
    for name, arm in ((NO_SCORES, "no_scores"), (SCORES, "scores")):
        come, was = journal.session_by_id(name), old.session_by_id(name)
        assert (come.arm, come.protocol_hash) == (was.arm, was.protocol_hash) == (arm, PROTOCOL)
        (trial,), (before,) = come.trials, was.trials
        assert (trial.ranking.order, trial.ranking.tied) == (before.ranking.order, before.ranking.tied)
        assert [(one.prompt, one.picture, one.scores) for one in trial.iterations] == [
            (one.prompt, one.picture, one.scores) for one in before.iterations
        ]
    assert journal.protocol(PROTOCOL) == old.protocol(PROTOCOL)


def test_its_backup_is_read(home):
    source = FolderSource(KEPT / "backup")
    (path,) = (name for name in source.names() if name.startswith(FOLDERS[0]))
    _content, snapshot, drawings = read_snapshot(
        source, path, lambda session: [session.trials[0].iterations[0].picture]
    )
    assert (snapshot.session.id, snapshot.protocol.hash, len(drawings)) == (UNFINISHED, PROTOCOL, 1)
    assert snapshot.requests[0].prompt == "a dog at last"
    assert snapshot.session == Journal(f"sqlite:///{home / 'journal.sqlite'}").session_by_id(UNFINISHED)
    assert b'"feedback":"random"' in snapshot.to_json()
