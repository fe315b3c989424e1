"""The report on disk.

Knows: names of files. Does not know: what is in them.
"""

import json
from pathlib import Path

from refine.analysis.report.page import as_html
from refine.analysis.report.plain import Origin, as_json
from refine.analysis.report.tables import as_tables
from refine.analysis.results import Results


def write_report(results: Results, origin: Origin, folder: Path) -> Path:
    """Write `report.html`, `report.json` and `tables/*.csv` into `folder`, which is made; returns the page.

    Raises `OSError` if the folder cannot be written to.
    """
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    for old in tables.glob("*.csv"):
        # A table of an earlier report must not stand beside this one.
        old.unlink()
    for name, table in as_tables(results).items():
        table.to_csv(tables / f"{name}.csv", index=False)
    text = json.dumps(as_json(results, origin), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    page = folder / "report.html"
    page.write_text(as_html(results, origin), encoding="utf-8")
    return page
