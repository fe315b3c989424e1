"""What can be wrong with a model or its data, said plainly.

Knows: the one error of this package. Does not know: anything else.
"""


class MixedModelError(ValueError):
    """The model cannot be fitted to these data; the message says why and what to do, in the user's words."""
