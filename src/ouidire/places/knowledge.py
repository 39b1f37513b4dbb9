"""What lists and people write about a place, as our values: kinds of house, dishes, former names, accounts, tongues."""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from ouidire.domain.fold import fold, glue
from ouidire.domain.watch import FormerName
from ouidire.match.links import parse_handle, parse_link

_APART = re.compile(r"[;|\n,]")
_STEADY = frozenset(("instagram.com", "p", "explore", "reel", "share", "home", "search", "intent", "hashtag", "i"))
"""First steps of a path that are no account."""
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_MONTHS = {
    "janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8, "septembre": 9,
    "octobre": 10, "novembre": 11, "decembre": 12, "january": 1, "february": 2, "march": 3, "april": 4, "may": 5,
    "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_FORMER = re.compile(
    r"(?P<name>.+?)\s*\(\s*(?:(?:jusqu['’](?:en|au|a|à)?|jusque|avant|until|till|to|before|–|-)\s*(?:en\s+|the\s+)?)?"
    r"(?P<day>[^()]*\d{4}[^()]*)\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Accounts without their '@', and web addresses."""

    handles: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def pieces(text: str) -> tuple[str, ...]:
    """What stands between commas, semicolons, bars and line ends, each once."""
    return tuple(dict.fromkeys(part for one in _APART.split(text) if (part := one.strip())))


# -- kinds, dishes, tongues --------------------------------------------------------------------------------------------


def categories() -> tuple[str, ...]:
    """The keys of all categories, in the order of the table."""
    return tuple(_kinds()["kinds"])


def category_of(said: Iterable[str]) -> str:
    """The category that the first word we know stands for; '' when we know none. A key of ours stands for itself.

    >>> category_of(["building", "Boulangerie-Pâtisserie"]), category_of(["fast_food"])
    ('bakery', 'fast_food')
    """
    known = [found for one in said if (found := _by_word().get(_plain(one)))]
    return next((one for one in known if one != "shop"), known[0] if known else "")


def dishes(said: Iterable[str]) -> tuple[str, ...]:
    """OpenStreetMap's kinds of kitchen in the words that guests use; a person's own words stay as they are.

    >>> dishes(["pizza", "italian", "tarte aux prunes"])
    ('pizza', 'pizzas', 'tarte aux prunes')
    """
    table: Mapping[str, list[str]] = _kinds()["dishes"]
    found: list[str] = []
    for one in said:
        if one in table:
            found += table[one]
        elif " " in one or not re.fullmatch(r"[a-z_]+", one):
            found.append(one)
        elif one not in _kinds()["kitchens"]["names"]:
            found.append(one.replace("_", " "))
    return tuple(dict.fromkeys(found))


def languages(said: Iterable[str]) -> tuple[str, ...]:
    """Codes of two or three letters ('fr', 'en-CA' → 'en'); what is none is left out."""
    codes = (one.strip().lower().replace("_", "-").partition("-")[0] for one in said)
    return tuple(dict.fromkeys(_TONGUES.get(fold(code), code) for code in codes if _is_tongue(code)))


_TONGUES = {
    "francais": "fr", "french": "fr", "anglais": "en", "english": "en", "espagnol": "es", "spanish": "es",
    "allemand": "de", "german": "de", "italien": "it", "italian": "it", "neerlandais": "nl", "dutch": "nl",
    "portugais": "pt", "portuguese": "pt", "arabe": "ar", "arabic": "ar", "breton": "br", "catalan": "ca",
    "japonais": "ja", "japanese": "ja", "chinois": "zh", "chinese": "zh",
}  # fmt: skip


def _is_tongue(code: str) -> bool:
    return fold(code) in _TONGUES or _LANGUAGE.fullmatch(code) is not None


@cache
def _kinds() -> Mapping[str, Any]:
    return tomllib.loads(files("ouidire.places").joinpath("kinds.toml").read_text("utf-8"))


@cache
def _by_word() -> Mapping[str, str]:
    kinds: Mapping[str, list[str]] = _kinds()["kinds"]
    return {_plain(word): key for key, words in kinds.items() for word in (key, *words)}


def _plain(text: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.rpartition("/")[2])
    return fold(re.sub(r"[^\w]+|_", " ", spaced))


# -- accounts and addresses --------------------------------------------------------------------------------------------


def addresses(said: Iterable[str]) -> Addresses:
    """Each as an account (its page on a network, '@name') or as a web address; what is neither is left out.

    >>> addresses(["https://www.instagram.com/lamie/", "@lamie.bsky.social", "http://lamie.fr/rennes"])
    Addresses(handles=('lamie', 'lamie.bsky.social'), links=('lamie.fr/rennes',))
    """
    handles: dict[str, None] = {}
    links: dict[str, None] = {}
    for one in said:
        if "/" not in one and (one.startswith("@") or "." not in one):
            handle = parse_handle(one)
            if handle and " " not in handle and len(glue(fold(handle))) > 1:
                handles[handle] = None
        elif (account := _account(one)) is None:
            if link := _link(one):
                links[link] = None
        elif account:
            handles[account] = None
    return Addresses(tuple(handles), tuple(links))


def _account(address: str) -> str | None:
    """The account whose page this is; '' on such a network where it is no account's page, None elsewhere."""
    host, path = parse_link(address)
    host = host.removeprefix("m.").removeprefix("mobile.")
    accounts: Mapping[str, str] = _kinds()["accounts"]
    if host not in accounts:
        handle = parse_handle(address)  # a page on a Mastodon server: 'lamie@piaille.fr'
        return handle if "@" in handle else None
    name = path.removeprefix(accounts[host]).partition("/")[0].lstrip("@")
    return "" if name in _STEADY else name


def _link(address: str) -> str:
    host, path = parse_link(address)
    if "." not in host.strip(".") or " " in host or (not path and host in _kinds()["platforms"]["hosts"]):
        return ""
    return "/".join(filter(None, (host, path)))


# -- former names ------------------------------------------------------------------------------------------------------


def read_former(text: str) -> FormerName:
    """'Chez Jo (jusqu’en 2019)', 'Chez Jo (until 2019-05-31)', 'Chez Jo (mai 2019)', 'Chez Jo'.

    A year ends on its last day, a month too. What stands in brackets and is no date belongs to the name.
    """
    text = text.strip()
    found = _FORMER.fullmatch(text)
    until = _day(found["day"]) if found else None
    return FormerName(found["name"].strip(), until) if found and until else FormerName(text)


def _day(text: str) -> date | None:
    words = fold(text).replace(".", "/").split()
    joined = " ".join(words)
    try:
        if found := re.fullmatch(r"(?:.* )?(\d{4})[ /](\d{1,2})[ /](\d{1,2})", joined):
            return date(*map(int, found.groups()))
        if found := re.fullmatch(r"(?:.* )?(\d{1,2})[ /](\d{1,2})[ /](\d{4})", joined):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := re.fullmatch(r"(?:.* )?(\d{1,2}|1er) ([a-z]+) (\d{4})", joined):
            return date(int(found[3]), _MONTHS[found[2]], int(found[1].removesuffix("er")))
        if found := re.fullmatch(r"(?:.* )?([a-z]+) (\d{4})", joined):
            if found[1] in _MONTHS:
                return _last_of(int(found[2]), _MONTHS[found[1]])
            return date(int(found[2]), 12, 31) if found[1] in ("en", "fin", "end", "of") else None
        if found := re.fullmatch(r"(\d{4})[ /](\d{1,2})|(\d{1,2})[ /](\d{4})", joined):
            year, month = (found[1], found[2]) if found[1] else (found[4], found[3])
            return _last_of(int(year), int(month))
        return date(int(joined), 12, 31) if re.fullmatch(r"\d{4}", joined) else None
    except (ValueError, KeyError):
        return None


def _last_of(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
