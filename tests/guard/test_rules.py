"""Each line of rules.toml: a draft it stops, and one next to it that it lets pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ouidire.domain.member import Role
from ouidire.errors import Corrupt
from ouidire.guard import Limits, review, rulebook
from ouidire.guard.checks import CHECKS, SENTENCES
from ouidire.guard.draft import Draft
from ouidire.guard.rules import parse

from .drafts import GOOD, KEY, MEMBER, NOW

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
AN_HOUR_AGO = NOW - timedelta(minutes=59)


def said(text: str, **fields: object) -> Draft:
    return replace(GOOD, text=text, **fields)  # type: ignore[arg-type]


STOPPED: dict[str, list[Draft]] = {
    "person": [
        replace(GOOD, decided_at=None),
        replace(GOOD, decided_at=NOW.replace(tzinfo=None)),
        replace(GOOD, decided_at=NOW + timedelta(hours=1)),
        replace(GOOD, member=replace(MEMBER, role=Role.VIEWER)),
        replace(GOOD, member=replace(MEMBER, organisation_id="o2")),
    ],
    "empty": [said(""), said(" \n\t\u00a0"), said("\u200b\u200d\ufeff")],
    "length": [
        said("é" * 301),
        said("e\u0301" * 301),
        said("é" * 11, limits=Limits(max_length=20, unit="bytes")),
        said("e\u0301" * 11, limits=Limits(max_length=20, unit="characters")),
    ],
    "bluesky_bytes": [said(FAMILY * 130)],
    "links": [
        said("https://a.example http://b.example"),
        said("cafe-lune.fr ou www.lune.example", limits=Limits(max_links=1)),
        said("Voyez cafe-lune.fr/carte", limits=Limits(max_links=0)),
    ],
    "x_links": [said("Voyez cafe-lune.fr", connector="x", limits=Limits()), said("HTTPS://T.CO/x", connector="x")],
    "rate": [replace(GOOD, recent=tuple((AN_HOUR_AGO, f"réponse {n}") for n in range(3)))],
    "same_text": [
        said("Merci, à bientôt !", recent=((NOW - timedelta(hours=23), "merci a bientôt"),)),
        said("Merci 🙏", recent=((AN_HOUR_AGO, "Merci"),)),
    ],
    "gesture_condition": [said("Supprimez votre avis et nous vous remboursons.")],
    "staff_name": [said("Léa vous présente ses excuses.", staff=((0, 3),))],
}

PASSED: dict[str, list[Draft]] = {
    "person": [GOOD, replace(GOOD, decided_at=NOW + timedelta(seconds=30))],
    "empty": [said("🙏")],
    "length": [
        said("é" * 300),
        said("e\u0301" * 300),
        said(FAMILY * 100),
        said("é" * 10, limits=Limits(max_length=20, unit="bytes")),
        said("é" * 5000, connector="files", limits=Limits()),
    ],
    "bluesky_bytes": [said(FAMILY * 100), said(FAMILY * 130, connector="mastodon", limits=Limits())],
    "links": [
        said("Voyez https://cafe-lune.example/carte"),
        said("Écrivez à contact@cafe-lune.fr", limits=Limits(max_links=0)),
        said("Bonjour.Nous sommes désolés.", limits=Limits(max_links=0)),
        said("a.fr b.fr c.fr", limits=Limits()),
    ],
    "x_links": [said("Sans lien.", connector="x"), said("Voyez cafe-lune.fr")],
    "rate": [
        replace(GOOD, recent=tuple((AN_HOUR_AGO, f"réponse {n}") for n in range(2))),
        replace(GOOD, recent=tuple((NOW - timedelta(hours=1), f"réponse {n}") for n in range(9))),
    ],
    "same_text": [
        said("Merci, à bientôt !", recent=((NOW - timedelta(hours=24), "Merci, à bientôt !"),)),
        said("Merci, à demain !", recent=((AN_HOUR_AGO, "Merci, à bientôt !"),)),
    ],
    "gesture_condition": [said("Nous vous avons remboursé hier.")],
    "staff_name": [said("Notre équipe vous présente ses excuses.")],
}


def by(draft: Draft) -> set[str]:
    return {objection.rule for objection in review(draft, key=KEY, now=NOW).objections}


def test_each_rule_has_drafts_it_stops_and_drafts_it_lets_pass() -> None:
    names = {rule.name for rule in rulebook().rules}
    assert names == STOPPED.keys() == PASSED.keys()


@pytest.mark.parametrize("name", STOPPED)
def test_a_rule_stops_what_it_is_for_and_nothing_else_does(name: str) -> None:
    for draft in STOPPED[name]:
        assert name in by(draft), draft.text
        assert review(draft, key=KEY, now=NOW).clearance is None


@pytest.mark.parametrize("name", PASSED)
def test_a_rule_lets_its_neighbour_pass(name: str) -> None:
    for draft in PASSED[name]:
        assert by(draft) == set(), draft.text


def test_every_rule_says_who_what_where_and_when() -> None:
    for rule in rulebook().rules:
        assert rule.check in CHECKS
        assert rule.who
        assert rule.what.endswith((".", ")"))
        assert rule.source
        assert rule.read_on >= "2026-11"


def test_every_check_is_asked_for_by_a_rule() -> None:
    assert {rule.check for rule in rulebook().rules} == CHECKS.keys()


def test_a_sentence_can_be_filled_with_its_values() -> None:
    for drafts in STOPPED.values():
        for draft in drafts:
            for objection in review(draft, key=KEY, now=NOW).objections:
                assert objection.sentence in SENTENCES
                assert "%(" not in objection.sentence % dict(objection.values)


def test_an_objection_points_at_the_words() -> None:
    (objection,) = review(STOPPED["gesture_condition"][0], key=KEY, now=NOW).objections
    text = STOPPED["gesture_condition"][0].text
    assert text[objection.start : objection.end] == "Supprimez votre avis"


def test_the_second_link_is_the_one_pointed_at() -> None:
    (objection,) = review(said("https://a.example http://b.example"), key=KEY, now=NOW).objections
    assert said("https://a.example http://b.example").text[objection.start : objection.end] == "http://b.example"


@pytest.mark.parametrize(
    "broken",
    [
        "not toml [",
        "rule = []\nelse = 1",
        '[[rule]]\nname = "a"',
        '[[rule]]\nname="a"\ncheck="c"\nwho="*"\nwhat="w"\nsource="s"\nread_on="2026"\n' * 2,
    ],
)
def test_broken_rules_stop_everything(broken: str) -> None:
    with pytest.raises(Corrupt):
        parse(broken)


def test_a_rule_without_its_check_clears_nothing() -> None:
    book = parse('[[rule]]\nname="a"\ncheck="fortune"\nwho="x"\nwhat="w"\nsource="s"\nread_on="2026"\n')
    with pytest.raises(Corrupt, match="fortune"):
        review(GOOD, key=KEY, now=NOW, rules=book)
