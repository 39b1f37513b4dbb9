"""Read one text: the enrich stage's only entrance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ouidire.domain.enrichment import Act, Reading, Sentiment, Urgency
from ouidire.enrich import language as languages
from ouidire.enrich import sentiment as feelings
from ouidire.enrich.judge import Judgement, judge
from ouidire.enrich.rules import Spoken, rules, spoken
from ouidire.enrich.sentiment import LABELS, Floats, Ngrams
from ouidire.shield.fold import Folded, fold
from ouidire.shield.staff import staff_in

READER = "ngram-1+rules-1"

_SURE_FROM = 0.6
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
    `known_names` are names of places and brands, which are never taken for a person's.
    """

    languages: tuple[str, ...] = ()
    written_at: datetime | None = None
    rating: float | None = None
    is_reply_to_us: bool = False
    known_names: tuple[str, ...] = ()


def read(text: str, hints: Hints) -> Reading:
    """What `text` means, with confidences and the words that say so; pure, and never raises whatever the text is."""
    folded = fold(text)
    language, language_p = languages.language_of(text, folded.text, hints.languages)
    grams = feelings.ngrams(folded.text)
    spoke = spoken(folded, language)
    heard = feelings.logits(grams) + _rating_says(hints.rating) + _denial_says(spoke)
    judged = judge(spoke.fired, feelings.softmax(heard), is_reply_to_us=hints.is_reply_to_us)
    probabilities = feelings.softmax(heard + _act_says(judged))
    label = LABELS[int(np.argmax(probabilities))]
    return Reading(
        reader=READER,
        language=language,
        language_p=language_p,
        sentiment=label,
        sentiment_p=probabilities,
        sentiment_words=_words_for(label, folded, grams),
        act=judged.act,
        act_p=judged.act_p,
        act_because=judged.act_because,
        urgency=judged.urgency,
        urgency_p=judged.urgency_p,
        urgency_because=judged.urgency_because,
        staff=staff_in(text, folded, hints.known_names),
        sure=_is_sure(probabilities, language, spoke, folded),
    )


def _words_for(label: Sentiment, folded: Folded, grams: Ngrams) -> tuple[tuple[int, int], ...]:
    return () if label is Sentiment.NEUTRAL else feelings.heavy_words(folded, grams, label)


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
    else:
        lean = (0.0, 1.5, 0.0)
    return np.array(lean, dtype=np.float32)


def _is_sure(probabilities: tuple[float, float, float], language: str, spoke: Spoken, folded: Folded) -> bool:
    if language not in ("fr", "en") or max(probabilities) < _SURE_FROM:
        return False
    return not _looks_ironic(spoke, folded) and not _is_mixed(folded)


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
    rules()
    read("", Hints())
