"""What a watch must be before we listen with it: refused with a sentence, not found out by silence."""

from __future__ import annotations

from collections.abc import Iterator

from ouidire.domain.fold import fold, glue
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.match.links import parse_link
from ouidire.match.signs import MIN_LETTERS

MAX_LETTERS = 200
MOST_WORDS = 500
"""In one field of a watch: no house is called by more names, and each costs memory at every listener."""
MOST_KNOWN = 200
"""In one field of a place: landmarks, products, roles, listings."""


class WatchRefused(BadInput):
    """`code` is stable (the faces translate it); `field` and `word` say where it was found; `most` is the limit."""

    def __init__(self, code: str, field: str, word: str, message: str, most: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.word = word
        self.most = most


def check_watch(watch: Watch) -> list[WatchRefused]:
    """Everything that keeps `watch` from being used, in the order of its fields; empty when it is fine."""
    if too_many := list(_too_many(watch, (*_WORDS, "handles", "links", "former"), MOST_WORDS)):
        return too_many  # one sentence, not one for each of five thousand words
    return [*_nothing_to_look_for(watch), *_words(watch), *_handles(watch), *_links(watch)]


def check_place(place: Place) -> list[WatchRefused]:
    """Everything that keeps what is known of `place` from being used; `field` is the place's."""
    if too_many := list(_too_many(place, ("landmarks", "products", "roles", "languages", "listing_ids"), MOST_KNOWN)):
        return too_many
    fields = ("landmarks", "products", "roles")
    return [one for field in fields for word in getattr(place, field) for one in _word(field, word)]


def refuse_place(place: Place) -> None:
    """Raise the first `WatchRefused` (a `BadInput`) of `check_place`, if there is one."""
    for problem in check_place(place):
        raise problem


def refuse(watch: Watch) -> None:
    """Raise the first `WatchRefused` (a `BadInput`) of `check_watch`, if there is one."""
    for problem in check_watch(watch):
        raise problem


_WORDS = ("names", "aliases", "hashtags", "required", "excluded", "near")


def _too_many(one: Watch | Place, fields: tuple[str, ...], most: int) -> Iterator[WatchRefused]:
    for field in fields:
        if (count := len(getattr(one, field))) > most:
            message = f"In {field} there are {count}; {most} is the most. Keep those that people really write."
            yield WatchRefused("too_many", field, str(count), message, most)


def _nothing_to_look_for(watch: Watch) -> Iterator[WatchRefused]:
    if not (watch.names or watch.aliases or watch.former or watch.handles or watch.hashtags or watch.links):
        yield WatchRefused("empty", "names", "", "This watch looks for nothing; give it at least one name.")


def _words(watch: Watch) -> Iterator[WatchRefused]:
    for field in _WORDS:
        for word in getattr(watch, field):
            yield from _word(field, word)
    for former in watch.former:
        yield from _word("former", former.name)


def _word(field: str, word: str) -> Iterator[WatchRefused]:
    letters = len(glue(fold(word)))
    if not letters and word.strip():
        message = (
            f"In {field}, “{word}” has no letter and no digit: emoji and signs alone cannot be told apart in a post."
        )
        yield WatchRefused("no_letters", field, word, message)
    elif letters < MIN_LETTERS:
        yield _too_short(field, word)
    elif letters > MAX_LETTERS:
        message = f"In {field}, “{word[:40]}…” is too long; keep it under {MAX_LETTERS} letters."
        yield WatchRefused("too_long", field, word, message)


def _too_short(field: str, word: str) -> WatchRefused:
    message = f"In {field}, “{word}” is too short to be recognised; write at least {MIN_LETTERS} letters or digits."
    return WatchRefused("too_short", field, word, message)


def _handles(watch: Watch) -> Iterator[WatchRefused]:
    for handle in watch.handles:
        if len(glue(fold(handle))) < MIN_LETTERS:
            yield _too_short("handles", handle)
        elif len(handle.split()) != 1:
            message = f"In handles, “{handle}” has a space in it; write it as the network does, without '@'."
            yield WatchRefused("handle", "handles", handle, message)


def _links(watch: Watch) -> Iterator[WatchRefused]:
    for link in watch.links:
        if "." not in parse_link(link).host.strip("."):
            message = f"In links, “{link}” is not a web address; write one such as lamiebretonne.fr."
            yield WatchRefused("link", "links", link, message)
