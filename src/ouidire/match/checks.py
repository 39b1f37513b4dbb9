"""What a watch must be before we listen with it: refused with a sentence, not found out by silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ouidire.domain.fold import fold, glue
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.match.links import parse_link
from ouidire.match.policy import COMMON, Policy
from ouidire.match.signs import MIN_LETTERS

MAX_LETTERS = 200


class WatchRefused(BadInput):
    """`code` is stable (the faces translate it); `field` and `word` say where it was found."""

    def __init__(self, code: str, field: str, word: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.word = word


def check_watch(watch: Watch) -> list[WatchRefused]:
    """Everything that keeps `watch` from being used, in the order of its fields; empty when it is fine."""
    return [*_nothing_to_look_for(watch), *_words(watch), *_handles(watch), *_links(watch)]


def advise(watch: Watch, places: Sequence[Place]) -> list[WatchRefused]:
    """What can be used and yet will hear little: names that are ordinary words, with nothing of ours to know them by.

    `places`: the place that the watch is for, or all of the organisation.
    """
    policy = Policy()
    names = [name for name in (*watch.names, *watch.aliases) if policy.commonness(name) > COMMON]
    return [_too_common(name) for name in names if not policy.condition(watch, places, name)]


def refuse(watch: Watch) -> None:
    """Raise the first `WatchRefused` (a `BadInput`) of `check_watch`, if there is one."""
    for problem in check_watch(watch):
        raise problem


def _nothing_to_look_for(watch: Watch) -> Iterator[WatchRefused]:
    if not (watch.names or watch.aliases or watch.handles or watch.hashtags or watch.links):
        yield WatchRefused("empty", "names", "", "This watch looks for nothing; give it at least one name.")


def _words(watch: Watch) -> Iterator[WatchRefused]:
    for field in ("names", "aliases", "hashtags", "required", "excluded", "near"):
        for word in getattr(watch, field):
            letters = len(glue(fold(word)))
            if letters < MIN_LETTERS:
                yield _too_short(field, word)
            elif letters > MAX_LETTERS:
                yield WatchRefused(
                    "too_long",
                    field,
                    word,
                    f"In {field}, “{word[:40]}…” is too long; keep it under {MAX_LETTERS} letters.",
                )


def _too_short(field: str, word: str) -> WatchRefused:
    message = f"In {field}, “{word}” is too short to be recognised; write at least {MIN_LETTERS} letters or digits."
    return WatchRefused("too_short", field, word, message)


def _too_common(name: str) -> WatchRefused:
    message = (
        f"“{name}” is also an ordinary word; alone it is not enough to recognise you. "
        "Say where you are, what you sell, or which words stand near."
    )
    return WatchRefused("common", "names", name, message)


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
