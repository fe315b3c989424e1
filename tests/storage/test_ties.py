"""Tied drawings on their way: from the journal into the dataset and the snapshot of the replica, and back."""

import pytest

from refine.protocol import Ranking
from refine.storage.backup.restore import restore
from refine.storage.backup.snapshot import Snapshot, facts_file, read_snapshot
from refine.storage.dataset.folder import from_parquet
from refine.storage.dataset.plot import first_choices
from refine.storage.dataset.source import FolderSource
from refine.storage.dataset.stats import FILE, read_stats
from refine.storage.dataset.verify import verify
from refine.storage.pictures.folder import png
from tests.storage.home import Home
from tests.storage.test_journal import NOW, PROTOCOL, a_session, an_iteration
from tests.storage.test_pictures import noise

RANKING = Ranking((2, 1, 3), NOW, (3,))


def finish(folder, ranking):
    """A home with a finished session whose first and third drawings have the same pixels."""
    folder.mkdir()
    home = Home(folder)
    home.journal.add_session(a_session())
    home.journal.begin_trial("s-01", NOW)
    for number, seed in enumerate((1, 2, 1), start=1):
        home.journal.add_iteration(an_iteration(number, picture=home.pictures.add(png(noise(seed)))))
    home.journal.add_ranking("s-01", ranking)
    home.journal.finish("s", NOW)
    return home.write()


@pytest.fixture
def home(tmp_path):
    return finish(tmp_path / "home", RANKING)


def ranks(home):
    (shard,) = home.dataset.folder.glob("data/iterations/*.parquet")
    return [row["rank"] for row in from_parquet("iterations", shard)]


def test_tied_drawings_share_a_rank_in_the_dataset_which_verifies(home):
    assert ranks(home) == [2, 1, 2]
    assert verify(FolderSource(home.dataset.folder)).wrong == []


def test_tied_drawings_come_back_tied_from_the_dataset(home, tmp_path):
    (tmp_path / "new").mkdir()
    new = Home(tmp_path / "new")
    assert restore(FolderSource(home.dataset.folder), new.journal, new.transactions, new.dataset) == 1
    found = new.journal.trial("s-01").ranking
    assert (found.order, found.tied) == (RANKING.order, RANKING.tied)
    assert list(new.journal.iterations_frame(["s"])["rank"]) == [2, 1, 2]
    new.dataset.remove_session("s")
    assert ranks(new.write()) == [2, 1, 2]


def test_tied_drawings_come_back_tied_from_the_replica(home, tmp_path):
    snapshot = Snapshot(PROTOCOL, home.journal.session_by_id("s"), ())
    (tmp_path / "sessions").mkdir()
    (tmp_path / facts_file("s")).write_bytes(snapshot.to_json())
    assert read_snapshot(FolderSource(tmp_path), facts_file("s"), lambda session: [])[1] == snapshot


def test_two_drawings_that_share_the_first_rank_are_both_counted_as_most_similar(tmp_path):
    home = finish(tmp_path / "home", Ranking((1, 3, 2), NOW, (3,)))
    counted = read_stats((home.dataset.folder / FILE).read_bytes()).counts[PROTOCOL.hash]
    assert (counted.trials, dict(counted.first)) == (1, {"1": 1, "3": 1})
    assert "(1 rankings)" in first_choices(read_stats((home.dataset.folder / FILE).read_bytes()))
