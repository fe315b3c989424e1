"""The architecture page: a drawing of who imports whom and a tree of all modules, made from the code itself.

Knows: the layers that import-linter guards, imports, first lines of docstrings. Does not know: what any module does.
`python docs/architecture.py` writes `docs/architecture.md`; a test says when that is due.
"""

import ast
import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"

HEAD = """# The architecture

Made by `python docs/architecture.py` from the code: change that, and run it.

## The house

A box is a module or package of `refine`, an arrow says *imports*. Boxes of one row do not know each other, and no arrow runs
back: `lint-imports` checks both, for every module. Arrows that follow from others are left out.

"""


def layers() -> list[list[str]]:
    """The layers of the house, the highest first, as import-linter has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    house = next(contract for contract in contracts if contract["name"] == "Imports run one way")
    return [[name.strip() for name in layer.split("|")] for layer in house["layers"]]


def arrows(boxes: list[str]) -> set[tuple[str, str]]:
    """Which box imports which, in one step, without what follows from longer ways."""
    sys.path.insert(0, str(ROOT))  # the package of this very folder, wherever it was called from
    graph = grimp.build_graph("refine", cache_dir=None)
    for box in boxes:
        graph.squash_module(f"refine.{box}")
    direct = {
        box: {name.removeprefix("refine.") for name in graph.find_modules_directly_imported_by(f"refine.{box}")}
        & (set(boxes) - {box})
        for box in boxes
    }

    def reached(box: str) -> set[str]:
        return direct[box].union(*(reached(other) for other in direct[box]))

    return {
        (box, other)
        for box in boxes
        for other in direct[box]
        if not any(other in reached(between) for between in direct[box] - {other})
    }


def drawing() -> str:
    """The house as a Mermaid flowchart, which GitHub draws."""
    floors = layers()
    lines = ["```mermaid", "flowchart TD"]
    for number, floor in enumerate(floors):
        lines += [f'  subgraph floor{number}[" "]', "    direction LR", *(f"    {box}" for box in floor), "  end"]
    lines += [f"  {box} --> {other}" for box, other in sorted(arrows([box for floor in floors for box in floor]))]
    return "\n".join([*lines, "```"])


def first_line(path: Path) -> str:
    """What a module is, as its docstring begins."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0].rstrip(".")


def tree(folder: Path, depth: int = 0) -> list[str]:
    """A line a module, folders after files, each with what it is."""
    pad = "  " * depth
    start = folder / "__init__.py"
    lines = [f"{pad}{folder.name + '/':24}{first_line(start) if start.exists() else ''}".rstrip()]
    for path in sorted(folder.glob("*.py")):
        if path != start:
            lines.append(f"{pad}  {path.name:24}{first_line(path)}")
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and any(path.glob("*.py"))):
        lines += tree(inner, depth + 1)
    return lines


def page() -> str:
    """The whole page."""
    modules = "\n".join([*tree(ROOT / "refine"), *tree(ROOT / "benchmarks")])
    return f"{HEAD}{drawing()}\n\n## The modules\n\n```\n{modules}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page())
