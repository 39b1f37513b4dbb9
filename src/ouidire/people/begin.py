"""How a business begins: three questions, and it is being listened for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ouidire import clock
from ouidire.domain.alert import Route
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member, Role
from ouidire.domain.organisation import Organisation
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.people.signin import hash_password
from ouidire.store import alerts, members, organisations, tokens, watches
from ouidire.store.engine import Tx
from ouidire.store.tokens import TokenKind

SETUP_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the set-up asks: the business (`place` as far as its town is known) and who will look after it."""

    name: str
    place: Place
    handles: tuple[str, ...]
    language: str
    email: str
    member_name: str
    password: str


def setup_token(tx: Tx) -> str | None:
    """A one-time secret for the first visit; None when a business is set up already. Earlier ones end."""
    if organisations.count(tx) > 0:
        return None
    tokens.revoke_all(tx, TokenKind.SETUP)
    return tokens.issue(tx, TokenKind.SETUP, clock.now() + SETUP_LASTS)


def first_watch(said: Beginning) -> Watch:
    """What is listened for from the first minute: the name and the accounts, at this place."""
    return Watch(
        id=new_id(),
        organisation_id=said.place.organisation_id,
        place_id=said.place.id,
        names=(said.name.strip(),),
        handles=said.handles,
    )


def begin(tx: Tx, said: Beginning) -> Member:
    """Make the organisation, its first place, its watch and its owner. Raises `BadInput` for what cannot be."""
    name = said.name.strip()
    if not name:
        raise BadInput("What is your business called? Its name is what we listen for.")
    if "@" not in said.email:
        raise BadInput("Your mail address is how you sign in: it needs an @.")
    at = clock.now()
    organisation = Organisation(said.place.organisation_id, name, said.language, at)
    organisations.add(tx, organisation)
    organisations.add_place(tx, said.place)
    watches.add(tx, first_watch(said))
    owner = Member(
        id=new_id(),
        organisation_id=organisation.id,
        email=said.email.strip(),
        name=said.member_name.strip() or said.email,
        role=Role.OWNER,
        language=said.language,
        is_only_place=True,
    )
    join(tx, owner, hash_password(said.password))
    return owner


def join(tx: Tx, member: Member, password_hash: str, gravity_by: Sequence[tuple[str, int]] = ()) -> None:
    """Add a member with the routes they begin with: the page for everything, mail for what cannot wait."""
    members.add(tx, member, password_hash, clock.now())
    for notifier, least in gravity_by or (("browser", 1), ("email", 2)):
        alerts.add_route(tx, Route(new_id(), member.organisation_id, member.id, None, least, notifier))
