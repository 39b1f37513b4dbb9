"""A Jetstream of any length: posts as large as real ones, the public network's mix, and a server that sends it.

    python -m benchmarks.stream [--per-s 500] [--seconds 120] [--name NAME …] [--mention-every 5000]

prints its address, waits for a listener, and sends in real time. Of a hundred events 38 are posts, 38 reposts,
14 deletions, 5 account and 5 identity events: what the network sends to who asks for posts and reposts (likes are
not asked for). A post is 850 bytes on average, a repost 570, as in recorded frames.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from base64 import b32encode
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ouidire import clock
from ouidire.demo.chatter import chat, tid

AUTHORS = 50_000
DAY_US = 86_400_000_000
SPOKEN_OF = ("{} : {}", "Trente minutes d’attente chez {}. {}", "Just left {}. {}", "{1} Also, {0} was lovely.")
POST, REPOST = "app.bsky.feed.post", "app.bsky.feed.repost"

Fields = dict[str, object]


def posts(
    wanted: int, seed: int, *, names: Sequence[str] = (), mention_every: int = 0, lookalike_every: int = 0
) -> Iterator[bytes]:
    """Nothing but posts, written by the millisecond until now; each `mention_every`-th names one of `names`."""
    made = _Made(seed)
    began = int(clock.now().timestamp() * 1e6) - wanted * 1_000
    for number in range(wanted):
        text = _text(number, seed, names, mention_every, lookalike_every)
        yield made.post(text, began + number * 1_000)


def mix(seed: int, now_us: Callable[[], int], *, names: Sequence[str] = (), mention_every: int = 0) -> Iterator[bytes]:
    """Events without end, each at the time `now_us` gives; each `mention_every`-th is a post that names one."""
    made, chance, number = _Made(seed), Random(seed), 0
    while True:
        share = chance.randrange(100)
        if share < 38 or (names and mention_every and number % mention_every == mention_every - 1):
            yield made.post(_text(number, seed, names, mention_every, 0), now_us())
        elif share < 76:
            yield made.repost(now_us())
        elif share < 90:
            yield made.deletion(now_us())
        else:
            yield made.account(now_us(), "account" if share < 95 else "identity")
        number += 1


def _text(number: int, seed: int, names: Sequence[str], mention_every: int, lookalike_every: int) -> str:
    text = chat(number, seed).text
    if names and mention_every and number % mention_every == mention_every - 1:
        nth = number // mention_every
        return SPOKEN_OF[nth % len(SPOKEN_OF)].format(names[nth % len(names)], text)
    if names and lookalike_every and number % lookalike_every == lookalike_every - 1:
        hidden = "".join(names[number // lookalike_every % len(names)].split())
        return f"{text} néo{hidden.lower()}isme"
    return text


class _Made:
    """Events as Jetstream writes them."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed + 1)

    def post(self, text: str, at_us: int) -> bytes:
        record: Fields = {"$type": POST, "createdAt": _iso(at_us), "langs": ["fr"], "text": text}
        draw = self._chance.random()
        if draw < 0.38:
            parent = self._subject(at_us)
            record["reply"] = {"parent": parent, "root": parent if draw < 0.2 else self._subject(at_us)}
        elif draw < 0.62:
            record["embed"] = self._pictures(at_us)
        elif draw < 0.74:
            record["embed"], record["facets"] = self._card(at_us), [_link(0, 31)]
        elif draw < 0.82:
            record["embed"] = {"$type": "app.bsky.embed.record", "record": self._subject(at_us)}
        elif draw < 0.9:
            record["facets"] = [_tag(0, 12, "matin"), _tag(13, 20, "café"), _link(21, 40)]
        return self._commit("create", POST, at_us, record)

    def repost(self, at_us: int) -> bytes:
        record: Fields = {"$type": REPOST, "createdAt": _iso(at_us), "subject": self._subject(at_us)}
        return self._commit("create", REPOST, at_us, record)

    def deletion(self, at_us: int) -> bytes:
        return self._commit("delete", self._chance.choice((POST, REPOST)), at_us, None)

    def account(self, at_us: int, kind: str) -> bytes:
        did = self._did()
        told: Fields = {"did": did, "seq": at_us // 1000, "time": _iso(at_us)}
        told |= {"active": True} if kind == "account" else {"handle": f"voix{at_us % AUTHORS}.bsky.social"}
        return msgspec.json.encode({"did": did, "time_us": at_us, "kind": kind, kind: told})

    def _commit(self, operation: str, collection: str, at_us: int, record: Fields | None) -> bytes:
        back_us = 0 if record else self._chance.randrange(DAY_US)
        commit: Fields = {"rev": tid(at_us), "operation": operation, "collection": collection}
        commit["rkey"] = tid(at_us - back_us)
        if record is not None:
            commit |= {"record": record, "cid": _cid(at_us)}
        return msgspec.json.encode({"did": self._did(), "time_us": at_us, "kind": "commit", "commit": commit})

    def _did(self) -> str:
        return _did(self._chance.randrange(AUTHORS))

    def _subject(self, at_us: int) -> Fields:
        made_us = at_us - self._chance.randrange(DAY_US)
        return {"cid": _cid(made_us), "uri": f"at://{self._did()}/{POST}/{tid(made_us)}"}

    def _pictures(self, at_us: int) -> Fields:
        shown = [
            {"alt": "Une rue sous la pluie, des vitrines allumées", "aspectRatio": {"height": 1500, "width": 2000},
             "image": _blob(at_us + n)}
            for n in range(self._chance.randrange(1, 4))
        ]  # fmt: skip
        return {"$type": "app.bsky.embed.images", "images": shown}

    def _card(self, at_us: int) -> Fields:
        where = f"https://exemple.fr/articles/{at_us}"
        said = "Tout ce qui se passe ce week-end près de chez vous, marchés, concerts et brocantes"
        card = {"description": said, "thumb": _blob(at_us), "title": "Ce week-end", "uri": where}
        return {"$type": "app.bsky.embed.external", "external": card}


def _blob(at_us: int) -> Fields:
    return {"$type": "blob", "ref": {"$link": "bafkrei" + _cid(at_us)[7:]}, "mimeType": "image/jpeg", "size": 119_635}


def _link(first: int, last: int) -> Fields:
    return _facet(first, last, {"$type": "app.bsky.richtext.facet#link", "uri": f"https://exemple.fr/{first}/{last}"})


def _tag(first: int, last: int, tag: str) -> Fields:
    return _facet(first, last, {"$type": "app.bsky.richtext.facet#tag", "tag": tag})


def _facet(first: int, last: int, feature: Fields) -> Fields:
    return {"features": [feature], "index": {"byteEnd": last, "byteStart": first}}


def _iso(at_us: int) -> str:
    moment = datetime.fromtimestamp(at_us / 1e6, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=AUTHORS)
def _did(number: int) -> str:
    return "did:plc:" + b32encode(sha256(b"voix%d" % number).digest()[:15]).decode().lower()


def _cid(number: int) -> str:
    return "bafyrei" + b32encode(sha256(number.to_bytes(8, "big", signed=True)).digest()).decode().lower().rstrip("=")


@dataclass(frozen=True, slots=True)
class Server:
    """Sends `mix` to each listener, `per_s` events a second in real time, one event a websocket frame."""

    per_s: float
    names: Sequence[str]
    mention_every: int

    async def subscribe(self, line: ServerConnection) -> None:
        loop = asyncio.get_running_loop()
        events = mix(7, lambda: int(clock.now().timestamp() * 1e6), names=self.names, mention_every=self.mention_every)
        began = loop.time()
        with suppress(ConnectionClosed):
            for number in count():
                await asyncio.sleep(began + number / self.per_s - loop.time())
                await line.send(next(events), text=True)


@asynccontextmanager
async def streaming(per_s: float, *, names: Sequence[str] = (), mention_every: int = 0) -> AsyncIterator[str]:
    """A `Server` in a process of its own while the block lasts; gives its address."""
    asked = ["--per-s", str(per_s), "--seconds", "100000", "--mention-every", str(mention_every)]
    for name in names:
        asked += ["--name", name]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.stream", *asked),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


async def _serve(asked: argparse.Namespace) -> None:
    server = Server(asked.per_s, asked.name, asked.mention_every)
    async with serve(server.subscribe, "127.0.0.1", asked.port) as listening:
        print(f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.sleep(asked.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--per-s", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--name", action="append", default=[])
    parser.add_argument("--mention-every", type=int, default=5_000)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
