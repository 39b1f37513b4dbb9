"""From the rules that spoke and the sentiment to one act and one urgency, with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod

from ouidire.domain.enrichment import Act, Because, Urgency
from ouidire.enrich.learnt import Learnt
from ouidire.enrich.rules import Fired

_CERTAIN = 0.98
_CLEARLY_NEGATIVE = 0.6
_CLEARLY_POSITIVE = 0.8
_OVERWHELMING = 0.9
_LEAST = 0.02
_RATHER, _RATHER_ALONE = 0.5, 0.7


@dataclass(frozen=True, slots=True)
class Judgement:
    act: Act
    act_p: float
    act_because: tuple[Because, ...]
    urgency: Urgency
    urgency_p: float
    urgency_because: tuple[Because, ...]


Cues = Sequence[tuple[Urgency, Because]]
_ACTS = tuple(Act)
_AGAINST_US = (Act.COMPLAINT, Act.THREAT, Act.BOYCOTT)
_MOODS = tuple(0 if act in _AGAINST_US else 2 if act is Act.THANKS else 1 for act in Act)
"""The mood of each act: negative, either, positive."""


def judge(
    fired: Sequence[Fired],
    sentiment_p: tuple[float, float, float],
    learnt: Learnt,
    cues: Cues = (),
    *,
    is_reply_to_us: bool,
) -> Judgement:
    """The act and the urgency from the rules, and from what was learnt where no rule speaks.

    Rules by precedence: a threat, a call to stay away, what was put right, a complaint, thanks, a question, the rest.
    A rule's act gives way when what was learnt is far surer of another and nothing grave is said. Cues alarm where no
    rule does, and decide no act.
    """
    act = _act(fired, sentiment_p)
    speakers = [one for one in fired if one.rule.act is act]
    if act is None or not speakers:
        return _by_what_was_learnt(sentiment_p, learnt, fired, cues)
    act_p = _together(one.rule.act_p for one in speakers)
    if is_reply_to_us and act is Act.THANKS:
        act_p = _together((act_p, 0.5))
    heard = speakers if act in (Act.THANKS, Act.QUESTION, Act.INFORMATION) else list(fired)
    urgency = max(one.urgency for one in heard)
    if urgency < Urgency.NOW and learnt.is_both and _outweighs(learnt.act, sentiment_p, act, act_p):
        return _by_what_was_learnt(sentiment_p, learnt, fired, cues)
    urgent = [one for one in heard if one.urgency is urgency]
    judged = Judgement(
        act=act,
        act_p=act_p,
        act_because=tuple(one.because for one in speakers),
        urgency=urgency,
        urgency_p=_together(one.rule.urgency_p for one in urgent),
        urgency_because=tuple(one.because for one in urgent) if urgency else (),
    )
    return _learnt_urgency(judged, learnt, cues)


def _outweighs(learnt: Sequence[float], sentiment_p: tuple[float, float, float], act: Act, act_p: float) -> bool:
    """Odds against odds: is what was learnt surer of another act, and not against the mood that prevails, than the rule
    is of its own?"""
    shares = _in_that_mood(learnt, sentiment_p)
    best = shares.index(max(shares))
    other, rule = _ACTS[best], act_p / (1 - act_p) * shares[_ACTS.index(act)]
    negative, _, positive = sentiment_p
    for_it, against_it = (positive, negative) if other is Act.THANKS else (negative, positive)
    if other in (Act.THANKS, *_AGAINST_US) and (for_it < against_it or (_is_opposed(act, other) and for_it < _RATHER)):
        return False
    return other is not act and shares[best] > max(rule, _RATHER)


def _is_opposed(one: Act, other: Act) -> bool:
    """Does one thank and the other complain? Then the mood must be clear."""
    return (one is Act.THANKS and other in _AGAINST_US) or (other is Act.THANKS and one in _AGAINST_US)


def _learnt_urgency(judged: Judgement, learnt: Learnt, cues: Cues) -> Judgement:
    """No rule calls it urgent, and yet it reads like what was, and names why, or very much so: look now."""
    if judged.urgency >= Urgency.NOW or not (cues or learnt.alarms):
        return judged
    gravest = max((urgency for urgency, _ in cues), default=Urgency.NOW)
    because = tuple(why for urgency, why in cues if urgency is gravest)
    return replace(judged, urgency=gravest, urgency_p=learnt.urgent, urgency_because=because)


def _together(parts: Iterable[float]) -> float:
    return min(_CERTAIN, 1 - prod(1 - part for part in parts))


def _act(fired: Sequence[Fired], sentiment_p: tuple[float, float, float]) -> Act | None:
    if not fired:
        return None
    by_act = {act: [one for one in fired if one.rule.act is act] for act in Act}
    negative, _, positive = sentiment_p
    grave = any(one.urgency >= Urgency.DANGER for one in fired)
    if by_act[Act.THREAT]:
        return Act.THREAT
    if by_act[Act.BOYCOTT] and not grave and positive < _CLEARLY_NEGATIVE:
        return Act.BOYCOTT
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
    rest = (Act.SUGGESTION, Act.RELAY, Act.OFFER, Act.INFORMATION)
    return next((act for act in rest if by_act[act] and negative < _OVERWHELMING), None)


def _in_that_mood(act: Sequence[float], sentiment_p: tuple[float, float, float]) -> list[float]:
    """Nobody complains in good spirits, nor thanks in bad ones: each act's share by the share of its mood."""
    negative, neutral, positive = sentiment_p
    moods = (negative, 0.5 * (1 + neutral) / 2, positive)
    fits = [share * (_LEAST + moods[of_it]) for share, of_it in zip(act, _MOODS, strict=True)]
    total = sum(fits)
    return [one / total for one in fits]


def _by_mood(sentiment_p: tuple[float, float, float]) -> tuple[Act, float]:
    """Where no act is likelier than not: who is clearly unhappy complains, who is clearly happy thanks."""
    negative, _, positive = sentiment_p
    if negative >= _CLEARLY_NEGATIVE:
        return Act.COMPLAINT, 0.75 * negative
    if positive >= _CLEARLY_NEGATIVE:
        return Act.THANKS, 0.75 * positive
    return Act.INFORMATION, 1 - max(negative, positive)


def _by_what_was_learnt(
    sentiment_p: tuple[float, float, float], learnt: Learnt, fired: Sequence[Fired], cues: Cues
) -> Judgement:
    """No rule decides: the likeliest act. What is clearly negative can be put right today."""
    shares = _in_that_mood(learnt.act, sentiment_p)
    act_p, negative = max(shares), sentiment_p[0]
    act = _ACTS[shares.index(act_p)]
    if act_p < (_RATHER if learnt.is_both else _RATHER_ALONE):
        act, act_p = _by_mood(sentiment_p)
    against_us = act in _AGAINST_US
    of_rules = [one for one in fired if one.rule.act is act and one.urgency is Urgency.TODAY]
    if of_rules or (against_us and negative >= _CLEARLY_NEGATIVE):
        judged = Judgement(act, act_p, (), Urgency.TODAY, 0.7 * max(negative, act_p), ())
    else:
        judged = Judgement(act, act_p, (), Urgency.CALM, 1 - learnt.urgent, ())
    return _learnt_urgency(judged, learnt, cues)
