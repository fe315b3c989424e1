"""The plot of the dataset card: how often each round's drawing was ranked most similar.

Knows: how to draw bars. Does not know: where the counts come from.
"""

from html import escape

from refine.storage.dataset.stats import Stats

WIDTH, HEIGHT, MARGIN = 640, 280, 44


def first_choices(stats: Stats) -> str:
    """An SVG of bars, one an iteration, of the protocol with the most sessions; readable on light and dark pages."""
    protocol = max(stats.counts, key=lambda key: stats.counts[key].sessions, default="")
    counts = {int(name): times for name, times in stats.counts[protocol].first.items()} if protocol else {}
    trials = stats.counts[protocol].trials if protocol else 0
    last = max(counts, default=10)
    highest = max(counts.values(), default=0) or 1
    step = (WIDTH - 2 * MARGIN) / last
    parts = []
    for iteration in range(1, last + 1):
        times = counts.get(iteration, 0)
        length = (HEIGHT - 2 * MARGIN) * times / highest
        left, top = MARGIN + (iteration - 1) * step, HEIGHT - MARGIN - length
        parts.append(
            f'<rect x="{left + 3:.1f}" y="{top:.1f}" width="{step - 6:.1f}" height="{length:.1f}" fill="#5b5bd6"/>'
        )
        parts.append(_text(left + step / 2, HEIGHT - MARGIN + 16, str(iteration)))
        parts.append(_text(left + step / 2, top - 5, str(times)))
    of = f" under protocol {protocol}" if len(stats.counts) > 1 else ""
    title = f"Which round's drawing was ranked most similar{of} ({trials} rankings)"
    parts += [_text(WIDTH / 2, 20, title, 14), _text(WIDTH / 2, HEIGHT - 8, "round")]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}"><rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _text(x: float, y: float, words: str, size: int = 12) -> str:
    style = f'font-family="sans-serif" font-size="{size}" fill="#222222" text-anchor="middle"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
