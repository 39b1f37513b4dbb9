"""From a template and values to a page in one language. Knows nothing of requests or of the store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ouidire.domain.conversation import EdgeKind
from ouidire.domain.enrichment import Span
from ouidire.domain.member import Member
from ouidire.inbox.views import ConversationView, MessageView, NoteView, ReplyView
from ouidire.locale import translator
from ouidire.web import marks

HERE = Path(__file__).parent
STATIC = HERE / "static"

Entry = tuple[str, MessageView | ReplyView | NoteView | Sequence[MessageView]]


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
    made.globals |= {"pieces": marks.pieces, "marked": marks.words, "static": static, "spans": spans}
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
