"""Artwork: the icon set `@iconify-json/fluent-emoji-flat` (MIT) that objects are rendered from.

Knows: where it comes from. Does not know: how an icon becomes a sprite. It is fetched to make a world, and is not part of
this repository.
"""

import subprocess
from pathlib import Path

PACKAGE = "@iconify-json/fluent-emoji-flat"


def install(work: Path) -> Path:
    """Install the icon set under `work` with npm, unless it is there.

    Returns:
        The icon set's `icons.json`.

    Raises:
        RuntimeError: npm is missing or could not install the package.
    """
    icons = work / "artwork" / "node_modules" / PACKAGE / "icons.json"
    if not icons.exists():
        prefix = str(work / "artwork")
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", prefix, PACKAGE]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise RuntimeError("npm is needed to install the artwork, and was not found") from error
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"npm could not install {PACKAGE}: {error.stderr.strip()}") from error
    return icons
