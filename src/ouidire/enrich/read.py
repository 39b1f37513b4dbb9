"""Read one text: the enrich stage's only entrance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import numpy as np

from ouidire.domain.enrichment import Act, Aspect, Because, Opinion, Reading, Sentiment, Span, Unsure, Urgency
from ouidire.enrich import employees, heads
from ouidire.enrich import language as languages
from ouidire.enrich import sentiment as feelings
from ouidire.enrich.employees import Named
from ouidire.enrich.encoder import VERSION, Encoder, Said
from ouidire.enrich.judge import Judgement, judge
from ouidire.enrich.layer import Layer, Leans
from ouidire.enrich.learnt import URGENT, Learnt, Why, Words, carried, of_aspect, of_sentiment, together
from ouidire.enrich.rules import Spoken, cued, rules, spoken
from ouidire.enrich.sentiment import LABELS, Floats, Ngrams, softmax
from ouidire.enrich.whom import Whom
from ouidire.shield.fold import Folded, fold
from ouidire.shield.known import words_of
from ouidire.shield.staff import may_be_described, staff_in

READER = "ngram-5+rules-3"
BOTH = f"ngram-5+{VERSION}+rules-3"
LEARNT = "like_others"
"""The name of the reason where no rule speaks: it reads like what was urgent before."""

MAX_CHARS = 6000
_TOGETHER, _CHARS_TOGETHER = 256, 32_768
"""So many texts, and characters, are read together: more are no faster, and take more memory."""

_TAUGHT = ("fr", "en")
"""The languages that the first reader was taught well enough to read alone."""

_SURE_FROM, _IRONIC_FROM, _MIXED_FROM, _FEW_LETTERS = 0.6, 0.5, 0.6, 2
_ASPECTS = tuple(Aspect)
_FIRST_WEIGHS, _SECOND_WEIGHS = 0.6, 0.4
"""What each reader's feeling counts for when both have read; found on held-out texts."""

Shares = tuple[float, float, float]
"""Numbers for negative, neutral, positive."""

_BUT = re.compile(
    r"(?<!\w)(?:mais|par contre|en revanche|cependant|toutefois|dommage|but|however|although|though)(?!\w)"
)
_PRAISE = re.compile(
    r"(?<!\w)(?:bravo|merci|super|genial|parfait|chapeau|felicitations|"
    r"great|thanks|thank you|well done|nice job|congrat\w*)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known beside the text.

    `languages` as the network says (BCP 47), `written_at` in the place's own time, `rating` out of five.
    `known_names` are names of places and brands, which are never taken for a person's. `layer` is what the
    organisation's corrections taught.
    """

    languages: tuple[str, ...] = ()
    written_at: datetime | None = None
    rating: float | None = None
    is_reply_to_us: bool = False
    known_names: tuple[str, ...] = ()
    layer: Layer | None = None


def read(text: str, hints: Hints, second: Encoder | None = None) -> Reading:
    """What `text` means, with confidences and the words that say so; pure, and never raises whatever the text is.

    With `second`, both readers read it; without, the first alone. `Reading.reader` says which.
    """
    return read_many([text], [hints], second)[0]


def read_many(texts: Sequence[str], hints: Sequence[Hints], second: Encoder | None = None) -> list[Reading]:
    """The same for many texts, in their order: each as if it were read alone, and all of them much faster."""
    said = second.says(texts) if second is not None else [None] * len(texts)
    reader = READER if second is None else BOTH
    readings = {at: _nothing(reader, hints[at].rating) for at, text in enumerate(texts) if not _says_something(text)}
    for some in _stretches([(len(text), at) for at, text in enumerate(texts) if at not in readings]):
        posts = [_Post(texts[at], fold(texts[at]), hints[at], said[at]) for at in some]
        readings.update(zip(some, _read(posts, reader), strict=True))
    return [readings[at] for at in range(len(texts))]


def _says_something(text: str) -> bool:
    return any(sign.isprintable() and not sign.isspace() for sign in text)


def _stretches(sizes: list[tuple[int, int]]) -> Iterator[list[int]]:
    """Texts, by their length and number, in stretches of alike lengths that are worth being read together."""
    some: list[int] = []
    for size, at in sorted(sizes):
        if len(some) == _TOGETHER or (len(some) + 1) * min(size, MAX_CHARS) > _CHARS_TOGETHER:
            yield some
            some = []
        some.append(at)
    if some:
        yield some


def _nothing(reader: str, rating: float | None) -> Reading:
    """Of no words at all nothing is read, but what its stars say."""
    negative, neutral, positive = softmax(np.array(_rating_says(rating), dtype=np.float32)).tolist()
    return Reading(
        reader=reader,
        language=languages.UNKNOWN,
        language_p=1.0,
        sentiment=Sentiment.NEUTRAL if rating is None else _likeliest((negative, neutral, positive)),
        sentiment_p=(negative, neutral, positive),
        sentiment_words=(),
        act=Act.OTHER,
        act_p=_SURE_FROM,
        act_because=(),
        urgency=Urgency.CALM,
        urgency_p=_SURE_FROM,
        urgency_because=(),
        staff=(),
        sure=False,
        unsure=(Unsure.SHORT,),
    )


@dataclass(frozen=True, slots=True)
class _Post:
    """What is to be read: a text, its hints, and what the second reader says of it."""

    text: str
    folded: Folded
    hints: Hints
    said: Said | None


@dataclass(frozen=True, slots=True)
class _Understood:
    """All that was understood of one post but for the words that say so."""

    post: _Post
    words: Words
    language: str
    language_p: float
    spoke: Spoken
    learnt: Learnt
    judged: Judgement
    sentiment_p: Shares
    is_mixed: bool

    def whys(self) -> Iterator[Why]:
        """For what it is asked which words say so: its aspects, its sentiment, an urgency that no rule or cue named."""
        yield from (of_aspect(aspect, polarity) for aspect, polarity, _ in self.learnt.judged)
        if (label := _likeliest(self.sentiment_p)) is not Sentiment.NEUTRAL:
            yield of_sentiment(label)
        if self.judged.urgency >= Urgency.NOW and not self.judged.urgency_because:
            yield URGENT


def _read(posts: Sequence[_Post], reader: str) -> list[Reading]:
    """The readings of posts that all say something."""
    understood = _understood(posts)
    marks = carried([one.words for one in understood], [list(one.whys()) for one in understood])
    return [_reading(one, of_it, reader) for one, of_it in zip(understood, marks, strict=True)]


def _understood(posts: Sequence[_Post]) -> list[_Understood]:
    texts = [post.folded for post in posts]
    grams = feelings.ngrams([folded.text for folded in texts])
    told = languages.languages_of([post.text for post in posts], [post.hints.languages for post in posts])
    spoke = spoken(texts, [language for language, _ in told])
    leans = [layer.leans(post.folded.text) if (layer := post.hints.layer) else None for post in posts]
    learnt = together(heads.heard(grams), [post.said for post in posts], leans)
    heard = _heard(posts, grams, leans, spoke)
    judged = list(map(_judge, posts, told, spoke, learnt, _rows(softmax(heard))))
    shares = _rows(softmax(heard + _each(map(_act_says, judged))))
    described = may_be_described(texts)
    named = employees.heard([post.text for post in posts])
    words = [_words(posts[at], grams, at, named[at], language, described[at]) for at, (language, _) in enumerate(told)]
    parts = zip(posts, words, told, spoke, learnt, judged, shares, _are_mixed(texts), strict=True)
    return [_Understood(post, w, *language, *rest) for post, w, language, *rest in parts]


def _heard(posts: Sequence[_Post], grams: Ngrams, leans: Sequence[Leans | None], spoke: Sequence[Spoken]) -> Floats:
    """How negative, neutral, positive each post is, as logits: what the readers hear, and all that is known beside."""
    return (
        _felt(grams, [post.said for post in posts])
        + _each((0.0, 0.0, 0.0) if lean is None else lean.sentiment.tolist() for lean in leans)
        + _each(_rating_says(post.hints.rating) for post in posts)
        + _each(map(_denial_says, spoke))
    )


def _each(rows: Iterable[Sequence[float]]) -> Floats:
    return np.array(list(rows), dtype=np.float32)


def _rows(shares: Floats) -> list[Shares]:
    return [(negative, neutral, positive) for negative, neutral, positive in shares.tolist()]


def _likeliest(sentiment_p: Shares) -> Sentiment:
    return LABELS[sentiment_p.index(max(sentiment_p))]


def _judge(post: _Post, told: tuple[str, float], spoke: Spoken, learnt: Learnt, sentiment_p: Shares) -> Judgement:
    cues = cued(post.folded, told[0], learnt.urgent)
    return judge(spoke.fired, sentiment_p, learnt, cues, is_reply_to_us=post.hints.is_reply_to_us)


def _words(post: _Post, grams: Ngrams, at: int, named: Named, language: str, described: set[int]) -> Words:
    """A post's words, and among them those that name employees."""
    known = post.hints.known_names
    names = words_of(known)
    whom = Whom(post.text, named, post.said, names, language in _TAUGHT)
    people = staff_in(post.text, post.folded, known, whom.employees(), whom.is_nobody, described)
    return Words(post.text, post.folded, grams, at, post.said, names, people)


def _reading(one: _Understood, marks: Mapping[Why, tuple[Span, ...]], reader: str) -> Reading:
    judged, label = one.judged, _likeliest(one.sentiment_p)
    unsure = _doubts(one)
    return Reading(
        reader=reader,
        language=one.language,
        language_p=one.language_p,
        sentiment=label,
        sentiment_p=one.sentiment_p,
        sentiment_words=() if label is Sentiment.NEUTRAL else marks[of_sentiment(label)],
        act=judged.act,
        act_p=judged.act_p,
        act_because=judged.act_because,
        urgency=judged.urgency,
        urgency_p=judged.urgency_p,
        urgency_because=(Because(LEARNT, marks[URGENT]),) if URGENT in marks else judged.urgency_because,
        staff=one.words.people,
        sure=not unsure,
        aspects=_opinions(one.learnt, marks),
        unsure=unsure,
    )


def _opinions(learnt: Learnt, marks: Mapping[Why, tuple[Span, ...]]) -> tuple[Opinion, ...]:
    """The aspects that are judged, the surest first."""
    found = [
        Opinion(_ASPECTS[aspect], LABELS[polarity], p, marks[of_aspect(aspect, polarity)])
        for aspect, polarity, p in learnt.judged
    ]
    return tuple(sorted(found, key=lambda one: -one.p))


def _felt(grams: Ngrams, said: Sequence[Said | None]) -> Floats:
    """Of each text the plain sum of both readers' logits, cooled so that its probabilities are honest.

    Where one hears praise and the other blame, the mean of their probabilities: neither may shout the other down.
    """
    felt = feelings.logits(grams)
    for at, one in enumerate(said):
        if one is None:
            continue
        first = felt[at]
        if {int(first.argmax()), int(one.sentiment.argmax())} == {0, 2}:
            shares = [softmax(first * _FIRST_WEIGHS), softmax(one.sentiment * _SECOND_WEIGHS)]
            felt[at] = np.log(np.mean(shares, axis=0) + 1e-6)
        else:
            felt[at] = first * _FIRST_WEIGHS + one.sentiment * _SECOND_WEIGHS
    return felt


def _rating_says(rating: float | None) -> Shares:
    """Stars as odds: they were given by the author, but some praise with one star and some scold with five."""
    lean = 0.0 if rating is None else max(-1.0, min(1.0, (rating - 3.0) / 2.0)) * 2.0
    return max(-lean, 0.0), 0.0, max(lean, 0.0)


def _denial_says(spoke: Spoken) -> Shares:
    """ "Never rude" is full of sad n-grams and yet kind."""
    if spoke.harm_denied:
        return -3.5, 0.0, 2.0
    return -2.0 if spoke.harm_alike else 0.0, 0.0, 0.0


def _act_says(judged: Judgement) -> Shares:
    """A rule sees harm without sad words; what it says is worth so much to the sentiment."""
    if not judged.act_because:
        return 0.0, 0.0, 0.0
    if judged.act in (Act.COMPLAINT, Act.THREAT):
        return 3.0 if judged.urgency >= Urgency.NOW else 1.5, 0.0, 0.0
    if judged.act in (Act.THANKS, Act.INFORMATION):
        resolved = any(one.rule == "resolved" for one in judged.act_because)
        return 0.0, 0.0, 3.0 if resolved else 1.5
    return 0.0, 0.5, 0.0  # who asks or wishes for something is often unhappy, too


def _doubts(one: _Understood) -> tuple[Unsure, ...]:
    """Why it would rather not say; nothing where it is sure."""
    letters = islice(filter(str.isalpha, one.post.folded.text[:MAX_CHARS]), _FEW_LETTERS)
    is_short = len(list(letters)) < _FEW_LETTERS
    doubts = (
        (Unsure.SHORT, is_short),
        (Unsure.LANGUAGE, not is_short and one.language not in (languages.OURS if one.learnt.is_both else _TAUGHT)),
        (Unsure.IRONY, one.learnt.irony > _IRONIC_FROM or _looks_ironic(one.spoke, one.post.folded)),
        (Unsure.MIXED, one.is_mixed or one.learnt.mixed > _MIXED_FROM),
        (Unsure.CLOSE, max(one.sentiment_p) < _SURE_FROM),
    )
    return tuple([doubt for doubt, holds in doubts if holds])


def _looks_ironic(spoke: Spoken, folded: Folded) -> bool:
    """Praise beside harm that nobody says was put right."""
    put_right = any(one.rule.wins for one in spoke.fired)
    harm = any(one.rule.act in (Act.COMPLAINT, Act.THREAT) for one in spoke.fired)
    return harm and not put_right and _PRAISE.search(folded.text) is not None


def _are_mixed(texts: Sequence[Folded]) -> list[bool]:
    """Of each: do what stands before a "but" and what stands after it pull apart?"""
    buts = {at: but for at, folded in enumerate(texts) if (but := _BUT.search(folded.text))}
    sides = [side for but in buts.values() for side in (but.string[: but.start()], but.string[but.end() :])]
    mixed = [False] * len(texts)
    if sides:
        felt = feelings.logits(feelings.ngrams(sides))
        pulls = (felt[:, 2] - felt[:, 0]).reshape(-1, 2)
        apart = (pulls[:, 0] * pulls[:, 1] < 0) & (abs(pulls).min(axis=1) > 0.5)
        for at, is_apart in zip(buts, apart.tolist(), strict=True):
            mixed[at] = is_apart
    return mixed


def warm() -> None:
    """Read all tables now (about a second), so that the first post does not wait for them."""
    languages.warm()
    feelings.model()
    heads.model()
    employees.warm()
    rules()
    read("", Hints())
