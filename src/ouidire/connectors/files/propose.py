"""Which column is which, proposed: by its name in four languages, by the look of its values; and what looks wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from ouidire.connectors.files.dates import read_date, tells_month_first
from ouidire.connectors.files.formats import Row
from ouidire.connectors.files.mapping import COLUMNS
from ouidire.connectors.files.stars import read_stars
from ouidire.connectors.files.table import Mapped
from ouidire.domain.fold import fold
from ouidire.locale.labels import N_

NAMES: Mapping[str, str] = {
    "text": "texte, comment, comments, commentaire, commentaires, message, avis, body, content, contenu, full text, "
            "review, review text, review body, kommentar, bewertungstext, rezension, nachricht, texto, comentario, "
            "comentarios, resena, opinion, contenu de l avis, texte de l avis, verbatim, tweet, post, description",
    "created_at": "date, created, create time, time, timestamp, datetime, date time, published, published at, "
                  "posted at, written at, submitted at, review date, date created, publie le, publication, horodatage, "
                  "date de publication, date de l avis, date de creation, quand, datum, erstellt am, zeitstempel, "
                  "veroffentlicht am, fecha, fecha de publicacion, fecha de creacion",
    "id": "identifier, identifiant, review id, tweet id, id str, post id, message id, kennung, identificador, "
          "reference",
    "author": "auteur, username, user, handle, pseudo, screen name, author username, author handle, acct, "
              "user screen name, account acct, benutzername, usuario, compte",
    "author_name": "name, nom, nom de l auteur, reviewer, reviewer name, customer, customer name, client, author name, "
                   "nom du client, display name, author display name, reviewer display name, user name, consumer name, "
                   "autor, verfasser, kunde, nombre, cliente",
    "url": "link, lien, permalink, review url, source url, adresse, enlace",
    "lang": "language, langue, sprache, idioma",
    "rating": "note, stars, etoiles, score, star rating, rating value, note globale, nb etoiles, nombre d etoiles, "
              "bewertung, sterne, puntuacion, valoracion, estrellas",
    "title": "titre, titel, titulo, review title, titre de l avis, subject, objet, betreff, asunto, headline",
    "network": "reseau, platform, plateforme, site, source, source name, netzwerk, plattform, red, plataforma, quelle",
    "listing_id": "place id, location id, store id, etablissement id",
    "in_reply_to": "in reply to id, in reply to status id, in reply to tweet id, referenced tweets replied to id",
    "quotes": "referenced tweets quoted id, quoted status id",
    "reposts": "referenced tweets retweeted id, retweeted status id, reblog uri",
    "lat": "latitude, breitengrad, latitud",
    "lon": "lng, long, longitude, langengrad, longitud",
}  # fmt: skip
"""What people and programs call our columns, folded."""

_WITHIN = ("text", "created_at", "rating")
"""Columns that are also known by one telling word within a longer name ("Commentaire client")."""
LOOKED_AT = 200
_LINK = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"[\s\d.,%/+-]+")
_PARTS = re.compile(r"[._:/]+|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What looks wrong: a sentence (its English, with places) and what stands in its places.

    `is_fatal`: nothing at all would be kept.
    """

    says: str
    values: Mapping[str, str]
    is_fatal: bool = False


NOT_DATES = N_(
    "“%(column)s” was chosen for the date, but none of its %(of)s first values is one (for example “%(value)s”)."
)
FEW_DATES = N_(
    "Of the %(of)s first values of “%(column)s” only %(n)s can be read as a date (not “%(value)s”, for example)."
)
NOT_WORDS = N_("“%(column)s” was chosen for the text, but it holds mostly numbers or dates (for example “%(value)s”).")
ONLY_LINKS = N_("“%(column)s” was chosen for the text, but it holds mostly addresses (for example “%(value)s”).")
SHORT_WORDS = N_("The texts in “%(column)s” are very short (for example “%(value)s”): is this what was written?")
EMPTY_TEXT = N_("“%(column)s” was chosen for the text, but it is empty.")
NOT_STARS = N_("“%(column)s” was chosen for the rating, but it is not from 1 to 5 (for example “%(value)s”).")
TWICE = N_("“%(column)s” was chosen twice.")
NO_COLUMN = N_("Say which column holds the text and which the date.")
UNKNOWN = N_("There is no column “%(column)s” in this file.")


def propose(columns: Sequence[str], rows: Sequence[Row]) -> Mapped:
    """The likeliest mapping. A column of theirs serves once; what is not found is left open."""
    looks = {name: _Look(row.get(name, "") for row in rows[:LOOKED_AT]) for name in columns}
    scored = sorted(
        (-_score(ours, name, looks[name]), COLUMNS.index(ours), at, ours, name)
        for ours in COLUMNS
        for at, name in enumerate(columns)
    )
    taken: dict[str, str] = {}
    for minus, _, _, ours, name in scored:
        if minus < 0 and ours not in taken and name not in taken.values():
            taken[ours] = name
    _fill(taken, columns, looks)
    dates = looks[taken["created_at"]].values if "created_at" in taken else []
    return Mapped({ours: taken[ours] for ours in COLUMNS if ours in taken}, tells_month_first(dates))


def _fill(taken: dict[str, str], columns: Sequence[str], looks: Mapping[str, _Look]) -> None:
    """What has to be there and has no telling name: by its look alone."""
    for ours, fits in (("created_at", _looks_like_dates), ("text", _looks_like_words)):
        free = [name for name in columns if name not in taken.values() and fits(looks[name])]
        if ours not in taken and free:
            taken[ours] = max(free, key=lambda name: looks[name].length)


def _looks_like_dates(look: _Look) -> bool:
    return look.dates > 0.8


def _looks_like_words(look: _Look) -> bool:
    return look.length >= 25 and look.could_be("text")


def _score(ours: str, name: str, look: _Look) -> int:
    """0: it is not this one. Our own name counts most, then another's; values that cannot be, never."""
    folded = fold(_PARTS.sub(" ", name))
    if not look.could_be(ours):
        return 0
    if folded == ours.replace("_", " "):
        return 9
    if folded in _names(ours):
        return 6
    return 2 if ours in _WITHIN and not _names(ours).isdisjoint(folded.split()) else 0


@cache
def _names(ours: str) -> frozenset[str]:
    return frozenset(NAMES.get(ours, ours).split(", "))


class _Look:
    """What the values of one column look like."""

    def __init__(self, values: Iterable[str]) -> None:
        self.values = [said for one in values if (said := one.strip())]
        self.length = median(len(one) for one in self.values) if self.values else 0
        self.dates = self._share(lambda one: read_date(one) is not None)
        self.numbers = self._share(lambda one: _NUMBER.fullmatch(one) is not None)
        self.links = self._share(lambda one: _LINK.fullmatch(one) is not None)
        self.stars = self._share(lambda one: (read_stars(one) or 0) >= 1)

    def could_be(self, ours: str) -> bool:
        needed = {"created_at": self.dates, "rating": self.stars, "url": self.links}
        if not self.values or ours not in (*needed, "text"):
            return True
        return needed[ours] >= 0.5 if ours in needed else max(self.numbers, self.dates, self.links) < 0.5

    def _share(self, fits: Callable[[str], bool]) -> float:
        return sum(map(fits, self.values)) / len(self.values) if self.values else 0.0


def doubts(mapped: Mapped, columns: Sequence[str], rows: Sequence[Row]) -> list[Doubt]:
    """What looks wrong in a mapping, what is fatal first; empty when nothing does."""
    if mapped.missing:
        return [Doubt(NO_COLUMN, {}, is_fatal=True)]
    unknown = [name for name in mapped.columns.values() if name not in columns]
    if unknown:
        return [Doubt(UNKNOWN, {"column": unknown[0]}, is_fatal=True)]
    chosen = list(mapped.columns.values())
    twice = [Doubt(TWICE, {"column": name}) for name in dict.fromkeys(chosen) if chosen.count(name) > 1]
    looks = {ours: _Look(row.get(name, "") for row in rows[:LOOKED_AT]) for ours, name in mapped.columns.items()}
    found = [*_about_dates(mapped, looks["created_at"]), *_about_text(mapped, looks["text"]), *twice]
    if "rating" in looks and looks["rating"].values and looks["rating"].stars < 0.5:
        found.append(_doubt(NOT_STARS, mapped, "rating", looks["rating"].values[0]))
    return sorted(found, key=lambda one: not one.is_fatal)


def _about_dates(mapped: Mapped, look: _Look) -> Iterable[Doubt]:
    values = look.values
    read = [read_date(one, month_first=mapped.month_first) is not None for one in values]
    if values and not any(read):
        yield _doubt(NOT_DATES, mapped, "created_at", values[0], of=len(values), is_fatal=True)
    elif sum(read) < 0.9 * len(values):
        yield _doubt(FEW_DATES, mapped, "created_at", values[read.index(False)], of=len(values), n=sum(read))


def _about_text(mapped: Mapped, look: _Look) -> Iterable[Doubt]:
    if not look.values:
        yield _doubt(EMPTY_TEXT, mapped, "text", "", is_fatal=True)
    elif max(look.numbers, look.dates) >= 0.5:
        yield _doubt(NOT_WORDS, mapped, "text", look.values[0])
    elif look.links >= 0.5:
        yield _doubt(ONLY_LINKS, mapped, "text", look.values[0])
    elif look.length < 8:
        yield _doubt(SHORT_WORDS, mapped, "text", look.values[0])


def _doubt(
    says: str, mapped: Mapped, ours: str, value: str, *, of: int = 0, n: int = 0, is_fatal: bool = False
) -> Doubt:
    values = {"column": mapped.columns[ours], "value": value[:60], "of": str(of), "n": str(n)}
    return Doubt(says, values, is_fatal)
