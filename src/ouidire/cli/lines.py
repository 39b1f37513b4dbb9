"""What the terminal shows: one line for what was heard, told and answered; masked, because anyone may look on."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from ouidire import clock
from ouidire.app import App
from ouidire.domain.absence import Absence, sum_up
from ouidire.domain.enrichment import Sentiment, mask
from ouidire.domain.item import ItemKind
from ouidire.errors import NotFound
from ouidire.locale import Translator
from ouidire.locale.absences import Teller
from ouidire.locale.labels import ACT, N_, NOTIFIER, RULE, SENTIMENT
from ouidire.locale.reasons import Reasons
from ouidire.store import mentions, organisations
from ouidire.store.engine import Tx
from ouidire.store.mentions import Heard
from ouidire.web.words import Words

_COLOUR = {Sentiment.NEGATIVE: "yellow", Sentiment.NEUTRAL: "white", Sentiment.POSITIVE: "green"}
EXCERPT = 110
_FACTS = frozenset(Absence.__dataclass_fields__)

COPIED = N_("The store was copied before this release changes its form:")
WORDS = {
    "heard": N_("heard"),
    "relayed": N_("relayed"),
    "told": N_("told"),
    "answered": N_("answered"),
    "deaf": N_("deaf"),
    "back": N_("back"),
    "note": N_("note"),
}


class Lines:
    """Prints lines to `console` in the language of `speak`."""

    def __init__(self, console: Console, speak: Translator) -> None:
        self.console, self.speak = console, speak

    def attach(self, app: App) -> None:
        """Print what this app hears from now on."""

        async def worked(stage: str, subjects: list[str]) -> None:
            if stage == "relate":
                for line in await app.store.read(self._heard_lines, subjects):
                    self.console.print(line, soft_wrap=True)

        app.on_worked.append(worked)

    def event(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A structlog processor: says the few events that are for people as lines too."""
        name, speak = event.get("event"), self.speak.gettext
        if name == "told":
            self._line("told", f"{event['member']} · {speak(NOTIFIER.get(event['by'], str(event['by'])))}", "cyan")
        elif name == "answered":
            self._line("answered", str(event["url"]), "green")
        elif name == "deaf":
            self._line("deaf", f"{event['source']}: {event['because']}", "magenta")
        elif name == "copied":
            self._line("note", f"{speak(COPIED)} {event['file']}", "")
        elif name == "absence":
            self._line("back", f"{event['source']} · {self._absence(event)}", "green")
        elif event.get("level") in ("warning", "error"):
            self._line("note", speak(str(name)) + " " + str(event.get("because") or event.get("error") or ""), "red")
        return event

    def _absence(self, event: Mapping[str, Any]) -> str:
        """The sentence, on the clock of this machine: whoever reads the terminal sits before it."""
        summary = sum_up([msgspec.convert({key: event[key] for key in _FACTS}, Absence)])
        assert summary is not None
        return Teller(self.speak, "", clock.now()).absence(summary)

    def _line(self, word: str, rest: str, colour: str) -> None:
        stamp = Text(f"{_stamp(clock.now())}  ", style="dim")
        self.console.print(stamp + Text(f"{self._word(word):<9}", style=colour) + Text(tame(rest)), soft_wrap=True)

    def _word(self, word: str) -> str:
        return self.speak.gettext(WORDS[word])

    def _heard_lines(self, tx: Tx, mention_ids: list[str]) -> list[Text]:
        return [line for mention_id in mention_ids if (line := self._heard_line(tx, mention_id)) is not None]

    def _heard_line(self, tx: Tx, mention_id: str) -> Text | None:
        try:
            heard = mentions.get(tx, mention_id)
        except NotFound:
            return None
        places = organisations.places_of(tx, heard.mention.organisation_id)
        place = next((one.name for one in places if one.id == heard.mention.place_id), "")
        return self.heard(heard, place or organisations.get(tx, heard.mention.organisation_id).name)

    def heard(self, heard: Heard, where: str) -> Text:
        """One mention as a line: when, where it was said, of whom, how it was read, the words."""
        line = Text(f"{_stamp(heard.item.written_at)}  ", style="dim")
        relays = heard.item.kind is ItemKind.REPOST
        line.append(f"{self._word('relayed' if relays else 'heard'):<9}", style="bold")
        line.append(f"{heard.item.network} · {where}  ", style="dim")
        if heard.reading is not None and not relays:
            colour = _COLOUR[heard.reading.sentiment]
            line.append(self.read(heard) + "  ", style=colour)
        text = f"@{tame(heard.item.author.handle)} ↻" if relays else " ".join(self.words(heard).split())
        line.append(text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…")
        return line

    def words(self, heard: Heard) -> str:
        return tame(mask(heard.item.text, heard.named))

    def read(self, heard: Heard) -> str:
        """How it was read, in a few words."""
        reading = heard.reading
        assert reading is not None
        speak = self.speak.gettext
        judged = f"{speak(SENTIMENT[reading.sentiment])} {Words(self.speak, clock.now()).percent(reading.confidence)}"
        rules = [speak(RULE[one.rule]) for one in reading.urgency_because if one.rule in RULE]
        return " · ".join([judged, speak(ACT[reading.act]), *dict.fromkeys(rules)])

    def why(self, heard: Heard) -> str:
        """Why it matched, in words."""
        reasons = Reasons(self.speak)
        said = (reasons.clause(replace(one, found=tame(one.found))) for one in heard.mention.evidence)
        return "; ".join(dict.fromkeys(said))


def tame(text: str) -> str:
    """What strangers wrote, without what a terminal would obey (escape sequences, or writing from right to left)."""
    return "".join(letter if letter.isprintable() or letter in "\n\u200d" else " " for letter in text)


def _stamp(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S")
