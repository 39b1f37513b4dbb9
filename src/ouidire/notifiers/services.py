"""Which services Apprise may be used for, and what an address of one looks like. Loads one file of Apprise, not all."""

from __future__ import annotations

import importlib
import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ouidire.domain.ids import digest
from ouidire.errors import Permanent

FILE = Path(__file__).parent / "services.toml"
READS_FILES = frozenset({"template", "keyfile", "subfile"})
"""Parts of an address by which Apprise would read a file of this machine."""

WHY_REFUSED: Mapping[str, str] = {
    "this machine": "would speak to the machine that Ouïdire runs on, not to you.",
    "speaks in public": "would say the alert in public.",
    "has its own way here": "has its own way here: use that.",
    "a line between programs": "is a line between programs, not to a person.",
    "needs a part that is not installed": "needs a part that is not installed here.",
}


@dataclass(frozen=True, slots=True)
class Service:
    """One address, ready to be spoken to. `host` is the server that its member named; empty: the service's own."""

    plugin: Any
    name: str
    host: str
    is_encrypted: bool

    @property
    def shown(self) -> str:
        """The address without its secrets, of which a path or a name may be one: the server, or four letters of its
        fingerprint, so that its member tells two of them apart."""
        return f"{self.name} · {self.host or digest(str(self.plugin.url()))[:4]}"


def scheme_of(address: str) -> str:
    return address.partition("://")[0].strip().lower() if "://" in address else ""


def open_service(address: str) -> Service:
    """Raises `Permanent` with what is wrong: not an address, a service that is not used, a part that is missing."""
    scheme, lists = scheme_of(address), _lists()
    if not scheme:
        raise Permanent("This is not an address of Apprise; it begins with a service, like ntfys:// or discord://.")
    if scheme in lists["refused"]:
        raise Permanent(f"{scheme}:// is not used here: it {WHY_REFUSED[lists['refused'][scheme]]}")
    module = lists["service"].get(scheme) or lists["server"].get(scheme)
    if module is None:
        raise Permanent(f"{scheme}:// is no service that we know.")
    _refuse_files(scheme, address)
    plugin = _plugin(module, scheme, address)
    host = _host(module, plugin) if scheme in lists["server"] else ""
    return Service(plugin, str(plugin.service_name), host, bool(plugin.secure))


def _host(module: str, plugin: Any) -> str:
    """The server that its member named; two services do not call it so."""
    if module == "acs":
        return str(plugin.endpoint)
    if module == "zulip":
        return f"{plugin.organization}.{plugin.hostname}"
    return str(plugin.host or "")


def _refuse_files(scheme: str, address: str) -> None:
    given = {name.lstrip("+-:").lower() for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
    if found := sorted(given & READS_FILES):
        raise Permanent(f"{scheme}:// with “{found[0]}” would read a file of this machine; leave it out.")


def _plugin(module: str, scheme: str, address: str) -> Any:
    kind, asset = _class(module, scheme), _asset()
    try:
        given = kind.parse_url(address)
        if not given:
            raise TypeError
        made = kind(**{**given, "asset": asset})
    except Exception as error:  # each of its hundred files refuses in a way of its own
        raise Permanent(f"This address of {kind.service_name} is not complete; see {kind.setup_url}") from error
    if hasattr(made, "discovery"):  # Matrix would ask the server where to go, and go there
        made.discovery = False
    return made


@cache
def _class(module: str, scheme: str) -> Any:
    found = importlib.import_module(f"apprise.plugins.{module}")
    # Its log names topics and tokens; what matters of it is read by the notifier.
    logging.getLogger("apprise").propagate = False
    for one in vars(found).values():
        if isinstance(one, type) and scheme in _schemes(one):
            return one
    raise Permanent(f"{scheme}:// is no service that we know.")


def _schemes(kind: Any) -> tuple[str, ...]:
    found: list[str] = []
    for names in (getattr(kind, "protocol", None), getattr(kind, "secure_protocol", None)):
        found += [names] if isinstance(names, str) else list(names or ())
    return tuple(found)


@cache
def _asset() -> Any:
    """Nothing from files, nothing into files, no redirects into our network, and no picture from elsewhere."""
    from apprise.asset import AppriseAsset

    asset = AppriseAsset(http_redirects=False, plugin_paths=[], app_id="Ouidire", app_desc="Ouïdire")
    asset.image_url_mask = asset.image_url_logo = ""
    return asset


@cache
def _lists() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(FILE.read_text("utf-8"))
    return found
