"""Addresses as people and networks write them, brought to one form: links (host and path) and handles."""

from __future__ import annotations

from typing import NamedTuple


class Link(NamedTuple):
    """A web address without scheme, 'www.', port, query and fragment; `path` has no slash at its ends."""

    host: str
    path: str

    def covers(self, other: Link) -> bool:
        """Is `other` on this host (or a host below it), at this path or below it?"""
        if other.host != self.host and not other.host.endswith("." + self.host):
            return False
        return not self.path or other.path == self.path or other.path.startswith(self.path + "/")


def parse_link(text: str) -> Link:
    """Never raises; what is no address gives a host without a dot.

    >>> parse_link("https://www.LaMieBretonne.fr/Rennes/?utm=1")
    Link(host='lamiebretonne.fr', path='rennes')
    """
    rest = text.strip().lower()
    rest = rest.partition("://")[2] or rest
    for mark in "?#":
        rest = rest.partition(mark)[0]
    host, _, path = rest.partition("/")
    host = host.rpartition("@")[2].partition(":")[0]
    return Link(host.removeprefix("www."), path.strip("/"))


def hosts_above(host: str) -> list[str]:
    """`host` and every host above it which still has a dot: 'a.b.fr' → ['a.b.fr', 'b.fr']."""
    parts = host.split(".")
    return [".".join(parts[i:]) for i in range(len(parts) - 1)]


def parse_handle(text: str) -> str:
    """A handle, DID or profile address as one comparable word: lower case, no '@' in front, 'user@server' for Mastodon.

    >>> parse_handle("@LaMie"), parse_handle("https://piaille.fr/@lamie"), parse_handle("https://piaille.fr/users/lamie")
    ('lamie', 'lamie@piaille.fr', 'lamie@piaille.fr')
    """
    word = text.strip().lower()
    if not word.startswith(("https://", "http://")):
        return word.removeprefix("@")
    host, path = parse_link(word)
    first, _, rest = path.partition("/")
    if first.startswith("@") and not rest:
        return f"{first[1:]}@{host}"
    if first == "users" and rest and "/" not in rest:
        return f"{rest}@{host}"
    return f"{host}/{path}"
