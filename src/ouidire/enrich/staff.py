"""Spans of names of people, and of words that single one employee out, to be masked by role.

A leak is worse than a false mask, so a known first name with a capital is masked wherever it stands, unless what
comes before it makes it a place ("rue", "chez", "café"); a word that is also a name ("Rose", "Florence", "Will")
wants a cue beside it. Where the names come from: NAMES.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from ouidire.domain.enrichment import Span
from ouidire.enrich.fold import Folded, fold

_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BEFORE, _AFTER = 60, 30

_ROLE = (
    r"(?:serveu(?:r|se)s?|vendeu(?:r|se)s?|caissiere?s?|caissiers?|patron(?:ne)?s?|gerante?s?|manag(?:er|eu(?:r|se))s?|chef(?:fe)?s?|"
    r"cuisinier(?:e)?s?|barman|barmaid|barista|pharmacien(?:ne)?s?|preparat(?:eur|rice)s?|boulang(?:er|ere)s?|patissier(?:e)?s?|"
    r"livreu(?:r|se)s?|vigiles?|agente?s?|hotesses?|hotes?|receptionnistes?|conseill(?:er|ere)s?|employee?s?|stagiaires?|apprentie?s?|"
    r"responsables?|direct(?:eur|rice)s?|coiffeu(?:r|se)s?|estheticiennes?|technicien(?:ne)?s?|sommelier(?:e)?s?|maitre d'hotel|"
    r"collegues?|commis|plongeurs?|videurs?|proprietaires?|"
    r"waiter|waitress|server|cashier|owner|host(?:ess)?|bartender|clerk|sales(?:man|woman|person)|assistant|pharmacist|baker|"
    r"bouncer|guard|receptionist|cook|boss|supervisor|employee|staff member|driver|associate|technician|hairdresser|stylist)"
)
_PERSON = r"(?:dame|monsieur|homme|femme|type|mec|meuf|nana|fille|gars|garcon|guy|lady|girl|man|woman|bloke|dude|kid|one|celle|celui)"
_TITLE = (
    r"(?:m\.|mr\.?|mrs\.?|ms\.?|mme\.?|mlle\.?|monsieur|madame|mademoiselle|miss|mister|dr\.?|docteur|doctor|maitre)"
)
_SAID_NAME = r"(?:nommee?|prenommee?|denommee?|appelee?|surnommee?|du nom de|au nom de|named|called|whose name is|nicknamed|s'appelle|s'appelait|name is|name was|prenom(?: est)?|badge)"
_SERVED = (
    r"(?:(?:servie?|accueillie?|conseillee?|recue?|aidee?|renseignee?|encaissee?|insultee?|ignoree?|prise? en charge|installee?|place)s? par|"
    r"(?:served|helped|greeted|seated|assisted|insulted|treated|ignored|welcomed) by)"
)
# After these any capitalised word is somebody.
_STRONG = re.compile(
    rf"(?:(?<!\w){_TITLE}|(?<!\w){_ROLE},?(?: {_SAID_NAME})?|(?<!\w){_SERVED}|(?<!\w)un(?:e)? certaine? |(?<!\w)a certain) ?[\"'«“(:]* ?$"
)
# After these a known first name is somebody, even in lower case or when it is also a word.
_WEAK = re.compile(
    rf"(?<!\w)(?:{_SAID_NAME}|par|avec|merci(?: beaucoup)?(?: a)?|bravo(?: a)?|grace a|bisous? a|mention speciale a|special(?:e)? (?:a|pour)|et|"
    rf"demandez|demander|thanks?(?: you)?(?: so much)?(?: to)?|shout ?out to|kudos to|ask for|with|by|and|to|our (?:waiter|server|waitress)(?: was)?|"
    rf"c'est|cher|chere|dear|cette|ce|pauvre|gentille?|adorable|hi|hello|bonjour) ?[\"'«“(:,]* ?$"
)
_DOES = re.compile(
    r"^,? ?(?:m'a|m'ont|nous a|nous ont|a ete|est (?:tres|vraiment|trop|un|une|super|adorable|insupportable)|etait|qui|a la (?:caisse|reception)|au "
    rf"(?:comptoir|bar|service)|a l'accueil|en (?:caisse|salle|cuisine)|was|is (?:so|very|the|a|an|rude|great|amazing)|gave|served|told|helped|took|said|"
    rf"made|at the (?:counter|till|desk|front|bar)|from the|behind the|(?:,|\() ?(?:la|le|notre|the|our|une?) (?:\w+ )?{_ROLE})(?!\w)"
)
_PLACE_BEFORE = re.compile(
    r"(?<!\w)(?:rue|place|avenue|av\.?|boulevard|bd\.?|quai|cours|allee|chemin|route|square|impasse|faubourg|pont|port|parc|gare|metro|station|arret|"
    r"lycee|ecole|college|universite|hopital|clinique|eglise|tour|fort|saint|sainte|st\.?|ste\.?|chez|hotel|cafe|bar|restaurant|resto|brasserie|"
    r"boulangerie|patisserie|pharmacie|librairie|maison|boutique|magasin|bistrot|bistro|pizzeria|creperie|auberge|villa|chateau|domaine|champagne|"
    r"la mere|le pere|la tante|oncle|street|road|lake|mount|port|fort|san|santa|los|las|ville de|lac|mont|ile|centre commercial|marche|marque) "
    r"?(?:de |du |des |de la |d'|l'|le |la |les |au |aux |a )?[\"'«“]? ?$"
)
_PLACE_AFTER = re.compile(
    r"^(?:'s [a-z]|'s$| (?:et|&|and) (?:fils|sons|co|cie|freres)|&| (?:street|avenue|road|square|lane|boulevard|pizza|burger|cafe|restaurant|bakery|bar|station)(?!\w))"
)
_LOOKS = (
    r"(?:blond(?:e|inet(?:te)?)?s?|brune?s?|rousse?s?|rouquin(?:e)?s?|chauves?|barbue?s?|tatouee?s?|moustachue?s?|frisee?s?|enceinte|maigre?s?|"
    r"grosse?s?|obeses?|noire?s?|black|metisse?s?|asiatiques?|arabes?|maghrebine?s?|chinoise?s?|africaine?s?|voilees?|rondes?|minces?|"
    r"begue?s?|boiteu(?:x|se)s?|handicape?e?s?|"
    r"blonde?|brunette|red-?head(?:ed)?|ginger|bald(?:ing)?|bearded|tattooed|pregnant|skinny|chubby|fat|overweight|short|tall|old|young|asian|hispanic|"
    r"mexican|indian|disabled|petite?s?|grande?s?|jeunes?|agee?s?|vieux|vieille)"
)
_SIGNS = (
    r"(?:(?:a|aux|avec|au) (?:des |les |la |le |une? |l')?(?:grosses? |petites? |longs? |courts? )?(?:lunettes|cheveux|barbe|moustache|tatouages?|piercings?|"
    r"chignon|queue de cheval|yeux|accent|boucles?|dreads|tresses|bouc|crane|nez|casquette|voile|foulard)(?: \w+)?|"
    r"(?:with|in) (?:the |a |an |her |his )?(?:\w+ )?(?:glasses|hair|beard|moustache|mustache|tattoos?|piercings?|ponytail|accent|braids|dreads|hijab|cap|wheelchair|nose ring)|"
    r"d'une? (?:cinquantaine|quarantaine|trentaine|vingtaine|soixantaine)(?: d'annees)?|d'origine \w+|d'environ \d\d ans|de \d\d ans)"
)
_DESCRIBED = (
    re.compile(
        rf"(?<!\w){_ROLE} (?:est |etait |was |is )?(?:une? |la |le )?(?:tres |plutot |assez |un peu |very )?(?P<it>{_LOOKS}(?: (?:et |and )?{_LOOKS})*(?: {_SIGNS})?)(?!\w)"
    ),
    re.compile(rf"(?<!\w)(?:{_ROLE}|{_PERSON})(?: {_LOOKS})?,? (?P<it>{_SIGNS})(?!\w)"),
    re.compile(rf"(?<!\w)(?P<it>{_LOOKS}(?: {_LOOKS})*) (?:{_ROLE})(?!\w)"),
    re.compile(
        rf"(?<!\w){_PERSON} (?P<it>{_LOOKS}(?: (?:et |and )?{_LOOKS})*) (?:a |au |en |de |du |qui (?:est|etait) )?(?:la |l')?(?:caisse|comptoir|accueil|bar|reception|service|salle|rayon)(?!\w)"
    ),
    re.compile(
        rf"(?<!\w)(?P<it>{_LOOKS}(?: {_LOOKS})*) {_PERSON} (?:at|behind|on) the (?:till|counter|bar|desk|reception|register|checkout|door)(?!\w)"
    ),
)
# Capitalised after a role and still nobody.
_NOBODY = frozenset(
    "je tu il elle on nous vous ils elles le la les un une des mais et ou donc or ni car pour par avec sans sur sous dans chez "
    "ce cette ces mon ma mes notre votre qui que quoi dont quand comment pourquoi ne pas tres trop plus moins bravo merci bonjour bonsoir "
    "service accueil super bon bonne bref enfin puis apres avant depuis rien tout tous toute toutes franchement "
    "i you he she it we they the a an and but or so if when who what why how my our your his her their this that these those not no "
    "very too just great thanks thank hello food good bad never always after before then "
    "lundi mardi mercredi jeudi vendredi samedi dimanche monday tuesday wednesday thursday friday saturday sunday "
    "google facebook instagram tripadvisor twitter uber deliveroo france paris canada quebec montreal la-defense covid noel "
    "de du d l au aux en a y m mme mr mrs ms x".split()
) - {"x"}


@cache
def _names() -> frozenset[str]:
    return _lines("names.txt")


@cache
def _also_words() -> frozenset[str]:
    return _lines("names_also_words.txt")


def _lines(file: str) -> frozenset[str]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return frozenset(line for line in text.split() if line)


def staff(text: str, folded: Folded, known_names: Iterable[str] = ()) -> tuple[Span, ...]:
    """Where people are named or described in `text`, in order, not overlapping; never inside one of `known_names`."""
    kept = _spans_of(known_names, folded)
    found = [*_named(text, folded), *_described(folded)]
    free = [span for span in found if not any(span[0] < b and a < span[1] for a, b in kept)]
    return _merged(free)


def _spans_of(known_names: Iterable[str], folded: Folded) -> list[Span]:
    spans = []
    for name in known_names:
        wanted = fold(name).text.strip()
        if wanted:
            spans += [
                folded.span(*hit.span()) for hit in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded.text)
            ]
    return spans


def _described(folded: Folded) -> Iterator[Span]:
    for pattern in _DESCRIBED:
        for hit in pattern.finditer(folded.text):
            yield folded.span(*hit.span("it"))


def _named(text: str, folded: Folded) -> Iterator[Span]:
    shouting = text.isupper()
    # Tokens are looked for in the folded text; the original says whether they bear a capital.
    surname_may_start = -1
    for hit in _TOKEN.finditer(folded.text):
        start, end = folded.span(*hit.span())
        word, capital = hit[0], text[start].isupper()
        if start == surname_may_start and capital and not shouting and word not in _NOBODY:
            yield start, end
        elif _is_someone(word, capital=capital, shouting=shouting, around=(folded.text, *hit.span())):
            yield start, end
            surname_may_start = end + 1


def _is_someone(word: str, *, capital: bool, shouting: bool, around: tuple[str, int, int]) -> bool:
    name = word in _names() or ("-" in word and all(part in _names() for part in word.split("-")))
    if not name and (not capital or len(word) < 2 or word in _NOBODY):
        return False
    text, start, end = around
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    if not name:
        return not shouting and _STRONG.search(before) is not None
    if _PLACE_BEFORE.search(before) or _PLACE_AFTER.search(after):
        return False
    if word not in _also_words():
        return capital or len(word) >= 5 or _cued(before, after)
    return capital and _cued(before, after) and _not_opening(before, after)


def _cued(before: str, after: str) -> bool:
    return bool(_STRONG.search(before) or _WEAK.search(before) or _DOES.search(after))


def _not_opening(before: str, after: str) -> bool:
    """A word with a capital because a sentence begins is a name only when it acts: "Rose m'a servie"."""
    opens = not before.strip() or before.rstrip()[-1] in ".!?…\n"
    return not opens or _DOES.search(after) is not None


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
