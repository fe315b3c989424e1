"""Feedback from maps: what each arm shows of where a drawing differs, and what is said when that cannot be told."""

from xml.etree import ElementTree

import pytest

from refine.arms import ARMS, Given, MapView
from refine.metrics import METRICS
from tests.storage.test_journal import an_iteration

PLACES = ("upper left", "top", "upper right", "left", "middle", "right", "lower left", "bottom", "lower right")


def view(words="Most different: upper left.", named=("upper left",), **amounts):
    return MapView(
        amounts=dict.fromkeys(PLACES, 0.0) | {place.replace("_", " "): one for place, one in amounts.items()},
        named=named,
        words=words,
        drawing="data:drawing",
        colours="data:colours",
        legend=("#440154", "#fde725"),
        ends=("like the target", "like an unrelated picture"),
    )


def given(difference="", change=""):
    rounds = [an_iteration(number) for number in (1, 2)]
    return Given([METRICS["imagehash"]], rounds, {}, {}, difference=difference, change=change)


BOTH = given(view(), view("Came closer: top."))


def sections(html):
    """By heading: the sentence, and whether there is a picture."""
    root = ElementTree.fromstring(
        f"<all>{html}</all>".replace('draggable="false">', "/>")
        .replace('value="60">', "/>")
        .replace(" data-spoken", "")
        .replace(" data-wide", "")
    )
    return {
        one.find("h3").text: (one.find("p").text, one.find(".//img[@class='tp-colours']") is not None)
        for one in root.iter("section")
        if one.get("class") == "tp-map"
    }


DIFFERS, CHANGED = "Where does it differ from the target?", "What did your last change do?"


def test_the_overlay_shows_where_it_differs_and_what_the_last_change_did_each_in_words_and_over_the_drawing():
    html = ARMS["overlay"].html(BOTH)
    assert sections(html) == {
        DIFFERS: ("Most different: upper left.", True),
        CHANGED: ("Came closer: top.", True),
    }
    assert "tp-scores" not in html
    assert html.count('type="range"') == 2 and "How strong are the colours?" in html
    assert "linear-gradient(to right,#440154,#fde725)" in html
    assert "like the target" in html and "like an unrelated picture" in html
    assert html.count("data-spoken") == 2, "a script reads these out"


def test_both_shows_scores_and_maps_and_words_the_sentence_alone():
    both = ARMS["both"].html(BOTH)
    assert 'data-metric="imagehash"' in both and len(sections(both)) == 2
    words = ARMS["words"].html(BOTH)
    assert words == '<p class="tp-place" data-spoken>Most different: upper left.</p>'


@pytest.mark.parametrize("arm", ["no_scores", "scores"])
def test_other_arms_show_nothing_of_maps(arm):
    html = ARMS[arm].html(BOTH)
    assert "Most different" not in html and "data:colours" not in html


def test_in_the_first_round_there_is_no_change_to_show():
    assert set(sections(ARMS["overlay"].html(given(view())))) == {DIFFERS}
    assert ARMS["overlay"].html(given()) == ""


def test_a_map_that_is_not_there_is_said_in_its_place_and_the_other_is_shown():
    html = ARMS["overlay"].html(given(view(), "It could not be worked out."))
    assert sections(html) == {
        DIFFERS: ("Most different: upper left.", True),
        CHANGED: ("It could not be worked out.", False),
    }
    assert "It could not be worked out." in ARMS["words"].html(given("It could not be worked out."))
