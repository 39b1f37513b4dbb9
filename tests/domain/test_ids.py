"""What a fresh id promises."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from ouidire.domain.ids import new_id


def test_ids_are_uuids_of_version_seven_that_tell_when_they_were_made() -> None:
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert abs((made.int >> 80) - time.time_ns() // 1_000_000) < 60_000


def test_ids_made_later_sort_later_within_one_millisecond_too() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_sort_on_where_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert before < new_id() < new_id()


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [one for some in pool.map(lambda _: [new_id() for _ in range(5_000)], range(4)) for one in some]
    assert len(set(made)) == 20_000
