"""Linear mixed models with crossed random intercepts and AR(1) residuals, with Satterthwaite degrees of
freedom.

Knows: what of this package others use. Does not know: anything of this project's study.
"""

from refine.analysis.mixed.errors import MixedModelError
from refine.analysis.mixed.fit import fit_mixed
from refine.analysis.mixed.result import MixedResult

__all__ = ["MixedModelError", "MixedResult", "fit_mixed"]
