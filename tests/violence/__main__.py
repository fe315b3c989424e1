"""The app with its weights killed by SIGKILL again and again under simulated participants: `python -m tests.violence`.

    .venv/bin/python -m tests.violence --kills 200 --participants 20

Two hundred kills take about an hour. Prints a line for each and, in the end, what was found.
"""

import argparse
import tempfile
from pathlib import Path

from tests.browser.server import Server
from tests.violence.server_kills import ROUNDS, main

parser = argparse.ArgumentParser(prog="python -m tests.violence", description=__doc__.splitlines()[0])
parser.add_argument("--kills", type=int, default=200)
parser.add_argument("--participants", type=int, default=20)
parser.add_argument("--seed", type=int, default=1)
given = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    server = Server(Path(folder) / "data", REFINE_ITERATIONS=str(ROUNDS))
    print(main(server, given.kills, given.participants, given.seed, longest=14.0))
