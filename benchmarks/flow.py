"""From a network's bytes to what is kept: posts a second that one core carries, against what people write by hand.

    python -m benchmarks.flow [--json] [--posts 50000] [--passes 5] [--watches 1 1000 10000] [--frames FILE]

Included: decoding Jetstream's JSON by the shipped mapping, batches of the shipped reader's size through `App.hear`, as
the program does it (refreshing the ears, matching, following, waiting for parents, the hops to the store's thread),
and its commits on a SQLite file with synchronous=FULL: items, mentions, work rows, followed keys, the cursor at least
once a second.
Not included: the websocket (benchmarks.resources has it), the local sample, and the stages after the commit, which
the 0.2 % that are mentions pay for. Beside the whole, decoding and matching alone.

The posts are made from a seed by `benchmarks.stream`, as large as real ones: pictures, cards, facets, 38 % replies;
each 500th names one of the watched names, each 97th hides one in a longer word. `--frames` takes recorded ones.
CPU time of the process with its threads, median of the passes. The peer, in the same run: json.loads, casefold, one
compiled `re` alternation of the same names between word boundaries, and an insert of each hit, one commit for each
batch with a hit, synchronous=FULL; it stops after 60 s and is judged by what it did until then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import func, insert, select

from benchmarks.names import places, watches
from benchmarks.rows import Row, row, show
from benchmarks.stream import posts
from ouidire import clock
from ouidire.app import App
from ouidire.connectors.bluesky.mapping import jetstream
from ouidire.connectors.bluesky.reader import MOST
from ouidire.domain.item import Batch
from ouidire.domain.source import Source
from ouidire.domain.watch import Watch
from ouidire.match.ears import Ears
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import schema, sources, states
from ouidire.store.engine import Store, Tx
from ouidire.store.rows import from_place, from_watch
from ouidire.store.secrets import SecretBox

BATCH = MOST
ANY_TIME = 2**60
SOURCE = "firehose"
MENTION_EVERY, LOOKALIKE_EVERY = 500, 97
PEER_S = 60.0


def batches(frames: Sequence[bytes]) -> Iterator[Batch]:
    """What the reader hands over: frames decoded, with the cursor that covers them."""
    decoder = jetstream()
    for start in range(0, len(frames), BATCH):
        heard = decoder.decode(frames[start : start + BATCH], ANY_TIME)
        yield Batch(
            items=tuple(heard.items),
            gone=tuple(heard.gone),
            dropped=tuple(heard.dropped),
            cursor=str(heard.last_us),
            heard=heard.heard,
        )


def fill(tx: Tx, store: Store, made: Sequence[Watch]) -> None:
    """One organisation, place and watch each, and the source."""
    at = clock.now()
    owners = [{"id": one.organisation_id, "name": one.names[0], "language": "fr", "created_at": at} for one in made]
    tx.execute(insert(schema.organisation), [{**owner, "is_demo": False} for owner in owners])
    tx.execute(insert(schema.place), [from_place(one) for one in places(len(made))])
    tx.execute(insert(schema.watch), [from_watch(one) for one in made])
    sources.add(tx, store, Source(SOURCE, None, "bluesky", "Bluesky"))
    states.grow(tx, states.EARS)


def settings(home: Path) -> Settings:
    return Settings.model_validate({"home": home, "listen_bluesky": False, "sample": False})


async def one_pass(home: Path, frames: Sequence[bytes], warmer: Sequence[bytes]) -> tuple[float, int]:
    """CPU seconds for all of `frames`, and how many mentions were kept.

    `warmer` is heard before the clock starts: the ears are full and every statement was said once.
    """
    app = App.open(settings(home))
    for batch in batches(warmer):
        await app.hear(Parcel(SOURCE, batch), at_once=True)
    began = time.process_time()
    for batch in batches(frames):
        await app.hear(Parcel(SOURCE, batch))
    spent = time.process_time() - began
    kept = await app.store.read(lambda tx: tx.execute(select(func.count()).select_from(schema.mention)).scalar_one())
    await app.close()
    return spent, kept


def decided(made: Sequence[Watch], frames: Sequence[bytes]) -> float:
    """CPU seconds to decode and match alone."""
    with tempfile.TemporaryDirectory() as folder:
        home = filled(Path(folder), made)
        ears, store = Ears(), opened(home)
        with store.reading() as tx:
            ears.refresh(tx, clock.now())
        store.close()
    began = time.process_time()
    for batch in batches(frames):
        ears.sift(batch, clock.now())
    return time.process_time() - began


def opened(home: Path) -> Store:
    return Store.open(settings(home).store_url, SecretBox.at(settings(home).key_path))


def filled(home: Path, made: Sequence[Watch]) -> Path:
    store = opened(home)
    with store.transaction() as tx:
        fill(tx, store, made)
    store.close()
    return home


def whole(made: Sequence[Watch], frames: Sequence[bytes], passes: int) -> tuple[list[float], int]:
    """CPU seconds of each pass, each on a fresh copy of the store; mentions kept in one."""
    spent, kept = [], 0
    warmer = list(posts(2 * BATCH, seed=-1, names=[made[0].names[0]], mention_every=BATCH))
    with tempfile.TemporaryDirectory() as folder:
        pattern = filled(Path(folder, "pattern"), made)
        for number in range(passes):
            home = Path(shutil.copytree(pattern, Path(folder, str(number))))
            seconds, kept = asyncio.run(one_pass(home, frames, warmer))
            spent.append(seconds)
    return spent, kept


def peer(made: Sequence[Watch], frames: Sequence[bytes], most_s: float = PEER_S) -> tuple[float, int]:
    """Posts a second that the alternation carries, and its hits."""
    names = sorted({name.casefold() for one in made for name in (*one.names, *one.aliases)}, key=len, reverse=True)
    alternation = re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(Path(folder, "hits.db"), isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE hit (uri TEXT PRIMARY KEY, name TEXT, text TEXT)")
        began, done, hits = time.process_time(), 0, 0
        for start in range(0, len(frames), BATCH):
            found = list(_by_alternation(alternation, frames[start : start + BATCH]))
            if found:
                db.execute("BEGIN IMMEDIATE")
                db.executemany("INSERT OR IGNORE INTO hit VALUES (?, ?, ?)", found)
                db.execute("COMMIT")
            done, hits = start + len(frames[start : start + BATCH]), hits + len(found)
            if time.process_time() - began > most_s:
                break
        rate = done / (time.process_time() - began)
        db.close()
    return rate, hits


def _by_alternation(alternation: re.Pattern[str], frames: Sequence[bytes]) -> Iterator[tuple[str, str, str]]:
    for frame in frames:
        event = json.loads(frame)
        commit = event.get("commit") or {}
        text = (commit.get("record") or {}).get("text", "")
        if text and (hit := alternation.search(text.casefold())):
            yield f"at://{event['did']}/{commit['collection']}/{commit['rkey']}", hit.group(), text


def rows(count: int, posts_wanted: int, passes: int, recorded: Sequence[bytes] = ()) -> list[Row]:
    made = watches(count)
    names = [one.names[0] for one in made]
    frames = list(recorded) or list(
        posts(posts_wanted, seed=count, names=names, mention_every=MENTION_EVERY, lookalike_every=LOOKALIKE_EVERY)
    )
    spent, kept = whole(made, frames, passes)
    ours = len(frames) / statistics.median(spent)
    alone = len(frames) / statistics.median(decided(made, frames) for _ in range(min(passes, 3)))
    theirs, hits = peer(made, frames)
    case = f"{count} watches"
    return [
        row("flow", f"{case}: JSON to stored mentions", ours, "posts/s/core"),
        row("flow", f"{case}: slowest of {passes} passes", len(frames) / max(spent), "posts/s/core"),
        row("flow", f"{case}: fastest of {passes} passes", len(frames) / min(spent), "posts/s/core"),
        row("flow", f"{case}: JSON to decision, nothing kept", alone, "posts/s/core"),
        row("flow", f"{case}: mentions kept of {len(frames)} posts", kept, "mentions"),
        row("flow", f"{case}: the peer ({hits} hits)", theirs, "posts/s/core", "re alternation", ours / theirs),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--posts", type=int, default=50_000)
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--watches", type=int, nargs="*", default=[1, 1_000, 10_000])
    parser.add_argument("--frames", type=Path, help="recorded frames, one a line, repeated up to --posts")
    asked = parser.parse_args()
    recorded = asked.frames.read_bytes().splitlines() if asked.frames else []
    recorded = (recorded * (asked.posts // len(recorded) + 1))[: asked.posts] if recorded else []
    found = [one for count in asked.watches for one in rows(count, asked.posts, asked.passes, recorded)]
    show(found, as_json=asked.json)


if __name__ == "__main__":
    main()
