"""When a door is open: shifts, nights, holidays, and the two days a year on which a clock is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.domain import holidays
from ouidire.domain.hours import Hours, HoursRefused, Shift, SpecialDay, check_day, check_week, shift_of

PARIS, TORONTO = ZoneInfo("Europe/Paris"), ZoneInfo("America/Toronto")
SHOP = Hours(((), *[(Shift(540, 720), Shift(840, 1140))] * 5, (Shift(540, 750),)))
"""Closed on Mondays, 9–12 and 14–19 until Saturday, Sunday until half past twelve."""
BAR = Hours(((Shift(18 * 60, 26 * 60 + 30),),) * 7)
"""18:00 until half past two in the morning, every day."""


def at(text: str, zone: ZoneInfo = PARIS, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("when", "is_open", "change"),
    [
        ("2026-11-24 08:59", False, "2026-11-24 09:00"),
        ("2026-11-24 09:00", True, "2026-11-24 12:00"),
        ("2026-11-24 12:00", False, "2026-11-24 14:00"),
        ("2026-11-24 18:59", True, "2026-11-24 19:00"),
        ("2026-11-29 12:30", False, "2026-12-01 09:00"),  # Sunday noon until Tuesday: Monday stays shut
    ],
)
def test_a_day_of_two_shifts_opens_and_closes_to_the_minute(when: str, is_open: bool, change: str) -> None:
    assert SHOP.is_open(at(when)) is is_open
    assert SHOP.next_change(at(when)) == at(change)


def test_a_closed_door_says_since_when() -> None:
    assert SHOP.since(at("2026-11-24 13:10")) == at("2026-11-24 12:00")
    assert SHOP.since(at("2026-11-24 15:00")) == at("2026-11-24 14:00")
    assert Hours().since(at("2026-11-24 15:00")) is None


def test_a_night_belongs_to_the_evening_it_began_on() -> None:
    assert BAR.is_open(at("2026-11-25 01:00"))
    assert BAR.next_change(at("2026-11-25 01:00")) == at("2026-11-25 02:30")
    shut_on_christmas = Hours(BAR.week, special=(SpecialDay(date(2026, 12, 25), date(2026, 12, 25)),))
    assert shut_on_christmas.is_open(at("2026-12-25 02:00"))  # Christmas Eve's guests are still there
    assert not shut_on_christmas.is_open(at("2026-12-25 20:00"))
    assert not shut_on_christmas.is_open(at("2026-12-26 01:00"))


def test_a_door_that_never_closes_has_no_next_change_and_neither_has_one_that_never_opens() -> None:
    always = Hours(((Shift(0, 1440),),) * 7)
    assert always.is_open(at("2026-11-24 00:00"))
    assert always.next_change(at("2026-11-24 12:00")) is None
    assert Hours().next_change(at("2026-11-24 12:00")) is None


def test_a_special_day_comes_before_a_holiday_and_a_holiday_before_the_weekday() -> None:
    hours = Hours(
        SHOP.week,
        special=(SpecialDay(date(2027, 1, 1), date(2027, 1, 1), (Shift(600, 720),)),
                 SpecialDay(date(2026, 8, 3), date(2026, 8, 24), name="congés")),
        holidays=("new_year", "christmas"),
    )  # fmt: skip
    assert not hours.is_open(at("2026-12-25 10:00"))
    assert not hours.is_open(at("2027-12-25 10:00"))  # every year
    assert hours.is_open(at("2027-01-01 11:00"))
    assert not hours.is_open(at("2027-01-01 15:00"))
    assert hours.next_change(at("2026-08-02 13:00")) == at("2026-08-25 09:00")


# -- the days on which a clock is changed: Paris 29 March and 25 October, Toronto 8 March and 1 November 2026 ---------


@pytest.mark.parametrize(("zone", "day"), [(PARIS, "2026-03-29"), (TORONTO, "2026-03-08")])
def test_an_hour_that_does_not_exist_is_the_moment_of_the_change(zone: ZoneInfo, day: str) -> None:
    bar = Hours(((Shift(1080, 1440 + 150),),) * 7)  # until 2:30, which this night does not have
    eve = at(day, zone) - timedelta(hours=1)
    assert bar.next_change(eve) == at(f"{day} 03:00", zone)
    assert bar.is_open(at(f"{day} 01:59", zone))
    assert not bar.is_open(at(f"{day} 03:00", zone))
    early = Hours(((Shift(150, 600),),) * 7)  # a bakery from 2:30
    assert early.next_change(at(f"{day} 00:30", zone)) == at(f"{day} 03:00", zone)
    assert early.is_open(at(f"{day} 03:01", zone))


@pytest.mark.parametrize(("zone", "day", "twice"), [(PARIS, "2026-10-25", 2), (TORONTO, "2026-11-01", 1)])
def test_of_an_hour_that_comes_twice_the_first_opens_and_the_second_closes(
    zone: ZoneInfo, day: str, twice: int
) -> None:
    half = f"{day} 0{twice}:30"
    bar = Hours(((Shift(1080, 1440 + twice * 60 + 30),),) * 7)
    assert bar.is_open(at(f"{day} 0{twice}:45", zone, fold=0))
    assert bar.is_open(at(f"{day} 0{twice}:15", zone, fold=1))
    assert not bar.is_open(at(half, zone, fold=1))
    change = bar.next_change(at(f"{day} 00:10", zone))
    assert change is not None
    assert change.astimezone(UTC) == at(half, zone, fold=1).astimezone(UTC)
    early = Hours(((Shift(twice * 60 + 30, 600),),) * 7)
    assert early.is_open(at(half, zone, fold=0))
    assert early.is_open(at(f"{day} 0{twice}:00", zone, fold=1))


@pytest.mark.parametrize(("zone", "day"), [(PARIS, "2026-03-29"), (PARIS, "2026-10-25"), (TORONTO, "2026-11-01")])
def test_the_shop_of_a_changed_day_opens_at_nine_by_its_own_clock(zone: ZoneInfo, day: str) -> None:
    opened = SHOP.next_change(at(f"{day} 00:30", zone))
    assert opened is not None
    assert opened.strftime("%H:%M") == "09:00"


shifts = (
    st.tuples(st.integers(0, 1439), st.integers(1, 1440 + 480))
    .filter(lambda p: p[0] < p[1])
    .map(lambda p: (Shift(*p),))
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.just(()), shifts), min_size=7, max_size=7),
    st.integers(0, 365 * 1440),
    st.sampled_from([PARIS, TORONTO]),
)
def test_until_the_next_change_nothing_changes_and_then_it_does(
    week: list[tuple[Shift, ...]], minutes: int, zone: ZoneInfo
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    hours, here = Hours(tuple(week)), moment.astimezone(zone)
    change = hours.next_change(here)
    if change is None:
        return
    before = (change.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone)
    assert hours.is_open(before) is hours.is_open(here)
    assert hours.is_open(change) is not hours.is_open(here)


# -- what is typed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "closes", "shift"),
    [("9:00", "12:30", Shift(540, 750)), ("18h", "2h30", Shift(1080, 1590)), ("00:00", "00:00", Shift(0, 1440)),
     ("18:00", "24:00", Shift(1080, 1440)), ("22:00", "00:00", Shift(1320, 1440))],
)  # fmt: skip
def test_times_are_read_as_they_are_typed(opens: str, closes: str, shift: Shift) -> None:
    assert shift_of(opens, closes) == shift


@pytest.mark.parametrize(
    ("opens", "closes", "code"),
    [("14:00", "12:00", "ends_before"), ("9:00", "", "half"), ("", "18:00", "half"), ("9:00", "9:00", "no_time"),
     ("25:00", "26:00", "not_a_time"), ("neuf", "dix", "not_a_time"), ("9:75", "12", "not_a_time"),
     ("24:00", "2:00", "no_time")],
)  # fmt: skip
def test_times_that_cannot_be_are_refused_with_why(opens: str, closes: str, code: str) -> None:
    with pytest.raises(HoursRefused) as refused:
        shift_of(opens, closes)
    assert refused.value.code == code


def test_shifts_that_overlap_are_refused_within_a_day_and_over_midnight() -> None:
    with pytest.raises(HoursRefused, match="overlap"):
        check_day([Shift(840, 1140), Shift(540, 900)])
    with pytest.raises(HoursRefused, match="too_many"):
        check_day([Shift(0, 60), Shift(120, 180), Shift(240, 300)])
    week: list[tuple[Shift, ...]] = [()] * 7
    week[6], week[0] = (Shift(1200, 1440 + 420),), (Shift(360, 720),)  # Sunday until 7, Monday from 6
    with pytest.raises(HoursRefused) as refused:
        check_week(week)
    assert (refused.value.code, refused.value.day) == ("night", 6)


# -- holidays ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "day"), [(2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05"), (2038, "2038-04-25")]
)
def test_easter_falls_where_the_calendar_has_it(year: int, day: str) -> None:
    assert holidays.easter(year) == date.fromisoformat(day)


def test_france_has_eleven_holidays_alsace_thirteen_and_the_islands_their_own() -> None:
    national = [(one.key, one.day.isoformat()[5:]) for one in holidays.of_year(2026)]
    assert national == [
        ("new_year", "01-01"), ("easter_monday", "04-06"), ("labour_day", "05-01"), ("victory", "05-08"),
        ("ascension", "05-14"), ("whit_monday", "05-25"), ("bastille", "07-14"), ("assumption", "08-15"),
        ("all_saints", "11-01"), ("armistice", "11-11"), ("christmas", "12-25"),
    ]  # fmt: skip
    assert {one.key for one in holidays.of_year(2026, "alsace")} - {key for key, _ in national} == {
        "good_friday", "st_stephen"
    }  # fmt: skip
    assert holidays.region("FR", "67000") == "alsace"
    assert holidays.region("FR", "97400") == "974"
    assert holidays.region("CA", "H3G 2B2") is None
    assert holidays.coming(date(2026, 12, 21), "974")[-1] == holidays.Holiday(
        "abolition_974", date(2027, 12, 20), "974"
    )
