"""Small pieces of HTML: pictures as data URIs, figures, buttons, messages.

Knows: escaping, and how a picture travels in a page. Does not know: what a screen consists of.
Pictures travel inside the page, so that no address of the server hands out anybody's drawings.
"""

import base64
import logging
from functools import lru_cache
from html import escape
from io import BytesIO

from PIL import Image

from refine import ASSETS
from refine.storage.errors import StorageError
from refine.study import Study

log = logging.getLogger(__name__)

SCRIPTS = ASSETS / "ui"

LARGE, THUMBNAIL = 640, 320
"""Longest side in pixels of a picture as shown. A smaller picture is shown as it is, lossless."""


MISSING = (
    "data:image/svg+xml;base64,"
    + base64.b64encode(
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256"><rect width="256" height="256" fill="#e5e7eb"/>'
        b'<text x="128" y="128" font-family="sans-serif" font-size="16" fill="#374151" text-anchor="middle">'
        b"This picture cannot be shown.</text></svg>"
    ).decode()
)
"""Stands for a picture that is missing or damaged."""


def text(words: str) -> str:
    """Anybody's words as plain text, in their own direction of writing and their own language."""
    return f'<span dir="auto" translate="no">{escape(words)}</span>'


def drawing_uri(study: Study, pixels: str, longest: int = LARGE) -> str:
    """A drawing, by its pixel hash, as a data URI; `MISSING` if its file cannot be read, which is logged."""
    return _uri(study, "drawing", pixels, longest)


def target_uri(study: Study, target_id: str, longest: int = LARGE) -> str:
    """The picture of a target as a data URI; `MISSING` if its file cannot be read, which is logged."""
    return _uri(study, "target", target_id, longest)


def data_uri(picture: Image.Image, longest: int) -> str:
    """A picture as a data URI, reduced if its longest side has more than `longest` pixels, else lossless."""
    content = BytesIO()
    if max(picture.size) > longest:
        small = picture.copy()
        small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        small.save(content, "WEBP", quality=92)
    else:
        # Here `quality` is effort: a fifth of the time, for files that are a fifth larger.
        picture.save(content, "WEBP", lossless=True, quality=20, method=1)
    return "data:image/webp;base64," + base64.b64encode(content.getvalue()).decode()


def figure(uri: str, caption: str, *, alt: str, element_id: str = "", badge: str = "") -> str:
    """A picture with a caption (HTML) below it. `alt` is plain text."""
    identity = f' id="{element_id}"' if element_id else ""
    mark = f'<span class="tp-badge">{badge}</span>' if badge else ""
    return (
        f'<figure class="tp-figure"{identity}><div class="tp-picture"><img src="{uri}" alt="{escape(alt)}" '
        f'draggable="false">{mark}</div><figcaption>{caption}</figcaption></figure>'
    )


def script(name: str) -> str:
    """A small script of the page, run when its component is loaded."""
    return (SCRIPTS / name).read_text()


def message(words: str, kind: str = "alert") -> str:
    """A sentence that asks for attention; read out at once by screen readers."""
    return f'<div class="tp-message tp-{kind}" role="alert">{escape(words)}</div>' if words else ""


def _uri(study: Study, kind: str, key: str, longest: int) -> str:
    try:
        return _cached_uri(study, kind, key, longest)
    except StorageError as fault:
        log.error("A picture cannot be shown: %s", fault)
        return MISSING


# One entry is about 20 kB: the pictures of the last hundred or so participants who look at their page.
@lru_cache(maxsize=2048)
def _cached_uri(study: Study, kind: str, key: str, longest: int) -> str:
    picture = study.picture(key) if kind == "drawing" else study.target_picture(key)
    return data_uri(picture, longest)
