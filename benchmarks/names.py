"""Many names at once: what one post costs that concerns nobody, against what people write by hand.

    python -m benchmarks.names [--json]

Rows: bench, case, value, unit, peer, ratio (peer's time / ours; more is better for us). CPU time of one process,
median of three passes over the same generated posts. Peers see the same names and are spared what ours also does
(folding into whole words, handles, links, hashtags, places): the `in` loop gets `str.lower()`, `re` an alternation.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from benchmarks.rows import Row, row, show
from ouidire.connectors.bluesky.mapping import jetstream
from ouidire.domain.item import Author, Item
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.followed import Followed, FollowedKind
from ouidire.match.hot import sift
from ouidire.match.matcher import Matcher
from ouidire.match.window import OrphanWindow

POSTS = 20_000
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
KINDS = ("Boulangerie", "Pharmacie", "Restaurant", "Café", "Bistrot", "Librairie", "Épicerie", "Crêperie")
OWNERS = ("Martin", "Le Goff", "Lefèvre", "Müller", "D’Amico", "Nguyễn", "Œuvrard", "Saint-Aubin", "Benoît", "Çelik")
TOWNS = ("Rennes", "Saint-Malo", "Nantes", "Brest", "Vannes", "Quimper", "Lorient", "Laval", "Angers", "Fougères")
WORDS = """
je tu on vous c'est pas déjà très bien the and of to was que qui les des une dans pour avec sur hier demain matin
soir attendu minutes café pain merci super naze météo foot match train retard élection film série jamais toujours
愛 gracias mañana schön über @quelquun #nofilter 😂 🔥 https://exemple.fr/page voilà être même où là ça première
"""


def watches(count: int) -> list[Watch]:
    rng = random.Random(1)
    made: list[Watch] = []
    for n in range(count):
        name = f"{rng.choice(KINDS)} {rng.choice(OWNERS)} {rng.choice(TOWNS)} {n}"
        handle = f"maison{n}.bsky.social"
        made.append(Watch(f"w{n}", f"o{n}", f"p{n}", (name,), (f"Chez {name}",), (handle,), links=(f"maison{n}.fr",)))
    return made


def places(count: int) -> list[Place]:
    rng = random.Random(2)
    return [Place(f"p{n}", f"o{n}", f"Lieu {n}", "12 rue Crescent", town=rng.choice(TOWNS)) for n in range(count)]


def posts() -> list[str]:
    rng, words = random.Random(3), WORDS.split()
    return [" ".join(rng.choices(words, k=rng.randint(4, 26))) for _ in range(POSTS)]


def items(texts: Sequence[str]) -> list[Item]:
    return [
        Item(connector="bluesky", uri=f"at://did:plc:{n}/app.bsky.feed.post/{n}", author=Author(f"did:plc:{n}"), text=t,
             written_at=NOW, parent_uri=f"at://did:plc:x/app.bsky.feed.post/{n}" if n % 3 == 0 else "")
        for n, t in enumerate(texts)
    ]  # fmt: skip


def frames(texts: Sequence[str]) -> list[bytes]:
    """Jetstream events; every third one is a reply, as on the network."""
    made = []
    for n, text in enumerate(texts):
        record = {"$type": "app.bsky.feed.post", "createdAt": "2026-01-15T11:59:58.123Z", "langs": ["fr"], "text": text}
        if n % 3 == 0:
            parent = {"cid": "bafyreib", "uri": f"at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/{n}"}
            record["reply"] = {"parent": parent, "root": parent}  # type: ignore[assignment]
        commit = {"rev": "3l", "operation": "create", "collection": "app.bsky.feed.post", "rkey": f"3k{n}",
                  "record": record, "cid": "bafyreia"}  # fmt: skip
        event = {"did": f"did:plc:{n:024}", "time_us": 1_768_478_400_000_000 + n, "kind": "commit", "commit": commit}
        made.append(msgspec.json.encode(event))
    return made


def micros(run: Callable[[], object], count: int, passes: int = 3) -> float:
    """CPU microseconds for each of `count` posts, median of `passes`."""
    spent = []
    for _ in range(passes):
        start = time.process_time()
        run()
        spent.append((time.process_time() - start) / count * 1e6)
    return statistics.median(spent)


def rows(count: int) -> list[Row]:
    texts, made = posts(), watches(count)
    start = time.process_time()
    matcher = Matcher(made, places(count))
    build_s = time.process_time() - start
    heard, raw, followed = items(texts), frames(texts), kept_items()
    ours = micros(lambda: [matcher.match(item) for item in heard], POSTS)
    sifted = micros(lambda: sift(heard, matcher, followed, NOW, OrphanWindow()), POSTS)
    whole = micros(lambda: sift(jetstream().decode(raw, 2**60).items, matcher, followed, NOW, OrphanWindow()), POSTS)
    case = f"{count} watches"
    return [
        row("names", f"{case}: match one post", ours, "µs"),
        row("names", f"{case}: sift one item (10,000 followed keys, window)", sifted, "µs"),
        row("names", f"{case}: Jetstream JSON to decision", whole, "µs"),
        row("names", f"{case}: Jetstream JSON to decision", 1e6 / whole, "posts/s/core"),
        row("names", f"{case}: build", build_s, "s"),
        *(row("names", f"{case}: match one post", ours, "µs", name, peer / ours) for name, peer in peers(made, texts)),
    ]


def kept_items() -> Followed:
    followed = Followed()
    for n in range(10_000):
        followed.add(f"bluesky:at://did:plc:kept/app.bsky.feed.post/{n}", "o1", "p1", FollowedKind.ITEM)
    return followed


def peers(made: Sequence[Watch], texts: Sequence[str]) -> list[tuple[str, float]]:
    names = [name.lower() for watch in made for name in (*watch.names, *watch.aliases)]
    some = texts[: max(50, 400_000 // len(names))]
    alternation = re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")
    return [
        ("re alternation", micros(lambda: [alternation.search(t.lower()) for t in some], len(some))),
        ("naive in loop", micros(lambda: [[n for n in names if n in low] for low in map(str.lower, some)], len(some))),
    ]


def main() -> None:
    found = [one for count in (1, 1_000, 10_000) for one in rows(count)]
    show(found, as_json="--json" in sys.argv)


if __name__ == "__main__":
    main()
