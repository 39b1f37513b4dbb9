"""What a watch must be before we listen with it: refused with a sentence, not found out by silence."""

from __future__ import annotations

from collections.abc import Iterator

from ouidire.domain.fold import fold, glue
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.match.links import parse_link
from ouidire.match.rule_text import RuleRefused, parse
from ouidire.match.rules import anchors, unanchored
from ouidire.match.signs import MIN_LETTERS

MAX_LETTERS = 200


class WatchRefused(BadInput):
    """`code` is stable (the faces translate it); `field` and `word` say where it was found.

    What is wrong with a rule is the `__cause__`, a `RuleRefused`, with the character where it went wrong.
    """

    def __init__(self, code: str, field: str, word: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.word = word


def check_watch(watch: Watch) -> list[WatchRefused]:
    """Everything that keeps `watch` from being used, in the order of its fields; empty when it is fine."""
    return [*_nothing_to_look_for(watch), *_words(watch), *_handles(watch), *_links(watch), *_rule(watch)]


def refuse(watch: Watch) -> None:
    """Raise the first `WatchRefused` (a `BadInput`) of `check_watch`, if there is one."""
    for problem in check_watch(watch):
        raise problem


def _nothing_to_look_for(watch: Watch) -> Iterator[WatchRefused]:
    if not (_has_signs(watch) or watch.rule):
        yield WatchRefused("empty", "names", "", "This watch looks for nothing; give it at least one name.")


def _has_signs(watch: Watch) -> bool:
    return bool(watch.names or watch.aliases or watch.handles or watch.hashtags or watch.links)


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


def _rule(watch: Watch) -> Iterator[WatchRefused]:
    if not watch.rule:
        return
    try:
        rule = parse(watch.rule)
        if not _has_signs(watch) and not anchors(rule):
            loose = unanchored(rule)
            raise RuleRefused("no_anchor", found=(watch.rule if loose == rule else str(loose))[:80])
    except RuleRefused as error:
        refused = WatchRefused("rule", "rule", error.found, str(error))
        refused.__cause__ = error
        yield refused
