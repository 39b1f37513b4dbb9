"""What a stream is: lines, a table, one JSON document, a mail, Parquet. By its name, or its look."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from ouidire.connectors.files import formats
from ouidire.connectors.files.elements import base_depth
from ouidire.connectors.files.formats import mail
from ouidire.connectors.files.lines import as_text


class Shape(StrEnum):
    LINES = "lines"
    """A JSON value a line."""
    TABLE = "table"
    """CSV: the first line names the columns."""
    DOCUMENT = "document"
    """JSON over many lines: an array, an object with an array in it, or values one after the other."""
    MAIL = "mail"
    PARQUET = "parquet"
    PAGE = "page"
    """A web page: nobody's export."""


_PAGE = re.compile(rb"\s*<(!doctype html|html|head|body)\b", re.I)
_ASSIGNED = re.compile(rb"\s*window\.[\w.]{1,80}\s*=\s*[\[{]")
_BOM = b"\xef\xbb\xbf"


def shape_of(name: str, head: bytes) -> Shape:
    """`head` is the beginning of the stream, or all of it."""
    lower, text = name.lower(), head.removeprefix(_BOM).lstrip()
    if head.startswith(b"PAR1") or lower.endswith(".parquet"):
        return Shape.PARQUET
    if lower.endswith((".jsonl", ".ndjson")):
        return Shape.LINES
    if lower.endswith(".eml") or (not lower.endswith((".csv", ".tsv")) and mail.recognises(head)):
        return Shape.MAIL
    if lower.endswith((".csv", ".tsv")):
        return Shape.TABLE
    if _PAGE.match(text):
        return Shape.PAGE
    if text.startswith(b"[") or _ASSIGNED.match(text):
        return Shape.DOCUMENT
    if text.startswith(b"{"):
        return _of_object(text)
    return Shape.TABLE if lower.endswith(".txt") or _is_table(text) else Shape.LINES


def _of_object(text: bytes) -> Shape:
    """An object: with an array of posts in it, one of many lines each a value, or spread over lines."""
    if base_depth(text, formats.keys()):
        return Shape.DOCUMENT
    first, end, _ = text.partition(b"\n")
    try:
        msgspec.json.decode(first)
    except (msgspec.DecodeError, RecursionError):
        return Shape.DOCUMENT if end and len(first) < 200 else Shape.LINES
    return Shape.LINES


def _is_table(text: bytes) -> bool:
    """Do the first two lines part into the same number of fields, and more than one?"""
    rows = as_text(text[:4_096]).splitlines()[:2]
    return len(rows) == 2 and any(0 < rows[0].count(mark) == rows[1].count(mark) for mark in ";\t|,")
