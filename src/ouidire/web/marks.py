"""Cuts a text where something in it is to be shown: the words a judgement rests on, an objection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ouidire.domain.enrichment import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: marked, or standing for a hidden name, or plain."""

    text: str
    is_marked: bool
    is_hidden: bool = False


_SET_OFF = re.compile(r" (?=[!?;:»])|(?<=«) ")


def kept_together(text: str) -> str:
    """`text` with its French signs tied to their words, letter for letter: « no line ends with » half a quotation.

    >>> kept_together("« Bon ? »").count("\u00a0")
    3
    """
    return _SET_OFF.sub("\u00a0", text)


def pieces(text: str, spans: Iterable[Span], hidden: Iterable[Span] = ()) -> list[Piece]:
    """`text` in order, cut at `spans`; they may overlap, stand in any order, or lie outside (then they mark nothing).

    `hidden` are marks that stand for names; what is hidden is never marked.

    >>> [p.text for p in pieces("an hour late", ((3, 7),))]
    ['an ', 'hour', ' late']
    """
    out: list[Piece] = []
    spans, at = list(spans), 0
    text = kept_together(text)
    for start, end in _joined(hidden, len(text)):
        out += _cut(text[:start], spans, at)
        out.append(Piece(text[start:end], False, True))
        at = end
    return out + _cut(text, spans, at)


def _cut(text: str, spans: Iterable[Span], at: int) -> list[Piece]:
    """The pieces of `text` from `at` on."""
    out: list[Piece] = []
    for start, end in _joined(((max(start, at), end) for start, end in spans), len(text)):
        if start > at:
            out.append(Piece(text[at:start], False))
        out.append(Piece(text[start:end], True))
        at = end
    if at < len(text):
        out.append(Piece(text[at:], False))
    return out


def words(text: str, spans: Iterable[Span]) -> list[str]:
    """The marked words alone, in order, none twice."""
    return list(dict.fromkeys(text[start:end] for start, end in _joined(spans, len(text))))


def _joined(spans: Iterable[Span], length: int) -> list[Span]:
    """Sorted spans within the text, those that touch or overlap made one."""
    out: list[Span] = []
    for start, end in sorted(span for span in spans if 0 <= span[0] < span[1] <= length):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out
