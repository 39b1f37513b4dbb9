"""Scene 1, whole: thirty minutes of waiting at "votre boutique de Montréal"."""

from __future__ import annotations

from pathlib import Path

from ouidire.domain.alert import DeliveryState
from ouidire.domain.conversation import ConversationState, Outcome
from ouidire.domain.reply import ReplyState
from ouidire.inbox import act, answer
from ouidire.store.engine import Store
from tests.flow.house import House, open_house

POST = (
    "@deloriere_na Trente minutes que j’attends dans votre boutique de Montréal pour un simple échange, et des gens "
    "arrivés après moi sont servis avant. Mathis, au comptoir, me répète « une petite minute » depuis une demi-heure."
)
ANSWER = (
    "Bonjour, vous avez raison : vous avez attendu trop longtemps. Nous en sommes désolés. Votre échange vous attend "
    "à l’accueil de la rue Crescent. La responsable de la boutique"
)


async def test_the_right_boutique_and_headquarters_know_and_the_author_closes_it(store: Store, tmp_path: Path) -> None:
    async with open_house(store, tmp_path, "boutique") as house:
        post = await house.rig.post("gazouille", author="elodie_parcex", name="Élodie", text=POST, lang="fr")
        card = (await house.until(lambda: house.waiting("crescent")))[0]
        assert card.place_name == "Boutique rue Crescent"
        assert card.gravity == 2
        assert house.waiting("headquarters")[0].conversation_id == card.conversation_id
        assert house.waiting("yorkville") == ()
        await _both_were_told(house)
        _the_name_is_masked_for_headquarters(house, card.conversation_id)

        await _the_manager_answers(house, card.conversation_id)
        thread = await house.rig.thread(post)
        assert [one.text for one in thread][1:] == [ANSWER]

        await house.rig.post(
            "gazouille",
            author="elodie_parcex",
            to=f"sim://gazouille/{thread[-1].id}",
            text="Merci, c’est réglé en deux minutes !",
        )
        closed = await house.until(lambda: house.cards("headquarters", ConversationState.CLOSED))
        assert closed[0].conversation_id == card.conversation_id
        assert closed[0].outcome is Outcome.PUT_RIGHT
        assert house.view("crescent", card.conversation_id).card.messages == 2


async def _both_were_told(house: House) -> None:
    def told() -> set[str]:
        return {
            one.member_name
            for one in house.told("headquarters")
            if one.state is DeliveryState.SENT and one.notifier == "browser"
        }

    names = await house.until(lambda: told() if len(told()) == 3 else None)
    assert names == {"Direction générale", "Service clients, Paris", "Responsable, rue Crescent"}


def _the_name_is_masked_for_headquarters(house: House, conversation_id: str) -> None:
    assert "Mathis" not in house.view("headquarters", conversation_id).messages[0].text
    assert "Mathis" in house.view("crescent", conversation_id).messages[0].text


async def _the_manager_answers(house: House, conversation_id: str) -> None:
    manager = house.member("crescent")
    with house.app.store.transaction() as tx:
        act.take(tx, manager, conversation_id)
        reply = answer.send(tx, manager, conversation_id, ANSWER, key=house.app.key)
    house.app.wake()

    def sent() -> bool:
        found = house.view("crescent", conversation_id).replies
        return any(one.id == reply.id and one.state is ReplyState.SENT and one.seen_on_network for one in found)

    await house.until(sent)
    assert house.view("headquarters", conversation_id).card.state is ConversationState.THEIRS
