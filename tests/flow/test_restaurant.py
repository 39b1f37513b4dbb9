"""Scene 2 up to the alarm: a city guide relays the first message, before any volume exists."""

from __future__ import annotations

from pathlib import Path

from ouidire.domain.alert import DeliveryState
from ouidire.store.engine import Store
from tests.flow.house import open_house

CLAIRE = (
    "Cinquante minutes qu’on attend nos plats à la Brasserie Vaugelade, à La Défense. Les tables arrivées après nous "
    "en sont au dessert. On est quatre, on a faim, et personne ne vient nous dire quoi que ce soit."
)

KARIM = "Brasserie Vaugelade, La Défense : le magret arrive enfin, et il est froid. #vaugelade"


async def test_the_first_relay_raises_the_alarm_at_once(store: Store, tmp_path: Path) -> None:
    async with open_house(store, tmp_path, "restaurant") as house:
        claire = await house.rig.post("gazouille", author="claire.nt", text=CLAIRE)
        first = (await house.until(lambda: house.waiting("owner")))[0]
        await house.until(lambda: house.told("owner"))

        await house.rig.post(
            "photogram",
            author="karim.photos",
            text=KARIM,
        )
        await house.until(lambda: len(house.waiting("owner")) == 2)

        await house.rig.repost(claire, author="bonnetable_defense")
        relayed = await house.until(
            lambda: [t for t in house.told("owner") if t.incident_kind == "relay" and t.state is DeliveryState.SENT]
        )
        assert relayed[0].conversation_id == first.conversation_id
        view = house.view("owner", first.conversation_id)
        assert view.card.relays == 1
        assert view.relays[0].author_handle == "bonnetable_defense"

        told = [t for t in house.told("owner") if t.incident_kind == "relay"]
        await house.rig.repost(claire, author="another_guide")
        await house.settled()
        assert house.view("owner", first.conversation_id).card.relays == 2
        assert [t for t in house.told("owner") if t.incident_kind == "relay"] == told, "only the first relay is news"
