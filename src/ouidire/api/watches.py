"""Watches: what is listened for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field

from ouidire.api.door import Asker, Asks, needs, router
from ouidire.api.problems import Refused
from ouidire.api.shapes import Day, Id, IdIn, In, Out, Page, Paged, Word
from ouidire.domain.ids import new_id
from ouidire.domain.program import Scope
from ouidire.domain.watch import FormerName, Watch
from ouidire.errors import NotAllowed, NotFound
from ouidire.match.checks import MOST_WORDS, WatchRefused, refuse
from ouidire.store import organisations, watches
from ouidire.store.engine import Tx

routes = router("/watches", "watches")

_SIGILS = {"handles": "@", "hashtags": "#"}
_Words = Annotated[list[Word], Field(max_length=MOST_WORDS)]


class Former(In):
    """A name that it had before; people go on using it."""

    name: Word = Field(examples=["Chez Jo"])
    until: Day | None = Field(None, description="Its last day under this name; null when not known.")


class FormerOut(Out):
    name: str
    until: date | None


class WatchFields(In):
    """At least one name, alias, handle, hashtag or link, or a rule. `@` and `#` may be left out."""

    names: _Words = Field(default_factory=list, description="Searched as whole words.", examples=[["La Mie Bretonne"]])
    aliases: _Words = Field(default_factory=list, description="What else people call it.")
    handles: _Words = Field(default_factory=list, description="Accounts, as the network writes them.")
    hashtags: _Words = Field(default_factory=list)
    links: _Words = Field(default_factory=list, description="A host, or a host and the beginning of a path.")
    required: _Words = Field(default_factory=list, description="One of these must stand in the post too.")
    excluded: _Words = Field(default_factory=list, description="None of these may.")
    near: _Words = Field(default_factory=list, description="Towns, districts, streets that point to the place.")
    former: list[Former] = Field(default_factory=list, max_length=MOST_WORDS, description="What it was called before.")
    rule: str = Field(
        default="",
        max_length=20_000,
        description="A boolean rule that the post must fulfil too; without any name or address, the rule alone is "
        "looked for. See docs/howto/rules.md.",
        examples=["boulanger* NEAR/5 (froid OR sec) NOT lang:en"],
    )


class WatchIn(WatchFields):
    """A new watch, for a place or (null) for the organisation."""

    place_id: IdIn | None = None


class WatchOut(Out):
    """What is listened for."""

    id: str
    place_id: str | None
    names: list[str]
    aliases: list[str]
    handles: list[str]
    hashtags: list[str]
    links: list[str]
    required: list[str]
    excluded: list[str]
    near: list[str]
    former: list[FormerOut]
    rule: str


@routes.get("", **needs(Scope.LISTENING_READ))
def list_watches(asker: Asks, wanted: Annotated[Paged, Query()]) -> Page[WatchOut]:
    """Every watch, newest first. For who configures."""
    with asker.reading() as tx:
        every = _all(tx, asker)
    return asker.page_of_all(every, wanted, lambda one: one.id, WatchOut.model_validate)


@routes.post("", status_code=201, response_model=WatchOut, **needs(Scope.LISTENING_WRITE))
def add_watch(asker: Asks, said: WatchIn) -> Response:
    """Listen for something more, from now on. What could never be recognised is refused with its reason."""

    def add(tx: Tx) -> WatchOut:
        place_id = said.place_id
        if place_id and place_id not in {one.id for one in organisations.places(tx, asker.member)}:
            raise NotFound("There is no such place.")
        watch = _heard(Watch(new_id(), asker.member.organisation_id, place_id), said)
        watches.add(tx, watch)
        return WatchOut.model_validate(watch)

    return asker.once(add)


@routes.get("/{watch_id}", **needs(Scope.LISTENING_READ))
def get_watch(asker: Asks, watch_id: Id) -> WatchOut:
    """One watch. For who configures."""
    with asker.reading() as tx:
        return WatchOut.model_validate(_mine(tx, asker, watch_id))


@routes.put("/{watch_id}", response_model=WatchOut, **needs(Scope.LISTENING_WRITE))
def change_watch(asker: Asks, watch_id: Id, said: WatchFields) -> Response:
    """Write a watch anew; it stays with its place."""

    def change(tx: Tx) -> WatchOut:
        watch = _heard(_mine(tx, asker, watch_id), said)
        watches.change(tx, asker.member, watch)
        return WatchOut.model_validate(watch)

    return asker.once(change)


@routes.delete("/{watch_id}", status_code=204, **needs(Scope.LISTENING_WRITE))
def remove_watch(asker: Asks, watch_id: Id) -> Response:
    """Listen for it no more. What was heard until now stays."""

    def remove(tx: Tx) -> None:
        watches.remove(tx, asker.member, _mine(tx, asker, watch_id).id)

    return asker.once(remove)


def _all(tx: Tx, asker: Asker) -> list[Watch]:
    if not asker.member.may_configure:
        raise NotAllowed("Only the owner and headquarters set this up.")
    return watches.of(tx, asker.member)


def _mine(tx: Tx, asker: Asker, watch_id: str) -> Watch:
    found = next((one for one in _all(tx, asker) if one.id == watch_id), None)
    if found is None:
        raise NotFound("There is no such watch.")
    return found


def _heard(before: Watch, said: WatchFields) -> Watch:
    """`before` with what was said. Raises `Refused` for what could never be recognised, with the field."""
    lists: dict[str, Any] = {
        name: _bare(getattr(said, name), _SIGILS.get(name, ""))
        for name in WatchFields.model_fields
        if name not in ("former", "rule")
    }
    former = tuple(dict.fromkeys(FormerName(one.name.strip(), one.until) for one in said.former))
    wanted = replace(before, former=former, rule=said.rule.strip(), **lists)
    try:
        refuse(wanted)
    except WatchRefused as error:
        raise Refused("invalid", str(error), errors=[{"where": f"body.{error.field}", "why": str(error)}]) from None
    return wanted


def _bare(words: list[str], sigil: str) -> tuple[str, ...]:
    stripped = (word.strip() for word in words)
    return tuple(dict.fromkeys(word.removeprefix(sigil) if sigil else word for word in stripped))
