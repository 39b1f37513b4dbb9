"""Channels: by what else a member is woken. Their addresses are secrets, locked like those of sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update

from ouidire.domain.channel import Channel
from ouidire.domain.ids import digest
from ouidire.domain.member import Member
from ouidire.errors import NotFound
from ouidire.store.engine import Store, Tx
from ouidire.store.rows import to_channel
from ouidire.store.schema import calm, channel, route


def add(tx: Tx, store: Store, one: Channel, address: str, key: str = "") -> str:
    """Keep it; its id, or that of the same channel of the same member, which was kept before.

    `key` is what makes an address the same one; without it, the whole address.
    """
    known = digest(key or address)
    values = {name: getattr(one, name) for name in Channel.__dataclass_fields__}
    values |= {"address": store.box.lock({"address": address}), "key": known}
    same = select(channel.c.id).where(channel.c.member_id == one.member_id, channel.c.key == known)
    before = tx.execute(same).scalar()
    if before is None:
        tx.execute(insert(channel).values(**values))
        return one.id
    tx.execute(update(channel).where(channel.c.id == before).values(**values | {"id": before}))
    return str(before)


def of(tx: Tx, member: Member) -> list[Channel]:
    """The member's own, oldest first: nobody else sees them."""
    query = select(channel).where(channel.c.member_id == member.id).order_by(channel.c.made_at, channel.c.id)
    return [to_channel(r) for r in tx.execute(query).mappings()]


def one_of(tx: Tx, member: Member, channel_id: str) -> Channel:
    """Raises `NotFound` for a channel that is not the member's own."""
    found = next((one for one in of(tx, member) if one.id == channel_id), None)
    if found is None:
        raise NotFound("There is no such way of yours.")
    return found


def kinds(tx: Tx, ids: Sequence[str]) -> dict[str, str]:
    """What kind each is, and no more: for who sees that a colleague is told by it."""
    return {r.id: r.kind for r in tx.execute(select(channel.c.id, channel.c.kind).where(channel.c.id.in_(ids)))}


def to_send(tx: Tx, store: Store, channel_id: str, member_id: str) -> tuple[Channel, str] | None:
    """The channel and its unlocked address, for its notifier and nobody else; None: removed, lost, or not theirs."""
    query = select(channel).where(
        channel.c.id == channel_id, channel.c.member_id == member_id, channel.c.lost_at.is_(None)
    )
    row = tx.execute(query).mappings().first()
    return None if row is None else (to_channel(row), store.box.unlock(row["address"])["address"])


def tried(tx: Tx, channel_id: str, trouble: str, at: datetime) -> None:
    tx.execute(update(channel).where(channel.c.id == channel_id).values(tried_at=at, trouble=trouble[:500]))


def lost(tx: Tx, channel_id: str, because: str, at: datetime) -> None:
    """The other side is gone: nothing is sent there any more; the line stays, to say so."""
    tx.execute(update(channel).where(channel.c.id == channel_id).values(lost_at=at, trouble=because[:500]))
    _untie(tx, [channel_id])


def lose_all(tx: Tx, because: str, at: datetime) -> None:
    """The key is another: no address can be opened any more, and each line says so."""
    ids = list(tx.execute(select(channel.c.id)).scalars())
    tx.execute(update(channel).values(lost_at=at, trouble=because))
    _untie(tx, ids)


def forget(tx: Tx, member: Member, channel_id: str) -> None:
    """Remove it with everything that was to go there. Raises `NotFound` for somebody else's."""
    _forget(tx, channel.c.id == one_of(tx, member, channel_id).id)


def forget_all(tx: Tx, member_id: str) -> None:
    _forget(tx, channel.c.member_id == member_id)


def forget_device(tx: Tx, device: str) -> None:
    """The browser of this session is woken no more."""
    _forget(tx, (channel.c.device == device) & (channel.c.device != ""))


def forget_device_of_others(tx: Tx, device: str, but_of: Member) -> None:
    """Somebody else signed in at this browser: who was woken there is not any more."""
    _forget(tx, (channel.c.device == device) & (channel.c.member_id != but_of.id))


def forget_key(tx: Tx, key: str, but_of: Member) -> None:
    """One browser wakes one member: whoever was woken there before is not any more."""
    _forget(tx, (channel.c.key == digest(key)) & (channel.c.member_id != but_of.id))


def moved(tx: Tx, before: str, now: str) -> None:
    """The same browser got a new session (digests)."""
    tx.execute(update(channel).where(channel.c.device == before, channel.c.device != "").values(device=now))


def _forget(tx: Tx, which: ColumnElement[bool]) -> None:
    ids = list(tx.execute(select(channel.c.id).where(which)).scalars())
    _untie(tx, ids)
    tx.execute(delete(channel).where(channel.c.id.in_(ids)))


def _untie(tx: Tx, ids: Sequence[str]) -> None:
    tx.execute(delete(route).where(route.c.target.in_(ids)))
    tx.execute(delete(calm).where(calm.c.target.in_(ids)))
