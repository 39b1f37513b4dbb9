"""`ouidire read`: what a text means, in words for a person, or as JSON lines for other programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from ouidire import clock
from ouidire.cli.lines import tame
from ouidire.domain.enrichment import Reading, Sentiment, Span
from ouidire.enrich.encoder import Encoder, NoEncoder, encoder
from ouidire.enrich.read import Hints, read, read_many
from ouidire.errors import BadInput
from ouidire.locale import Translator, labels
from ouidire.locale.labels import N_
from ouidire.web.words import Words

AT_ONCE = 64
MOST_CHARS = 100_000
_STYLE = {Sentiment.NEGATIVE: "red", Sentiment.NEUTRAL: "dim", Sentiment.POSITIVE: "green"}


class _Post(msgspec.Struct):
    """One line of the input."""

    id: str | int
    text: str


def second_reader(console: Console) -> Encoder | None:
    """The second reader, or None after saying on `console` why it is not there."""
    try:
        return encoder()
    except NoEncoder as error:
        console.print(str(error), style="yellow", markup=False)
        return None


def say(console: Console, speak: Translator, text: str, second: Encoder | None) -> None:
    """Print in words what was read, how surely, and because of which words. Raises `BadInput` without a text."""
    if not text.strip():
        raise BadInput('Give the text between quotes: ouidire read "Trente minutes d’attente".')
    one = read(text[:MOST_CHARS], Hints(), second)
    console.print(_marked(text, one))
    rows = list(_rows(speak, text, one))
    width = max(len(name) for name, _ in rows) + 2
    for name, words in rows:
        console.print(Text.assemble((f"{name:<{width}}", "dim"), tame(words)))


def _marked(text: str, one: Reading) -> Text:
    """The text with the words that carried its mood and its urgency."""
    shown = Text(tame(text))
    for start, end in one.sentiment_words:
        shown.stylize(f"underline {_STYLE[one.sentiment]}", start, end)
    for because in one.urgency_because:
        for start, end in because.words:
            shown.stylize("bold", start, end)
    return shown


def _rows(speak: Translator, text: str, one: Reading) -> Iterator[tuple[str, str]]:
    t, shown = speak.gettext, Words(speak, clock.now()).percent
    mood = f"{t(labels.SENTIMENT[one.sentiment])} · {shown(one.confidence)}"
    yield t(N_("Mood")), _because(speak, mood, text, one.sentiment_words)
    if not one.sure:
        yield t(N_("We do not know")), ", ".join(t(labels.UNSURE[doubt]) for doubt in one.unsure)
    yield t(N_("What it is")), f"{t(labels.ACT[one.act])} · {shown(one.act_p)}"
    reasons = [t(labels.RULE[b.rule]) for b in one.urgency_because if b.rule in labels.RULE]
    told = dict.fromkeys((t(labels.URGENCY[int(one.urgency)]), *reasons, shown(one.urgency_p)))
    words = [span for because in one.urgency_because for span in because.words]
    yield t(N_("Urgency")), _because(speak, " · ".join(told), text, words)
    for opinion in one.aspects:
        said = f"{t(labels.POLARITY[opinion.polarity])} · {shown(opinion.p)}"
        yield t(labels.ASPECT[opinion.aspect]), _because(speak, said, text, opinion.words)
    if one.staff:
        yield t(N_("Hidden")), ", ".join(text[a:b] for a, b in one.staff)
    yield t(N_("Language")), one.language
    yield t(N_("Read by")), one.reader


def _because(speak: Translator, said: str, text: str, spans: Iterable[Span]) -> str:
    words = list(dict.fromkeys(text[a:b] for a, b in spans))
    return (
        speak.gettext("%(said)s, because of %(words)s") % {"said": said, "words": ", ".join(words)} if words else said
    )


def stream(console: Console, lines: Iterable[bytes], second: Encoder | None) -> None:
    """Read posts, one JSON object a line with `id` and `text`, and write a reading for each to the standard output.

    A bad line is named on `console` and left out; raises `BadInput` when not one could be read.
    """
    decoder, good, bad, numbered = msgspec.json.Decoder(_Post), 0, 0, iter(enumerate(lines, 1))
    while some := list(islice(numbered, AT_ONCE)):
        posts = []
        for number, line in some:
            try:
                posts += [decoder.decode(line.strip())] if line.strip() else []
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                bad += 1
                console.print(f"{number}: {error}", style="yellow", markup=False)
        readings = read_many([post.text[:MOST_CHARS] for post in posts], [Hints()] * len(posts), second)
        for post, one in zip(posts, readings, strict=True):
            sys.stdout.buffer.write(msgspec.json.encode(as_json(post.id, post.text, one)) + b"\n")
        sys.stdout.buffer.flush()
        good += len(posts)
    if bad and not good:
        raise BadInput("Not one line could be read: each is a JSON object with an id and a text.")


def as_json(post_id: str | int, text: str, one: Reading) -> Mapping[str, Any]:
    """A reading as it is promised to programs (docs/reading.md)."""
    return {
        "id": post_id,
        "language": one.language,
        "sentiment": {"label": one.sentiment, "p": [round(p, 4) for p in one.sentiment_p]},
        "aspects": [
            {"aspect": o.aspect, "polarity": o.polarity, "p": round(o.p, 4), "words": [text[a:b] for a, b in o.words]}
            for o in one.aspects
        ],
        "act": one.act,
        "urgency": {"level": int(one.urgency), "because": [because.rule for because in one.urgency_because]},
        "staff": [list(span) for span in one.staff],
        "sure": one.sure,
        "reader": one.reader,
    }
