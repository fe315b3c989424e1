"""What text encoders do not read of a long prompt.

Knows: tokens and where they are in the text. Does not know: what the encoders make of them.
"""

from collections.abc import Iterable

from transformers import CLIPTokenizer


def unread(prompt: str, tokenizers: Iterable[CLIPTokenizer], length: int) -> str:
    """The end of `prompt` that no tokenizer passes on within `length` tokens (start and end tokens included).

    It begins with a whole word: a word that is cut was not read.
    """
    return prompt[max(_read(prompt, tokenizer, length - 2) for tokenizer in tokenizers) :].strip()


def _read(prompt: str, tokenizer: CLIPTokenizer, room: int) -> int:
    encoding = tokenizer(prompt, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    spans, words = encoding["offset_mapping"], encoding.word_ids()
    if len(spans) <= room:
        return len(prompt)
    cut = room
    while cut > 0 and words[cut - 1] == words[cut]:
        cut -= 1
    # A single word that fills all the room is cut where the room ends.
    return spans[cut or room][0]
