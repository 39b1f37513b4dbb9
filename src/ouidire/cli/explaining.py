"""`ouidire explain`: why a post is about us or is not, what speaks for it and against it, and what would change it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ouidire import clock
from ouidire.app import App
from ouidire.cli.lines import tame
from ouidire.domain.enrichment import Span
from ouidire.domain.item import Author, Geo, Item, clean
from ouidire.domain.member import Member, Role
from ouidire.domain.mention import Ask, Match, found_at
from ouidire.domain.place import Place
from ouidire.errors import BadInput, NotFound
from ouidire.inbox import aside, read
from ouidire.locale import Translator
from ouidire.locale.labels import N_
from ouidire.locale.reasons import Reason, Reasons
from ouidire.match.followed import Followed
from ouidire.match.given import read_places
from ouidire.match.hot import sift
from ouidire.match.matcher import Matcher
from ouidire.match.pipeline import world_of
from ouidire.match.what_if import Change, Decide, Effect, what_if
from ouidire.settings import Settings
from ouidire.store import members, mentions, organisations, refused
from ouidire.store.engine import Tx
from ouidire.web.words import Words

MOST_REFUSED = 5

EFFECT: Mapping[tuple[bool, Effect], str] = {
    (True, Effect.KEPT): N_("With “%(words)s” in it, it would have been about %(name)s."),
    (True, Effect.SURE): N_("With “%(words)s” in it, the place would have been known: %(place)s."),
    (True, Effect.CERTAIN): N_("With “%(words)s” in it, it would have been almost certain."),
    (False, Effect.CERTAIN): N_("Without “%(words)s”, it would have been almost certain."),
    (True, Effect.ASKED): N_("With “%(words)s” in it, one of you would have been asked."),
    (False, Effect.SURE): N_("Without “%(words)s”, the place would have been known."),
    (False, Effect.KEPT): N_("Without “%(words)s”, it would have been about %(name)s."),
    (False, Effect.ASKED): N_("Without “%(words)s”, one of you would have been asked."),
    (False, Effect.LOST): N_("Without “%(words)s”, it would not have been about %(name)s."),
    (False, Effect.UNSURE): N_("Without “%(words)s”, the place would not have been known."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said on the command line."""

    text: str = ""
    author: str = ""
    language: str = ""
    at: str = ""
    when: str = ""
    reply_to: str = ""
    post: str = ""
    """The web address of a post that the house has, or the id of a mention."""
    places: Path | None = None


@dataclass(frozen=True, slots=True)
class _House:
    """Who is listened for. `names` are those of organisations."""

    matcher: Matcher
    followed: Followed
    names: Mapping[str, str]
    places: Mapping[str, tuple[Place, ...]]

    def decide(self, item: Item) -> dict[str, Match]:
        """What would be kept, by organisation."""
        return {one.match.organisation_id: one.match for one in sift([item], self.matcher, self.followed, clock.now())}


@dataclass(frozen=True, slots=True)
class _Post:
    """What is looked at: `item` as it is, `text` as the terminal may show it.

    `decided` is what was decided when it was heard, where the house has it.
    """

    item: Item
    text: str
    spans: tuple[Span, ...] = ()
    decided: tuple[Match, ...] = ()
    is_kept: bool = field(default=False)


async def explain(settings: Settings, console: Console, speak: Translator, asked: Asked) -> None:
    """Print it. Raises `BadInput` when there is no post, no place, or no business yet."""
    if bool(asked.text) == bool(asked.post):
        raise BadInput("Give the text of a post between quotes, or --post with the address of one that the house has.")
    if asked.places is not None:
        if asked.post:
            raise BadInput("With --places there is no store to look into: give the text itself.")
        world = world_of(read_places(asked.places)[0])
        if not world.places:
            raise BadInput(f"There is no place in {asked.places.name} that can be looked for.")
        house = _House(Matcher(world.watches, world.places), Followed(), _named(world.places), _by_house(world.places))
        _Page(console, speak, house).show(_typed(asked, ""))
        return
    app = App.open(settings)
    try:
        house, post = await app.store.read(_look, app, asked)
    finally:
        await app.close()
    _Page(console, speak, house).show(post)


def _look(tx: Tx, app: App, asked: Asked) -> tuple[_House, _Post]:
    every = organisations.every(tx)
    if not every:
        raise BadInput("No business is set up yet: start `ouidire up` and open its page, or give --places FILE.")
    app.ears.refresh(tx, clock.now())
    house = _House(
        app.ears.matcher,
        app.ears.followed,
        {one.id: one.name for one in every},
        _by_house(organisations.every_place(tx)),
    )
    if not asked.post:
        return house, _typed(asked, _parent(tx, house, asked.reply_to))
    for one in every:
        owner = next((m for m in members.of_organisation(tx, one.id) if m.role is Role.OWNER), None)
        post = _kept(tx, owner, asked.post) if owner is not None else None
        if post is not None:
            return house, post
    raise BadInput("This house has no such post: neither among what was kept nor among what was left aside today.")


def _kept(tx: Tx, owner: Member, post: str) -> _Post | None:
    """A mention by its id or address, or what was left aside; masked as its owner reads it."""
    mention_id = mentions.id_at(tx, owner.organisation_id, post) or post
    try:
        heard = mentions.of(tx, owner, mention_id)
    except NotFound:
        return _aside(tx, owner, post)
    if heard.is_gone:
        raise BadInput("Its author deleted this post: nothing of it is kept.")
    view = read.mention_view(tx, owner, mention_id).message
    decided = Match(owner.organisation_id, heard.mention.place_id, None, view.evidence, view.p, view.candidates)
    return _Post(heard.item, view.text, found_at(view.evidence), (decided,), is_kept=True)


def _aside(tx: Tx, owner: Member, post: str) -> _Post | None:
    found = next((one for one in refused.of(tx, owner) if post in (one.id, one.item.url, one.item.uri)), None)
    if found is None:
        return None
    view = aside.view_of(tx, owner, found)
    decided = Match(owner.organisation_id, None, None, view.evidence, view.p, view.candidates)
    return _Post(found.item, view.text, view.spans, (decided,))


def _parent(tx: Tx, house: _House, reply_to: str) -> str:
    """The key of what is answered: the post at this address, where the house has it."""
    for organisation_id in house.names if reply_to else ():
        if mention_id := mentions.id_at(tx, organisation_id, reply_to):
            return mentions.get(tx, mention_id).item.key
    return f"bluesky:{reply_to}" if reply_to else ""


def _typed(asked: Asked, parent_key: str) -> _Post:
    connector, _, parent = parent_key.partition(":")
    handle = asked.author.removeprefix("@")
    item = Item(
        connector=connector or "typed",
        uri="typed",
        author=Author(handle, handle),
        text=clean(asked.text),
        written_at=_moment(asked.when),
        languages=(asked.language,) if asked.language else (),
        geo=_point(asked.at),
        parent_uri=parent,
    )
    return _Post(item, item.text)


def _moment(said: str) -> datetime:
    if not said:
        return clock.now()
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as error:
        raise BadInput(f"“{said}” is no moment; write it like 2026-10-17T15:26+02:00.") from error
    return moment.astimezone(UTC)


def _point(said: str) -> Geo | None:
    if not said:
        return None
    try:
        lat, lon = (float(part) for part in said.split(","))
    except ValueError:
        lat = lon = math.nan
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise BadInput(f"“{said}” is no point; write latitude and longitude like 45.4983,-73.5776.")
    return Geo(lat, lon)


def _by_house(places: Sequence[Place]) -> dict[str, tuple[Place, ...]]:
    found: dict[str, list[Place]] = {}
    for place in places:
        found.setdefault(place.organisation_id, []).append(place)
    return {organisation_id: _told_apart(theirs) for organisation_id, theirs in found.items()}


def _named(places: Sequence[Place]) -> dict[str, str]:
    """An organisation of a file is called by what the file calls it; a place that stands alone by its name."""
    return {one.organisation_id: one.name if one.organisation_id == one.id else one.organisation_id for one in places}


def _told_apart(places: Sequence[Place]) -> tuple[Place, ...]:
    """The same places, under names that a terminal may show; sisters of one name with what tells them apart."""
    times = Counter(one.name for one in places)
    return tuple(replace(one, name=tame(one.name if times[one.name] == 1 else _at_length(one))) for one in places)


def _at_length(place: Place) -> str:
    return ", ".join(filter(None, (place.name, place.street or place.district, place.town)))


class _Page:
    """What is printed, in the terminal's language."""

    def __init__(self, console: Console, speak: Translator, house: _House) -> None:
        self.console, self.speak, self.house = console, speak, house
        self._words = Words(speak, clock.now())

    def show(self, post: _Post) -> None:
        kept = {} if post.decided else self.house.decide(post.item)
        if post.decided:
            kept = {one.organisation_id: one for one in post.decided} if post.is_kept else {}
        fell = self._fell(post, kept)
        self._text(post, [*kept.values(), *fell])
        for one in kept.values():
            self._match(post.item, one, one)
        for one in fell[:MOST_REFUSED]:
            self._match(post.item, one, None)
        if len(fell) > MOST_REFUSED:
            said = self.speak.gettext("… and %(n)s others, less likely still.") % {"n": len(fell) - MOST_REFUSED}
            self._print(Text(f"\n{said}", style="dim"))
        if not kept and not fell:
            self._nothing()

    def _fell(self, post: _Post, kept: Mapping[str, Match]) -> list[Match]:
        """What was considered and not kept, the likeliest first."""
        if post.decided:
            return [] if post.is_kept else list(post.decided)
        considered = self.house.matcher.consider(post.item)
        return sorted((one for one in considered if one.organisation_id not in kept), key=lambda one: -one.p)

    def _text(self, post: _Post, matches: Sequence[Match]) -> None:
        """The post, with the words marked that count."""
        text = Text(tame(post.text))
        for start, end in post.spans or [span for one in matches for span in found_at(one.evidence)]:
            text.stylize("bold underline", start, end)
        self._print(text)

    def _match(self, item: Item, one: Match, kept: Match | None) -> None:
        places = self._ranked(one)
        reasons = Reasons(self.speak, places)
        name = tame(self.house.names.get(one.organisation_id, one.organisation_id))
        sure = Text(f"\n{self._verdict(one, kept, name)}", style="bold green" if kept else "bold red")
        sure.append(f"  {reasons.sure(one.p)}, {self._words.percent(one.p)}", style="not bold dim")
        self._print(sure)
        self._candidates(one, places)
        for reason in reasons.listed([replace(e, found=tame(e.found)) for e in one.evidence]):
            self._reason(reason)
        for change in what_if(item, kept, one.evidence, places, self._decide_again(one.organisation_id)):
            self._print(Text(f"  → {self._changed(change, one.organisation_id, name)}", style="cyan"))

    def _decide_again(self, organisation_id: str) -> Decide:
        return lambda item: self.house.decide(item).get(organisation_id)

    def _ranked(self, one: Match) -> list[Place]:
        """The organisation's places, the likeliest first."""
        rank = {candidate.place_id: number for number, candidate in enumerate(one.candidates)}
        places = self.house.places.get(one.organisation_id, ())
        return sorted(places, key=lambda place: rank.get(place.id, len(rank)))

    def _verdict(self, one: Match, kept: Match | None, name: str) -> str:
        speak = self.speak.gettext
        if kept is None:
            return speak("Not about %(name)s") % {"name": name}
        if kept.ask is Ask.ABOUT_US:
            return speak("Perhaps about %(name)s: one of you would be asked") % {"name": name}
        if kept.ask is Ask.WHICH_PLACE:
            return speak("About %(name)s: one of you would be asked which place is meant") % {"name": name}
        place = self._place(one.organisation_id, kept.place_id)
        if place and place != name:
            return speak("About %(name)s: %(place)s") % {"name": name, "place": place}
        if not place and len(self.house.places.get(one.organisation_id, ())) > 1:
            return speak("About %(name)s, at a place that is not known") % {"name": name}
        return speak("About %(name)s") % {"name": name}

    def _place(self, organisation_id: str, place_id: str | None) -> str:
        places = self.house.places.get(organisation_id, ())
        return next((one.name for one in places if one.id == place_id), "")

    def _candidates(self, one: Match, places: Sequence[Place]) -> None:
        """The places that may be meant, where there are several."""
        names = {place.id: place.name for place in places}
        known = [c for c in one.candidates if c.place_id in names]
        if len(known) > 1:
            said = " · ".join(f"{names[c.place_id]} {self._words.percent(c.p)}" for c in known[:4])
            self._print(Text(f"  {said}", style="dim"))

    def _reason(self, reason: Reason) -> None:
        line = Text("  ✗ " if reason.against else "  ✓ ", style="red" if reason.against else "green")
        line.append(reason.words, style="default")
        if reason.of:
            line.append(f" ({reason.of})", style="dim")
        if reason.strength:
            line.append(f" · {self._words.label('strength', reason.strength)}", style="dim")
        self._print(line)

    def _changed(self, one: Change, organisation_id: str, name: str) -> str:
        place = self._place(organisation_id, one.place_id)
        sentence = self.speak.gettext(EFFECT[one.is_added, one.effect])
        return sentence % {"words": tame(one.words), "name": name, "place": place or name}

    def _nothing(self) -> None:
        names = [tame(name) for name in self.house.names.values()]
        who = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        said = self.speak.gettext(
            "Nothing in it speaks of %(names)s: no name, no account, no hashtag and no link that is listened for."
        )
        self._print(Text("\n" + said % {"names": who}))

    def _print(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)
