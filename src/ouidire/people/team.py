"""The people of a house as they change: another role, other places, a colleague who leaves."""

from __future__ import annotations

from collections.abc import Sequence

from ouidire import clock
from ouidire.domain.member import Member, Role
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.store import calms, channels, conversations, members, organisations, phones, programs, tokens
from ouidire.store.engine import Tx
from ouidire.store.tokens import TokenKind

LONGEST_NAME = 100


def change(tx: Tx, asker: Member, member_id: str, role: Role, place_ids: Sequence[str]) -> None:
    """Another role and other places for a colleague. What they have in hand elsewhere waits for somebody again.

    Raises `NotAllowed` or `BadInput` for what the asker may not give away, or what would leave the house ownerless.
    """
    one = _colleague(tx, asker, member_id)
    if Role.OWNER in (role, one.role) and asker.role is not Role.OWNER:
        raise NotAllowed("Only an owner says who is an owner.")
    if one.role is Role.OWNER and role is not Role.OWNER:
        _keep_an_owner(tx, one)
    if not set(place_ids) <= {place.id for place in organisations.places(tx, asker)}:
        raise BadInput("One of these places is not yours.")
    sees_all = role in (Role.OWNER, Role.HEADQUARTERS)
    if not sees_all and not place_ids:
        raise BadInput("Choose at least one place for this person.")
    members.change(tx, asker, one.id, role, () if sees_all else place_ids)
    tokens.revoke_all(tx, TokenKind.INVITATION, one.id)  # nobody gives away more than they have now
    if role is Role.VIEWER or not sees_all:
        keeps = () if role is Role.VIEWER else place_ids
        conversations.give_back(tx, asker.organisation_id, one.id, clock.now(), keeps=keeps)


def leave(tx: Tx, asker: Member, member_id: str) -> None:
    """The colleague leaves: signed out everywhere, told of nothing, and what they had in hand waits again."""
    one = _colleague(tx, asker, member_id)
    if one.role is Role.OWNER:
        if asker.role is not Role.OWNER:
            raise NotAllowed("Only an owner says who is an owner.")
        _keep_an_owner(tx, one)
    at = clock.now()
    members.leave(tx, asker, one.id, at)
    conversations.give_back(tx, asker.organisation_id, one.id, at)
    for kind in (TokenKind.SESSION, TokenKind.ALERT_LINK, TokenKind.INVITATION, TokenKind.PAIRING):
        tokens.revoke_all(tx, kind, one.id)
    programs.remove_all(tx, one.id)
    phones.revoke_all(tx, one.id, at)
    channels.forget_all(tx, one.id)
    calms.forget(tx, one.id)


def rename(tx: Tx, member: Member, name: str) -> None:
    """How a member wants to be called. Raises `BadInput` for no name, or a very long one."""
    name = " ".join(name.split())
    if not name:
        raise BadInput("Your colleagues need a name to call you by.")
    if len(name) > LONGEST_NAME:
        raise BadInput("This name is too long; keep it under 100 letters.")
    members.rename(tx, member, name)


def _colleague(tx: Tx, asker: Member, member_id: str) -> Member:
    if not asker.may_configure:
        raise NotAllowed("Only the owner and headquarters set this up.")
    found = next((one for one in members.colleagues(tx, asker) if one.id == member_id), None)
    if found is None:
        raise NotFound("There is no such member.")
    return found


def _keep_an_owner(tx: Tx, leaver: Member) -> None:
    others = [one for one in members.colleagues(tx, leaver) if one.role is Role.OWNER and one.id != leaver.id]
    if not others:
        raise BadInput("The house needs an owner: make somebody else an owner first.")
