"""Whom a house in a local network answers: machines near it, by an address of its own. Nobody else gets so far."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from starlette.requests import Request

from ouidire.app import App
from ouidire.locale.labels import N_

STRANGER = N_("This house answers in its own network only.")
OTHER_NAME = N_("This house is not called so; open the address that “ouidire up” printed.")


def why_not(request: Request) -> str:
    """Why this request is turned away; empty when it is not, and always where the house has an address for everyone.

    A name that is not ours is what a page elsewhere uses to make a browser in this network speak to us.
    """
    app: App = request.app.state.house
    if not app.settings.lan or app.settings.public_url:
        return ""
    if request.client is not None and _is_far(request.client.host):
        return STRANGER
    return "" if is_own(request.url.hostname or "") else OTHER_NAME


def _is_far(host: str) -> bool:
    """Is it an address of the open internet? What is no address at all came through no network."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return False


def is_own(name: str) -> bool:
    """An address, this machine, or its name with whatever the network hangs on it."""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return name.lower().partition(".")[0] in ("localhost", socket.gethostname().lower().partition(".")[0])
    return True
