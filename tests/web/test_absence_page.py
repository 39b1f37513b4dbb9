"""What Now and Sources say after a night, and of a clock that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ouidire import clock, flow
from ouidire.clock import HandClock
from ouidire.domain.ids import new_id
from ouidire.domain.item import Author, Batch, Gap, Item
from ouidire.queue.base import Parcel
from ouidire.store import states
from tests.web.house import House, apart
from tests.web.test_screens import words

NIGHT = datetime(2026, 10, 17, 6, 10, tzinfo=UTC)
"""2:10 in Montréal."""


def hear(house: House, *texts: str, ago: timedelta = timedelta(0), **batch: object) -> None:
    items = tuple(
        Item(connector="bluesky", uri=f"at://did:plc:{n}/app.bsky.feed.post/{new_id()}", author=Author(f"did:plc:{n}"),
             text=text, written_at=clock.now() - ago)
        for n, text in enumerate(texts)
    )  # fmt: skip

    async def take() -> None:
        house.app._refreshed_at = -1e9
        one = Batch(items=items, cursor=new_id(), heard=1 + len(items), **batch)  # type: ignore[arg-type]
        await house.app.hear(Parcel(house.source_id, one), at_once=True)
        while any(flow.work_once(house.app.store, stage, "test") for stage in flow.STAGES):
            pass

    apart(take())


def test_the_morning_after_says_when_we_were_deaf_what_came_and_what_waits(house: House) -> None:
    with clock.running(HandClock(NIGHT)) as hand:
        assert isinstance(hand, HandClock)
        hear(house)
        hand.advance(hours=5, minutes=30)
        hear(house, "@deloriere_na joli", lag_s=8_400.0, told_at=hand.now() - timedelta(hours=2, minutes=20))
        owner = house.browser(house.owner)
        page = words(owner.get("/")).replace("\xa0", " ")
        assert "Personne n’attend, pour autant qu’on l’entende." in page
        assert "Sourd de 2 h 10 à 7 h 40, rattrapage en cours, nous en sommes à 5 h 20." in page

        waits = "@deloriere_na Trente minutes d'attente, et des gens arrivés après moi sont servis avant moi."
        hear(house, waits, "@deloriere_na très déçue, c'était sale", ago=timedelta(hours=4))
        page = words(owner.get("/")).replace("\xa0", " ")
        assert "Sourd de 2 h 10 à 7 h 40, rattrapé. 3 mentions sont arrivées entre-temps, dont 2 mécontentes." in page
        assert "1 message grave vous attend." in page
        assert "la personne est peut-être partie" in page
        assert "Sourd de 2 h 10 à 7 h 40, rattrapé." in words(owner.get("/sources")).replace("\xa0", " ")
        assert "compté, pas annoncé un à un" in words(owner.get("/alerts"))


def test_what_could_not_be_caught_up_is_said_with_the_reason_and_so_is_a_wrong_clock(house: House) -> None:
    with clock.running(HandClock(NIGHT)) as hand:
        assert isinstance(hand, HandClock)
        hear(house)
        hand.advance(days=3)
        because = "We were away for longer than Jetstream remembers (about a day and a half)."
        hear(house, gap=Gap(NIGHT, hand.now() - timedelta(hours=36), because))
        with house.app.store.transaction() as tx:
            states.put(tx, states.CLOCK, "10800")
        owner = house.browser(house.owner)
        for path in ("/", "/sources"):
            page = words(owner.get(path)).replace("\xa0", " ")
            assert "L’horloge de cette machine retarde de 3 h." in page
            assert "Réglez-la sur l’heure automatique." in page
            assert "Sourd depuis samedi 2 h 10, jusqu’à 2 h 10, rattrapé seulement depuis dimanche 14 h 10 :" in page
            assert "Nous avons été absents plus longtemps que Jetstream" in page
