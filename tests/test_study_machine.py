"""Any sequence of calls, sensible or not, leaves a legal session."""

import contextlib
import tempfile
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from refine.flow.steps import STEPS, THANKS
from refine.study import StudyError
from tests.conftest import small_study

ROUNDS = 3
ORDER = list(STEPS.values())


class AnyParticipant(RuleBasedStateMachine):
    """A participant (or an attacker with a token) who calls whatever they like, on a server that may restart."""

    @initialize()
    def enrol(self):
        self.folder = tempfile.TemporaryDirectory()
        self.open()
        self.token = self.study.enrol(consent=True)
        self.seen = (0, 0, 0)

    def open(self):
        self.study = small_study(Path(self.folder.name), Random(1), iterations=ROUNDS, trials=2)

    def attempt(self, verb, *arguments):
        with contextlib.suppress(StudyError):
            verb(self.token, *arguments)
        assert self.study.wait(30)

    @rule(trial=st.integers(0, 3))
    def begin(self, trial):
        self.attempt(self.study.begin, trial)

    @rule(trial=st.integers(1, 2), number=st.integers(0, 4), prompt=st.sampled_from(["a cat", "a dog", " "]))
    def draw(self, trial, number, prompt):
        self.attempt(self.study.draw, trial, number, prompt)

    @rule()
    def draw_the_next(self):
        trial = self.study.state(self.token).trial
        self.attempt(self.study.draw, trial.number, len(trial.iterations) + 1, "the next")

    @rule(trial=st.integers(1, 2), order=st.lists(st.integers(1, 3), max_size=4), meant=st.booleans())
    def rank_anyhow(self, trial, order, meant):
        self.attempt(self.study.rank, trial, order, meant)

    @rule(trial=st.integers(1, 2), order=st.permutations([1, 2, 3]), meant=st.booleans())
    def rank(self, trial, order, meant):
        self.attempt(self.study.rank, trial, order, meant)

    @rule()
    def restart(self):
        self.study.close()
        self.open()

    @invariant()
    def the_session_is_legal(self):
        state = self.study.state(self.token)
        first, second = state.session.trials
        for trial in (first, second):
            assert [i.number for i in trial.iterations] == list(range(1, len(trial.iterations) + 1))
            assert trial.begun_at is not None or trial.iterations == ()
            if trial.ranking is not None:
                assert sorted(trial.ranking.order) == [1, 2, 3]
                assert len(trial.iterations) == ROUNDS
        assert first.ranking is not None or second.begun_at is None
        assert (state.session.finished_at is not None) == (second.ranking is not None)
        assert (state.step == THANKS) == (second.ranking is not None)
        assert state.target.prompt == "" or state.step == THANKS

    @invariant()
    def nothing_is_ever_undone(self):
        state = self.study.state(self.token)
        now = (state.trial.number, ORDER.index(state.step), len(state.trial.iterations))
        assert now >= self.seen
        self.seen = now

    def teardown(self):
        if hasattr(self, "study"):
            self.study.close()
            self.folder.cleanup()


AnyParticipant.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnyParticipant = AnyParticipant.TestCase
