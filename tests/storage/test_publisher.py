"""Publication: what is finished gets into the dataset, after a fault or a restart too."""

import shutil

from datasets import load_dataset

from refine.storage.pictures.folder import Pictures
from refine.storage.pictures.transactions import PictureTransactions
from refine.storage.publishing.publisher import Publisher
from tests.storage.home import Home
from tests.test_study import finish


def test_a_finished_session_can_be_loaded_with_its_pictures(open_small_study, tmp_path):
    study = open_small_study()
    state = finish(study, study.enrol(consent=True))
    assert study.wait(30)
    rows = load_dataset(str(tmp_path / "dataset"), "iterations", split="train", cache_dir=str(tmp_path / "cache"))
    assert sorted(rows["iteration"]) == [1, 2, 3]
    for row in rows:
        assert row["rank"] == state.trial.ranking.rank_of(row["iteration"])
        assert row["picture"].tobytes() == study.picture(row["pixel_hash"]).tobytes()


def test_a_session_that_is_not_finished_is_not_published(open_small_study, tmp_path):
    study = open_small_study()
    study.enrol(consent=True)
    assert study.wait(30)
    assert list(tmp_path.glob("dataset/data/iterations/*.parquet")) == []


def test_what_could_not_be_published_is_published_at_the_next_start(open_small_study, tmp_path):
    study = open_small_study()
    shutil.rmtree(tmp_path / "dataset", ignore_errors=True)
    (tmp_path / "dataset").write_text("a file stands in the way")
    state = finish(study, study.enrol(consent=True))
    assert study.wait(30)
    assert state.session.finished_at is not None
    study.close()
    (tmp_path / "dataset").unlink()
    assert open_small_study().wait(30)
    assert len(list(tmp_path.glob("dataset/data/iterations/*.parquet"))) == 1


def test_a_withdrawn_session_leaves_the_dataset(open_small_study, tmp_path):
    study = open_small_study()
    code = finish(study, study.enrol(consent=True)).session.withdrawal_code
    finish(study, study.enrol(consent=True))
    assert study.wait(30)
    study.withdraw(code)
    assert study.wait(30)
    assert len(list(tmp_path.glob("dataset/data/iterations/*.parquet"))) == 1
    assert len(list(tmp_path.glob("dataset/data/sessions/*.parquet"))) == 1


def test_a_withdrawal_while_the_session_is_being_written_is_no_fault(tmp_path, caplog):
    home = Home(tmp_path).finish("s", "t")

    class WithdrawnMeanwhile(Pictures):
        def open(self, pixels):
            if "s" in home.journal.finished_ids():
                home.journal.delete_session("s")
                self.delete(pixels)
            return super().open(pixels)

    transactions = PictureTransactions(home.journal, WithdrawnMeanwhile(tmp_path / "pictures"))
    publisher = Publisher(home.journal, home.dataset, home.targets, transactions)
    publisher.start()
    assert publisher.join(30)
    assert publisher.state().last_error == ""
    assert "missing" not in caplog.text
    assert home.dataset.session_ids() == {"t"}
    publisher.close()
