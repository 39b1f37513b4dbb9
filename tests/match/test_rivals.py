"""Several houses of one name in one installation: at most one is meant, and who listens twice for one place hears."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ouidire.domain.lesson import POSTS, Lessons
from ouidire.domain.mention import Ask, EvidenceKind, Match
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match.matcher import Matcher

from .bakery import Say

PRAISE = "Maillard : le pain était froid et la boulangère désagréable"
IN_LYON = "Maillard rue Vauban à Lyon : le pain était froid et la boulangère désagréable"


def house(organisation_id: str, *addresses: tuple[str, str]) -> tuple[list[Watch], list[Place]]:
    """Of the name Maillard, a bakery at each (street, town)."""
    places = [
        Place(f"{organisation_id}{at}", organisation_id, "Maillard", street=street, town=town, category="bakery")
        for at, (street, town) in enumerate(addresses)
    ]
    watches = [Watch(f"w{place.id}", organisation_id, names=("Maillard",), place_id=place.id) for place in places]
    return watches, places


def heard_by(*houses: tuple[list[Watch], list[Place]], lessons: Lessons | None = None) -> Matcher:
    return Matcher([w for some, _ in houses for w in some], [p for _, some in houses for p in some], lessons=lessons)


def of(matches: list[Match], organisation_id: str) -> Match:
    [match] = [one for one in matches if one.organisation_id == organisation_id]
    return match


RENNES, DINAN = house("rennes", ("3 rue du Bac", "Rennes")), house("dinan", ("9 place du Port", "Dinan"))


def test_of_two_whom_nothing_tells_apart_each_is_asked_and_none_is_told(say: Say) -> None:
    matches = heard_by(RENNES, DINAN).match(say(PRAISE))
    assert [one.ask for one in matches] == [Ask.ABOUT_US, Ask.ABOUT_US]
    assert sum(one.p for one in matches) <= 1
    alone = only(heard_by(RENNES).match(say(PRAISE)))
    assert alone.ask is Ask.NOTHING


def only(matches: list[Match]) -> Match:
    [match] = matches
    return match


def test_that_it_is_shared_is_a_reason_and_weighs_what_it_takes(say: Say) -> None:
    both, alone = heard_by(RENNES, DINAN).match(say(PRAISE)), heard_by(RENNES).match(say(PRAISE))
    [shared] = [e for e in of(both, "rennes").evidence if e.kind is EvidenceKind.SHARED]
    assert shared.weight < -1
    assert of(both, "rennes").p < only(alone).p / 1.5


def test_the_town_tells_them_apart(say: Say) -> None:
    matches = heard_by(RENNES, DINAN).match(say("Maillard à Dinan : le pain était froid"))
    assert of(matches, "dinan").place_id == "dinan0"
    assert [one.organisation_id for one in matches] == ["dinan"]


def test_what_members_taught_tells_them_apart(say: Say) -> None:
    words = {
        "rennes": {POSTS: (60, 2), "pain": (40, 0), "froid": (20, 0)},
        "dinan": {POSTS: (2, 60), "pain": (0, 40), "froid": (0, 20)},
    }
    matches = heard_by(RENNES, DINAN, lessons=Lessons(words=words)).match(say(PRAISE))
    assert of(matches, "rennes").ask is Ask.NOTHING


@pytest.mark.parametrize("street", ["3 rue du Bac", "rue du Bac", "3, r. du Bac"])
def test_two_who_listen_for_the_same_premises_both_hear(say: Say, street: str) -> None:
    agency = house("agency", (street, "Rennes"))
    matches = heard_by(RENNES, agency).match(say(PRAISE))
    assert [(one.organisation_id, one.place_id) for one in matches] == [("agency", "agency0"), ("rennes", "rennes0")]


def test_premises_are_known_by_its_page_or_its_point_too(say: Say) -> None:
    for beside in ({"listing_ids": ("google:X",)}, {"coordinates": Coordinates(48.1101, -1.6801)}):
        twice = [house(name, ("", "Rennes")) for name in ("one", "two")]
        known = [(watches, [replace(place, **beside) for place in places]) for watches, places in twice]
        assert len([one for one in heard_by(*known).match(say(PRAISE)) if one.ask is Ask.NOTHING]) == 2


def test_who_runs_one_shop_of_a_brand_does_not_hear_of_the_others(say: Say) -> None:
    brand = house("brand", ("3 rue du Bac", "Rennes"), ("8 rue Vauban", "Lyon"))
    matches = heard_by(brand, RENNES).match(say(IN_LYON))
    assert [(one.organisation_id, one.place_id) for one in matches] == [("brand", "brand1")]


def test_a_watch_whose_place_is_gone_still_hears(say: Say) -> None:
    matcher = heard_by(house("brand", ("3 rue du Bac", "Rennes"), ("8 rue Vauban", "Lyon")), DINAN)
    matcher.remove_place("brand1")
    assert {one.organisation_id for one in matcher.match(say(PRAISE))} == {"brand", "dinan"}
    alone = Matcher([Watch("w", "gone", names=("Maillard",), place_id="nowhere")], [])
    assert only(alone.match(say(PRAISE))).place_id is None
