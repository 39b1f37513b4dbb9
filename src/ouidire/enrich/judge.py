"""From the rules that spoke and the sentiment to one act and one urgency, with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

from ouidire.domain.enrichment import Act, Because, Urgency
from ouidire.enrich.rules import Fired

_CERTAIN = 0.98
_CLEARLY_NEGATIVE = 0.6
_CLEARLY_POSITIVE = 0.8
_OVERWHELMING = 0.9


@dataclass(frozen=True, slots=True)
class Judgement:
    act: Act
    act_p: float
    act_because: tuple[Because, ...]
    urgency: Urgency
    urgency_p: float
    urgency_because: tuple[Because, ...]


def judge(fired: Sequence[Fired], sentiment_p: tuple[float, float, float], *, is_reply_to_us: bool) -> Judgement:
    """The act by precedence: a threat, what was put right, a complaint, thanks, a question; then by sentiment alone."""
    act = _act(fired, sentiment_p)
    speakers = [one for one in fired if one.rule.act is act]
    if act is None or not speakers:
        return _by_sentiment(sentiment_p)
    act_p = _together(one.rule.act_p for one in speakers)
    if is_reply_to_us and act is Act.THANKS:
        act_p = _together((act_p, 0.5))
    heard = speakers if act in (Act.THANKS, Act.QUESTION, Act.INFORMATION) else list(fired)
    urgency = max(one.urgency for one in heard)
    urgent = [one for one in heard if one.urgency is urgency]
    return Judgement(
        act=act,
        act_p=act_p,
        act_because=tuple(one.because for one in speakers),
        urgency=urgency,
        urgency_p=_together(one.rule.urgency_p for one in urgent),
        urgency_because=tuple(one.because for one in urgent) if urgency else (),
    )


def _together(parts: Iterable[float]) -> float:
    return min(_CERTAIN, 1 - prod(1 - part for part in parts))


def _act(fired: Sequence[Fired], sentiment_p: tuple[float, float, float]) -> Act | None:
    by_act = {act: [one for one in fired if one.rule.act is act] for act in Act}
    negative, _, positive = sentiment_p
    grave = any(one.urgency >= Urgency.DANGER for one in fired)
    if by_act[Act.THREAT]:
        return Act.THREAT
    if not grave and any(one.rule.wins for one in by_act[Act.THANKS]):
        return Act.THANKS
    complaints = by_act[Act.COMPLAINT]
    light = not any(one.urgency >= Urgency.NOW for one in complaints)
    if complaints and light and by_act[Act.THANKS] and positive >= _CLEARLY_POSITIVE:
        return Act.THANKS
    if complaints and light and by_act[Act.QUESTION] and negative < 1 - _CLEARLY_NEGATIVE:
        return Act.QUESTION
    if complaints:
        return Act.COMPLAINT
    if by_act[Act.THANKS] and negative < _CLEARLY_NEGATIVE:
        return Act.THANKS
    if by_act[Act.QUESTION] and negative < _OVERWHELMING:  # "Service ? Quel service ?" asks nothing
        return Act.QUESTION
    return Act.INFORMATION if by_act[Act.INFORMATION] and negative < _OVERWHELMING else None


def _by_sentiment(sentiment_p: tuple[float, float, float]) -> Judgement:
    """No rule spoke: a clear negative is a complaint, less surely; everything else informs."""
    negative = sentiment_p[0]
    if negative >= _CLEARLY_NEGATIVE:
        return Judgement(Act.COMPLAINT, 0.75 * negative, (), Urgency.TODAY, 0.7 * negative, ())
    return Judgement(Act.INFORMATION, 1 - negative, (), Urgency.CALM, 1 - negative, ())
