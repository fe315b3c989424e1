"""`python -m refine.generation`: runs the command line `refine.cli.generation`, by name: nothing down here knows of it."""

import runpy

runpy.run_module("refine.cli.generation", run_name="__main__")
