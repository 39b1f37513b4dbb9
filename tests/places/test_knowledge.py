"""What lists and people write, as our values."""

from __future__ import annotations

import doctest
from datetime import date

import pytest

from ouidire.domain.hours import Hours
from ouidire.domain.watch import FormerName
from ouidire.locale.labels import CATEGORY
from ouidire.places import knowledge
from ouidire.places.knowledge import addresses, categories, category_of, dishes, languages, read_former
from ouidire.places.opening_hours import read_hours, write_week


def test_the_examples_in_the_code_hold() -> None:
    tried = doctest.testmod(knowledge)
    assert tried.attempted >= 3
    assert tried.failed == 0


@pytest.mark.parametrize(
    ("said", "name", "until"),
    [
        ("Chez Jo", "Chez Jo", None),
        ("Chez Jo (jusqu'en 2019)", "Chez Jo", date(2019, 12, 31)),
        ("Chez Jo (jusqu’en mai 2019)", "Chez Jo", date(2019, 5, 31)),
        ("Chez Jo (jusqu’au 1er août 2019)", "Chez Jo", date(2019, 8, 1)),
        ("Chez Jo (jusqu’au 31/05/2019)", "Chez Jo", date(2019, 5, 31)),
        ("Chez Jo (until 2019-05-31)", "Chez Jo", date(2019, 5, 31)),
        ("Chez Jo (until the 2019-05-31)", "Chez Jo", date(2019, 5, 31)),
        ("Chez Jo (until February 2020)", "Chez Jo", date(2020, 2, 29)),
        ("Chez Jo (2019)", "Chez Jo", date(2019, 12, 31)),
        ("Chez Jo (Niort)", "Chez Jo (Niort)", None),
        ("Chez Jo (31/31/2019)", "Chez Jo (31/31/2019)", None),
        ("Chez Jo (les années 2019)", "Chez Jo (les années 2019)", None),
    ],
)
def test_a_former_name_is_read_with_its_last_day(said: str, name: str, until: date | None) -> None:
    assert read_former(said) == FormerName(name, until)


@pytest.mark.parametrize(
    ("said", "category"),
    [
        (["Boulangerie-Pâtisserie"], "bakery"),
        (["https://schema.org/CafeOrCoffeeShop"], "cafe"),
        (["LocalBusiness", "Bakery"], "bakery"),
        (["yes", "supermarket"], "supermarket"),
        (["yes"], "shop"),
        (["fast_food"], "fast_food"),
        (["astrologue"], ""),
        ([], ""),
    ],
)
def test_a_house_is_of_the_kind_that_its_list_says(said: list[str], category: str) -> None:
    assert category_of(said) == category


def test_every_category_has_a_name_in_both_languages() -> None:
    assert set(categories()) == set(CATEGORY)


def test_what_is_no_account_and_no_address_is_left_out() -> None:
    found = addresses(
        ["https://x.com/share", "https://facebook.com/", "a", "la mie", "https://", "tiktok.com/@foo?x=1"]
    )
    assert found == knowledge.Addresses(("foo",), ())
    assert addresses(["https://piaille.fr/@lamie", "https://facebook.com/lamie"]) == knowledge.Addresses(
        ("lamie@piaille.fr",), ("facebook.com/lamie",)
    )


def test_kitchens_that_name_no_dish_are_no_products() -> None:
    assert dishes(["french", "crepe", "tarte aux prunes", "kouign"]) == (
        "crêpe", "crêpes", "galette", "tarte aux prunes", "kouign",
    )  # fmt: skip


def test_languages_are_codes() -> None:
    assert languages(["fr-FR", "English", "français", "EN", "klingon parlé"]) == ("fr", "en")


@pytest.mark.parametrize(
    "week", ["Mo-Fr 09:00-12:30,14:00-19:00; Sa 09:00-13:00", "Mo-Su 00:00-24:00", "Fr-Sa 18:00-02:30", ""]
)
def test_a_week_is_written_as_it_is_read(week: str) -> None:
    read = read_hours(week)
    assert write_week(read or Hours()) == week
