"""Worlds to match in: watches and places, invented, in any number; and posts of which some speak of them.

Of the watches 85 in 100 are independents, 10 outlets of chains (from a few to thousands), 4 bear a name that many
houses have, 1 an ordinary word. Everything is drawn from a seed.
"""

from __future__ import annotations

import json
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import msgspec

from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.domain.words import common
from ouidire.match.towns import _table, _town

HIT_RATES = {1_000_000: 0.036, 100_000: 0.01, 1_000: 0.001, 1: 0.0001}
"""By the least number of watches: the share of the posts that are made to speak of one; chance adds others.

Of all that is said in public, a few in a hundred posts name a business at all; the fewer are watched, the fewer of
those are theirs.
"""

_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
_FIRST, _MIDDLE, _LAST, _WAYS, _CATEGORIES, _CHATTER = (
    _WORDS[name].split() for name in ("first", "middle", "last", "ways", "categories", "posts")
)
_KINDS, _MANY = _WORDS["kinds"], _WORDS["many"]


def surname(chance: Random) -> str:
    return "".join(map(chance.choice, (_FIRST, _MIDDLE, _LAST))).capitalize()


@dataclass(frozen=True, slots=True)
class World:
    watches: Sequence[Watch]
    places: Sequence[Place]


def world(count: int, seed: int = 1) -> World:
    """`count` watches, each with its place but for the few that speak for a whole chain."""
    chance = Random(seed)
    chains = _chains(count, chance)
    made = [_one(n, chance, chains) for n in range(count)]
    return World([watch for watch, _ in made], [place for _, place in made if place is not None])


def _chains(count: int, chance: Random) -> list[str]:
    """Names of chains; the first ones are drawn far more often."""
    return [
        surname(chance) + chance.choice(("", "", " & Co", " Express", "burger")) for _ in range(max(1, count // 1_000))
    ]


def _one(n: int, chance: Random, chains: Sequence[str]) -> tuple[Watch, Place | None]:
    draw = chance.random()
    town, postcode, at = chance.choice(_towns())
    if draw < 0.85:
        name, owner = f"{chance.choice(_KINDS)} {surname(chance)}", f"o{n}"
    elif draw < 0.95:
        nth = min(int(len(chains) * chance.random() ** 3), len(chains) - 1)
        name, owner = chains[nth], f"chain{nth}"
    elif draw < 0.99:
        name, owner = chance.choice(_MANY), f"o{n}"
    else:
        name, owner = chance.choice(_ordinary()).capitalize(), f"o{n}"
    place = Place(
        f"p{n}", owner, name, f"{chance.randrange(1, 200)} {chance.choice(_WAYS)} {surname(chance)}", "", town,
        postcode, coordinates=Coordinates(at[0] + chance.uniform(-0.02, 0.02), at[1] + chance.uniform(-0.03, 0.03)),
        radius_m=chance.choice((150, 300, 1_000)), category=chance.choice(_CATEGORIES),
        products=(surname(chance),) if chance.random() < 0.1 else (),
    )  # fmt: skip
    watch = Watch(
        f"w{n}", owner, place.id, (name,),
        aliases=(_alias(name, town, chance),) if chance.random() < 0.5 else (),
        handles=(f"{_glued(name)}{n}.bsky.social",) if chance.random() < 0.4 else (),
        hashtags=(f"{_glued(name)}{n % 97}",) if chance.random() < 0.1 else (),
        links=(f"{_glued(name)}{n}.fr",) if chance.random() < 0.2 else (),
        required=(town,) if chance.random() < 0.05 else (),
        excluded=(chance.choice(("concours", "météo", "film")),) if chance.random() < 0.05 else (),
    )  # fmt: skip
    is_whole = 0.85 <= draw < 0.95 and chance.random() < 0.002
    return (_whole(watch), None) if is_whole else (watch, place)


def _whole(watch: Watch) -> Watch:
    """The watch of a house as a whole."""
    return Watch(watch.id, watch.organisation_id, None, watch.names, watch.aliases, watch.handles, watch.hashtags)


def _alias(name: str, town: str, chance: Random) -> str:
    return chance.choice((f"{name} {town}", f"{name.rsplit(maxsplit=1)[-1]} {town}", f"{name} {surname(chance)}"))


def _glued(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name)
    return "".join(c for c in plain.lower() if c.isascii() and c.isalnum())


@cache
def _ordinary() -> list[str]:
    """Words that stand in one to ten posts of 10,000: what houses are called that are called by a word."""
    return sorted(word for word, rate in common().items() if word.isalpha() and len(word) > 3 and 1 < rate < 10)


@cache
def _towns() -> list[tuple[str, str, tuple[float, float]]]:
    """Real French communes, the larger ones more than once."""
    found = []
    for town in (_town(line, "") for line in _table()[0] if line[:1].isdigit()):
        if town.coordinates and town.postcode:
            at = (town.coordinates.lat, town.coordinates.lon)
            found += [(town.name, town.postcode, at)] * (1 + min(200, town.population // 5_000))
    return found


def texts(count: int, watches: Sequence[Watch], data: Path | None, seed: int = 3) -> tuple[list[str], str]:
    """`count` posts, and in words where they are from. A share of them (`HIT_RATES`) speak of one of `watches`."""
    chance = Random(seed)
    rate = next(share for least, share in HIT_RATES.items() if len(watches) >= least)
    real = list(dict.fromkeys(_real(data))) if data is not None and data.is_dir() else []
    chatter = real or [_invented(chance) for _ in range(20_000)]
    said = f"{len(real):,} public posts" if real else "invented posts"
    chance.shuffle(chatter)
    made = []
    for n in range(count):
        text = chatter[n % len(chatter)]
        made.append(_spoken(chance.choice(watches), text, chance) if chance.random() < rate else text)
    return made, f"{said}, of which {rate:.2%} were made to name a watch"


def _spoken(watch: Watch, text: str, chance: Random) -> str:
    name = chance.choice((*watch.names, *watch.names, *watch.aliases))
    match chance.randrange(8):
        case 0:
            name = name.upper()
        case 1:
            name = unicodedata.normalize("NFD", name)
        case 2:
            name = "#" + _glued(name)
        case 3 if watch.handles:
            name = "@" + watch.handles[0]
        case 4:
            name = name.lower().replace(" ", "-")
        case 5 if len(name) > 8:
            at = chance.randrange(2, len(name) - 2)
            name = name[:at] + name[at + 1 :]
    return f"{name} : {text}" if chance.random() < 0.5 else f"{text[:150]} chez {name}"


def _invented(chance: Random) -> str:
    return " ".join(chance.choices(_CHATTER, k=chance.randint(4, 26)))


def _real(data: Path) -> Iterator[str]:
    """Short public texts, read where they lie; none is copied."""
    for path in sorted([*data.glob("tweeteval/*/*_text.txt"), *data.glob("umsab-xlmt/*/*_text.txt")]):
        yield from path.read_text(encoding="utf-8").split("\n")
    for path in sorted(data.glob("goemotions/original/*.tsv")):
        yield from (line.split("\t")[0] for line in path.read_text(encoding="utf-8").split("\n"))
    for path in sorted(data.glob("fr-freemobile-tweets/*.jsonl")):
        yield from (json.loads(line)["text"] for line in path.read_text(encoding="utf-8").split("\n") if line)


def frames(posts: Sequence[str]) -> list[bytes]:
    """As Jetstream sends them; every third is a reply."""
    made = []
    for n, text in enumerate(posts):
        record: dict[str, object] = {
            "$type": "app.bsky.feed.post", "createdAt": "2026-01-15T11:59:58.123Z", "langs": ["fr"], "text": text,
        }  # fmt: skip
        if n % 3 == 0:
            uri = f"at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/{n}"
            parent = {"cid": "bafyreibvbr3mmtjpqzmbmrdwxbkdxkyuqqlbcpb5ho3ds4wwwhpmoqzdyu", "uri": uri}
            record["reply"] = {"parent": parent, "root": parent}
        commit = {"rev": "3lfmq4cq6n22x", "operation": "create", "collection": "app.bsky.feed.post",
                  "rkey": f"3lfmq4{n:07}", "record": record,
                  "cid": "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}  # fmt: skip
        event = {"did": f"did:plc:{n:024}", "time_us": 1_768_478_400_000_000 + n, "kind": "commit", "commit": commit}
        made.append(msgspec.json.encode(event))
    return made
