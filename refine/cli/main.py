"""The command `refine`: one name for all command lines.

Knows: which subcommand is which command line. Does not know: what any of them does; each is imported only when it is asked for, so that
an analysis needs no more installed than it uses.
"""

import sys
from importlib import import_module
from typing import NamedTuple


class Command(NamedTuple):
    """A subcommand: the module with its `main`, what goes before the arguments, and what it is for."""

    module: str
    before: tuple[str, ...]
    purpose: str


COMMANDS = {
    "run": Command("refine.cli.run", (), "serve the study"),
    "doctor": Command("refine.cli.run", ("--doctor",), "tell what is set up and why"),
    "targets": Command("refine.cli.generation", ("targets",), "draw the target pictures"),
    "adopt": Command("refine.cli.generation", ("adopt",), "make targets from your own pictures"),
    "redraw": Command("refine.cli.generation", ("redraw",), "draw a round again and compare"),
    "compare": Command("refine.cli.similarity", (), "compare pictures by every metric"),
    "data": Command("refine.cli.storage", (), "export, push, verify, restore, compact the dataset, withdraw a session"),
    "analyse": Command("refine.cli.analysis", (), "everything that a dataset says, as a page, JSON and tables"),
    "icc": Command("refine.analysis.icc.__main__", (), "intraclass correlation of a table of ratings"),
    "mixed": Command("refine.analysis.mixed.__main__", (), "fit a linear mixed model"),
    "power": Command("refine.cli.power", (), "how many participants a study needs"),
    "world": Command("refine.world.__main__", (), "make the embedded world again, check it"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand. Returns its exit status, 2 if there is none such."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in ("-h", "--help"):
        print(usage())
        return 0
    if name not in COMMANDS:
        print(f"There is no command {name!r}.\n\n{usage()}", file=sys.stderr)
        return 2
    command = COMMANDS[name]
    try:
        module = import_module(command.module)
    except ModuleNotFoundError as fault:
        if (fault.name or "").split(".")[0] == "refine":
            raise
        print(
            f"`refine {name}` needs {fault.name}, which is not installed: pip install 'thousand-prompts[app]'.",
            file=sys.stderr,
        )
        return 2
    return int(module.main([*command.before, *rest]))


def usage() -> str:
    """All commands, a line each."""
    lines = (f"  {name:10}{command.purpose}" for name, command in COMMANDS.items())
    return "usage: refine COMMAND ...   (refine COMMAND --help tells more)\n\n" + "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
