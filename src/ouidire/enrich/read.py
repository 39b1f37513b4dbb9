"""Read one text: the enrich stage's only entrance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from ouidire.domain.enrichment import Act, Because, Reading, Sentiment, Unsure, Urgency
from ouidire.enrich import heads
from ouidire.enrich import language as languages
from ouidire.enrich import sentiment as feelings
from ouidire.enrich.encoder import VERSION, Encoder, Said
from ouidire.enrich.judge import Judgement, judge
from ouidire.enrich.layer import Layer
from ouidire.enrich.learnt import Learnt, Words, opinions, together
from ouidire.enrich.rules import Spoken, cued, rules, spoken
from ouidire.enrich.sentiment import LABELS, Floats, Ngrams
from ouidire.shield.fold import Folded, fold
from ouidire.shield.known import words_of
from ouidire.shield.staff import staff_in

READER = "ngram-4+rules-3"
BOTH = f"ngram-4+{VERSION}+rules-3"
LEARNT = "like_others"
"""The name of the reason where no rule speaks: it reads like what was urgent before."""

MAX_CHARS = 6000
_TAUGHT = ("fr", "en")
"""The languages that the first reader was taught well enough to read alone."""

_SURE_FROM, _IRONIC_FROM, _MIXED_FROM, _FEW_LETTERS = 0.6, 0.5, 0.6, 2
_FIRST_WEIGHS, _SECOND_WEIGHS = 0.6, 0.4
"""What each reader's feeling counts for when both have read; found on held-out texts."""

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
    """The same for many texts, in their order; the second reader takes them in batches."""
    said = second.says(texts) if second is not None else [None] * len(texts)
    return [_read(*one) for one in zip(texts, hints, said, strict=True)]


def _nothing(reader: str, rating: float | None) -> Reading:
    """Of no words at all nothing is read, but what its stars say."""
    probabilities = feelings.softmax(_rating_says(rating))
    return Reading(
        reader=reader,
        language=languages.UNKNOWN,
        language_p=1.0,
        sentiment=Sentiment.NEUTRAL if rating is None else LABELS[int(np.argmax(probabilities))],
        sentiment_p=probabilities,
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


def _read(text: str, hints: Hints, said: Said | None) -> Reading:
    folded = fold(text)
    if not any(sign.isprintable() and not sign.isspace() for sign in text):
        return _nothing(READER if said is None else BOTH, hints.rating)
    language, language_p = languages.language_of(text, hints.languages)
    grams = feelings.ngrams(folded.text)
    spoke = spoken(folded, language)
    leans = hints.layer.leans(folded.text) if hints.layer is not None else None
    learnt = together(heads.heard(grams), said, leans)
    heard = (
        _felt(grams, said)
        + (0.0 if leans is None else leans.sentiment)
        + _rating_says(hints.rating)
        + _denial_says(spoke)
    )
    cues = cued(folded, language, learnt.urgent)
    judged = judge(spoke.fired, feelings.softmax(heard), learnt, cues, is_reply_to_us=hints.is_reply_to_us)
    probabilities = feelings.softmax(heard + _act_says(judged))
    label = LABELS[int(np.argmax(probabilities))]
    words = Words(text, folded, grams, said, words_of(hints.known_names))
    people = staff_in(text, folded, hints.known_names, words.employees(), words.is_nobody)
    words = replace(words, people=people)
    return Reading(
        reader=READER if said is None else BOTH,
        language=language,
        language_p=language_p,
        sentiment=label,
        sentiment_p=probabilities,
        sentiment_words=() if label is Sentiment.NEUTRAL else words.for_sentiment(label),
        act=judged.act,
        act_p=judged.act_p,
        act_because=judged.act_because,
        urgency=judged.urgency,
        urgency_p=judged.urgency_p,
        urgency_because=judged.urgency_because or _learnt_urgent(judged, words),
        staff=people,
        sure=not (unsure := _doubts(probabilities, language, spoke, folded, learnt)),
        aspects=opinions(learnt, words),
        unsure=unsure,
    )


def _felt(grams: Ngrams, said: Said | None) -> Floats:
    """The plain sum of both readers' logits, cooled so that its probabilities are honest.

    Where one hears praise and the other blame, the mean of their probabilities: neither may shout the other down.
    """
    first = feelings.logits(grams)
    if said is None:
        return first
    if {int(first.argmax()), int(said.sentiment.argmax())} == {0, 2}:
        shares = [feelings.softmax(first * _FIRST_WEIGHS), feelings.softmax(said.sentiment * _SECOND_WEIGHS)]
        mean: Floats = np.log(np.mean(shares, axis=0) + 1e-6).astype(np.float32)
        return mean
    return first * _FIRST_WEIGHS + said.sentiment * _SECOND_WEIGHS


def _learnt_urgent(judged: Judgement, words: Words) -> tuple[Because, ...]:
    return () if judged.urgency < Urgency.NOW else (Because(LEARNT, words.for_urgent()),)


def _rating_says(rating: float | None) -> Floats:
    """Stars as odds: they were given by the author, but some praise with one star and some scold with five."""
    lean = 0.0 if rating is None else float(np.clip((rating - 3.0) / 2.0, -1.0, 1.0)) * 2.0
    return np.array([max(-lean, 0.0), 0.0, max(lean, 0.0)], dtype=np.float32)


def _denial_says(spoke: Spoken) -> Floats:
    """ "Never rude" is full of sad n-grams and yet kind."""
    if spoke.harm_denied:
        return np.array([-3.5, 0.0, 2.0], dtype=np.float32)
    return np.array([-2.0 if spoke.harm_alike else 0.0, 0.0, 0.0], dtype=np.float32)


def _act_says(judged: Judgement) -> Floats:
    """A rule sees harm without sad words; what it says is worth so much to the sentiment."""
    if not judged.act_because:
        lean = (0.0, 0.0, 0.0)
    elif judged.act in (Act.COMPLAINT, Act.THREAT):
        lean = (3.0 if judged.urgency >= Urgency.NOW else 1.5, 0.0, 0.0)
    elif judged.act in (Act.THANKS, Act.INFORMATION):
        resolved = any(one.rule == "resolved" for one in judged.act_because)
        lean = (0.0, 0.0, 3.0 if resolved else 1.5)
    else:  # who asks or wishes for something is often unhappy, too
        lean = (0.0, 0.5, 0.0)
    return np.array(lean, dtype=np.float32)


def _doubts(
    probabilities: tuple[float, float, float], language: str, spoke: Spoken, folded: Folded, learnt: Learnt
) -> tuple[Unsure, ...]:
    """Why it would rather not say; nothing where it is sure."""
    letters = sum(letter.isalpha() for letter in folded.text[:MAX_CHARS])
    doubts = {
        Unsure.SHORT: letters < _FEW_LETTERS,
        Unsure.LANGUAGE: letters >= _FEW_LETTERS and language not in (languages.OURS if learnt.is_both else _TAUGHT),
        Unsure.IRONY: _looks_ironic(spoke, folded) or learnt.irony > _IRONIC_FROM,
        Unsure.MIXED: _is_mixed(folded) or learnt.mixed > _MIXED_FROM,
        Unsure.CLOSE: max(probabilities) < _SURE_FROM,
    }
    return tuple(doubt for doubt, holds in doubts.items() if holds)


def _looks_ironic(spoke: Spoken, folded: Folded) -> bool:
    """Praise beside harm that nobody says was put right."""
    put_right = any(one.rule.wins for one in spoke.fired)
    harm = any(one.rule.act in (Act.COMPLAINT, Act.THREAT) for one in spoke.fired)
    return harm and not put_right and _PRAISE.search(folded.text) is not None


def _is_mixed(folded: Folded) -> bool:
    """What stands before a "but" and what stands after it pull apart."""
    but = _BUT.search(folded.text)
    if not but:
        return False
    sides = [feelings.logits(feelings.ngrams(side)) for side in (folded.text[: but.start()], folded.text[but.end() :])]
    pulls = [float(side[2] - side[0]) for side in sides]
    return pulls[0] * pulls[1] < 0 and min(map(abs, pulls)) > 0.5


def warm() -> None:
    """Read all tables now (about a second), so that the first post does not wait for them."""
    languages.warm()
    feelings.model()
    heads.model()
    rules()
    read("", Hints())
