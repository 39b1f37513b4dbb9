"""The values of a JSON document, one at a time, however long it is: bounded memory, and the place where each ends.

A document is an array of values, an object with an array under one of some keys, or values one after the other.
Whatever stands before the first bracket (`window.YTD.tweets.part0 = `) is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import BinaryIO

from ouidire.connectors.files import lines
from ouidire.connectors.files.archive import whole
from ouidire.connectors.files.lines import Line

CHUNK = 1 << 18
CUT_SHORT = "The file ends in the middle of a post"
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]"]', re.S)
_STRING_END = re.compile(rb'(?:[^"\\]++|\\.)*+"', re.S)
_OPENS, _CLOSES = (b"{", b"["), (b"}", b"]")
_KEY = re.compile(rb'"([^"\\]{1,60})"\s*:\s*\Z')


def base_depth(head: bytes, keys: Collection[str]) -> int:
    """How deep the values lie: 1 in an array, 2 in an array under one of `keys`, 0 when they stand by themselves."""
    depth = 0
    for token in _TOKEN.finditer(head):
        mark = token[0]
        if depth == 0 and mark == b"[":
            return 1
        if depth == 1 and mark == b"[" and _key_before(head, token.start()) in keys:
            return 2
        depth += (mark in _OPENS) - (mark in _CLOSES)
    return 0


def _key_before(text: bytes | bytearray, at: int) -> str:
    found = _KEY.search(text, max(0, at - 80), at)
    return found[1].decode("utf-8", "replace") if found else ""


class Values:
    """The values of one stream, in order. `name` is what sentences call it."""

    def __init__(self, stream: BinaryIO, name: str, keys: Collection[str]) -> None:
        self._stream, self._name, self._keys = stream, name, keys
        with whole(name):
            stream.seek(0)
            self._base = base_depth(stream.read(CHUNK), keys)

    def values(self, offset: int, number: int) -> Iterator[Line]:
        """Values from `offset` (the end of a value, or 0) on; one that is too long or cut short says so."""
        scan = _Scan(self._base, self._keys, offset, number)
        with whole(self._name):
            self._stream.seek(offset)
            while chunk := self._stream.read(CHUNK):
                yield from scan.feed(chunk)
        yield from scan.end()


class _Scan:
    """Looks at bytes as they come. Only the value being read is held."""

    def __init__(self, base: int, keys: Collection[str], offset: int, number: int) -> None:
        self._base, self._keys = base, keys
        self._depth = base if offset else 0
        self._is_within = offset > 0 or base < 2
        self._held, self._held_at, self._at = bytearray(), offset, 0
        self._begin = -1
        self._is_skipping = self._in_string = False
        self._number = number

    def feed(self, chunk: bytes) -> Iterator[Line]:
        self._held += chunk
        if self._in_string and not self._string_ended():
            return
        while token := _TOKEN.search(self._held, self._at):
            if token[0] == b'"':  # its end has not come yet
                self._at = token.start()
                if len(self._held) - max(self._begin, 0) > lines.MAX_LINE:
                    self._at, self._in_string, self._is_skipping = token.end(), True, self._begin >= 0
                    self._string_ended()
                break
            self._at = token.end()
            found = self._take(token[0], token.start())
            if found is not None:
                yield found
        else:
            self._at = len(self._held)
        self._let_go()

    def end(self) -> Iterator[Line]:
        """What is open when nothing more comes."""
        if self._begin >= 0 and self._depth > self._base:
            raw = bytes(self._held[self._begin : self._begin + 200])
            yield Line(raw, self._held_at + self._begin, self._number + 1, CUT_SHORT)

    def _take(self, mark: bytes, at: int) -> Line | None:
        if mark in _OPENS:
            if self._depth == self._base and self._is_within and self._begin < 0:
                self._begin = at
            if self._base == 2 and self._depth == 1 and mark == b"[":
                self._is_within = _key_before(self._held, at) in self._keys
            self._depth += 1
        elif mark in _CLOSES:
            self._depth = max(0, self._depth - 1)
            if self._depth == self._base and self._begin >= 0:
                return self._value(at + 1)
            if self._depth < self._base:
                self._is_within = self._base < 2
        return None

    def _value(self, end: int) -> Line:
        raw, trouble = bytes(self._held[self._begin : end]), ""
        if self._is_skipping or len(raw) > lines.MAX_LINE:
            raw, trouble = raw[:200], too_long()
        self._begin, self._is_skipping = -1, False
        self._number += 1
        return Line(raw, self._held_at + end, self._number, trouble)

    def _string_ended(self) -> bool:
        """Within a string without end: pass over what came of it; a last backslash waits for what it escapes."""
        found = _STRING_END.match(self._held, self._at)
        if found:
            self._at, self._in_string = found.end(), False
            return True
        keep = 1 if self._held.endswith(b"\\") and not self._held.endswith(b"\\\\") else 0
        self._at = len(self._held) - keep
        self._let_go()
        return False

    def _let_go(self) -> None:
        """Forget what has been looked at, but for the value being read; of one that is too long, all but its start."""
        if self._begin < 0:
            self._drop(0, max(0, self._at - 100))  # a key and its bracket may lie on both sides of a chunk's end
            return
        self._drop(0, self._begin)
        if self._is_skipping or self._at - self._begin > lines.MAX_LINE:
            self._is_skipping = True
            self._drop(200, self._at)

    def _drop(self, start: int, end: int) -> None:
        if end <= start:
            return
        del self._held[start:end]
        self._held_at += end - start
        self._at -= end - start
        if self._begin >= 0 and start <= self._begin:
            self._begin = max(0, self._begin - (end - start))


def too_long() -> str:
    return f"A post longer than {lines.MAX_LINE // 1_000_000} MB"
