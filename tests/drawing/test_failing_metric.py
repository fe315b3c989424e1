"""A metric that fails on one picture costs a score, and nothing else: not the drawing, the round, the row or the analysis."""

import math

from refine.arms.scores import score_table
from refine.similarity.imagehash import ImageHashMetric
from refine.storage.dataset.folder import from_parquet
from tests.conftest import Painter


def test_the_round_is_kept_with_a_score_that_is_null(open_small_study, monkeypatch, tmp_path, caplog):
    study = open_small_study()
    token = study.enrol(True)
    study.begin(token, 1)
    bad = Painter().draw("prompt 2", lambda done: None).picture
    look = ImageHashMetric.prepare

    def fails(self, pictures):
        if any(picture.tobytes() == bad.tobytes() for picture in pictures):
            raise RuntimeError("this picture is too much")
        return look(self, pictures)

    monkeypatch.setattr(ImageHashMetric, "prepare", fails)
    for number in (1, 2, 3):
        study.draw(token, 1, number, f"prompt {number}")
        assert study.wait(60)
    session = study.state(token).session
    rounds = session.trials[0].iterations
    assert [set(one.scores) for one in rounds] == [{"imagehash"}, set(), {"imagehash"}]
    assert "this picture is too much" in caplog.text
    assert "no score for this drawing" in score_table(study.metrics, rounds[:2], {}, {})
    study.rank(token, 1, (2, 3, 1), unchanged_is_meant=True)
    assert study.wait(60)
    (shard,) = (tmp_path / "dataset").glob("data/iterations/*.parquet")
    scores = {row["iteration"]: row["imagehash"] for row in from_parquet("iterations", shard)}
    assert [scores[number] is None for number in (1, 2, 3)] == [False, True, False]
    frame = study._journal.iterations_frame([session.id])
    assert [math.isnan(score) for score in frame["imagehash"]] == [False, True, False]
