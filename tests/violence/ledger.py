"""What participants were shown, and whether a data folder still has it."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from refine.storage.dataset.source import FolderSource
from refine.storage.dataset.verify import verify
from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures


@dataclass(frozen=True, slots=True)
class Shown:
    """A round that a participant has seen. `picture` is a pixel hash."""

    token: str
    trial: int
    number: int
    prompt: str
    picture: str


@dataclass
class Ledger:
    """Everything that participants were told, by whoever stays alive."""

    tokens: set[str] = field(default_factory=set)
    rounds: set[Shown] = field(default_factory=set)
    rankings: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    def check(self, journal: Journal) -> None:
        """Compare with the journal. Raises `AssertionError`."""
        sessions = {token: journal.session(sha256(token.encode()).hexdigest()) for token in self.tokens}
        for token in self.left:
            assert sessions[token] is None, "a withdrawn session is gone"
        gone = {token for token, session in sessions.items() if session is None}
        assert gone <= self.leaving, "every participant's session is there"
        kept = Counter(
            Shown(token, trial.number, iteration.number, iteration.prompt, iteration.picture)
            for token, session in sessions.items()
            if session is not None
            for trial in session.trials
            for iteration in trial.iterations
        )
        for shown in self.rounds:
            assert shown.token in gone or kept[shown] == 1, f"{shown} is there {kept[shown]} times"
        places = Counter((shown.token, shown.trial, shown.number) for shown in kept.elements())
        assert set(places.values()) <= {1}, "a round is there once"
        for (token, number), order in self.rankings.items():
            if token not in gone:
                trial = sessions[token].trials[number - 1]
                assert sorted(trial.ranking.order) == sorted(order)
                # Drawings of the same pixels are tied at the place of the first of them.
                pictures = {iteration.number: iteration.picture for iteration in trial.iterations}
                kept_order, sent_order = (
                    list(dict.fromkeys(pictures[one] for one in some)) for some in (trial.ranking.order, order)
                )
                assert kept_order == sent_order, "a ranking is kept as it was sent"
        for token in self.finished - gone:
            assert sessions[token].finished_at is not None

    def check_looks(self, rounds: int) -> None:
        """See that whoever has finished has seen all their `rounds`: what was not looked at proves nothing."""
        looks = Counter(shown.token for shown in self.rounds)
        assert self.finished, "nobody finished"
        assert {looks[token] for token in self.finished} == {rounds}

    def check_dataset(self, home: Path) -> None:
        """Compare with the local dataset of a server that was stopped in peace."""
        found = verify(FolderSource(home / "dataset"))
        assert not found.wrong, found.wrong
        assert found.rows["sessions"] == len(self.finished - self.left), "every finished session is there once"
        assert not list(home.rglob("*.part")), "no half of a file is left"


def check_pictures(journal: Journal, pictures: Pictures, *, tidied: bool) -> None:
    """See that every picture that the journal names is there, and whole; if `tidied`, that there is no other file.

    A server tidies up when it starts: only then, and where nothing is being drawn, is there none.
    """
    with journal.reading() as connection:
        named = set(connection.exec_driver_sql("SELECT DISTINCT picture FROM iterations").scalars())
    for pixels in named:
        pictures.open(pixels)
    if tidied:
        files = {path.name for path in pictures.folder.glob("??/*")}
        assert files == {f"{pixels}.png" for pixels in named}, "no picture is orphaned"
