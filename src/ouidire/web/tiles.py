"""Own map tiles: a setting, and the one host that pages may then take pictures from. Without it nobody is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import structlog

from ouidire.settings import Settings

log = structlog.get_logger()

_HOST = re.compile(r"[a-z0-9.\-]+(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?")
_PLACES = ("{z}", "{x}", "{y}")


@dataclass(frozen=True, slots=True)
class Tiles:
    """Where pictures of the map come from (`url` with {z}, {x}, {y}), and to whom they belong."""

    url: str
    attribution: str

    @property
    def host(self) -> str:
        """Scheme and host: exactly what the Content-Security-Policy lets pages ask."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def tiles_of(settings: Settings) -> Tiles | None:
    """The tiles that are set; None when none are, or when the address could not be used (see `trouble`)."""
    return _tiles(settings.tiles, settings.tiles_attribution)


def trouble(settings: Settings) -> str:
    """What is wrong with the address of the tiles, and what it should be; empty when nothing is."""
    url = settings.tiles
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(parts.netloc.lower()):
        return "OUIDIRE_TILES is not a web address with one host: expected https://HOST/{z}/{x}/{y}.png."
    if missing := [one for one in _PLACES if one not in f"{parts.path}?{parts.query}"]:
        return f"OUIDIRE_TILES lacks {' '.join(missing)}: expected https://HOST/{{z}}/{{x}}/{{y}}.png."
    return ""


@lru_cache(maxsize=4)
def _tiles(url: str, attribution: str) -> Tiles | None:
    if not url:
        return None
    if said := trouble(Settings.model_construct(tiles=url, tiles_attribution=attribution)):
        log.warning("the map stays without own tiles", because=said)
        return None
    return Tiles(url, attribution)
