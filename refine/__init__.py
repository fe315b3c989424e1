"""Thousand Prompts: an online study of iterative prompt refinement, and the analysis of what it finds.

Knows: its version, and where the files are that come with it. Does not know: any of its parts.
"""

from pathlib import Path

__version__ = "0.1.0"

_INSTALLED = Path(__file__).resolve().parent / "assets"

ASSETS = _INSTALLED if _INSTALLED.is_dir() else _INSTALLED.parent.parent / "assets"
"""Weights, targets, scripts and texts: inside an installed package, or beside it in the repository."""
