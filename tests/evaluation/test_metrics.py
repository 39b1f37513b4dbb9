from dataclasses import replace

import pytest

from ouidire.domain.item import Author, Item
from ouidire.domain.mention import Ask, Match
from ouidire.domain.place import Place
from ouidire.domain.share import Share
from ouidire.evaluation.filling import BEGIN, Case
from ouidire.evaluation.metrics import (
    Bin,
    Counts,
    Verdict,
    by,
    by_kind,
    by_language,
    calibration,
    count,
    errors,
    flat,
    spread,
    tally,
    total,
)
from ouidire.evaluation.phrasings import Phrasing

ABOUT = Case(
    Item(connector="c", uri="u", author=Author("a"), text="t", written_at=BEGIN),
    "lune", "lune-1", Place("lune-1", "lune", "Lune"), frozenset(), Phrasing(1, "{name}", "fr", True), "name", (),
)  # fmt: skip
NOBODY = replace(ABOUT, organisation_id=None, place_id=None, phrasing=Phrasing(2, "x", "en", False))


def said(organisation_id: str, place_id: str | None = None, p: float = 0.9, ask: Ask = Ask.NOTHING) -> Match:
    return Match(organisation_id, place_id, None, (), p, (), ask)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 100, 0.7222, 0.8749),
        (985, 1000, 0.9754, 0.9909),
    ],
)
def test_wilsons_interval_is_the_one_in_the_books(hits: int, of: int, low: float, high: float) -> None:
    share = Share(hits, of)
    assert share.low == pytest.approx(low, abs=1e-4)
    assert share.high == pytest.approx(high, abs=1e-4)


@pytest.mark.parametrize(
    ("case", "matches", "wrong"),
    [
        (ABOUT, [said("lune", "lune-1")], ()),
        (ABOUT, [said("lune")], ("place not found",)),
        (ABOUT, [said("lune", "lune-2")], ("wrong place",)),
        (ABOUT, [], ("missed",)),
        (ABOUT, [said("lune", "lune-1", ask=Ask.ABOUT_US)], ("missed",)),
        (ABOUT, [said("lune", None, ask=Ask.WHICH_PLACE)], ("place not found",)),
        (ABOUT, [said("lune", "lune-1"), said("soleil")], ("wrong organisation",)),
        (ABOUT, [said("lune", "lune-1"), said("soleil", ask=Ask.ABOUT_US)], ()),
        (NOBODY, [], ()),
        (NOBODY, [said("lune")], ("wrong organisation",)),
        (replace(ABOUT, place_id=None), [said("lune")], ()),
        (replace(ABOUT, place_id=None), [said("lune", "lune-1")], ("wrong place",)),
        (replace(ABOUT, fits=frozenset(["autre"])), [], ()),
        (replace(ABOUT, fits=frozenset(["autre"])), [said("autre")], ("wrong organisation",)),
        (replace(ABOUT, fits=frozenset(["a"]), named=frozenset(["a"])), [said("lune", "lune-1"), said("a")], ()),
        (replace(ABOUT, fits=frozenset(["a"]), named=frozenset(["a"])), [said("a")], ("missed",)),
    ],
)
def test_what_is_wrong_with_a_decision(case: Case, matches: list[Match], wrong: tuple[str, ...]) -> None:
    verdict = Verdict(case, tuple(matches))
    assert errors(verdict) == wrong
    counted = count(verdict)
    is_right_place = counted.place_given == counted.place_right
    assert is_right_place or {"wrong place", "wrong organisation"} & set(wrong)


def test_a_question_decides_nothing_and_is_counted_beside() -> None:
    counted = count(Verdict(ABOUT, (said("lune", "lune-1", ask=Ask.ABOUT_US),)))
    assert (counted.said, counted.place_given, counted.asked_whether, counted.dropped) == (0, 0, 1, 0)
    counted = count(Verdict(ABOUT, (said("lune", ask=Ask.WHICH_PLACE),)))
    assert (counted.said_right, counted.heard, counted.asked_which, counted.unplaced) == (1, 1, 1, 1)


def test_the_figures_of_a_few_posts_by_hand() -> None:
    verdicts = [
        Verdict(ABOUT, (said("lune", "lune-1"),)),
        Verdict(ABOUT, (said("lune"),)),
        Verdict(ABOUT, ()),
        Verdict(NOBODY, (said("lune", "lune-1"),)),
        Verdict(NOBODY, ()),
    ]
    counts = total(verdicts)
    assert (counts.place_precision, counts.place_recall) == (Share(1, 2), Share(1, 3))
    assert (counts.precision, counts.recall) == (Share(2, 3), Share(2, 3))
    assert counts.f == pytest.approx(2 / 3)
    assert tally(verdicts) == {"place not found": 1, "missed": 1, "wrong organisation": 1}
    assert {name: one.posts for name, one in by(verdicts, by_language).items()} == {"fr": 3, "en": 2}
    assert {name: one.posts for name, one in by(verdicts, by_kind).items()} == {"about us": 3, "about nobody": 2}


def test_what_says_nothing_has_no_figure() -> None:
    assert flat(Counts())["f"] is None
    assert flat(Counts())["precision"] is None


def test_a_well_calibrated_one_has_no_error_and_a_boaster_has_one() -> None:
    right = [Verdict(ABOUT, (said("lune", "lune-1", 0.8),))] * 80
    wrong = [Verdict(ABOUT, (said("lune", "lune-2", 0.8),))] * 20
    mixed = [one for five in zip(right[::4], right[1::4], right[2::4], right[3::4], wrong, strict=True) for one in five]
    assert calibration(mixed).error == pytest.approx(0)
    assert [one.count for one in calibration(mixed).bins] == [10] * 10
    boaster = [Verdict(NOBODY, (said("lune", "lune-1", 1.0),))] * 50
    assert calibration(boaster).error == 1.0
    assert calibration(boaster).bins == (Bin(5, 1.0, 0.0),) * 10
    assert calibration([Verdict(ABOUT, (said("lune", "lune-1", 1.0),))]).error == 0.0


def test_the_spread_by_phrasing_is_wider_where_one_phrasing_makes_all_the_errors() -> None:
    good = [
        Verdict(replace(ABOUT, phrasing=Phrasing(n, "x", "fr", True)), (said("lune", "lune-1"),)) for n in range(20)
    ]
    bad = [Verdict(replace(ABOUT, phrasing=Phrasing(99, "x", "fr", True)), (said("lune", "lune-2"),))] * 10
    low, high = spread([*good, *bad], lambda counts: counts.place_precision.value)
    share = total([*good, *bad]).place_precision
    assert low < share.low
    assert high > share.high
    assert spread([*good, *bad], lambda counts: counts.f) == spread([*good, *bad], lambda counts: counts.f)
