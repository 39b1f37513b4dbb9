import hashlib
import json
import re
from importlib.resources import files

import pytest

from ouidire.errors import BadInput
from ouidire.evaluation.phrasings import TEST_SHA256, Phrasing, load, parse

TRAIN = load("train")


def line(**fields: object) -> str:
    return json.dumps({"text": "Merci {name}", "lang": "fr", "means": "us", **fields})


def test_the_training_half_is_large_and_in_both_languages() -> None:
    assert len(TRAIN) >= 500
    assert sum(one.language == "fr" for one in TRAIN) >= 300
    assert sum(one.language == "en" for one in TRAIN) >= 150


def test_no_phrasing_is_written_twice_and_none_is_only_a_variant_in_its_slots() -> None:
    bare = [re.sub(r"\W+", " ", one.literal).casefold().strip() for one in TRAIN]
    assert len({one.text for one in TRAIN}) == len(TRAIN)
    assert len({one for one in bare if len(one) > 12}) == len([one for one in bare if len(one) > 12])


def test_a_quarter_is_about_nobody_and_a_third_of_ours_lacks_the_exact_name() -> None:
    ours = [one for one in TRAIN if one.is_about_us]
    assert 0.25 <= 1 - len(ours) / len(TRAIN) <= 0.30
    assert 0.30 <= sum("" not in one.names for one in ours) / len(ours) <= 0.40


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ("{", "Line 1 is not JSON"),
        ("[]", "it has no text"),
        (line(text="  "), "it has no text"),
        (line(lang="de"), "lang is fr or en"),
        (line(means="maybe"), "means is us or nobody"),
        (line(mood="bad"), "nobody knows what mood is"),
        (line(needs=["huge"]), "huge is neither"),
        (line(category=["zoo"]), "zoo is neither"),
        (line(beside={"geo": "there"}), "geo beside it cannot be there"),
        (line(text="{nom}"), "no slot {nom}"),
        (line(text="{town:upper}"), "no slot {town:upper}"),
        (line(text="{name} {"), "a brace stands alone"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_wrong(wrong: str, because: str) -> None:
    with pytest.raises(BadInput, match=re.escape(because)):
        list(parse([wrong]))


def test_a_phrasing_knows_its_slots() -> None:
    [one] = parse([line(text="{name:lower} à {town}, {name:lower} !", beside={"geo": "near"})])
    assert one.slots == (("name", "lower"), ("town", ""), ("name", "lower"))
    assert one.names == ("lower", "lower")
    assert one.says_who
    assert not Phrasing(1, "encore 30 minutes", "fr", True).says_who
    assert Phrasing(1, "encore 30 minutes", "fr", True, beside={"regular": True}).says_who


TEST = files("ouidire.evaluation").joinpath("phrasings_test.jsonl")
needs_test_half = pytest.mark.skipif(not TEST.is_file(), reason="the test half of the phrasings is not here")


@needs_test_half
def test_the_test_half_is_as_it_was_written() -> None:
    assert hashlib.sha256(TEST.read_bytes()).hexdigest() == TEST_SHA256


@needs_test_half
def test_the_halves_share_no_phrasing() -> None:
    ours, theirs = ({re.sub(r"\W+", " ", one.literal).casefold() for one in half} for half in (TRAIN, load("test")))
    assert {one for one in ours & theirs if len(one) > 20} == set()
