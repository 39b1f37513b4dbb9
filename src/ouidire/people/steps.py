"""First steps: what a member may still do so that the house hears and somebody is woken. Offered until it is done, or
put away; nobody is reminded."""

from __future__ import annotations

from dataclasses import dataclass

from ouidire import clock
from ouidire.domain.member import Member
from ouidire.store import channels, phones, states
from ouidire.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Steps:
    """`hears`: something is listened to, or it is not this member's to set up. `is_woken`: a way of theirs was tried,
    and it worked."""

    hears: bool
    has_phone: bool
    is_woken: bool


def left(tx: Tx, member: Member, *, hears: bool) -> Steps | None:
    """None once all are done, or the member put them away."""
    ways = [one for one in channels.of(tx, member) if one.lost_at is None]
    own = [one for one in phones.paired(tx, member, clock.now()) if one.member_id == member.id]
    steps = Steps(
        hears=hears or not member.may_configure,
        has_phone=bool(own),
        is_woken=any(one.tried_at is not None and not one.trouble for one in ways),
    )
    is_done = steps.hears and steps.is_woken  # who is woken needs no pairing
    return None if is_done or states.get(tx, _name(member)) else steps


def put_away(tx: Tx, member: Member) -> None:
    states.put(tx, _name(member), "steps put away")


def _name(member: Member) -> str:
    return f"own:{member.id}"
