"""Pairing: a code that one phone reads once, and by which it stays signed in as the member who asked for it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ouidire import clock
from ouidire.domain.ids import digest, new_id
from ouidire.domain.member import Member, Role
from ouidire.domain.phone import Phone
from ouidire.errors import BadInput, NotFound
from ouidire.people import signin
from ouidire.store import channels, members, organisations, phones, tokens
from ouidire.store.engine import Tx
from ouidire.store.tokens import TokenKind

LASTS = timedelta(minutes=10)
STAYS = timedelta(days=180)
"""How long a phone that is never used stays signed in; each use begins it anew."""
LOOK_AGAIN = timedelta(minutes=10)
"""How exactly *last seen* is known."""

_SYSTEMS = (
    ("iPhone", r"iPhone"), ("iPad", r"iPad"), ("Android", r"Android"), ("Windows", r"Windows"),
    ("Mac", r"Macintosh|Mac OS X"), ("ChromeOS", r"CrOS"), ("Linux", r"Linux"),
)  # fmt: skip
_BROWSERS = (
    ("Samsung Internet", r"SamsungBrowser"), ("Edge", r"EdgA?/|EdgiOS"), ("Opera", r"OPR/|OPT/"),
    ("Firefox", r"Firefox/|FxiOS"), ("Chrome", r"Chrome/|CriOS"), ("Safari", r"Safari/"),
)  # fmt: skip


def offer(tx: Tx, member: Member) -> str:
    """A secret for the code; the one offered before ends."""
    tokens.revoke_all(tx, TokenKind.PAIRING, member.id)
    expires_at = clock.now() + LASTS
    return tokens.issue(tx, TokenKind.PAIRING, expires_at, organisation_id=member.organisation_id, member_id=member.id)


def offer_at_terminal(tx: Tx, email: str | None) -> tuple[Member, str]:
    """For who started the house, and so has the store in hand: that member, or the oldest house's first owner."""
    if email is not None:
        known = members.by_email(tx, email)
        if known is None:
            raise BadInput(f"Nobody signs in with {email}.")
        return known[0], offer(tx, known[0])
    real = [one for one in organisations.every(tx) if not one.is_demo]
    owners = [one for house in real[:1] for one in members.of_organisation(tx, house.id) if one.role is Role.OWNER]
    if not owners:
        raise BadInput("There is nobody yet whose phone could be paired.")
    return owners[0], offer(tx, owners[0])


def look(tx: Tx, secret: str) -> Member | None:
    """Whose phone this code pairs, without using it up: cameras and messengers look at links by themselves."""
    found = tokens.peek(tx, TokenKind.PAIRING, secret, clock.now())
    if found is None or found.member_id is None:
        return None
    try:
        return members.get(tx, found.member_id)
    except NotFound:
        return None


def pair(tx: Tx, secret: str, agent: str) -> str | None:
    """Use the code: the secret for the phone's cookie. None: it was used, or is too old."""
    member, at = look(tx, secret), clock.now()
    if member is None or tokens.spend(tx, TokenKind.PAIRING, secret, at) is None:
        return None
    session = tokens.issue(
        tx, TokenKind.SESSION, at + STAYS, organisation_id=member.organisation_id, member_id=member.id
    )
    phones.add(tx, Phone(new_id(), member.organisation_id, member.id, named(agent), at, at), session)
    return session


def is_due(phone: Phone, at: datetime) -> bool:
    """Is it time to write down again that this phone was seen?"""
    return at - phone.seen_at >= LOOK_AGAIN


def seen(tx: Tx, phone: Phone, session: str) -> None:
    """The phone was here: it stays signed in for as long again."""
    at = clock.now()
    phones.seen(tx, phone.id, at)
    tokens.extend(tx, digest(session), at + STAYS)


def revoke(tx: Tx, member: Member, phone_id: str) -> None:
    """The phone is signed out at once and woken no more. Raises `NotFound` for one that is not theirs to end."""
    session = phones.revoke(tx, member, phone_id, clock.now())
    tokens.end(tx, session)
    channels.forget_device(tx, session)


def goodbye(tx: Tx, session: str) -> None:
    """Whoever signs out here is no phone any more, and this browser is woken no more."""
    signin.sign_out(tx, session)
    phones.forget(tx, session)
    channels.forget_device(tx, digest(session))


def carry(tx: Tx, member: Member, before: str, now: str) -> None:
    """The same browser goes on with another session: as the phone it was, if it is the same member."""
    if before == now:
        return
    if phones.moved(tx, member.id, before, now):
        tokens.extend(tx, digest(now), clock.now() + STAYS)
    phones.forget(tx, before)  # another member's phone, until now
    channels.moved(tx, digest(before), digest(now))
    channels.forget_device_of_others(tx, digest(now), member)


def named(agent: str) -> str:
    """What a browser says it is, in plain words: “iPhone · Safari”."""
    found = [next((name for name, shape in names if re.search(shape, agent)), "") for names in (_SYSTEMS, _BROWSERS)]
    return " · ".join(one for one in found if one)
