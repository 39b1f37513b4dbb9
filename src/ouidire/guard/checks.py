"""One function a check: what it asks of a draft. Which apply where, and with what numbers, stands in `rules.toml`.

The sentences are message ids; the faces translate them and fill in the values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from ouidire.connectors.manifest import Unit
from ouidire.domain.clearance import Objection
from ouidire.domain.enrichment import Span
from ouidire.guard import measure
from ouidire.guard.draft import Draft
from ouidire.guard.rules import Rule

Check = Callable[[Draft, Rule, datetime], Iterable[Objection]]

CLOCK_SKEW = timedelta(minutes=5)
"""A decision may seem to come this much later than now: two machines, two clocks."""

NOBODY_DECIDED = "Nobody decided to send this: a person has to press the button."
MAY_NOT_ANSWER = "You may read here, but not answer in public."
NOT_OF_HERE = "Only a member of this business may answer for it."
EMPTY = "There is nothing to send yet."
TOO_LONG: Mapping[Unit, str] = {
    "graphemes": "This is too long: %(length)s characters, and %(max)s are allowed here.",
    "characters": "This is too long: %(length)s characters, and %(max)s are allowed here.",
    "bytes": "This is too long: %(length)s bytes, and %(max)s are allowed here.",
}
NO_LINKS = "Links are not allowed in an answer here."
TOO_MANY_LINKS = "There are %(count)s links, and %(max)s are allowed here."
TOO_FAST = "You sent %(max)s answers here within %(minutes)s minutes; wait a little before the next."
SAME_TEXT = "You sent the same text within the last %(hours)s hours; say it in words meant for this person."
GESTURE_TIED = (
    "This ties a gesture to a review or to silence. A gesture is fine; asking for something in return is forbidden."
)
STAFF_NAMED = "This names an employee; speak of your team instead."

SENTENCES = (
    NOBODY_DECIDED,
    MAY_NOT_ANSWER,
    NOT_OF_HERE,
    EMPTY,
    *dict.fromkeys(TOO_LONG.values()),
    NO_LINKS,
    TOO_MANY_LINKS,
    TOO_FAST,
    SAME_TEXT,
    GESTURE_TIED,
    STAFF_NAMED,
)
"""Every sentence the guard can say, for the catalogues."""


def person(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """Somebody of this organisation who may answer decided, and not in the future."""
    decided_at = draft.decided_at
    if decided_at is None or decided_at.tzinfo is None or decided_at > now + CLOCK_SKEW:
        yield Objection(rule.name, NOBODY_DECIDED)
    if not draft.member.may_answer:
        yield Objection(rule.name, MAY_NOT_ANSWER)
    if draft.member.organisation_id != draft.organisation_id:
        yield Objection(rule.name, NOT_OF_HERE)


def empty(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """Something can be read: spaces and letters nobody sees are not an answer."""
    if not measure.plain(draft.text).text.strip():
        yield Objection(rule.name, EMPTY)


def length(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """What the connector's manifest bears, in the network's own unit."""
    return _too_long(draft.text, draft.limits.unit, draft.limits.max_length, rule)


def size(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """A network's second limit, in bytes, where it has one."""
    return _too_long(draft.text, "bytes", rule.parameters.max, rule)


def _too_long(text: str, unit: Unit, most: int, rule: Rule) -> Iterable[Objection]:
    found = measure.length(text, unit)
    if most and found > most:
        yield Objection(rule.name, TOO_LONG[unit], values=(("length", str(found)), ("max", str(most))))


def links(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """No more links than the connector's manifest bears."""
    if draft.limits.max_links is not None:
        yield from _too_many(draft.text, draft.limits.max_links, rule)


def fewer_links(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """No more links than the rule bears, whatever the manifest says."""
    return _too_many(draft.text, rule.parameters.max, rule)


def _too_many(text: str, most: int, rule: Rule) -> Iterable[Objection]:
    found = measure.links(text)
    if len(found) > most:
        start, end = found[most]
        values = (("count", str(len(found))), ("max", str(most)))
        yield Objection(rule.name, TOO_MANY_LINKS if most else NO_LINKS, start, end, values)


def rate(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """No more answers within the window than the connector's manifest bears."""
    most, window = draft.limits.rate_count, timedelta(seconds=draft.limits.rate_window_s)
    if most and sum(now - sent_at < window for sent_at, _ in draft.recent) >= most:
        minutes = -(-draft.limits.rate_window_s // 60)
        yield Objection(rule.name, TOO_FAST, values=(("max", str(most)), ("minutes", str(minutes))))


def same_text(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """Not the text of another recent answer, give or take case, accents and punctuation."""
    window, words = timedelta(seconds=rule.parameters.window_s), measure.same_words(draft.text)
    if any(now - sent_at < window and measure.same_words(text) == words for sent_at, text in draft.recent):
        yield Objection(rule.name, SAME_TEXT, values=(("hours", str(rule.parameters.window_s // 3600)),))


def gesture_condition(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """A gesture stands in one text with a wish about a review, or about silence."""
    text, told = measure.plain(draft.text), rule.parameters
    asked = _first(told.filled(told.condition), _without(text.text, told.filled(told.courtesy)))
    if asked and _first(told.filled(told.gesture), text.text):
        yield Objection(rule.name, GESTURE_TIED, *text.span(*asked))


def _first(patterns: list[re.Pattern[str]], text: str) -> Span | None:
    spans = (match.span() for pattern in patterns if (match := pattern.search(text)))
    return min(spans, default=None)


def _without(text: str, courtesy: list[re.Pattern[str]]) -> str:
    """`text` with polite phrases blanked out: "thank you for taking the time to leave a review" asks for nothing."""
    for pattern in courtesy:
        text = pattern.sub(lambda match: "·" * len(match[0]), text)
    return text


def staff_name(draft: Draft, rule: Rule, now: datetime) -> Iterable[Objection]:
    """No employee's name, wherever the caller found one."""
    for start, end in draft.staff:
        yield Objection(rule.name, STAFF_NAMED, start, end)


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        person,
        empty,
        length,
        size,
        links,
        fewer_links,
        rate,
        same_text,
        gesture_condition,
        staff_name,
    )
}
