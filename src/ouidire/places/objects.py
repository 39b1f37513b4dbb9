"""The objects of a JSON file, one after another, whatever list they stand in; a large file is never held whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from ouidire.errors import BadInput

WHOLE = 16_000_000
"""Letters up to which a file is read at once, and its list looked for anywhere in it."""
_PIECE = 1 << 20
_LARGEST = 32 * _PIECE
_DEEPEST = 5
_USUAL = re.compile(r"[\ufeff\s]*\[")
_FEATURES = re.compile(r'"(?:features|elements)"\s*:\s*\[')
_LIST = re.compile(r'"[^"\\]*"\s*:\s*\[\s*(?=\{)')
_BETWEEN = re.compile(r"[\s,]*")
_NO_LIST = (
    "This JSON holds no list of places: neither GeoJSON’s “features” nor an array of objects. "
    "Export the places as GeoJSON or CSV."
)

Thing = dict[str, Any]


def objects(file: TextIO) -> Iterator[Thing]:
    """Every object of the file's list of places; of a file with one object on each line, every one.

    Raises `BadInput` with the line where JSON breaks off, and for JSON that holds no list.
    """
    head = file.read(_PIECE)
    if _is_lines(head):
        yield from _of_lines(head, file)
        return
    begin = _USUAL.match(head) or _FEATURES.search(head)
    if begin is None:
        head += file.read(WHOLE - len(head))
        begin = _LIST.search(head) if len(head) >= WHOLE else None
    yield from _list_in(_whole(head)) if begin is None else _cut(head, begin.end(), file)


def _whole(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _broken(error.lineno, error) from error
    except RecursionError as error:
        raise BadInput(_NO_LIST) from error


def _broken(line: int, error: json.JSONDecodeError) -> BadInput:
    return BadInput(f"Line {line} cannot be read as JSON ({error.msg}). Is the file cut short?")


# -- a list somewhere in a document ------------------------------------------------------------------------------------


def _list_in(whole: Any) -> Iterator[Thing]:
    """The objects of the longest list of objects in the document; a document that is one place is that place."""
    longest = _longest(whole, 0)
    is_one = isinstance(whole, dict) and ("geometry" in whole or is_place(whole)) and not _are_places(longest)
    found = [whole] if is_one else longest
    if not found:
        raise BadInput(_NO_LIST)
    for one in found:
        if isinstance(one, dict):
            yield _unwrapped(one)


def _are_places(found: list[Any]) -> bool:
    """An organisation that lists its shops has a name and an address, too: then the shops are meant."""
    return bool(found) and all(isinstance(one, dict) and is_place(_unwrapped(one)) for one in found)


def is_place(one: Thing) -> bool:
    """Does an object look like one place, by what schema.org and shops' own lists call its parts?"""
    return bool(one.get("name")) and any(key in one for key in ("address", "geo", "lat", "latitude", "city", "town"))


def _longest(nested: Any, depth: int) -> list[Any]:
    """The longest list of objects in `nested`, of those that stand nearest its root."""
    if depth > _DEEPEST:
        return []
    within = list(nested.values()) if isinstance(nested, dict) else []
    lists = [one for one in within if isinstance(one, list) and any(isinstance(part, dict) for part in one)]
    lists = [one for one in lists if not all(_is_hours(part) for part in one)]
    if lists:
        return max(lists, key=len)
    deeper = (_longest(one, depth + 1) for one in within if isinstance(one, dict))
    return max(deeper, key=len, default=[])


def _is_hours(one: Any) -> bool:
    return isinstance(one, dict) and ("dayOfWeek" in one or "opens" in one)


def _unwrapped(one: Thing) -> Thing:
    """schema.org's ItemList wraps each thing in a ListItem."""
    item = one.get("item")
    return item if isinstance(item, dict) and str(one.get("@type")) == "ListItem" else one


# -- one object a line -------------------------------------------------------------------------------------------------


def _is_lines(head: str) -> bool:
    first, _, rest = head.lstrip("\ufeff \t\r\n").partition("\n")
    if not first.startswith("{") or not rest.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (json.JSONDecodeError, RecursionError):
        return False


def _of_lines(head: str, file: TextIO) -> Iterator[Thing]:
    number, left = 0, ""
    for piece in _pieces(head, file):
        *lines, left = (left + piece).split("\n")
        for line in lines:
            number += 1
            yield from _line(line, number)
    yield from _line(left, number + 1)


def _line(text: str, number: int) -> Iterator[Thing]:
    if not text.strip("\ufeff \t\r"):
        return
    try:
        one = json.loads(text.strip("\ufeff"))
    except json.JSONDecodeError as error:
        raise _broken(number + error.lineno - 1, error) from error
    except RecursionError as error:
        raise BadInput(_NO_LIST) from error
    if isinstance(one, dict):
        yield one


def _pieces(head: str, file: TextIO) -> Iterator[str]:
    yield head
    while piece := file.read(_PIECE):
        yield piece


# -- a large document --------------------------------------------------------------------------------------------------


def _cut(text: str, at: int, file: TextIO) -> Iterator[Thing]:
    """The objects of the list that begins at `at`; what was read is let go."""
    decoder, lines, is_over = json.JSONDecoder(), 1, False
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        if text[at : at + 1] == "]":
            return
        try:
            if at >= len(text):
                raise json.JSONDecodeError("Unterminated list", text, at)
            one, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            if is_over or len(text) - at > _LARGEST:
                raise _broken(lines + error.lineno - 1, error) from error
            lines += text.count("\n", 0, at)
            piece = file.read(max(_PIECE, len(text) - at))  # twice as much each time: an object may be long
            text, at, is_over = text[at:] + piece, 0, not piece
            continue
        except RecursionError as error:
            raise BadInput(_NO_LIST) from error
        if isinstance(one, dict):
            yield _unwrapped(one)
