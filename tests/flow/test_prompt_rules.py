"""Prompts: whatever people type is kept as they meant it, or refused in a sentence."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refine.flow.prompt_rules import LONGEST_PROMPT, PromptError, clean_prompt


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "\u200b", "\x00\x07", "\u3000\u00a0", "\u3164", "\u115f\uffa0", "\u2800\u2800"]
)
def test_nothing_to_draw_is_refused(text):
    with pytest.raises(PromptError, match="write a prompt first"):
        clean_prompt(text)


BLANK = re.compile(
    "^(HANGUL .*|HALFWIDTH HANGUL )FILLER$|^BRAILLE PATTERN BLANK$|NULL NOTEHEAD|VARIATION SELECTOR|^ZERO WIDTH|"
    "^INVISIBLE|^(WORD|COMBINING GRAPHEME) JOINER$|^TAG "
)


def test_every_kind_of_character_without_ink_is_refused():
    characters = [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cs", "Co")
        or BLANK.search(unicodedata.name(character, ""))
    ]
    assert len(characters) > 100_000
    for character in characters:
        with pytest.raises(PromptError, match="write a prompt first"):
            clean_prompt(f"{character} {character}")


def test_every_letter_number_and_sign_with_ink_is_a_prompt():
    for character in map(chr, range(0, sys.maxunicode + 1, 7)):
        name = unicodedata.name(character, "")
        if unicodedata.category(character)[0] in "LNPS" and not BLANK.search(name):
            assert clean_prompt(character) == character


def test_an_emoji_that_is_newer_than_this_python_is_a_prompt():
    assert clean_prompt("\U0001fae8") == "\U0001fae8"


@pytest.mark.parametrize(
    "text",
    [
        "a cat",
        "🦊 in the snow",
        "👩‍👩‍👧",
        "قطة على العشب",
        "<img src=x onerror=alert(1)>",
        "**bold** {{value}} ${x}",
        "naïve 猫",
    ],
)
def test_any_script_and_any_markup_is_kept_to_the_letter(text):
    assert clean_prompt(text) == text


def test_control_characters_and_line_breaks_become_one_space():
    assert clean_prompt("  a\x00 cat\r\n\ton\x1b[31m grass\u2028here ") == "a cat on [31m grass here"


def test_a_long_prompt_is_refused_with_both_numbers():
    with pytest.raises(PromptError, match="up to 2,000 characters, and yours has 5,000"):
        clean_prompt("x" * 5000)


def test_the_length_is_looked_at_before_the_characters():
    class Unreadable(str):
        def __iter__(self):
            raise AssertionError("its characters were looked at")

    with pytest.raises(PromptError, match="yours has 50,000,000"):
        clean_prompt(Unreadable(" " * 50_000_000))


def test_something_that_is_no_text_is_refused():
    with pytest.raises(PromptError, match="in words"):
        clean_prompt(None)


@given(st.text(max_size=LONGEST_PROMPT))
def test_cleaning_twice_is_cleaning_once(text):
    try:
        once = clean_prompt(text)
    except PromptError:
        return
    assert clean_prompt(once) == once
    assert "\n" not in once
