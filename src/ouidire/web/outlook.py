"""What a day would bring with a watch as it is typed, reckoned from what the sample holds, and said in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ouidire.web.preview import Preview
from ouidire.web.words import Words

DAY_S = 86_400.0
FEW = 10
"""From fewer messages than this nothing is foretold without saying so."""

SHORT_S = DAY_S / 8
"""Nor from a shorter stretch: the hours of a day differ."""

KEEPING_S = 0.011
"""CPU that a kept message takes from being heard to the alert, commits included (500 posts through every stage)."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Messages a day; `cost_s` seconds of computing a day, on top of what the house does already.

    `is_guess`: too few messages, or too short a stretch (`span_s`), to rely on.
    """

    span_s: float
    a_day: float
    share_known: float
    new_a_day: float
    lost_a_day: float
    cost_s: float
    is_guess: bool


def outlook(found: Preview, at: datetime) -> Outlook | None:
    """What a day would bring, if all days were like the stretch looked at; None where that is hardly a minute."""
    span_s = (at - found.since).total_seconds() if found.since else 0.0
    if span_s < 60:
        return None
    days, new = span_s / DAY_S, found.caught_total - found.known
    return Outlook(
        span_s=span_s,
        a_day=found.caught_total / days,
        share_known=found.known / found.caught_total if found.caught_total else 0.0,
        new_a_day=new / days,
        lost_a_day=found.lost / days,
        cost_s=(found.busy_s + new * KEEPING_S) / days,
        is_guess=found.caught_total < FEW or span_s < SHORT_S,
    )


def said(one: Outlook, w: Words) -> Iterator[str]:
    """A few sentences: how many, how many of them are new, what would be lost, what it costs, and how sure that is."""
    t = w.t
    if one.a_day:
        yield f"{_rate(one, w)} {_new(one, w)}"
    if one.lost_a_day:
        num = max(1, round(one.lost_a_day))
        yield t.ngettext(
            "About %(num)s message a day that you hear now would come no more.",
            "About %(num)s messages a day that you hear now would come no more.",
            num,
        ) % {"num": w.number(num)}
    if one.new_a_day:
        seconds = round(one.cost_s)
        costs = t.gettext("Reading what is new costs about %(span)s of computing a day.") % {"span": w.span(seconds)}
        yield costs if seconds else t.gettext("Reading what is new costs less than a second of computing a day.")
    guess = t.gettext("Reckoned from the last %(span)s alone: take it for a guess.")
    reckoned = guess if one.is_guess else t.gettext("Reckoned from the last %(span)s.")
    yield reckoned % {"span": w.span(int(one.span_s))}


def _rate(one: Outlook, w: Words) -> str:
    num = round(one.a_day)
    if not num:
        return w.t.gettext("Less than one message a day would come.")
    sentence = w.t.ngettext("About %(num)s message a day would come.", "About %(num)s messages a day would come.", num)
    return sentence % {"num": w.number(num)}


def _new(one: Outlook, w: Words) -> str:
    if one.share_known == 1:
        return w.t.gettext("You hear all of them already.")
    if not one.share_known:
        return w.t.gettext("None of them comes to you so far.")
    tenths = min(9, max(1, round(one.share_known * 10)))
    if num := round(one.new_a_day):
        sentence = w.t.gettext("You hear %(tenths)s in 10 of them already; about %(num)s a day would be new.")
        return sentence % {"tenths": tenths, "num": w.number(num)}
    sentence = w.t.gettext("You hear %(tenths)s in 10 of them already; less than one a day would be new.")
    return sentence % {"tenths": tenths}
