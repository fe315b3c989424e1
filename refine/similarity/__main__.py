"""`python -m refine.similarity`: runs the command line `refine.cli.similarity`, by name: nothing down here knows of it."""

import runpy

runpy.run_module("refine.cli.similarity", run_name="__main__")
