"""Who is told from now on: a member for themselves, or, for who configures, for a colleague."""

from __future__ import annotations

from urllib.parse import urlsplit

from ouidire.domain.alert import Route
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.store import alerts, members, organisations
from ouidire.store.engine import Tx


def add_route(
    tx: Tx,
    member: Member,
    *,
    notifier: str,
    min_gravity: int,
    member_id: str | None = None,
    place_id: str | None = None,
    target: str = "",
) -> Route:
    """Keep a route. Raises `NotAllowed` for somebody else's, `NotFound` for a stranger or a stranger's place."""
    whom = member_id or member.id
    if whom != member.id and not member.may_configure:
        raise NotAllowed("Only the owner and headquarters set this up.")
    if whom not in {one.id for one in members.colleagues(tx, member)}:
        raise NotFound("There is no such member.")
    if place_id and place_id not in {one.id for one in organisations.places(tx, member)}:
        raise NotFound("There is no such place.")
    if notifier == "webhook" and not _is_web_address(target):
        raise BadInput("A webhook needs an address that begins with https:// or http://.")
    made = Route(new_id(), member.organisation_id, whom, place_id or None, min_gravity, notifier, target)
    alerts.add_route(tx, made)
    return made


def route(tx: Tx, member: Member, route_id: str) -> Route:
    """A route this member may see. Raises `NotFound` otherwise."""
    found = next((one for one in alerts.routes(tx, member) if one.id == route_id), None)
    if found is None:
        raise NotFound("There is no such route of yours.")
    return found


def _is_web_address(target: str) -> bool:
    try:
        parts = urlsplit(target)
        return parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:
        return False
