"""A shelf: records of one kind, numbered, looked up by keys; packed ones below, those that came since on top."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Generic, TypeVar

from ouidire.match.packed import Keys, Records

T = TypeVar("T")

RECENT = 2_048
"""So many packed records are kept decoded: those that posts speak of, they speak of again."""


class Shelf(Generic[T]):
    """`keys` says what a record is found by. A number is never given twice."""

    def __init__(self, keys: Keys[T], packed: Records[T] | None = None) -> None:
        self._keys = keys
        self._packed = packed
        self._first = self._next = len(packed) if packed else 0
        self._gone: set[int] = set()
        self._new: dict[int, T] = {}
        self._numbers: dict[str, dict[str, tuple[int, ...]]] = {kind: {} for kind in keys}
        self._decoded = lru_cache(RECENT)(packed.__getitem__) if packed else None

    def put(self, one: T) -> int:
        """Add a record; returns its number."""
        number, self._next = self._next, self._next + 1
        self._new[number] = one
        for kind, keys_of in self._keys.items():
            numbers = self._numbers[kind]
            for key in dict.fromkeys(keys_of(one)):
                numbers[key] = (*numbers.get(key, ()), number)
        return number

    def remove(self, number: int) -> None:
        """Nothing happens when there is none."""
        if number < self._first:
            self._gone.add(number)
        elif (one := self._new.pop(number, None)) is not None:
            for kind, keys_of in self._keys.items():
                for key in dict.fromkeys(keys_of(one)):
                    self._forget(self._numbers[kind], key, number)

    def _forget(self, numbers: dict[str, tuple[int, ...]], key: str, number: int) -> None:
        left = tuple(other for other in numbers[key] if other != number)
        if left:
            numbers[key] = left
        else:
            del numbers[key]

    def at(self, number: int) -> T | None:
        """The record of this number; None when it has been removed."""
        if number < self._first:
            return self._decoded(number) if self._decoded and number not in self._gone else None
        return self._new.get(number)

    def find(self, kind: str, key: str) -> Iterator[tuple[int, T]]:
        """The records that have `key` among their keys of this kind, with their numbers, oldest first."""
        if self._packed is not None:
            keys_of = self._keys[kind]
            for number in self._packed.keys[kind].get(key):
                one = self.at(number)
                if one is not None and key in keys_of(one):
                    yield number, one
        for number in self._numbers[kind].get(key, ()):
            if (one := self._new.get(number)) is not None:
                yield number, one

    def may_have(self, kind: str, key: str) -> bool:
        """False: no record has this key. True: look with `find`."""
        return key in self._numbers[kind] or (self._packed is not None and key in self._packed.keys[kind])

    def numbers(self) -> Iterator[int]:
        """Every number in use, in order."""
        yield from (number for number in range(self._first) if number not in self._gone)
        yield from self._new

    def __iter__(self) -> Iterator[T]:
        for number in self.numbers():
            if (one := self.at(number)) is not None:
                yield one

    def __len__(self) -> int:
        return self._first - len(self._gone) + len(self._new)
