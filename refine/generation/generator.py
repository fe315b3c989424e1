"""What a generator is: a prompt goes in, a drawing comes out.

Knows: what is said about a drawing. Does not know: any model, or who asked.
"""

import typing
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from refine.protocol import DrawingSettings, Provenance

Progress = Callable[[float], None]
"""Told the done part of a drawing, 0..1, never less than before."""


class GenerationError(RuntimeError):
    """No picture can be drawn. The message is a plain sentence with what to do."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture (RGB) and how it came about.

    `unread` is the end of the prompt that the text encoders did not read, as the participant wrote it
    (usually empty). `seconds` is the time of the drawing alone, without waiting.
    """

    picture: Image.Image
    unread: str
    seconds: float
    provenance: Provenance


class Generator(typing.Protocol):
    """Draws with fixed settings: the same prompt gives the same picture."""

    @property
    def settings(self) -> DrawingSettings:
        """What every drawing depends on besides its prompt."""
        ...

    def draw(self, prompt: str, progress: Progress) -> Drawing:
        """Draw, telling the progress; its last value is 1. Raises `GenerationError`."""
        ...
