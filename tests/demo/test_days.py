"""The recorded days are whole, in order, and nobody real is in them."""

from __future__ import annotations

import re

import pytest

from ouidire.demo import days
from ouidire.demo.days import Day, LineKind
from ouidire.demo.network import STYLES
from ouidire.domain.member import Role

REAL = set(
    re.split(
        r"\s+",
        """
        twitter facebook instagram tiktok youtube bluesky mastodon whatsapp linkedin google
        tripadvisor yelp starbucks mcdonald uber deliveroo amazon apple netflix spotify chanel dior
        hermès guerlain sephora lush l'occitane diptyque ladurée carrefour monoprix fnac ikea zara
        h&m decathlon leclerc auchan sncf ratp stm desjardins bell rogers telus couche-tard macron
        trump trudeau carney hidalgo legault verlaine canadiens psg
        """.strip(),
    )
)


@pytest.fixture(params=days.names())
def day(request: pytest.FixtureRequest) -> Day:
    return days.load(request.param)


def test_both_first_scenes_are_there() -> None:
    assert days.names() == ("boutique", "restaurant")


def test_a_day_runs_in_order(day: Day) -> None:
    moments = [day.moment(line.at) for line in day.lines]
    assert moments == sorted(moments)
    assert [a.at for a in day.scene.actions] == sorted(a.at for a in day.scene.actions)


def test_every_reference_was_said_before_on_the_same_network(day: Day) -> None:
    said: dict[str, str] = {}
    for line in day.lines:
        for ref in filter(None, (line.to, line.after_answer)):
            assert said[ref] == line.network
        assert bool(line.to) == (line.kind is not LineKind.POST)
        if line.ref:
            assert line.ref not in said
            said[line.ref] = line.network
    assert {action.about for action in day.scene.actions} <= set(said)


def test_an_action_comes_after_what_it_is_about(day: Day) -> None:
    said = {line.ref: line.at for line in day.lines if line.ref}
    assert all(action.at > said[action.about] for action in day.scene.actions)


def test_every_name_in_the_head_leads_somewhere(day: Day) -> None:
    places = {place.key for place in day.scene.places}
    members = {member.key for member in day.scene.members}
    networks = {style.name for style in STYLES}
    assert {line.about for line in day.lines} <= places | {"", "brand"}
    assert {place for member in day.scene.members for place in member.places} <= places
    assert {watch.place for watch in day.scene.watches} <= places | {""}
    assert {action.member for action in day.scene.actions} <= members
    assert {line.network for line in day.lines} | {a.network for a in day.scene.accounts} <= networks
    assert {Role(member.role) for member in day.scene.members} >= {Role.OWNER}


def test_most_of_the_day_concerns_nobody_and_some_of_it_is_calm(day: Day) -> None:
    assert sum(not line.about for line in day.lines) >= 60
    assert sum(bool(line.about) and not line.ref for line in day.lines) >= 3


def test_no_real_brand_or_person_is_named(day: Day) -> None:
    words = {word for line in day.lines for word in re.findall(r"[\w&'-]+", f"{line.text} {line.name}".lower())}
    assert not words & REAL


def test_nobody_says_the_same_thing_twice(day: Day) -> None:
    texts = [line.text for line in day.lines if line.text]
    assert len(set(texts)) == len(texts)


def test_the_complaints_name_an_employee_and_the_answers_name_none() -> None:
    for name, employee in (("boutique", "Mathis"), ("restaurant", "Inès")):
        day = days.load(name)
        assert any(employee in line.text and line.about for line in day.lines)
        assert not any(employee in action.text for action in day.scene.actions)


def test_the_first_complaint_comes_at_15_26_in_montreal_and_names_no_street() -> None:
    day = days.load("boutique")
    (line,) = [line for line in day.lines if line.ref == "attente"]
    assert day.moment(line.at).isoformat() == "2026-10-17T15:26:00-04:00"
    assert "boutique de Montréal" in line.text
    assert "Crescent" not in line.text
    assert line.text.startswith("@deloriere_na")


def test_the_guide_relays_only_the_first_message() -> None:
    day = days.load("restaurant")
    (relay,) = [line for line in day.lines if line.kind is LineKind.REPOST]
    assert relay.to == "claire"
    assert {line.network for line in day.lines if line.ref in ("claire", "karim", "sophie")} == {
        "gazouille",
        "photogram",
        "ciel",
    }
