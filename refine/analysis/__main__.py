"""`python -m refine.analysis`: runs the command line `refine.cli.analysis`, by name: nothing down here knows of it."""

import runpy

runpy.run_module("refine.cli.analysis", run_name="__main__")
