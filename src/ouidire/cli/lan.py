"""This machine's addresses in the local network, and the code that a phone's camera reads."""

from __future__ import annotations

import io
import socket
from contextlib import suppress
from ipaddress import IPv4Address

_TOWARDS = ("198.51.100.1", "192.168.255.254", "10.255.255.254", "172.31.255.254", "100.127.255.254")
"""Nothing is sent there: the machine only says by which of its own addresses it would."""


def addresses() -> list[str]:
    """By which addresses machines near this one may reach it, the likeliest first; empty without a network."""
    found = [_own_address(target) for target in _TOWARDS]
    with suppress(OSError):
        found += [str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [one for one in dict.fromkeys(found) if one and not IPv4Address(one).is_loopback]


def code(address: str) -> str:
    """`address` as a square for a camera, drawn in half blocks."""
    import segno

    drawn = io.StringIO()
    segno.make(address, error="l", micro=False).terminal(out=drawn, compact=True, border=2)
    return drawn.getvalue()


def _own_address(target: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, suppress(OSError):
        line.connect((target, 9))
        return str(line.getsockname()[0])
    return ""
