"""Intraclass correlation: how far do raters agree about subjects?

Knows: what of this package others use. Does not know: what is rated.
"""

from refine.analysis.icc.coefficients import ICC, Coefficient, Coefficients, icc, icc_of_tables, values
from refine.analysis.icc.mean_squares import MeanSquares, mean_squares

__all__ = ["ICC", "Coefficient", "Coefficients", "MeanSquares", "icc", "icc_of_tables", "mean_squares", "values"]
