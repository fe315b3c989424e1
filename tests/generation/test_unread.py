import pytest

from refine.generation.unread import unread
from tests.generation.conftest import TOKENS, tokenizer


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("a cat", ""),
        ("", ""),
        ("cat " * 14, ""),
        ("cat " * 15, "cat"),
        ("CAT  " * 14 + "Dog &  CAT", "Dog &  CAT"),
        # `zebra` is five tokens and the last of them is the one too many: the whole word was not read.
        ("cat " * 10 + "zebra dog", "zebra dog"),
        # One word that fills all the room is told from where it was cut.
        ("z" * 20, "z" * 6),
        # A letter of two bytes and its combining form are one letter.
        ("cat " * 14 + "é", "é"),
        ("cat " * 14 + "e\u0301t", "e\u0301t"),
    ],
)
def test_unread_end_is_the_participants_own_text(prompt, left):
    assert unread(prompt, [tokenizer()], TOKENS) == left


def test_what_one_of_two_tokenizers_reads_is_read():
    finer = tokenizer()
    prompt = "cat " * 16
    assert unread(prompt, [tokenizer(), finer], TOKENS) == "cat cat"
    finer.add_tokens(["cat cat"])
    assert unread(prompt, [tokenizer(), finer], TOKENS) == ""
