"""The clues beside a message: who else said so, what its author wrote before, what it tells of a visit."""

from __future__ import annotations

from ouidire.domain.enrichment import Act, Aspect, Sentiment
from ouidire.domain.voices import Detail, Voice, voices
from ouidire.enrich.read import Hints, read

ANGRY = "Hier soir j'ai attendu 40 minutes, service lamentable, 18 € le plat froid"


def _voice(author: str, text: str) -> Voice:
    return Voice(author, text, read(text, Hints()))


def test_one_voice_among_others_who_praise_is_seen_as_such() -> None:
    praise = [_voice(f"p{n}", "Service adorable, merci à toute l'équipe") for n in range(9)]
    agrees = _voice("also", "Service lamentable, on a trop attendu")
    found = voices(_voice("angry", ANGRY), [*praise, agrees, _voice("angry", ANGRY)], [])
    assert found.sentiment is Sentiment.NEGATIVE
    assert found.aspect in (Aspect.SERVICE, Aspect.WAITING)
    if found.aspect is Aspect.SERVICE:
        assert (found.alike, found.otherwise) == (1, 9)
    assert found.same_words == 0, "what the author writes twice is one voice"


def test_a_person_who_writes_ten_times_is_one_voice() -> None:
    again = [_voice("fan", f"Service lamentable, encore une fois {n}") for n in range(10)]
    assert voices(_voice("angry", "Service lamentable"), again, []).alike <= 1


def test_what_it_tells_of_a_visit_is_named() -> None:
    found = voices(_voice("angry", ANGRY), [], [])
    assert {Detail.TIME, Detail.SUM, Detail.FIRST_PERSON} <= set(found.details)
    assert voices(_voice("x", "Nul."), [], []).details == ()
    assert voices(_voice("x", "★"), [], []).only_stars


def test_earlier_complaints_of_its_author_are_counted() -> None:
    before = [_voice("angry", "Service lamentable, plus jamais"), _voice("angry", "Merci, délicieux")]
    found = voices(_voice("angry", ANGRY), [], before)
    assert (found.before, found.complained) == (2, sum(b.reading.act is Act.COMPLAINT for b in before if b.reading))
    assert found.complained == 1


def test_nearly_the_same_words_are_noticed_and_short_ones_are_not() -> None:
    other = _voice("other", "Service rapide et souriant, on reviendra avec plaisir chez eux")
    assert voices(_voice("angry", ANGRY), [_voice("copy", ANGRY.upper() + " !!"), other], []).same_words == 1
    assert voices(_voice("x", "Très bon"), [_voice("y", "Très bon")], []).same_words == 0
    copies = [_voice(f"c{n}", ANGRY) for n in range(3)]
    assert voices(_voice("angry", ANGRY), copies, []).same_words == 3
