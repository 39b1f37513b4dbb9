"""From a template and values to a page in one language. Knows nothing of requests or of the store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ouidire.domain.alert import DeliveryState
from ouidire.domain.conversation import EdgeKind
from ouidire.domain.enrichment import Span
from ouidire.domain.member import Member
from ouidire.domain.mention import found_at
from ouidire.inbox.views import ConversationView, MessageView, NoteView, ReplyView, ToldView
from ouidire.locale import translator
from ouidire.web import marks

HERE = Path(__file__).parent
STATIC = HERE / "static"

Entry = tuple[str, MessageView | ReplyView | NoteView | Sequence[MessageView]]


@dataclass(frozen=True, slots=True)
class Knew:
    """One person and one conversation: how they were told, what followed, by what they were not told and why.

    `told` is in time order and begins with the first telling; it is empty for somebody who was told by nothing.
    """

    member_name: str
    told: tuple[ToldView, ...]
    not_told: tuple[ToldView, ...]

    @property
    def first(self) -> ToldView:
        return (self.told or self.not_told)[0]

    @property
    def at_once(self) -> tuple[ToldView, ...]:
        """The first telling, by everything it came by."""
        seen: dict[str, ToldView] = {}
        for one in self.told:
            if one.incident_kind == self.first.incident_kind:
                seen.setdefault(one.notifier, one)
        return tuple(seen.values())

    @property
    def again(self) -> tuple[ToldView, ...]:
        """What they were told later, of another incident or because it grew."""
        return tuple(one for one in self.told if one not in self.at_once)

    @property
    def to_judge(self) -> ToldView | None:
        """The last alert of the member's own that arrived."""
        return next((one for one in reversed(self.told) if one.is_mine and one.state is DeliveryState.SENT), None)


@dataclass(frozen=True, slots=True)
class DemoSwitch:
    """What the strip of the demo world offers: whose eyes, and how fast the day passes."""

    members: Sequence[Member]
    speeds: Sequence[tuple[str, str]]
    speed: str


class Blanks(dict[str, str]):
    """Values of a form; what was not filled in is empty."""

    def __missing__(self, _name: str) -> str:
        return ""


@cache
def environment(language: str) -> Environment:
    """The templates, speaking `language`; everything put into them is escaped."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    t = translator(language)
    made.install_gettext_callables(t.gettext, t.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {
        "pieces": marks.pieces,
        "marked": marks.words,
        "static": static,
        "spans": spans,
        "found_by": found_by,
        "who_knew": who_knew,
    }
    return made


def render(language: str, template: str, values: Mapping[str, object]) -> str:
    """The page as HTML. A value the template needs and does not get is an error of ours, not a hole in the page."""
    return environment(language).get_template(template).render(values)


@cache
def static(name: str) -> str:
    """The address of a file of ours, changing with its bytes, so that browsers may keep it for ever."""
    stamp = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?{stamp}"


def spans(message: MessageView) -> list[Span]:
    """The words of a message that a judgement of ours rests on."""
    reading = message.reading
    if reading is None or message.is_gone or message.is_own:
        return []
    found = [*reading.sentiment_words, *(span for _, words in reading.because for span in words)]
    # A rule that rests on the whole sentence explains nothing by marking all of it.
    return [(start, end) for start, end in found if end - start < 0.6 * len(message.text)]


def found_by(message: MessageView) -> list[Span]:
    """The words of a message by which it was found."""
    return sorted(found_at(message.evidence))


def who_knew(told: Sequence[ToldView]) -> tuple[list[Knew], list[Knew]]:
    """One entry a person, in the order they were told; and apart, those who were told by nothing."""
    of_person: dict[str, list[ToldView]] = {}
    for one in sorted(told, key=lambda one: one.at):
        of_person.setdefault(one.member_name, []).append(one)
    knew = [_knew(name, lines) for name, lines in of_person.items()]
    return sorted((one for one in knew if one.told), key=lambda one: one.first.at), [k for k in knew if not k.told]


@dataclass(frozen=True, slots=True)
class Telling:
    """Everything that was told, or held back, of one incident."""

    told: tuple[ToldView, ...]

    @property
    def conversation_id(self) -> str:
        return self.told[0].conversation_id

    @property
    def incident_kind(self) -> str:
        return self.told[0].incident_kind

    @property
    def place_name(self) -> str:
        return self.told[0].place_name

    @property
    def at(self) -> datetime:
        """When it was first told."""
        return min(one.at for one in self.told)

    @property
    def id(self) -> str:
        return self.told[-1].delivery_id


def tellings(told: Sequence[ToldView]) -> list[Telling]:
    """One entry an incident, the one with the latest news first; `told` is newest first."""
    of_incident: dict[tuple[str, str], list[ToldView]] = {}
    for one in told:
        of_incident.setdefault((one.conversation_id, one.incident_kind), []).append(one)
    return [Telling(tuple(lines)) for lines in of_incident.values()]


def _knew(name: str, lines: Sequence[ToldView]) -> Knew:
    """A channel that reached the person once is not named again as one that did not."""
    reached = [one for one in lines if one.state is not DeliveryState.HELD]
    by = {one.notifier for one in reached}
    missed = {one.notifier: one for one in lines if one.notifier not in by}
    return Knew(name, tuple(reached), tuple(missed.values()))


def timeline(view: ConversationView) -> list[Entry]:
    """Everything of a conversation in the order it was written; relays folded into one entry behind the first message.

    Our own words that came back from a network stand there once, as the reply they are.
    """
    answered = {reply.url for reply in view.replies if reply.url}
    messages = [m for m in view.messages if not (m.is_own and m.url in answered)]
    entries: list[Entry] = [("message", m) for m in messages]
    entries += [("reply", r) for r in view.replies]
    entries += [("note", n) for n in view.notes]
    entries.sort(key=lambda entry: entry[1].written_at)  # type: ignore[union-attr]
    if view.relays:
        first = next((n for n, (_, e) in enumerate(entries) if getattr(e, "edge", None) is EdgeKind.FIRST), 0)
        entries.insert(min(first + 1, len(entries)), ("relays", view.relays))
    return entries
