from datetime import UTC, datetime, timedelta

import pytest

from ouidire.domain.clearance import Objection
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.locale import choose, translator
from ouidire.web.words import Words

NOW = datetime(2026, 10, 17, 19, 30, tzinfo=UTC)
FR = Words(translator("fr"), NOW)
EN = Words(translator("en"), NOW)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("before", "french", "english"),
    [
        (timedelta(seconds=2), "à l’instant", "just now"),
        (timedelta(seconds=8), "il y a 8 s", "8 s ago"),
        (timedelta(seconds=59, milliseconds=900), "il y a 59 s", "59 s ago"),
        (timedelta(minutes=4), "il y a 4 min", "4 min ago"),
        (timedelta(minutes=59, seconds=59), "il y a 59 min", "59 min ago"),
        (timedelta(hours=14), "il y a 14 h", "14 h ago"),
        (timedelta(hours=-1), "à l’instant", "just now"),
    ],
)
def test_a_moment_of_today_is_said_by_how_long_ago_it_was(before: timedelta, french: str, english: str) -> None:
    assert plain(FR.ago(NOW - before)) == french
    assert EN.ago(NOW - before) == english


def test_yesterday_is_the_yesterday_of_the_place_and_not_of_the_server() -> None:
    late = datetime(2026, 10, 16, 3, 30, tzinfo=UTC)  # 23:30 on the 15th in Toronto, the 16th in Paris
    assert plain(FR.ago(late, "Europe/Paris")) == "hier à 5 h 30"
    assert plain(FR.ago(late, "America/Toronto")) == "15 octobre"


def test_an_older_day_is_named_and_its_year_only_when_it_is_another() -> None:
    assert FR.ago(NOW - timedelta(days=9)) == "8 octobre"
    assert FR.ago(NOW - timedelta(days=400)) == "12 septembre 2025"


def test_a_state_that_lasts_is_said_by_its_length() -> None:
    assert plain(FR.since(NOW - timedelta(hours=14))) == "depuis 14 h"
    assert plain(FR.since(NOW - timedelta(days=3))) == "depuis 3 jours"
    assert EN.since(NOW - timedelta(days=2)) == "for 2 days"


def test_the_exact_time_names_the_clock_it_stands_on() -> None:
    assert plain(FR.exact(NOW, "America/Toronto")) == "samedi 17 octobre 2026, 15 h 30 (Toronto)"
    assert EN.exact(NOW, "Europe/Paris") == "Saturday 17 October 2026, 21:30 (Paris)"


def test_first_seen_is_said_only_when_it_differs_by_more_than_five_minutes() -> None:
    assert not FR.seen_late(NOW, NOW + timedelta(minutes=5))
    assert FR.seen_late(NOW, NOW + timedelta(minutes=6))


def test_who_waits_now_may_still_be_there_for_a_while() -> None:
    assert FR.may_still_be_there(2, NOW - timedelta(minutes=4))
    assert not FR.may_still_be_there(2, NOW - timedelta(hours=2))
    assert not FR.may_still_be_there(1, NOW - timedelta(minutes=4))


def test_nothing_read_is_ever_called_certain() -> None:
    assert plain(FR.percent(0.92)) == "92 %"
    assert plain(FR.percent(0.9999)) == "99 %"


def test_a_value_without_words_is_shown_by_its_own_name() -> None:
    assert FR.label("rule", "served_after_others") == "d’autres ont été servis avant"
    assert FR.label("rule", "brand_new_rule") == "brand new rule"


def test_what_the_guard_says_comes_with_its_numbers() -> None:
    objection = Objection(
        "length",
        "This is too long: %(length)s characters, and %(max)s are allowed here.",
        values=(("length", "312"), ("max", "300")),
    )
    assert plain(FR.objection(objection)) == "C’est trop long : 312 caractères, et 300 sont permis ici."


def test_a_found_word_with_a_percent_sign_in_it_breaks_nothing() -> None:
    said = FR.reasons().clause(Evidence(EvidenceKind.NAME, "100%(found)s"))
    assert plain(said) == "votre nom figure dans le texte : « 100%(found)s »"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.5", "fr"),
        ("de,en;q=0.5,fr;q=0.9", "fr"),
        ("en-US", "en"),
        ("de", "fr"),
        ("", "fr"),
        ("en;q=oops,fr", "fr"),
        (";;;,,,", "fr"),
    ],
)
def test_the_language_is_the_first_of_ours_that_the_browser_asks_for(asked: str, given: str) -> None:
    assert choose(asked) == given
