"""The Space's entry point: the command line that serves the study, and nothing else.

`python app.py` serves the study, `--help` tells every variable, `--doctor` tells what is set up and why.
"""

import sys

from refine.cli.run import main

if __name__ == "__main__":
    sys.exit(main())
