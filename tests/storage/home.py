"""A data folder with finished sessions in it, as the study would leave them."""

import zlib
from dataclasses import replace
from datetime import timedelta

from refine.protocol import Ranking, Target, pixel_hash
from refine.storage.dataset.card import Notice
from refine.storage.dataset.folder import Dataset
from refine.storage.journal.journal import Journal
from refine.storage.journal.outbox import Outbox
from refine.storage.pictures.folder import Pictures, png
from refine.storage.pictures.transactions import PictureTransactions
from refine.storage.targets import load_targets
from tests.storage.test_journal import NOW, PROTOCOL, a_session, an_iteration
from tests.storage.test_pictures import noise
from tests.target_folder import save_targets

NOTICE = Notice("cc-by-4.0", {"c1": "You agree\nto take part."})


class Home:
    """Journal, pictures, targets and dataset in a folder; may be opened by several processes at once."""

    def __init__(self, folder, size=(24, 16)):
        """`size` of the drawings, pixels."""
        self.folder = folder
        self.size = size
        if not (folder / "targets").exists():
            save_targets(folder / "targets", [(Target("target", "things", "hidden", pixel_hash(noise(9))), noise(9))])
        self.targets = load_targets(folder / "targets")
        self.journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
        self.journal.add_protocol(PROTOCOL)
        self.pictures = Pictures(folder / "pictures")
        self.transactions = PictureTransactions(self.journal, self.pictures)
        self.dataset = Dataset(folder / "dataset", NOTICE)

    def finish(self, *names, order=(3, 1, 2)):
        """Sessions of these names are played to the end, and the drawings ranked in this order."""
        for name in names:
            self.journal.add_session(replace(a_session(name), withdrawal_code=code_of(name)))
            self.journal.begin_trial(f"{name}-01", NOW)
            for number in (1, 2, 3):
                self.journal.add_iteration(
                    an_iteration(
                        number,
                        f"{name}-01",
                        picture=self.pictures.add(png(noise(zlib.crc32(f"{name} {number}".encode()), self.size))),
                        asked_at=NOW + timedelta(seconds=10 * number),
                        drawn_at=NOW + timedelta(seconds=10 * number + 2),
                    )
                )
            self.journal.add_ranking(f"{name}-01", Ranking(order, NOW + timedelta(seconds=50)))
            self.journal.finish(name, NOW + timedelta(minutes=1))
        return self

    def write(self):
        """What is finished is in the local dataset."""
        for name in self.journal.finished_ids():
            self.dataset.write_session(self.journal.session_by_id(name), PROTOCOL, self.targets, self.pictures)
        self.dataset.write_companions()
        return self

    def withdraw(self, name):
        """The participant of this session withdraws."""
        self.journal.delete_session(name)
        self.dataset.remove_session(name)

    def outbox(self, repo):
        return Outbox(self.journal, repo)


def code_of(name):
    """The withdrawal code of a session."""
    return f"AAAA-BBBB-{name.upper():Z>4}"
