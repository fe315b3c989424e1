"""What a participant may write: the rules for the text of a prompt.

Knows: characters and lengths. Does not know: what a model reads of it (generation).
"""

import unicodedata

import regex

LONGEST_PROMPT = 2000
"""Characters. Twenty times what the text encoders read; a limit against floods, not against eloquence."""

INKLESS = regex.compile(
    r"[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Z}\p{Cc}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}"
    r"[\p{Cf}--\p{Prepended_Concatenation_Mark}]"
    # Blanks that have no property of their own: Braille, musical notation, Egyptian hieroglyphs, Khitan.
    r"\u2800\U0001D159\U00013441\U00013442\U00016FE4]*",
    regex.VERSION1,
)
"""Characters that leave no ink: spaces, controls, fillers, joiners, variation selectors, blanks."""


class PromptError(ValueError):
    """A text that cannot be a prompt. The message is a sentence for the participant."""


def clean_prompt(prompt: str) -> str:
    """The prompt as it is drawn and kept: without control characters, runs of white space made one space.

    Raises `PromptError` if nothing is left or it is longer than `LONGEST_PROMPT` characters.
    """
    if not isinstance(prompt, str):
        raise PromptError("Please describe the picture in words.")
    if len(prompt) > LONGEST_PROMPT:  # before anything that takes time for each character
        raise PromptError(
            f"A prompt may have up to {LONGEST_PROMPT:,} characters, and yours has {len(prompt):,}. Please shorten it."
        )
    # Joiners and direction marks (category Cf) belong to emoji and to right-to-left text, and stay.
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in prompt)
    text = " ".join(spaced.split())
    if INKLESS.fullmatch(text):
        raise PromptError("Please write a prompt first: a few words about what you see.")
    return text
