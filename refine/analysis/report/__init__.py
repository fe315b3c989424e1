"""The report: results as JSON, as tables, and as a page of their own.

Knows: what of this room others use. Does not know: statistics.
"""

from refine.analysis.report.page import as_html
from refine.analysis.report.plain import Origin, as_json
from refine.analysis.report.tables import as_tables
from refine.analysis.report.write import write_report

__all__ = ["Origin", "as_html", "as_json", "as_tables", "write_report"]
