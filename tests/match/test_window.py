from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ouidire.domain.item import Author, Gone, Item
from ouidire.match.window import OrphanWindow

NOW = datetime(2026, 3, 14, 15, 30, tzinfo=UTC)


def child(uri: str, parent: str, quoted: str = "", author: str = "a") -> Item:
    return Item(
        connector="b", uri=uri, author=Author(author), text="", written_at=NOW, parent_uri=parent, quoted_uri=quoted
    )


def test_children_come_back_once_and_first_come_first() -> None:
    window = OrphanWindow()
    for uri in ("1", "2", "3"):
        window.add(child(uri, "p", quoted="q"), NOW)
    assert [item.uri for item in window.take("b:p")] == ["1", "2", "3"]
    assert window.take("b:p") == window.take("b:q") == []


def test_the_oldest_leave_when_there_are_too_many() -> None:
    window = OrphanWindow(max_items=2)
    for uri in ("1", "2", "3"):
        window.add(child(uri, "p"), NOW)
    assert [item.uri for item in window.take("b:p")] == ["2", "3"]


def test_an_edited_child_waits_as_it_now_is() -> None:
    window = OrphanWindow()
    window.add(child("1", "p"), NOW)
    window.add(child("1", "other"), NOW)
    assert window.take("b:p") == []
    assert len(window.take("b:other")) == 1


def test_all_of_an_author_who_left_is_forgotten() -> None:
    window = OrphanWindow()
    window.add(child("1", "p", author="leaver"), NOW)
    window.add(child("2", "p"), NOW)
    window.forget(Gone("b", author_uri="leaver"))
    assert [item.uri for item in window.take("b:p")] == ["2"]


STEPS = st.tuples(st.sampled_from(["add", "take", "forget"]), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))


@given(st.lists(STEPS, max_size=60))
def test_whatever_happens_it_stays_small_and_leaves_no_loose_ends(steps: list[tuple[str, int, int, int]]) -> None:
    window, at = OrphanWindow(max_items=4, max_age=timedelta(seconds=9)), NOW
    for what, one, two, three in steps:
        at += timedelta(seconds=1)
        if what == "add":
            window.add(child(f"i{one}", f"i{two}", f"i{three}"), at)
        elif what == "take":
            assert all(f"i{one}" in item.relations() for item in window.take(f"b:i{one}"))
        else:
            window.forget(Gone("b", uri=f"i{one}"))
        assert len(window) <= 4
    for number in range(6):
        window.take(f"b:i{number}")
    assert len(window) == 0
