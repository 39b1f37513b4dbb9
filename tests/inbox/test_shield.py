"""Employees' names in what we write ourselves: notes and answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ouidire.clock import HandClock
from ouidire.domain.member import Member
from ouidire.inbox import act, answer, read
from ouidire.inbox.views import ConversationView
from ouidire.store.engine import Store
from tests import builders
from tests.builders import Said, World

KEY = b"a key for tests, 32 bytes long.."
NOTE = "Mathis était seul en caisse rue Crescent, Delorière le sait."


@pytest.fixture
def world(store: Store, hand_clock: HandClock) -> World:
    return builders.world(store)


@pytest.fixture
def said(store: Store, world: World) -> Said:
    return builders.said(store, world, place=world.crescent)


def _seen(store: Store, said: Said, member: Member) -> ConversationView:
    with store.reading() as tx:
        return read.conversation_view(tx, member, said.conversation_id)


def _objections(store: Store, world: World, said: Said, text: str) -> list[str]:
    with store.reading() as tx:
        verdict = answer.propose(tx, world.manager, said.conversation_id, text, key=KEY)
    return [one.rule for one in verdict.objections]


def test_a_note_names_an_employee_only_to_who_manages_the_place(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        act.note(tx, world.manager, said.conversation_id, NOTE)

    def note(member: Member) -> str:
        (one,) = _seen(store, said, member).notes
        return one.text

    assert note(world.manager) == NOTE
    masked = NOTE.replace("Mathis", read.MASK)
    assert [note(one) for one in (world.headquarters, world.viewer, world.owner)] == [masked] * 3
    assert note(replace(world.owner, is_only_place=True)) == NOTE


def test_an_answer_of_ours_is_masked_like_a_post(store: Store, world: World, said: Said) -> None:
    text = "Bonjour Nadia, Mathis vous attend rue Crescent."
    builders.reply(store, world, said, text)

    shown = [_seen(store, said, one).replies[0].text for one in (world.manager, world.headquarters, world.viewer)]

    masked = text.replace("Mathis", read.MASK)
    assert shown == [text, masked, masked]


def test_an_answer_that_names_an_employee_is_objected_to(store: Store, world: World, said: Said) -> None:
    text = "Bonjour Nadia, Mathis vous présente ses excuses."

    assert _objections(store, world, said, text) == ["staff_name"]
    with store.transaction() as tx, pytest.raises(answer.Objected) as raised:
        answer.send(tx, world.manager, said.conversation_id, text, key=KEY)
    (objection,) = raised.value.verdict.objections
    assert text[objection.start : objection.end] == "Mathis"


@pytest.mark.parametrize(
    "text",
    [
        "Merci Nadia, votre échange vous attend rue Crescent. La responsable de la boutique",
        "Nous en sommes désolés. La Responsable Boutique",
        "Toute l’équipe de Delorière Montréal vous présente ses excuses.",
    ],
)
def test_an_answer_signed_by_role_passes(store: Store, world: World, said: Said, text: str) -> None:
    assert _objections(store, world, said, text) == []
