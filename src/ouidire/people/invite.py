"""Invitations: a link that lets one person in, once, with the role it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ouidire import clock
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member, Role
from ouidire.errors import BadInput, NotAllowed
from ouidire.people.begin import join
from ouidire.people.signin import hash_password
from ouidire.store import organisations, tokens
from ouidire.store.engine import Tx
from ouidire.store.tokens import TokenKind

LASTS = timedelta(days=7)


def invite(tx: Tx, asker: Member, role: Role, place_ids: Sequence[str]) -> str:
    """A secret for a link. Raises `NotAllowed` for who may not invite, `BadInput` for a manager without a place.

    Nobody gives away more than they have: headquarters make no owners.
    """
    if not asker.may_invite or (role is Role.OWNER and asker.role is not Role.OWNER):
        raise NotAllowed("Your role cannot invite this role.")
    own = {place.id for place in organisations.places(tx, asker)}
    if not set(place_ids) <= own:
        raise BadInput("One of these places is not yours.")
    if role in (Role.PLACE_MANAGER, Role.VIEWER) and not place_ids:
        raise BadInput("Choose at least one place for this person.")
    return tokens.issue(
        tx,
        TokenKind.INVITATION,
        clock.now() + LASTS,
        organisation_id=asker.organisation_id,
        member_id=asker.id,
        facts={"role": role, "places": ",".join(place_ids), "by": asker.name},
    )


def accept(tx: Tx, secret: str, *, email: str, name: str, password: str, language: str) -> Member:
    """Let the person in. Raises `NotAllowed` when the link was used or is too old."""
    if "@" not in email:
        raise BadInput("Your mail address is how you sign in: it needs an @.")
    password_hash = hash_password(password)
    found = tokens.spend(tx, TokenKind.INVITATION, secret, clock.now())
    if found is None or found.organisation_id is None:
        raise NotAllowed("This invitation was used already or is too old: ask for a new one.")
    places = tuple(one for one in found.facts.get("places", "").split(",") if one)
    member = Member(
        id=new_id(),
        organisation_id=found.organisation_id,
        email=email.strip(),
        name=name.strip() or email,
        role=Role(found.facts["role"]),
        language=language,
        place_ids=places,
    )
    join(tx, member, password_hash)
    return member
