"""`python -m refine.storage`: runs the command line `refine.cli.storage`, by name: nothing down here knows of it."""

import runpy

runpy.run_module("refine.cli.storage", run_name="__main__")
