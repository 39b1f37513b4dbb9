"""Spans of names of people, and of words that single one employee out, to be masked by role.

A leak is worse than a false mask, so a known first name with a capital is masked wherever it stands, unless what
comes before it makes it a place ("rue", "chez", "café"); a word that is also a name ("Rose", "Florence", "Will")
wants a cue beside it. Where the names come from: NAMES.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib import resources

from ouidire.domain.enrichment import Span
from ouidire.domain.words import common
from ouidire.shield.fold import Folded, fold
from ouidire.shield.known import folded as names_folded
from ouidire.shield.stems import Stems

_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BEFORE, _AFTER = 60, 30
_SHORTEST = 3
_LONGEST = 40
"""No word of more letters is anybody's name; nor is it remembered."""

_GLUED = re.compile(r"(?:merci|bravo|team|thanks?|thankyou|love|teamof|equipe|chez)(\w{3,})")
_AND = frozenset({"et", "and"})
_LISTED = re.compile(r", ?|,? (?:et|and|&) ")
_INITIAL = re.compile(r" [A-Z]\.(?!\w)")
_QUOTE = r"""[ "'«“(:,]{0,3}$"""


class Follows(Enum):
    """What the words with a capital that come next belong to."""

    NOTHING = ""
    SOMEONE = "someone"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Cues:
    """Patterns for what stands before or after a name, and for descriptions."""

    strong: re.Pattern[str]
    title: re.Pattern[str]
    titled: re.Pattern[str]
    weak: re.Pattern[str]
    does: re.Pattern[str]
    is_someone: re.Pattern[str]
    place_before: re.Pattern[str]
    guest_before: re.Pattern[str]
    place_after: re.Pattern[str]
    described: tuple[re.Pattern[str], ...]
    descriptions: Stems
    leading: re.Pattern[str]
    trailing: re.Pattern[str]
    initial: re.Pattern[str]
    nobody: frozenset[str]


@cache
def _cues() -> Cues:
    kept = tomllib.loads(_file("staff.toml"))
    any_of = {name: f"(?:{'|'.join(patterns)})" for name, patterns in kept.items()}
    role, titles, said, served = any_of["roles"], any_of["titles"], any_of["said_name"], any_of["served_by"]
    signs = any_of["signs"].replace("<sign_fr>", any_of["sign_fr"]).replace("<sign_en>", any_of["sign_en"])
    # "the waiter, Kevin" and "served by Kevin": any capitalised word is somebody there.
    strong = rf"(?<!\w)(?:{titles}|{role},?(?: {said})?|{served}|{any_of['praise_to']}|une? certaine?|a certain)"
    is_ = rf",? ?[(]?(?:(?:la|le|notre|votre|the|our|your|une?|an?) (?:\w+ )?{role}|{any_of['at_work']})(?!\w)"
    articles = r"(?:de |du |des |de la |d'|l'|le |la |les |au |aux |a )?"
    described = _descriptions(role, any_of["persons"], any_of["looks"], signs)
    return Cues(
        strong=re.compile(strong + _QUOTE),
        # "5 p.m. Julie", "à 200 m. Julie"
        title=re.compile(rf"(?<![\w.])(?<!\d )(?:{titles}|{any_of['titles_too']}) $"),
        titled=re.compile(rf"(?<!\w)(?:{any_of['surname_after']}|{any_of['named_plainly']}){_QUOTE}"),
        weak=re.compile(rf"(?<!\w)(?:{said}|{any_of['beside']})" + _QUOTE),
        does=re.compile(rf"^(?: ?(?:{any_of['does']})(?!\w)|{is_})"),
        is_someone=re.compile(is_),
        place_before=re.compile(rf"(?<!\w){any_of['place_before']} ?{articles}" + _QUOTE),
        guest_before=re.compile(rf"(?<!\w){any_of['guest_before']}" + _QUOTE),
        place_after=re.compile(rf"^{any_of['place_after']}"),
        described=described,
        descriptions=Stems([pattern.pattern for pattern in described]),
        leading=_leading(role, any_of["persons"]),
        trailing=_trailing(any_of["desks"]),
        initial=re.compile(rf"(?<!\w)(?:{any_of['surname_after']}|m\.|madame|monsieur) ([a-z])\.(?!\w)"),
        nobody=frozenset(kept["nobody"]),
    )


def _descriptions(role: str, person: str, looks: str, signs: str) -> tuple[re.Pattern[str], ...]:
    """Such as "la serveuse blonde", "le type au crâne rasé", "blonde waitress", "la dame brune à la caisse"."""
    several = f"{looks}(?: (?:et |and )?{looks})*"
    desk = r"(?:caisse|comptoir|accueil|bar|reception|service|salle|rayon|till|counter|desk|register|checkout|door)"
    at = rf"(?:a|au|en|de|du|at|behind|on|qui (?:est|etait)) (?:a |au )?(?:la |l'|the )?{desk}"
    is_ = "(?:est |etait |was |is )?(?:une? |la |le )?(?:tres |plutot |assez |un peu |very )?"
    small = "(?:(?:jeune|vieux|vieille|petite?|grande?|tall|young|old|older|little|big|new|nouvelle?) )*"
    which = rf"(?:l'|(?:la|le|les|un|une|the|a|that|this|cette|ce|cet|notre|our|au) )?{small}"
    place = rf"(?: (?:{at}|au \w+ \w+|de (?:la |l')?{desk}|du {desk}|\w+ caisse \d+)(?: \d+)?)?"
    wordings = (
        rf"{which}{role} {is_}{several}(?: {signs})?{place}",
        rf"{which}(?:{role}|{person})(?: {looks})?,? {signs}{place}",
        rf"{which}{several} {role}{place}",
        rf"{which}{person} {several} {at}(?: \d+)?",
        rf"{which}{several} {person} {at}(?: \d+)?",
        rf"{which}{several} {at}(?: \d+)?",
    )
    return tuple(re.compile(rf"(?<!\w)(?:{wording})(?!\w)") for wording in wordings)


def _leading(role: str, person: str) -> re.Pattern[str]:
    """What stands right before a trait and belongs to the description: "la serveuse qui", "the two", "le mec avec"."""
    which = r"(?:l'|(?:la|le|les|un|une|des|the|a|an|that|this|your|our|cette|ce|cet|notre|votre) (?:deux |two )?)"
    which_has = r"(?:,? (?:qui|who|that|avec|with|au|aux|a la|a l'|a|en|in(?: the)?))?"
    return re.compile(rf"(?<!\w)(?:{which}?(?:{role}|{person}){which_has} |{which})$")


def _trailing(desk: str) -> re.Pattern[str]:
    """What stands right behind a name and tells as much: "Mireille *du guichet 3*"."""
    at = r"(?:du|de la|d'la|au|a la|en|from|at|on|behind)(?: the)?"
    return re.compile(rf" {at} {desk}(?: (?:no\.?|n°|numero|number))? ?#?\d+(?!\w)")


@cache
def _names() -> frozenset[str]:
    return _lines("names.txt")


@cache
def _rare_names() -> frozenset[str]:
    return _lines("names_rare.txt")


def is_first_name(word: str) -> bool:
    """Is this word, folded, a first name that many bear?"""
    return word in _names()


def is_word_too(word: str) -> bool:
    """Is this first name, folded, an ordinary word as well ("rose", "will")?"""
    return word in _also_words()


def _is_name(word: str) -> bool:
    return word in _names() or word in _rare_names()


def _is_name_or_two(word: str) -> bool:
    return _is_name(word) or ("-" in word and all(map(_is_name, word.split("-"))))


@cache
def _also_words() -> frozenset[str]:
    return _lines("names_also_words.txt")


def _lines(file: str) -> frozenset[str]:
    return frozenset(_file(file).split())


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def staff(text: str, known_names: Iterable[str] = ()) -> tuple[Span, ...]:
    """Where people are named or described in `text`, in order, not overlapping; never inside one of `known_names`."""
    return staff_in(text, fold(text), known_names)


def staff_in(
    text: str,
    folded: Folded,
    known_names: Iterable[str] = (),
    also: Iterable[Span] = (),
    nobody: Callable[[Span], bool] = lambda span: False,
    described: Iterable[int] | None = None,
) -> tuple[Span, ...]:
    """`staff`, for a caller who has `text` folded already and a reader at hand.

    `also` is what the reader found besides, `nobody` whether it hears that what was found is nobody of the house: it is
    not asked where the words around say who that is ("Léa, your waitress"). `described` is what `may_be_described` says
    of the text, for who asks it of many at once.
    """
    kept = _spans_of(known_names, folded)
    described = may_be_described([folded])[0] if described is None else described
    listed = [*_named(text, folded), *_described(folded, described)]
    found = [*(span for span in listed if _is_said(folded, span) or not nobody(span)), *also]
    return _merged(_widened(text, folded, span, kept) for span in found if not _overlaps(span, kept))


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _is_said(folded: Folded, span: Span) -> bool:
    """Do the words right before or behind say that this is somebody of the house?"""
    start, end = map(folded.found, span)
    strong = _cues().strong.search(folded.text, max(0, start - _BEFORE), start)
    return bool(strong or _cues().is_someone.match(folded.text, end))


def _widened(text: str, folded: Folded, span: Span, kept: Iterable[Span]) -> Span:
    """A description with the role that it belongs to, a name with what makes it somebody's: "*the cook who* sings",
    "*Mme* Awa *B.*", "Léa *de la caisse 3*"; not with what is `kept`."""
    start, end = span
    at, until = folded.found(start), folded.found(end)
    title = _cues().title.search(folded.text, max(0, at - _BEFORE), at)
    if title or text[start].isupper() or _is_name(folded.text[at:until]):
        initial = _INITIAL.match(text, end)
        end = initial.end() if initial else end
        tail = _cues().trailing.match(folded.text, folded.found(end))
        end = folded.span(tail.start(), tail.end())[1] if tail else end
        lead = title
    else:
        lead = _cues().leading.search(folded.text, max(0, at - _BEFORE), at)
    start = folded.span(lead.start(), at)[0] if lead else start
    return span if _overlaps((start, end), kept) else (start, end)


def bare_name(name: str) -> str:
    """A name without what it may be masked with: its title, and the desk of who bears it.

    >>> bare_name("Mme Tremblay"), bare_name("Léa de la caisse 3")
    ('Tremblay', 'Léa')
    """
    folded = fold(name)
    lead = re.search(r"(?<=\s)\S", name)
    title = lead and _cues().title.search(folded.text, 0, folded.found(lead.start()))
    bare = name[lead.start() :] if lead and title else name
    tails = (_cues().trailing.match(fold(bare).text, at.start()) for at in re.finditer(r"\s", bare))
    tail = next(filter(None, tails), None)
    return bare[: tail.start()] if tail else bare


def _spans_of(known_names: Iterable[str], folded: Folded) -> list[Span]:
    spans = []
    for wanted in names_folded(tuple(known_names)):
        if wanted in folded.text:  # compiling thousands of names would take long
            spans += [
                folded.span(*hit.span()) for hit in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded.text)
            ]
    return spans


def may_be_described(texts: Sequence[Folded]) -> list[set[int]]:
    """For each text the numbers of the descriptions of people that may stand in it; no other does."""
    return _cues().descriptions.may_match([folded.text for folded in texts])


def _described(folded: Folded, some: Iterable[int]) -> Iterator[Span]:
    for at in sorted(some):
        for hit in _cues().described[at].finditer(folded.text):
            yield folded.span(*hit.span())
    for hit in _cues().initial.finditer(folded.text):
        yield folded.span(*hit.span(1))


def _named(text: str, folded: Folded) -> Iterator[Span]:
    """First names, and the surname that follows one; "place Victor Hugo" is neither."""
    shouting, tagged = text.isupper(), "#" in folded.text
    before, follows, nobody = 0, Follows.NOTHING, _cues().nobody
    for hit in _TOKEN.finditer(folded.text):
        word = hit[0]
        if word in _AND:
            continue
        at, until = hit.span()
        start, end = folded.span(at, until)
        capital = text[start].isupper()
        nameable = capital and not shouting and len(word) > 1 and word not in nobody
        if follows is Follows.NOTHING and not nameable and not tagged and (len(word) > _LONGEST or _is_plain(word)):
            before = until
            continue
        gap = folded.text[before:at]
        if not (nameable and (gap == " " or (follows is Follows.SOMEONE and _LISTED.fullmatch(gap))) and follows.value):
            follows = _who(word, capital=capital, nameable=nameable, around=(folded.text, at, until))
        before = until
        if follows is Follows.SOMEONE:
            yield start, end
        elif glued := _glued(folded.text, at, until):
            yield folded.span(*glued)


@lru_cache(maxsize=50_000)
def _is_plain(word: str) -> bool:
    """Is this, where it could be no name by its capital, nobody: no name, and a word that everybody uses?"""
    return not _is_name_or_two(word) and not _may_be_titled(word)


def _glued(text: str, start: int, end: int) -> Span | None:
    """The name in "#mercijulie", "#teamhugo"."""
    found = _GLUED.match(text, start, end) if text[start - 1 : start] == "#" else None
    return found.span(1) if found and found[1] in _names() else None


def _who(word: str, *, capital: bool, nameable: bool, around: tuple[str, int, int]) -> Follows:
    name = _is_name_or_two(word)
    text, start, end = around
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    elsewhere = (_cues().place_before, _cues().guest_before)
    if name and (any(where.search(before) for where in elsewhere) or _cues().place_after.search(after)):
        return Follows.PLACE
    if name:
        someone = _is_first_name(word, before, after, capital=capital)
    else:
        someone = nameable and _cues().strong.search(before) is not None
        someone = someone or _is_titled(word, before)
    return Follows.SOMEONE if someone else Follows.NOTHING


def _is_titled(word: str, before: str) -> bool:
    """ "dr nguyen", "badge solveig": who is called so is somebody, whatever the case, if it is no common word."""
    return _may_be_titled(word) and _cues().titled.search(before) is not None


def _may_be_titled(word: str) -> bool:
    return len(word) >= _SHORTEST and word not in _cues().nobody and word not in common()


def _is_first_name(word: str, before: str, after: str, *, capital: bool) -> bool:
    if word not in _names() and not all(part in _names() for part in word.split("-")):
        return capital or _cued(before, after)  # a rare one
    if word not in _also_words():
        return capital or len(word) >= 5 or _cued(before, after)
    return capital and _cued(before, after) and _not_opening(before, after)


def _cued(before: str, after: str) -> bool:
    return bool(_cues().strong.search(before) or _cues().weak.search(before) or _cues().does.search(after))


def _not_opening(before: str, after: str) -> bool:
    """A word with a capital because a sentence begins is a name only when it acts: "Rose m'a servie"."""
    opens = not before.strip() or before.rstrip()[-1] in ".!?…\n"
    return not opens or _cues().does.search(after) is not None


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
