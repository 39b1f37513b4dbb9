"""Why a post is about us or is not, in words: each piece of evidence as a sentence, and how sure all of it makes us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ouidire.domain.fold import fold
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.domain.place import Place
from ouidire.locale import Translator, labels

STRENGTHS = ((2.0, "strong"), (0.7, "some"), (0.0, "weak"))
"""From which weight on (of the log-odds, either way) a reason is called so; 2.0 turns an even chance into 7 of 8."""

SURENESS = ((0.95, "almost_certain"), (0.75, "probable"), (0.4, "toss_up"), (0.0, "improbable"))
"""From which probability on a decision is called so."""

AGAINST = frozenset(
    {
        EvidenceKind.COMMON,
        EvidenceKind.SHARED,
        EvidenceKind.ELSEWHERE,
        EvidenceKind.FAR,
        EvidenceKind.SISTERS,
        EvidenceKind.ODD,
    }
)
"""What speaks against even where no weight was kept."""

_WORDS = frozenset({EvidenceKind.CONTEXT, EvidenceKind.ODD, EvidenceKind.PRODUCT, EvidenceKind.REQUIRED})
_FIELDS = ("street", "district", "postcode", "town")


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence. `strength` is a key of `labels.STRENGTH`, empty where no weight was kept (what older releases
    heard); `of` is the name of the one place it speaks for or against, empty: of all of them."""

    words: str
    against: bool
    strength: str
    of: str = ""


class Reasons:
    """Says reasons in the language of `t`, of an organisation whose places are `places`."""

    def __init__(self, t: Translator, places: Iterable[Place] = ()) -> None:
        self.t = t
        self._places: Mapping[str, Place] = {one.id: one for one in places}

    def listed(self, evidence: Iterable[Evidence]) -> list[Reason]:
        """What speaks for it, then what speaks against it, the strongest first; single words in one line.

        What has no weight was not weighed because it decides alone (someone brought it here, it answers us): it leads.
        """
        ranked = sorted(_together(evidence), key=lambda one: (is_against(one), bool(one.weight), -abs(one.weight)))
        return list(dict.fromkeys(self.reason(one) for one in ranked))

    def reason(self, one: Evidence) -> Reason:
        words = self.clause(one)
        place = self._places.get(one.place_id or "") if len(self._places) > 1 else None
        strength = next(name for least, name in STRENGTHS if abs(one.weight) >= least) if one.weight else ""
        return Reason(words[:1].upper() + words[1:], is_against(one), strength, place.name if place else "")

    def clause(self, one: Evidence) -> str:
        """The reason as part of a row: without a capital letter and a full stop."""
        if (counted := self._counted(one)) is not None:
            return counted
        words = self.t.gettext(self._sentence(one))
        return words % {"found": one.found} if "%(found)s" in words else words

    def _sentence(self, one: Evidence) -> str:
        if one.kind is EvidenceKind.RULE and one.weight < 0 and one.found:
            return labels.RULED_OUT["word" if one.start >= 0 else "lack"]
        if one.weight < 0 and one.kind in labels.EVIDENCE_AGAINST:
            return labels.EVIDENCE_AGAINST[one.kind]
        if not one.found and one.kind in labels.EVIDENCE_BARE:
            return labels.EVIDENCE_BARE[one.kind]
        if one.kind is EvidenceKind.LOCALITY and (field := self._field(one)):
            return labels.LOCALITY[field]
        return labels.EVIDENCE[one.kind]

    def _field(self, one: Evidence) -> str:
        """What the words found are to the place they speak of: its street, its town …; empty when that is not known."""
        place = self._places.get(one.place_id or "")
        words = fold(one.found)
        if place is None or not words:
            return self._field_of_any(words) if words and one.place_id is None else ""
        if any(words == fold(landmark) for landmark in place.landmarks):
            return "landmark"
        return next((name for name in _FIELDS if _is_said(words, fold(getattr(place, name)))), "")

    def _field_of_any(self, words: str) -> str:
        """The same where it speaks of several places: they lie in one street, district or town."""
        every = self._places.values()
        return next((f for f in _FIELDS if any(words == fold(getattr(place, f)) for place in every)), "")

    def _counted(self, one: Evidence) -> str | None:
        """The reasons whose `found` is a number: how many bear the name, us included; places that fit; metres."""
        if not one.found.isdigit():
            return None
        n = int(one.found)
        match one.kind:
            case EvidenceKind.SHARED:
                n = max(1, n - 1)
                said = self.t.ngettext("%(num)s other bears this name", "%(num)s others bear this name", n)
            case EvidenceKind.SISTERS:
                said = self.t.ngettext("%(num)s place of yours fits", "%(num)s places of yours fit", n)
            case EvidenceKind.FAR | EvidenceKind.COORDINATES:
                return self.t.gettext("it was written %(distance)s from your place") % {"distance": _distance(n)}
            case _:
                return None
        return said % {"num": n}

    def sure(self, p: float) -> str:
        """How sure that is: “almost certain”, “probable”, “a toss-up”, “improbable”."""
        return self.t.gettext(labels.SURE[sureness(p)])


def _together(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Words that say the same kind of thing, as one reason: “attente, serveur”."""
    found: dict[tuple[EvidenceKind, bool], list[Evidence]] = {}
    rest = []
    for one in evidence:
        if one.kind in _WORDS and one.found:
            found.setdefault((one.kind, is_against(one)), []).append(one)
        else:
            rest.append(one)
    for some in found.values():
        words = ", ".join(dict.fromkeys(one.found for one in some))
        rest.append(replace(some[0], found=words, weight=sum(one.weight for one in some)))
    return rest


def is_against(one: Evidence) -> bool:
    """Does it speak against? By its weight; where there is none, by its kind."""
    return one.weight < 0 or (not one.weight and one.kind in AGAINST)


def sureness(p: float) -> str:
    """A key of `labels.SURE`."""
    return next(name for least, name in SURENESS if p >= least)


def _is_said(words: str, whole: str) -> bool:
    """Is `words` what people call `whole`? People leave out the kind of street and half of the name."""
    return bool(whole) and (words == whole or f" {words} " in f" {whole} ")


def _distance(metres: int) -> str:
    """
    >>> _distance(412), _distance(7_300)
    ('410\xa0m', '7\xa0km')
    """
    return f"{round(metres, -1)}\u00a0m" if metres < 1_000 else f"{round(metres / 1000)}\u00a0km"
