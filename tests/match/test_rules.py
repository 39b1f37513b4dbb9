"""Boolean rules: what they mean, how they are written, by which words they are heard, and what is refused."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.domain.fold import fold
from ouidire.domain.item import Author, Geo, Item
from ouidire.domain.mention import Ask, EvidenceKind
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.catalogue import Catalogue
from ouidire.match.checks import check_watch
from ouidire.match.fulfil import fulfilled, looked_for
from ouidire.match.matcher import Matcher
from ouidire.match.post import Post
from ouidire.match.rule_text import MAX_LETTERS, MAX_LEVELS, MAX_TERMS, RuleRefused, parse
from ouidire.match.rules import And, Carried, From, Has, Lang, Near, Not, Or, Phrase, Rule, Town, Word, anchors

from .bakery import BRAND, CRESCENT, LAVAL, NOW, Say

PLACES = [CRESCENT, LAVAL]


def asked(rule: str, item: Item, places: list[Place] | None = None) -> list[str] | None:
    """The words by which `item` fulfils the rule, None when it does not."""
    found = fulfilled(Watch("w", "mie", rule=rule), Post(item), Catalogue((), places or []))
    return None if found is None else [one.found for one in found]


@pytest.mark.parametrize(
    ("rule", "text", "found"),
    [
        ("pain", "Le PAIN, froid", ["PAIN"]),
        ("pain", "copains", None),
        ("l’œuf", "L'Oeuf dur", ["L'Oeuf"]),
        ("pain froid", "froid comme le pain", ["pain", "froid"]),
        ("pain AND froid", "pain chaud", None),
        ("pain ET froid", "froid, le pain", ["pain", "froid"]),
        ("pain OR brioche", "une brioche", ["brioche"]),
        ("pain OU brioche", "un gâteau", None),
        ("pain NOT froid", "pain chaud", ["pain"]),
        ("pain SAUF froid", "pain froid", None),
        ("pain OR brioche froid", "pain", ["pain"]),
        ("(pain OR brioche) froid", "pain", None),
        ('"pain chaud"', "pain… chaud !", ["pain… chaud"]),
        ("« pain chaud »", "pain bien chaud", None),
        ("“pain chaud”", "PAIN 🥖 CHAUD", ["PAIN 🥖 CHAUD"]),
        ("boulang*", "nos boulangères", ["boulangères"]),
        ("boulang*", "boulan", None),
        ('"bonne boulang*"', "bonne boulangerie", ["bonne boulangerie"]),
        ("pain NEAR/2 froid", "froid, ce pain", ["froid", "pain"]),
        ("pain NEAR/2 froid", "pain pas très froid", None),
        ("pain PRÈS/3 froid", "pain pas très froid", ["pain", "froid"]),
        ("pain NEAR/1 pain", "pain", None),
        ("pain NEAR/1 pain", "pain pain", ["pain", "pain"]),
        ("(pain OR brioche) NEAR/3 (froid OR sec)", "brioche un peu sec", ["brioche", "sec"]),
        ("NOT NOT pain", "pain", []),
        ("NOT (pain NEAR/2 froid)", "pain chaud", []),
        ("a NEAR/1 b OR pain AND NOT sec", "pain sec, b a", ["b", "a"]),
    ],
)
def test_what_a_rule_means(say: Say, rule: str, text: str, found: list[str] | None) -> None:
    got = asked(rule, say(text))
    assert (got and sorted(got)) == (found and sorted(found))


@pytest.mark.parametrize(
    ("rule", "fields", "holds"),
    [
        ("lang:fr", {"languages": ("fr",)}, True),
        ("langue:FR", {"languages": ("en", "fr-CA")}, True),
        ("lang:fr", {"languages": ("fro", "en")}, False),
        ("lang:fr", {}, False),
        ("has:link", {"links": ("https://lamie.fr",)}, True),
        ("avec:lien", {"text": "vu sur https://lamie.fr"}, True),
        ("has:link", {"text": "lamie.fr"}, False),
        ("has:picture", {"has_picture": True}, True),
        ("has:photo", {}, False),
        ("from:@lulu", {"author": Author("did:plc:x", "Lulu")}, True),
        ("from:lulu", {"author": Author("did:plc:x", "lulu.example")}, False),
        ("de:did:plc:x", {"author": Author("did:plc:x", "lulu")}, True),
        ("near:Quimper", {"text": "À QUIMPER hier"}, True),
        ("near:Quimper", {"text": "À Brest hier"}, False),
        ("près:29000", {"text": "29000"}, True),
        ("near:Quimper", {"geo": Geo(47.99, -4.10)}, True),
        ("near:Quimper", {"geo": Geo(48.09, -4.33)}, False),
        ("near:Quimper/30km", {"geo": Geo(48.09, -4.33)}, True),
        ('near:"La Rochelle"', {"text": "vu à la Rochelle"}, True),
        ("near:Saint-Malo", {"text": "#StMalo"}, True),
        ("near:Nice", {"text": "nice staff"}, False),
        ("near:Nice", {"text": "Nice staff"}, False),
        ("near:Nice", {"text": "vacances à nice"}, True),
    ],
)
def test_what_is_known_beside_the_words(say: Say, rule: str, fields: dict[str, object], holds: bool) -> None:
    assert (asked(rule, say(**fields)) is not None) is holds


def test_a_street_of_ours_is_near_its_town_and_only_for_who_has_a_place_there(say: Say) -> None:
    post = say("on attend rue Crescent")
    assert asked("near:Montréal", post, PLACES) == ["rue Crescent"]
    assert asked("near:Laval", post, PLACES) is None
    assert asked("near:Montréal", post, []) is None


@pytest.mark.parametrize(
    ("typed", "code", "at"),
    [
        ("", "nothing", 1),
        ("()", "nothing", 1),
        ('pain ""', "nothing", 6),
        ("pain (froid", "unclosed", 6),
        ("(pain OR", "after", 7),
        ("pain (", "unclosed", 6),
        ("pain) froid", "unopened", 5),
        (")", "unopened", 1),
        ('pain "très froid', "unquoted", 6),
        ("AND pain", "before", 1),
        ("pain AND", "after", 6),
        ("pain OR OR froid", "after", 6),
        ("(NOT)", "after", 2),
        ("pain NEAR froid", "apart", 6),
        ("pain NEAR/0 froid", "apart", 6),
        ("pain NEAR/99 froid", "apart", 6),
        ("pain PRES/x froid", "apart", 6),
        ("NOT pain NEAR/3 froid", "sides", 10),
        ("(a b) NEAR/3 froid", "sides", 7),
        ("lang:fr NEAR/3 froid", "sides", 9),
        ("a NEAR/3 b NEAR/3 c", "chain", 12),
        ("bo*", "star", 1),
        ("*pain", "star", 1),
        ("p*in", "star", 1),
        ("pain**", "star", 1),
        ("pain XOR froid", "operator", 6),
        ("pain && froid", "operator", 6),
        ("pain -froid", "operator", 6),
        ("pain W/5 froid", "operator", 6),
        ("pain SANS sel", "operator", 6),
        ("site:exemple.fr pain", "filter", 1),
        ("lang:français", "lang", 1),
        ("near:", "town", 1),
        ("near:5 pain", "town", 1),
        ("near:Quimper/20", "km", 1),
        ("near:Quimper/900km", "km", 1),
        ("near:Xyzzyville/20km", "where", 1),
        ("has:charm", "has", 1),
        ("from:@", "from", 1),
        ("pain 🥖", "no_letters", 6),
        ("(" * (MAX_LEVELS + 1) + "a" + ")" * (MAX_LEVELS + 1), "too_deep", MAX_LEVELS + 1),
        ("NOT " * (MAX_LEVELS + 1) + "a", "too_deep", 4 * MAX_LEVELS + 1),
        ("ab " * (MAX_TERMS + 1), "too_many", 3 * MAX_TERMS + 1),
        ("mot" * MAX_LETTERS, "too_long", 0),
    ],
)
def test_what_cannot_be_read_is_refused_with_where_and_why(typed: str, code: str, at: int) -> None:
    with pytest.raises(RuleRefused) as refused:
        parse(typed)
    assert (refused.value.code, refused.value.at) == (code, at)
    said = str(refused.value)
    assert said.endswith(".")
    assert f"character {at}:" in said or at == 0


def test_a_parenthesis_that_is_never_closed_is_shown() -> None:
    with pytest.raises(RuleRefused, match="At character 22: this “\\(” is never closed"):
        parse("boulangerie pain sec (froid OR sec")


def test_the_largest_rule_is_read_and_asked_in_a_moment(say: Say) -> None:
    deep = "(" * MAX_LEVELS + " OR ".join(["ab"] * MAX_TERMS) + ")" * MAX_LEVELS
    assert isinstance(parse(deep), Or)
    began = time.process_time()
    assert asked("a NEAR/1 " + "z" + ' "' + "a " * (MAX_TERMS - 2) + '"', say("a " * 10_000)) is None
    assert asked("(a OR bcd*) NEAR/50 z", say("a " * 10_000)) is None
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("pain", ("pain",)),
        ("pain boulangerie", ("boulangerie",)),
        ('boulang* "bonne brioche"', ("bonne brioche",)),
        ("pain OR brioche", ("pain", "brioche")),
        ("(pain OR brioche) NEAR/5 (froid OR sec)", ("pain", "brioche")),
        ("pain NOT brioche", ("pain",)),
        ('"bonne boulang*"', ("bonne",)),
        ("boulang*", ()),
        ("boulang* OR pain", ()),
        ("NOT pain", ()),
        ("lang:fr near:Quimper", ()),
        ("lang:fr (pain OR brioche)", ("pain", "brioche")),
        ("à", ()),
    ],
)
def test_a_rule_is_heard_by_words_that_must_stand_in_the_post(rule: str, words: tuple[str, ...]) -> None:
    assert anchors(parse(rule)) == words


@pytest.mark.parametrize("rule", ["NOT pain", "lang:fr", "boulang* OR pain", "pain OR lang:fr"])
def test_a_rule_alone_without_such_words_is_refused_and_beside_a_name_it_is_fine(rule: str) -> None:
    [problem] = check_watch(Watch("w", "o", rule=rule))
    assert (problem.code, problem.field) == ("rule", "rule")
    assert "has no whole word" in str(problem)
    assert check_watch(Watch("w", "o", names=("Lulu",), rule=rule)) == []


def test_a_rule_that_cannot_be_read_is_a_problem_of_its_field() -> None:
    [problem] = check_watch(Watch("w", "o", names=("Lulu",), rule="(pain"))
    assert problem.field == "rule"
    assert str(problem) == "At character 1: this “(” is never closed."
    assert isinstance(problem.__cause__, RuleRefused)


def test_a_watch_with_a_rule_and_names_needs_both(say: Say) -> None:
    matcher = Matcher([replace(BRAND, rule="(attente OR queue) NOT concours")], PLACES)
    assert matcher.match(say("La Mie Bretonne, quelle merveille")) == []
    assert matcher.match(say("quelle queue")) == []
    assert matcher.match(say("La Mie Bretonne, quelle queue pour le concours")) == []
    [match] = matcher.match(say("La Mie Bretonne, quelle QUEUE rue Crescent"))
    assert [one.found for one in match.evidence if one.kind is EvidenceKind.RULE] == ["QUEUE"]
    assert match.place_id == "crescent"


def test_an_account_of_ours_needs_no_rule(say: Say) -> None:
    matcher = Matcher([replace(BRAND, rule="attente")], PLACES)
    assert len(matcher.match(say("@lamiebretonne.bsky.social bravo"))) == 1


def test_a_watch_with_a_rule_alone_looks_for_the_rule(say: Say) -> None:
    watch = Watch("w", "mie", rule='(boulangerie OR "bon pain") (Montréal OR Laval) NOT recette')
    assert check_watch(watch) == []
    matcher = Matcher([watch], PLACES)
    [match] = matcher.match(say("Une boulangerie à Laval ?"))
    assert {(one.kind, one.found) for one in match.evidence} >= {
        (EvidenceKind.RULE, "boulangerie"),
        (EvidenceKind.RULE, "Laval"),
    }
    assert match.place_id == "laval", "a word of the rule may say which place"
    for text in ("Une boulangerie à Brest ?", "Laval", "boulangerie, recette de Laval", "du pain bon à Laval"):
        assert matcher.match(say(text)) == [], text


def test_what_fulfils_a_rule_that_is_looked_for_alone_is_wanted_however_common_its_words(say: Say) -> None:
    [match] = Matcher([Watch("w", "mie", rule="pain AND (froid OR sec)")], PLACES).match(say("le pain est froid"))
    assert (match.p, match.ask) == (1.0, Ask.NOTHING)


def test_the_words_of_a_rule_stand_beside_a_name_that_is_an_ordinary_word(say: Say) -> None:
    matcher = Matcher([Watch("w", "o", names=("Orange",), rule="réseau OR forfait")], [])
    assert len(matcher.match(say("panne de réseau chez Orange depuis ce matin"))) == 1
    assert matcher.match(say("une orange pressée chez Orange")) == []


def test_a_rule_that_is_not_fulfilled_is_what_speaks_against_a_post(say: Say) -> None:
    matcher = Matcher([replace(BRAND, rule="attente")], PLACES)
    [match] = matcher.consider(say("La Mie Bretonne, quelle merveille"))
    assert match.p == 0
    assert [one.found for one in match.evidence if one.kind is EvidenceKind.RULE] == ["attente"]


def test_a_rule_of_a_newer_release_is_fulfilled_by_nothing(say: Say) -> None:
    assert Matcher([Watch("w", "o", names=("Lulu",), rule="pain XOR froid")], []).match(say("Lulu pain")) == []
    assert Matcher([Watch("w", "o", rule="pain XOR froid")], []).match(say("pain")) == []


# --- any rule, any text -----------------------------------------------------------------------------------------------

WORDS = st.sampled_from(["pain", "pains", "sec", "froid", "chaud", "œuf", "l", "nice", "straße", "東京", "и"])
TERM = st.builds(Word, WORDS.map(fold)) | st.just(Word("pai", is_open=True))
PHRASE = st.builds(Phrase, st.lists(TERM, min_size=1, max_size=3).map(tuple))
SIDE = st.lists(PHRASE, min_size=1, max_size=2).map(tuple)
BESIDE: list[Rule] = [Lang("fr"), Has(Carried.LINK), From("lulu"), Town("Quimper"), Town("La Rochelle", 20)]
ALONE: st.SearchStrategy[Rule] = PHRASE | st.builds(Near, SIDE, SIDE, st.integers(1, 4)) | st.sampled_from(BESIDE)


def _joined(kind: type[And] | type[Or], parts: list[Rule]) -> Rule:
    flat = [inner for one in parts for inner in (one.parts if isinstance(one, kind) else (one,))]
    return kind(tuple(flat))


def _larger(rules: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(rules, min_size=2, max_size=3)
    return (
        st.builds(Not, rules)
        | several.map(lambda parts: _joined(And, parts))
        | several.map(lambda parts: _joined(Or, parts))
    )


def read(typed: str) -> Rule | RuleRefused:
    try:
        return parse(typed)
    except RuleRefused as refused:
        return refused


def is_shallow(rule: Rule) -> bool:
    """Not a stack of NOTs too high to be read."""
    found = read(str(rule))
    return not isinstance(found, RuleRefused) or found.code != "too_deep"


RULES = st.recursive(ALONE, _larger, max_leaves=6).filter(is_shallow)
BITS = st.sampled_from(["Pain", "PAINS", "!", "…", "#", "-", "quimper", "http://x.fr"])
TEXTS = st.lists(WORDS | BITS, max_size=9).map(" ".join)
TYPED = st.text(st.sampled_from('ab*()"«»/: \n') | st.characters(), max_size=40) | st.text('aEARN()/5T O"', max_size=30)


def written(text: str, languages: tuple[str, ...] = ()) -> Item:
    return Item(connector="b", uri="u", author=Author("a", "lulu"), text=text, written_at=NOW, languages=languages)


@settings(max_examples=60)
@given(RULES)
def test_what_a_rule_writes_reads_as_the_same_rule(rule: Rule) -> None:
    assert read(str(rule)) == rule


@given(TYPED)
def test_whatever_is_typed_is_read_or_refused_and_reads_the_same_again(typed: str) -> None:
    found = read(typed)
    if isinstance(found, RuleRefused):
        assert 0 <= found.at <= len(typed) + 1
    else:
        assert parse(str(found)) == found


@settings(max_examples=150)
@given(RULES, TEXTS, st.sampled_from([(), ("fr",)]))
def test_a_rule_means_what_its_definition_says(rule: Rule, text: str, languages: tuple[str, ...]) -> None:
    item = written(text, languages)
    assert (asked(str(rule), item) is not None) == naive(rule, item)


@settings(max_examples=100)
@given(RULES, TEXTS)
def test_every_post_that_fulfils_a_rule_holds_one_of_its_anchors(rule: Rule, text: str) -> None:
    words = anchors(rule)
    assert looked_for(Watch("w", "mie", rule=str(rule))) == words
    if words and naive(rule, written(text)):
        assert any(f" {word} " in f" {' '.join(tokens(text))} " for word in words)


def tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))


def naive(rule: Rule, item: Item) -> bool:
    """A rule's meaning in as many words, and as slow as it likes."""
    words = tokens(item.text)

    def stands(phrase: Phrase, at: int) -> bool:
        pairs = zip(phrase.words, words[at:], strict=False)
        fits = [said.startswith(word.text) if word.is_open else said == word.text for word, said in pairs]
        return len(fits) == len(phrase.words) and all(fits)

    def stretches(phrases: tuple[Phrase, ...]) -> list[range]:
        return [range(at, at + len(one.words)) for one in phrases for at in range(len(words)) if stands(one, at)]

    match rule:
        case Phrase():
            return bool(stretches((rule,)))
        case Near(left, right, apart):
            pairs = [(one, other) for one in stretches(left) for other in stretches(right)]
            return any(
                not set(one) & set(other) and min(abs(a - b) for a in one for b in other) <= apart
                for one, other in pairs
            )
        case Not(part):
            return not naive(part, item)
        case And(parts):
            return all(naive(one, item) for one in parts)
        case Or(parts):
            return any(naive(one, item) for one in parts)
        case Lang(code):
            return code in item.languages
        case Has():
            return "http://" in item.text
        case From(handle):
            return item.author.handle == handle
        case Town(name):
            return f" {' '.join(tokens(name))} " in f" {' '.join(words)} "
