"""Followed keys: what we listen for without any name, because a kept item or an open conversation hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FollowedKind(StrEnum):
    ITEM = "item"
    """The URI of a kept item, or of our own reply."""
    AUTHOR = "author"
    """The URI of an author with whom a conversation is open."""


@dataclass(frozen=True, slots=True)
class FollowedBy:
    """Who follows a key, and the place it was about (None: unknown)."""

    organisation_id: str
    place_id: str | None
    kind: FollowedKind


class Followed:
    """An in-memory index of keys (`connector:uri`), one entry for each key and organisation."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[FollowedBy, ...]] = {}
        self.uris: dict[str, int] = {}
        """How many followed keys have this URI, whatever their connector: one look-up that nearly every item fails."""

    def add(self, key: str, organisation_id: str, place_id: str | None, kind: FollowedKind) -> None:
        """Follow `key` for this organisation; a second time replaces the place and the kind."""
        others = self._others(key, organisation_id)
        entry = FollowedBy(organisation_id, place_id, kind)
        if key not in self._entries:
            uri = _uri(key)
            self.uris[uri] = self.uris.get(uri, 0) + 1
        self._entries[key] = tuple(sorted((*others, entry), key=lambda e: e.organisation_id))

    def discard(self, key: str, organisation_id: str) -> None:
        """Stop following; nothing happens when it was not followed."""
        others = self._others(key, organisation_id)
        if others:
            self._entries[key] = others
        elif self._entries.pop(key, None) is not None:
            uri = _uri(key)
            self.uris[uri] -= 1
            if not self.uris[uri]:
                del self.uris[uri]

    def organisations(self, key: str) -> tuple[FollowedBy, ...]:
        """Who follows `key`, in the order of organisation ids."""
        return self._entries.get(key, ())

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        """How many keys are followed, by however many organisations."""
        return len(self._entries)

    def _others(self, key: str, organisation_id: str) -> tuple[FollowedBy, ...]:
        return tuple(e for e in self._entries.get(key, ()) if e.organisation_id != organisation_id)


def _uri(key: str) -> str:
    return key.partition(":")[2]
