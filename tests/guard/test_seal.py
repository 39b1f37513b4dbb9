"""The seal: what was cleared is what is said, and nobody else can clear."""

from __future__ import annotations

import ast
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ouidire
from ouidire.connectors.manifest import Unit
from ouidire.domain.clearance import Clearance
from ouidire.errors import Corrupt
from ouidire.guard import Limits, covers, restore, review, rulebook, to_fields
from ouidire.guard.measure import length

from .drafts import GOOD, KEY, NOW

SRC = Path(ouidire.__file__).parent
anything = st.text(st.characters())


def clearance() -> Clearance:
    given_one = review(GOOD, key=KEY, now=NOW).clearance
    assert given_one is not None
    return given_one


def holds(given_one: Clearance, key: bytes = KEY) -> bool:
    return covers(given_one, key=key, text=given_one.text, target_uri=given_one.target_uri, reply_id=given_one.reply_id)


def test_a_good_draft_is_cleared_as_it_stands() -> None:
    given_one = clearance()
    assert given_one.text == GOOD.text
    assert given_one.member_id == "m1"
    assert given_one.given_at == NOW
    assert given_one.rules == rulebook().version
    assert holds(given_one)


def test_a_clearance_covers_no_other_text_target_or_reply() -> None:
    asked = {"text": GOOD.text, "target_uri": GOOD.target_uri, "reply_id": GOOD.reply_id}
    for name, value in asked.items():
        assert not covers(clearance(), key=KEY, **{**asked, name: value + " "})


@given(st.sampled_from([field.name for field in fields(Clearance)]), anything)
def test_the_seal_breaks_on_any_change(name: str, value: str) -> None:
    whole = clearance()
    if name == "given_at":
        changed = replace(whole, given_at=whole.given_at + timedelta(microseconds=1 + len(value)))
    else:
        changed = replace(whole, **{name: value})
    assert holds(changed) == (changed == whole)


@given(st.binary(min_size=16, max_size=64))
def test_another_key_opens_nothing(key: bytes) -> None:
    assert holds(clearance(), key) == (key == KEY)


def test_words_cannot_move_from_one_field_to_the_next() -> None:
    whole = clearance()
    moved = replace(whole, organisation_id=whole.organisation_id[:-1], member_id="1" + whole.member_id)
    assert not holds(moved)


def test_an_astral_letter_and_its_halves_have_two_seals() -> None:
    one = review(replace(GOOD, text="\U0001f600"), key=KEY, now=NOW).clearance
    two = review(replace(GOOD, text="\ud83d\ude00"), key=KEY, now=NOW).clearance
    assert one is not None
    assert two is not None
    assert one.seal != two.seal


@given(anything, st.integers(1, 40), st.sampled_from(["graphemes", "characters", "bytes"]))
def test_no_text_over_its_limit_is_ever_cleared(text: str, most: int, unit: Unit) -> None:
    draft = replace(GOOD, text=text, limits=Limits(max_length=most, unit=unit))
    cleared = review(draft, key=KEY, now=NOW).clearance
    assert cleared is None or length(cleared.text, unit) <= most


@given(st.integers(1, 3), st.lists(st.timedeltas(timedelta(0), timedelta(hours=2)), max_size=6))
def test_no_window_ever_holds_more_replies_than_allowed(most: int, ages: list[timedelta]) -> None:
    recent = tuple((NOW - age, f"réponse {n}") for n, age in enumerate(ages))
    draft = replace(GOOD, recent=recent, limits=Limits(rate_count=most, rate_window_s=3600))
    cleared = review(draft, key=KEY, now=NOW).clearance
    assert (cleared is not None) == (sum(age < timedelta(hours=1) for age in ages) < most)


def test_a_stored_clearance_comes_back_whole() -> None:
    assert restore(to_fields(clearance()), KEY) == clearance()


def test_a_store_may_write_the_moment_in_another_zone() -> None:
    paris = {**to_fields(clearance()), "given_at": "2026-11-21T16:26:00+01:00"}
    assert restore(paris, KEY).given_at == datetime(2026, 11, 21, 15, 26, tzinfo=UTC)


@pytest.mark.parametrize("name", [field.name for field in fields(Clearance)])
def test_a_stored_clearance_that_was_changed_stops_everything(name: str) -> None:
    kept = to_fields(clearance())
    for broken in (
        {**kept, name: kept[name][:-1] + "é"},
        {key: value for key, value in kept.items() if key != name},
        {**kept, name: "2026-11-21T15:26:00"},
    ):
        with pytest.raises(Corrupt):
            restore(broken, KEY)


def test_a_key_that_could_be_guessed_seals_nothing() -> None:
    with pytest.raises(Corrupt, match="at least 16"):
        review(GOOD, key=b"short", now=NOW)


def makers_of_clearances(source: str) -> list[int]:
    """Lines that make a `Clearance`, bring it in under another name, or write a seal."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "Clearance" or any(word.arg == "seal" for word in node.keywords):
                found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom):
            found += [node.lineno for alias in node.names if alias.name in ("Clearance", "stamp") and alias.asname]
            found += [node.lineno for alias in node.names if alias.name == "stamp"]
    return found


def test_only_the_guard_makes_a_clearance() -> None:
    sources = {file: file.read_text("utf-8") for file in SRC.rglob("*.py")}
    hopeful = {file: source for file, source in sources.items() if "Clearance" in source or "seal" in source}
    makers = {file.relative_to(SRC).parts[0] for file, source in hopeful.items() if makers_of_clearances(source)}
    assert makers == {"guard"}


@pytest.mark.parametrize(
    "line",
    [
        "Clearance(text='x')",
        "clearance.Clearance()",
        "from ouidire.domain.clearance import Clearance as C",
        "replace(given, seal='x')",
        "from ouidire.guard.seal import stamp",
    ],
)
def test_no_side_door_goes_unseen(line: str) -> None:
    assert makers_of_clearances(line)
