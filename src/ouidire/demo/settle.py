"""Puts a demo world into a store: its organisation, places, watches, members, sources, routes."""

from __future__ import annotations

from ouidire.demo.world import World
from ouidire.people.begin import join
from ouidire.store import organisations, sources, watches
from ouidire.store.engine import Store, Tx

NO_PASSWORD = "!"  # noqa: S105
"""No argon2 hash: nobody signs in with a password here, the demo's own page lets one look through their eyes."""


def settle(tx: Tx, store: Store, world: World) -> None:
    """Make everything of `world`; its public sources are shared with other worlds and made once."""
    organisations.add(tx, world.organisation)
    for place in world.places:
        organisations.add_place(tx, place)
    for watch in world.watches:
        watches.add(tx, watch)
    for member in world.members:
        join(tx, member, NO_PASSWORD)
    for source in world.sources:
        if sources.by_connector(tx, source.organisation_id, source.connector, source.name) is None:
            sources.add(tx, store, source, world.secrets.get(source.id))


async def connect_accounts(world: World, store: Store, own_uris: dict[str, str]) -> None:
    """Keep what trying the accounts gave: our own URI on each network, by source id."""
    for source_id, own_uri in own_uris.items():
        await store.run(sources.connected, store, source_id, own_uri, world.secrets.get(source_id, {}))
