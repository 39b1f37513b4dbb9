"""Opening hours as OpenStreetMap, shop doors and spreadsheets write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.domain.hours import DAY, Shift, same_days
from ouidire.places.opening_hours import read_hours
from tests.places.shared import SHARED, needs_shared

DAYS = ["Lu", "Ma", "Me", "Je", "Ve", "Sa", "Di"]


def told(text: str, country: str = "FR") -> str:
    """The week as one line: 'Lu-Ve 09:00–12:00, 14:00–19:00; Sa-Di x'."""
    hours = read_hours(text, country)
    assert hours is not None
    runs = [f"{DAYS[a]}-{DAYS[b]} {', '.join(map(str, s)) or 'x'}" for a, b, s in same_days(hours.week)]
    return "; ".join(runs) + (f" [{hours.note}]" if hours.note else "")


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("Mo-Fr 09:00-12:30,14:00-19:00; Sa 09:00-12:30", "Lu-Ve 09:00–12:30, 14:00–19:00; Sa-Sa 09:00–12:30; Di-Di x"),
        ("Mo-Fr 09:00-12:30 / 14:00-19:00, Sa 9:00-12:30",
         "Lu-Ve 09:00–12:30, 14:00–19:00; Sa-Sa 09:00–12:30; Di-Di x"),
        ("24/7", "Lu-Di 00:00–24:00"),
        ("Mo-Su 18:00-02:30", "Lu-Di 18:00–02:30"),
        ("Fr-Mo 10:00-24:00", "Lu-Lu 10:00–24:00; Ma-Je x; Ve-Di 10:00–24:00"),
        ("Mo-Sa 12:00-14:00, Mo,Tu,Th-Sa 19:00-22:00",
         "Lu-Ma 12:00–14:00, 19:00–22:00; Me-Me 12:00–14:00; Je-Sa 12:00–14:00, 19:00–22:00; Di-Di x"),
        ("Mo-Sa 08:00-20:00; We off", "Lu-Ma 08:00–20:00; Me-Me x; Je-Sa 08:00–20:00; Di-Di x"),
        ("Du lundi au vendredi : 9h à 12h et 14h à 18h30", "Lu-Ve 09:00–12:00, 14:00–18:30; Sa-Di x"),
        ("lun-ven 9-17", "Lu-Ve 09:00–17:00; Sa-Di x"),
        ("Mardi, jeudi : 10:00–19:00", "Lu-Lu x; Ma-Ma 10:00–19:00; Me-Me x; Je-Je 10:00–19:00; Ve-Di x"),
        ("Dimanche fermé; lun-sam 7h-19h30", "Lu-Sa 07:00–19:30; Di-Di x"),
    ],
)  # fmt: skip
def test_common_forms_are_understood(text: str, week: str) -> None:
    assert told(text) == week


@pytest.mark.parametrize(
    "text",
    ["Apr-Oct Mo-Fr 09:00-18:00", "sunrise-sunset", "Mo 09:00+", "Su 00:00-00:00",
     "Mo-Fr 09:00-10:00,11:00-12:00,13:00-14:00",
     "sur rendez-vous", "Mo[1] 10:00-12:00", "Mo 25:00-26:00", "\\", "PH 10:00-12:00"],
)  # fmt: skip
def test_what_is_not_understood_is_kept_word_for_word_and_nothing_is_guessed(text: str) -> None:
    hours = read_hours(text)
    assert hours is not None
    assert hours.note == text
    assert not hours.says_something


def test_of_a_text_understood_in_part_the_rest_is_a_note() -> None:
    assert told("Mo-Fr 09:00-18:00; Aug off") == "Lu-Ve 09:00–18:00; Sa-Di x [Aug off]"


def test_public_holidays_off_are_frances_and_elsewhere_a_note() -> None:
    french, canadian = read_hours("Mo-Sa 9:00-18:00; PH off"), read_hours("Mo-Sa 9:00-18:00; PH off", "CA")
    assert french is not None
    assert canadian is not None
    assert "christmas" in french.holidays
    assert len(french.holidays) == 11
    assert (french.note, canadian.holidays, canadian.note) == ("", (), "PH off")


def test_nothing_written_is_nothing_known() -> None:
    assert read_hours("  ") is None


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("MoTuWeSaSuPHoff 0123456789:-,;/hà–\n"), max_size=60))
def test_whatever_is_written_gives_hours_that_can_be_or_a_note(text: str) -> None:
    hours = read_hours(text)
    for shifts in hours.week if hours else ():
        assert len(shifts) <= 2
        for shift in shifts:
            assert 0 <= shift.opens < DAY
            assert isinstance(shift, Shift)
            assert shift.opens < shift.closes <= 2 * DAY


@needs_shared
def test_nine_in_ten_hours_of_real_places_are_understood() -> None:
    found: set[str] = set()
    for path in Path(SHARED).glob("poi-osm-*/**/*"):
        if path.is_file():
            found |= set(re.findall(r'"?opening_hours"?: *"([^"\\]+)"', path.read_text("utf-8")))
    read = [read_hours(text) for text in sorted(found)]
    understood = [one for one in read if one is not None and one.says_something and not one.note]
    assert len(found) > 80
    assert len(understood) / len(found) > 0.9
