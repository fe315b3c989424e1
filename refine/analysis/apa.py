"""Numbers in the form of the APA: p values and statistics that cannot exceed one have no zero before the point.

Knows: rounding. Does not know: what a number is of.
"""


def p_words(p: float) -> str:
    """`p = .012`, or `p < .001`."""
    return "p < .001" if p < 0.001 else f"p = {no_zero(p, 3)}"


def no_zero(value: float, digits: int) -> str:
    """A number that cannot exceed 1 in size."""
    return f"{value:.{digits}f}".replace("0.", ".", 1)


def number(value: float) -> str:
    """A score or a difference of scores, with three significant digits."""
    return f"{value:#.3g}".rstrip(".")
