"""What tests of all folders share: a study that is real but quick, and a Hub on loopback.

The study has everything on disk, and a painter instead of a diffusion model.
"""

import itertools
import os
from dataclasses import replace
from random import Random

import hypothesis
import pytest
from PIL import Image

# Tests read nothing from the network; the Hub's clients must not even try.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from refine.arms import needs_of
from refine.drawing.service import DrawingService
from refine.flow.consent import Consent
from refine.generation.generator import Drawing
from refine.metrics import METRICS
from refine.protocol import DrawingSettings, Protocol, Provenance, Target, fixed_rounds, pixel_hash
from refine.similarity.catalogue import open_metric
from refine.similarity.panel import Panel
from refine.storage.dataset.folder import Dataset
from refine.storage.journal.journal import Journal
from refine.storage.pictures.folder import Pictures
from refine.storage.pictures.transactions import PictureTransactions
from refine.storage.publishing.publisher import Publisher
from refine.storage.targets import load_targets
from refine.study import Study
from tests.storage.hub import Hub
from tests.storage.hub_client import HubClient
from tests.storage.postgres import PostgresServer
from tests.target_folder import save_targets

# A test says what is right, not how quickly: the machine may be busy.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")

PAINT = DrawingSettings("painter", "1", seed=1029, steps=10, guidance_scale=5.0, width=32, height=32)


_numbers = itertools.count()


class Painter:
    """A generator that paints noise seeded by the prompt: the same prompt gives the same pixels."""

    settings = PAINT

    def draw(self, prompt, progress):
        """Paint at once."""
        noise = Random(prompt).randbytes(32 * 32 * 3)
        progress(1.0)
        provenance = Provenance(PAINT, "uint8", "cpu", {})
        return Drawing(Image.frombytes("RGB", (32, 32), noise), "", 0.001, provenance)


class Painter256(Painter):
    """Paints as large as the embedded world draws."""

    def draw(self, prompt, progress):
        drawing = super().draw(prompt, progress)
        return replace(drawing, picture=drawing.picture.resize((256, 256)))


def small_study(home, rng, generator=None, url="", metrics=("imagehash",), iterations=3, **conditions):
    """Open the study in the folder `home`, with its journal at `url` if given, as a start of the server would."""
    folder = home / "targets"
    if not folder.exists():
        drawn = [Painter().draw(f"target {i}", lambda done: None).picture for i in range(4)]
        named = [Target(f"t{i}", f"subject {i % 2}", f"hidden words {i}", pixel_hash(p)) for i, p in enumerate(drawn)]
        save_targets(folder, zip(named, drawn, strict=True))
    targets = load_targets(folder)
    journal = Journal(url or f"sqlite:///{home / 'journal.sqlite'}")
    pictures = Pictures(home / "pictures")
    protocol = Protocol(
        **{
            "profile": "test",
            "trials": 1,
            "stopping": fixed_rounds(iterations),
            "arms": ("no_scores", "scores"),
            "measures": tuple(METRICS[name].conditions for name in metrics),
            **conditions,
        },
        drawing=PAINT,
        metrics=metrics,
    )
    transactions = PictureTransactions(journal, pictures)
    transactions.recover()
    drawing_service = DrawingService(
        protocol.hash, targets, journal, transactions, mapped="maps" in needs_of(protocol.arms)
    )
    publisher = Publisher(journal, Dataset(home / "dataset"), targets, transactions)
    drawing_service.use_models(generator or Painter(), Panel([open_metric(name, None) for name in metrics]))
    study = Study(
        protocol=protocol,
        consent=Consent("Agreed."),
        targets=targets,
        metrics=[METRICS[name] for name in metrics],
        journal=journal,
        pictures=pictures,
        drawing_service=drawing_service,
        publisher=publisher,
        rng=rng,
    )
    for part in (study, drawing_service, publisher):
        part.start()
    return study


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The url of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.sqlite'}"
    return request.getfixturevalue("postgres").new_database()


@pytest.fixture
def journal_url():
    """Where small studies have their journal, if not in their folder."""
    return ""


@pytest.fixture
def open_small_study(tmp_path, journal_url):
    """A function that opens the study in one folder, as often as a test likes."""
    opened = []

    def open_study(generator=None, **conditions):
        opened.append(small_study(tmp_path, Random(7), generator, journal_url, **conditions))
        return opened[-1]

    yield open_study
    for study in opened:
        study.close()


@pytest.fixture(scope="session")
def postgres():
    """The PostgreSQL server that all tests share which do not stop it."""
    server = PostgresServer(fsync="off", max_connections=400)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def hub():
    """A server on loopback that speaks the Hub's protocol."""
    running = Hub()
    yield running
    running.close()


@pytest.fixture(scope="module")
def client(hub, tmp_path_factory):
    """A process whose unmodified clients take that server for the Hub."""
    running = HubClient(hub.url, tmp_path_factory.mktemp("client"))
    yield running
    running.close()


@pytest.fixture
def repo(hub):
    """A name that nothing has yet, on a Hub without faults."""
    hub.faults.clear()
    return f"someone/repo-{next(_numbers)}"
