"""A map over a drawing as HTML: the sentence, the drawing in greys under colours, a slider for these, and a legend.

Knows: how a map is laid out, and what is said instead of one. Does not know: what a map is of, or who sees it.
"""

from html import escape

from refine.arms.arm import MapView


def sentence(view: MapView | str) -> str:
    """The words of a map, or what is said instead; a script reads them out to who does not see them. Empty if there are none."""
    words = view if isinstance(view, str) else view.words
    kind = "tp-note" if isinstance(view, str) else "tp-place"
    return f'<p class="{kind}" data-spoken>{escape(words)}</p>' if words else ""


def map_section(view: MapView | str, head: str, key: str) -> str:
    """A map with a heading; `key` names it among those of a page. Without a map what is said instead; empty if nothing is."""
    if not sentence(view):
        return ""
    shown = "" if isinstance(view, str) else _picture(view, key)
    return (
        f'<section class="tp-map" aria-label="{escape(head)}"><h3>{escape(head)}</h3>{sentence(view)}{shown}</section>'
    )


def _picture(view: MapView, key: str) -> str:
    low, high = map(escape, view.ends)
    return (
        f'<details data-keep="{key}" data-wide><summary>Show it on the drawing</summary>'
        f'<div class="tp-layers"><img src="{view.drawing}" alt="" draggable="false">'
        f'<img src="{view.colours}" alt="" class="tp-colours" draggable="false"></div>'
        f'<div class="tp-legend"><span>{low}</span><i style="background:linear-gradient(to right,{",".join(view.legend)})">'
        f"</i><span>{high}</span></div>"
        '<label class="tp-strength">How strong are the colours?'
        '<input type="range" min="0" max="100" value="60"></label></details>'
    )
