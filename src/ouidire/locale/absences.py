"""When we could not hear, in a sentence, for the pages, the terminal and what is sent alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from ouidire.domain.absence import Summary
from ouidire.locale import Translator
from ouidire.locale.labels import N_
from ouidire.locale.stored import say

_CLOCK: Mapping[str, str] = {"fr": "H\u00a0'h'\u00a0mm", "en": "H:mm"}
_DAY: Mapping[str, str] = {"fr": "EEEE H\u00a0'h'\u00a0mm", "en": "EEEE H:mm"}
_WEEK = timedelta(days=6)
_LONG_DAY: Mapping[str, str] = {"fr": "d MMMM 'à' H\u00a0'h'\u00a0mm", "en": "d MMMM, H:mm"}

_SPANS: Mapping[tuple[bool, bool], str] = {
    # (began today, ended today) on the calendar of the place
    (True, True): N_("Deaf from %(since)s to %(until)s"),
    (False, True): N_("Deaf from %(since)s yesterday to %(until)s"),
    (False, False): N_("Deaf yesterday from %(since)s to %(until)s"),
}
_PAUSED: Mapping[tuple[bool, bool], str] = {
    (True, True): N_("Paused from %(since)s to %(until)s"),
    (False, True): N_("Paused from %(since)s yesterday to %(until)s"),
    (False, False): N_("Paused yesterday from %(since)s to %(until)s"),
}

_LONG = N_("Deaf since %(since)s, until %(until)s")
_PAUSED_LONG = N_("Paused since %(since)s, until %(until)s")
_SLOW = N_("This machine's clock is %(span)s slow.")
_FAST = N_("This machine's clock is %(span)s fast.")


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells times as a place's clock shows them; without a `zone`, as this machine's does."""

    speak: Translator
    zone: str
    now: datetime

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone) if self.zone else None)

    def clock(self, moment: datetime) -> str:
        return self._format(moment, _CLOCK)

    def day_and_clock(self, moment: datetime) -> str:
        """Only the hour for today; the day too within the last days; else the date."""
        days = self._days_ago(moment)
        if days == 0:
            return self.clock(moment)
        if days == 1:
            return self.speak.gettext("yesterday %(clock)s") % {"clock": self.clock(moment)}
        return self._format(moment, _DAY if self.now - moment < _WEEK else _LONG_DAY)

    def absence(self, one: Summary) -> str:
        """“Deaf from 2:10 to 7:40, caught up.”"""
        return ", ".join([self._stretch(one), self._outcome(one)]) + "."

    def _outcome(self, one: Summary) -> str:
        if one.is_open:
            return self._catching_up(one)
        if not one.because:
            return self.speak.gettext("caught up")
        values = {"why": say(self.speak, one.because).rstrip(".")}
        if one.lost_until is None or one.lost_until >= one.until:
            return self.speak.gettext("not caught up: %(why)s") % values
        values["from"] = self.day_and_clock(one.lost_until)
        return self.speak.gettext("caught up only from %(from)s on: %(why)s") % values

    def _stretch(self, one: Summary) -> str:
        if one.times > 1:
            return self._several(one)
        days = (self._days_ago(one.since), self._days_ago(one.until))
        shapes = _PAUSED if one.is_wish else _SPANS
        if max(days) <= 1:
            values = {"since": self.clock(one.since), "until": self.clock(one.until)}
            return self.speak.gettext(shapes[days[0] == 0, days[1] == 0]) % values
        values = {"since": self.day_and_clock(one.since), "until": self.day_and_clock(one.until)}
        return self.speak.gettext(_PAUSED_LONG if one.is_wish else _LONG) % values

    def _several(self, one: Summary) -> str:
        values = {
            "n": str(one.times), "since": self.day_and_clock(one.since), "until": self.day_and_clock(one.until),
            "total": span(self.speak, one.total),
        }  # fmt: skip
        said = self.speak.gettext("Deaf %(n)s times between %(since)s and %(until)s (%(total)s in all)")
        return said % values

    def _catching_up(self, one: Summary) -> str:
        if one.position is None or one.position < one.since:
            return self.speak.gettext("being caught up")
        return self.speak.gettext("being caught up, at %(position)s now") % {
            "position": self.day_and_clock(one.position)
        }

    def _days_ago(self, moment: datetime) -> int:
        return (self.local(self.now).date() - self.local(moment).date()).days

    def _format(self, moment: datetime, pattern: Mapping[str, str]) -> str:
        language = self.speak.language
        return format_datetime(self.local(moment).replace(tzinfo=None), pattern[language], locale=language)


def clock_said(speak: Translator, local: datetime) -> str:
    """A time of day as the language writes it: “15:26”, « 15 h 26 »."""
    return f"{local.hour}\u00a0h\u00a0{local:%M}" if speak.language == "fr" else f"{local:%H:%M}"


def span(speak: Translator, length: timedelta) -> str:
    """A stretch of time in two units at most: “5 h 30 min”, “40 min”."""
    minutes = max(1, round(length.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return speak.ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": hours // 24}
    if not hours:
        return speak.gettext("%(n)s min") % {"n": rest}
    if hours >= 10 or not rest:
        return speak.gettext("%(n)s h") % {"n": hours}
    return speak.gettext("%(hours)s h %(minutes)02d min") % {"hours": hours, "minutes": rest}


def meanwhile(speak: Translator, counts: Mapping[str, int]) -> str:
    """“3 mentions came meanwhile, 1 unhappy.”"""
    number = sum(counts.values())
    if not number:
        return speak.gettext("Nobody spoke of you meanwhile.")
    said = speak.ngettext("%(n)s mention came meanwhile", "%(n)s mentions came meanwhile", number) % {"n": number}
    unhappy = counts.get("negative", 0)
    if number == unhappy == 1:
        return speak.gettext("One unhappy mention came meanwhile.")
    if unhappy:
        said += ", " + speak.ngettext("%(n)s unhappy", "%(n)s unhappy", unhappy) % {"n": unhappy}
    return f"{said}."


def wrong_clock(speak: Translator, behind: timedelta) -> str:
    """“This machine's clock is 3 h slow.”"""
    return speak.gettext(_SLOW if behind > timedelta(0) else _FAST) % {"span": span(speak, abs(behind))}
