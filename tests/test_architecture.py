"""The architecture page is true: it is what the code makes of itself."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def architecture():
    spec = importlib.util.spec_from_file_location("architecture", ROOT / "docs" / "architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_code_makes_of_itself():
    made = architecture()
    assert made.PAGE.read_text() == made.page(), "run `python docs/architecture.py`"


def test_every_module_says_what_it_is():
    made = architecture()
    silent = [path for path in (ROOT / "refine").rglob("*.py") if not made.first_line(path)]
    assert silent == []


def test_no_arrow_of_the_drawing_runs_back():
    made = architecture()
    floor = {box: number for number, boxes in enumerate(made.layers()) for box in boxes}
    assert all(floor[above] < floor[below] for above, below in made.arrows(list(floor)))
