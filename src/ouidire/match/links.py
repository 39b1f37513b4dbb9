"""Addresses as people and networks write them, brought to one form: links (host and path) and handles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_MAX_STEPS = 8


class Link(NamedTuple):
    """A web address without scheme, 'www.', port, query and fragment; `path` has no slash at its ends."""

    host: str
    path: str

    def above(self) -> Iterator[Link]:
        """This address and all that hold it: its hosts down to the one with a single dot, each with every shorter path.

        >>> [f"{link.host}/{link.path}" for link in Link("a.b.fr", "c/d").above()]
        ['a.b.fr/', 'a.b.fr/c', 'a.b.fr/c/d', 'b.fr/', 'b.fr/c', 'b.fr/c/d']
        """
        steps = self.path.split("/")[:_MAX_STEPS] if self.path else []
        for host in self.hosts():
            for j in range(len(steps) + 1):
                yield Link(host, "/".join(steps[:j]))

    def hosts(self) -> list[str]:
        """The host and those above it, down to the one with a single dot; none for a host without a dot.

        >>> Link("a.b.fr", "c").hosts()
        ['a.b.fr', 'b.fr']
        """
        parts = self.host.split(".")
        return [".".join(parts[i:]) for i in range(len(parts) - 1)]


def parse_link(text: str) -> Link:
    """Never raises; what is no address gives a host without a dot.

    >>> parse_link("https://www.LaMieBretonne.fr/Rennes/?utm=1")
    Link(host='lamiebretonne.fr', path='rennes')
    """
    rest = text.strip().lower()
    rest = (rest.partition("://")[2] or rest).removeprefix("//")
    for mark in "?#":
        rest = rest.partition(mark)[0]
    host, _, path = rest.partition("/")
    host = host.rpartition("@")[2].partition(":")[0]
    return Link(host.removeprefix("www."), path.strip("/"))


def parse_handle(text: str) -> str:
    """A handle, DID or profile address as one comparable word: lower case, no '@' in front, 'user@server' for Mastodon.

    >>> parse_handle("@LaMie"), parse_handle("https://piaille.fr/@lamie"), parse_handle("https://piaille.fr/users/lamie")
    ('lamie', 'lamie@piaille.fr', 'lamie@piaille.fr')
    """
    word = text.strip().lower()
    if not word.startswith(("https://", "http://")):
        return word.lstrip("@＠")
    host, path = parse_link(word)
    first, _, rest = path.partition("/")
    if first.startswith("@") and not rest:
        return f"{first[1:]}@{host}"
    if first == "users" and rest and "/" not in rest:
        return f"{rest}@{host}"
    return f"{host}/{path}"
