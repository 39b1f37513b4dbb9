"""Is there a way out of this machine? Asked of its own routes; nothing is sent."""

from __future__ import annotations

import socket

_ANYWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses that belong to nobody, kept for documentation: a route to them is the route to everybody."""


def is_there_a_way_out() -> bool:
    """False without Wi-Fi, cable and tunnel. True promises nothing: the way may end at the next door."""
    return any(_has_route(address, family) for address, family in _ANYWHERE)


def _has_route(address: str, family: socket.AddressFamily) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.connect((address, 9))  # of a datagram socket this only looks up the route
    except OSError:
        return False
    return True
