"""What a participant may write: the rules for the text of a prompt.

Knows: characters and lengths. Does not know: what a model reads of it (generation).
"""

import unicodedata

LONGEST_PROMPT = 2000
"""Characters. Twenty times what the text encoders read; a limit against floods, not against eloquence."""


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
    if not any(unicodedata.category(character)[0] not in "CZ" for character in text):
        raise PromptError("Please write a prompt first: a few words about what you see.")
    return text
