"""How a page says times, numbers and our own values to one member, in their language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, get_day_names
from babel.numbers import format_decimal, format_percent

from ouidire.care.health import Finding
from ouidire.connectors import registry
from ouidire.connectors.manifest import Manifest, Setting
from ouidire.domain.absence import Summary
from ouidire.domain.clearance import Objection
from ouidire.domain.hours import DAY, Shift
from ouidire.errors import OuidireError, Permanent
from ouidire.inbox.views import ReadingView, SourceLine
from ouidire.locale import Translator, absences, labels, stored
from ouidire.locale.labels import N_
from ouidire.match.checks import WatchRefused

DIFFERS = timedelta(minutes=5)
"""From here on, *first seen* stands beside *written*."""

STILL_THERE = timedelta(minutes=45)
"""How long after writing that they wait now a person may still stand in front of us."""

_CLOCK: Mapping[str, str] = {"fr": "H 'h' mm", "en": "HH:mm"}
_DAY: Mapping[str, str] = {"fr": "d MMMM", "en": "d MMMM"}
_PERCENT: Mapping[str, str] = {"fr": "#,##0\u00a0%", "en": "#,##0%"}
_EXACT: Mapping[str, str] = {"fr": "EEEE d MMMM y, H 'h' mm", "en": "EEEE d MMMM y, HH:mm"}

_NETWORK: Mapping[str, str] = {
    "files": N_("imported file"),
    "rss": N_("website"),
    "simulated": N_("demo network"),
    "pasted": N_("brought in"),
    "mail": N_("mail"),
    "x": "X",
    "tripadvisor": "Tripadvisor",
    "thefork": "TheFork",
    "pagesjaunes": "PagesJaunes",
    "tiktok": "TikTok",
    "linkedin": "LinkedIn",
    "youtube": "YouTube",
}

REFUSED: Mapping[str, str] = {
    "empty": N_("This looks for nothing yet; give it at least one name."),
    "too_short": N_("“%(word)s” is too short to be recognised; write at least two letters or digits."),
    "too_long": N_("“%(word)s” is too long; keep it under 200 letters."),
    "no_letters": N_("“%(word)s” has no letter and no digit: emoji and signs alone cannot be told apart in a post."),
    "too_many": N_("There are %(word)s of them; %(most)s is the most. Keep those that people really write."),
    "handle": N_("“%(word)s” has a space in it; write it as the network does, without the @."),
    "link": N_("“%(word)s” is not a web address; write one such as lamiebretonne.fr."),
}
"""What keeps a watch from being used, by code."""


class Words:
    """Speaks to one member: `now` is taken once, so that one page tells one time."""

    def __init__(self, translator: Translator, now: datetime) -> None:
        self.t = translator
        self.language = translator.language
        self.now = now

    # -- times ---------------------------------------------------------------------------------------------------

    def ago(self, moment: datetime, zone: str = "UTC") -> str:
        """“4 min ago”; from a day on, the day itself in the place's time zone."""
        seconds = max(0, int((self.now - moment).total_seconds()))
        if seconds < 5:
            return self.t.gettext("just now")
        if seconds < 86_400:
            return self.t.gettext("%(span)s ago") % {"span": self.span(seconds)}
        return self.day(moment, zone)

    def since(self, moment: datetime) -> str:
        """“for 14 h”: a state that lasts."""
        seconds = max(0, int((self.now - moment).total_seconds()))
        return self.t.gettext("for %(span)s") % {"span": self.span(seconds)}

    def span(self, seconds: int) -> str:
        """A stretch of time in its largest fitting unit, rounded down."""
        if seconds < 60:
            return self.t.gettext("%(n)s s") % {"n": seconds}
        if seconds < 3600:
            return self.t.gettext("%(n)s min") % {"n": seconds // 60}
        if seconds < 2 * 86_400:
            return self.t.gettext("%(n)s h") % {"n": seconds // 3600}
        days = seconds // 86_400
        return self.t.ngettext("%(n)s day", "%(n)s days", days) % {"n": self.number(days)}

    def clock(self, moment: datetime, zone: str = "UTC") -> str:
        """The hour on the clock of the place."""
        return format_datetime(moment, _CLOCK[self.language], tzinfo=ZoneInfo(zone), locale=self.language)

    def hour(self, at: time) -> str:
        """A time of day: “22:00”, « 22 h », « 9 h 30 »."""
        if self.language != "fr":
            return f"{at:%H:%M}"
        return f"{at.hour}\u00a0h\u00a0{at:%M}" if at.minute else f"{at.hour}\u00a0h"

    def shifts(self, shifts: Sequence[Shift]) -> str:
        """The hours of a day: “09:00–12:00, 14:00–19:00”, « 9 h – 12 h, 14 h – 19 h »; empty where it has none."""
        if self.language != "fr":
            return ", ".join(map(str, shifts))
        return ", ".join(f"{self._minutes(one.opens)}\u00a0– {self._minutes(one.closes)}" for one in shifts)

    def _minutes(self, minutes: int) -> str:
        """Minutes since midnight; the end of a day is « 24 h », later is the next morning."""
        if minutes == DAY:
            return "24\u00a0h"
        return self.hour(time(minutes % DAY // 60, minutes % 60))

    def day(self, moment: datetime, zone: str = "UTC") -> str:
        """The day on the calendar of the place; the year only when it is another one."""
        local, today = moment.astimezone(ZoneInfo(zone)), self.now.astimezone(ZoneInfo(zone))
        if local.date() == today.date():
            return self.t.gettext("today")
        if local.date() == today.date() - timedelta(days=1):
            return self.t.gettext("yesterday at %(clock)s") % {"clock": self.clock(moment, zone)}
        pattern = _DAY[self.language] + ("" if local.year == today.year else " y")
        return format_datetime(moment, pattern, tzinfo=ZoneInfo(zone), locale=self.language)

    def exact(self, moment: datetime, zone: str = "UTC") -> str:
        """Day, hour and whose clock it is: what a tap on a time shows."""
        text = format_datetime(moment, _EXACT[self.language], tzinfo=ZoneInfo(zone), locale=self.language)
        return f"{text} ({zone.rpartition('/')[2].replace('_', ' ')})"

    def weekday(self, number: int) -> str:
        """The name of a weekday, 0 being Monday."""
        return str(get_day_names("wide", "format", self.language)[number])

    def date(self, day: date) -> str:
        """A day of the calendar, in full."""
        return format_date(day, "d MMMM y", locale=self.language)

    def seen_late(self, written_at: datetime, first_seen_at: datetime) -> bool:
        return first_seen_at - written_at > DIFFERS

    def may_still_be_there(self, urgency: int, written_at: datetime) -> bool:
        """Someone who wrote that they are waiting, a short while ago, may still stand in front of us."""
        return urgency == 2 and self.now - written_at < STILL_THERE

    def absence(self, one: Summary, zone: str) -> str:
        """“Deaf from 2:10 to 7:40, caught up.”"""
        return absences.Teller(self.t, zone, self.now).absence(one)

    def meanwhile(self, came: Mapping[str, int]) -> str:
        return absences.meanwhile(self.t, came)

    def wrong_clock(self, behind: timedelta) -> str:
        return absences.wrong_clock(self.t, behind)

    def may_have_left(self, urgency: int, written_at: datetime, first_seen_at: datetime) -> bool:
        """Someone wrote that they were waiting, and we heard it when they can hardly wait any more."""
        return urgency == 2 and first_seen_at - written_at > STILL_THERE

    # -- numbers -------------------------------------------------------------------------------------------------

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.language)

    def percent(self, share: float) -> str:
        """A probability; never 100 %, for nothing read is certain."""
        return format_percent(min(round(share, 2), 0.99), format=_PERCENT[self.language], locale=self.language)

    def whole_percent(self, percent: int) -> str:
        """How far something is, of a hundred."""
        return format_percent(percent / 100, format="#,##0 %", locale=self.language)

    # -- our values ----------------------------------------------------------------------------------------------

    def label(self, table: str, key: object) -> str:
        """What the value `key` is called (`table`: a name in `labels`); one without a line is shown by its own name."""
        words = getattr(labels, table.upper())
        value = getattr(key, "value", key)
        return self.t.gettext(words[value]) if value in words else str(value).replace("_", " ").replace("-", " ")

    def finding(self, one: Finding) -> str:
        """What the house found when it looked at itself."""
        counted = ("mb", "most", "least", "n")
        said = {name: self.number(int(value)) if name in counted else value for name, value in one.values.items()}
        return self.t.gettext(labels.HEALTH[one.code]) % said

    def todo(self, one: Finding) -> str:
        """What to do about it; empty where nothing is."""
        words = labels.HEALTH_TODO.get(one.code, "")
        return self.t.gettext(words) if words else ""

    def tone(self, table: str, key: object) -> str:
        """Which of the four colours goes with a value."""
        return str(getattr(labels, f"{table.upper()}_TONE").get(getattr(key, "value", key), "unknown"))

    def icon(self, table: str, key: object) -> str:
        return str(getattr(labels, f"{table.upper()}_ICON").get(getattr(key, "value", key), "dot"))

    def evidence(self, kind: object, found: str) -> str:
        """One reason why a message is here, in a few words."""
        words = self.label("evidence", kind)
        return words % {"found": found} if "%(found)s" in words else words

    def objection(self, one: Objection) -> str:
        """What the guard has against a draft, with its numbers."""
        return self.t.gettext(one.sentence) % dict(one.values)

    def filled(self, sentence: str, values: Mapping[str, str]) -> str:
        """A sentence of ours in the member's language, with what stands in its places."""
        return self.t.gettext(sentence) % dict(values)

    def stored(self, sentence: str) -> str:
        """A sentence the house wrote down, in the member's language where we know it."""
        return stored.say(self.t, sentence, _helps() if self.language == "fr" else {})

    def problem(self, error: OuidireError) -> str:
        """What an error says to a person, in their language."""
        return self.refused(error) if isinstance(error, WatchRefused) else self.stored(str(error))

    def saw(self, reading: ReadingView) -> Sequence[str]:
        """What the rules saw in a message, gravest first, in two labels at most; empty where they say no more than
        what kind of message it is."""
        seen = [rule for rule, _ in reading.because if rule not in labels.PLAIN_RULES]
        return [self.label("rule", rule) for rule in seen[:2]]

    def source_state(self, one: SourceLine) -> str:
        """What a source does now: an account that is only used to answer hears nothing and is not deaf."""
        idle = not one.listens and one.state in ("new", "hearing", "done")
        return "answers" if idle else str(one.state)

    def refused(self, one: WatchRefused) -> str:
        """Why a watch could never be recognised, beside the field it is about."""
        words = REFUSED.get(one.code)
        return self.t.gettext(words) % {"word": one.word, "most": one.most} if words else str(one)

    def network(self, connector: str) -> str:
        """The name people know a network by."""
        if connector in _NETWORK:
            return self.t.gettext(_NETWORK[connector])
        try:
            return registry.manifest(connector).title
        except Permanent:
            return connector.capitalize()

    def title(self, about: Manifest) -> str:
        """What one connects: the network's name, or what kind of thing it is."""
        words = self.t.gettext(_NETWORK[about.name]) if about.name in _NETWORK else about.title
        return words[:1].upper() + words[1:]

    def help(self, setting: Setting) -> str:
        """A connector's own line of help, in the member's language."""
        return setting.help_fr if self.language == "fr" else setting.help


@cache
def _helps() -> Mapping[str, str]:
    """The connectors' own lines of help, which their errors repeat, in French."""
    every = (registry.manifest(name) for name in registry.names())
    return {one.help: one.help_fr for about in every for one in about.settings.values()}
