"""Our own figures: one world after another, opened from its snapshot as a worker opens it."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.match import lean, peers
from benchmarks.match.world import World, frames, texts, world
from benchmarks.rows import Row, row
from ouidire.connectors.bluesky.mapping import jetstream
from ouidire.domain.mention import Match
from ouidire.domain.watch import Watch
from ouidire.match import snapshot
from ouidire.match.catalogue import Catalogue
from ouidire.match.followed import Followed
from ouidire.match.hot import sift
from ouidire.match.matcher import Matcher
from ouidire.match.names import NameIndex
from ouidire.match.policy import Policy, ordinary_words
from ouidire.match.signs import Signs, spellings
from ouidire.match.window import OrphanWindow

BENCH = "match"
BATCH = 256
PASSES = 3
TOUCHED = 100
ALONE = 20_000
HOUSE = 40_000
TWIN = 100_000
"""At so many watches the twin in Python is measured as well."""

REACH_ADDED_US = {1_000: 0.3, 100_000: 0.5, 1_000_000: 1.0}
REACH_RATE = {1: 800_000, 1_000: 800_000, 100_000: 650_000, 1_000_000: 400_000}
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is measured: `posts` in all, and what each peer may take."""

    posts: int
    data: Path | None
    patience_s: float
    passes: int = PASSES


def rows(count: int, asked: Asked) -> Iterator[Row]:
    """Everything about a world of `count` watches."""
    case = f"{count:,} watches"
    made = world(count)
    said, where_from = texts(asked.posts, made.watches, asked.data)
    raw = frames(said)
    with tempfile.TemporaryDirectory(prefix="ouidire-bench-") as folder:
        yield from _kept(case, made, Path(folder))
        names = _names(made.watches)
        if count != TWIN:
            del made  # what a worker has is the snapshot alone
        matcher, _ = snapshot.open_snapshot(Path(folder))
        for figure, value in _worker(Path(folder), raw):
            yield row(BENCH, f"{case}: {figure}", value, "MB")
        with _undisturbed():
            ours = yield from _rates(case, count, matcher, raw, asked, where_from)
            yield from _alone(case, matcher, said)
            yield from _touched(case, matcher)
    if count == TWIN:
        yield from _twin(case, made, raw, asked)
    if asked.patience_s > 0:
        for peer in peers.PEERS:
            theirs = peers.rate(peer, names, raw, asked.patience_s)
            if theirs is None:
                yield row(BENCH, f"{case}: {peer}, not ready within its time", 0, "posts/s/core", peer)
            else:
                yield row(BENCH, f"{case}: {peer}, JSON to names", theirs, "posts/s/core", peer, ours / theirs)


def _kept(case: str, made: World, folder: Path) -> Iterator[Row]:
    start = time.process_time()
    snapshot.write(folder, made.watches, made.places, "")
    yield row(BENCH, f"{case}: make the snapshot", time.process_time() - start, "s")
    for file in sorted(folder.iterdir()):
        kind = "names" if file.name.startswith("names") else "watches, places and look-up tables"
        yield row(BENCH, f"{case}: snapshot, {kind}", file.stat().st_size / 1e6, "MB")
    opened = [_seconds(lambda: snapshot.open_snapshot(folder)) for _ in range(3)]
    yield row(BENCH, f"{case}: open the snapshot", statistics.median(opened), "s")
    yield row(BENCH, f"{case}: index of the names", snapshot.open_snapshot(folder)[0].signs.index.nbytes / 1e6, "MB")


def _worker(folder: Path, raw: Sequence[bytes]) -> Iterator[tuple[str, float]]:
    """What a process weighs that has opened the snapshot and matched some posts."""
    sample = folder / "sample"
    sample.write_bytes(b"\n".join(raw[:20_000]))
    asked = [sys.executable, "-m", "benchmarks.match.worker", str(folder), str(sample)]
    said = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    sample.unlink()
    for name, value in zip(("a worker, resident", "a worker, its own alone"), said.stdout.split(), strict=False):
        yield name, float(value) / 1e6


def _rates(
    case: str, count: int, matcher: Matcher, raw: Sequence[bytes], asked: Asked, where_from: str
) -> Generator[Row, None, float]:
    batches = [raw[at : at + BATCH] for at in range(0, len(raw), BATCH)]
    posts = [lean.texts_of(batch) for batch in batches]
    found: list[Match] = []

    def per_post(run: Callable[[], object]) -> float:
        return statistics.median(_cpu(run) for _ in range(asked.passes)) / len(raw) * 1e6

    def end_to_end() -> None:
        found.clear()
        for batch in batches:
            found.extend(lean.matches(matcher, batch))

    index = matcher.signs.index
    end_to_end()
    hits = sum(len(index.scan(part)) for part in posts)
    decoding = per_post(lambda: [lean.texts_of(batch) for batch in batches])
    scanning = per_post(lambda: [index.scan(part) for part in posts])
    looking = per_post(lambda: [lean.candidates(matcher, batch) for batch in batches])
    whole = per_post(end_to_end)
    size = f"{sum(map(len, raw)) / len(raw):.0f} bytes of JSON"
    yield row(BENCH, f"{case}: posts ({where_from}; {size} each)", len(raw), "posts")
    yield row(BENCH, f"{case}: posts in which a name was hit", hits, "posts")
    yield row(BENCH, f"{case}: mentions", len(found), "mentions")
    yield row(BENCH, f"{case}: decode alone (msgspec, typed)", decoding, "µs")
    reach = f" (reach: {REACH_ADDED_US[count]})" if count in REACH_ADDED_US else ""
    yield row(BENCH, f"{case}: finding the names adds{reach}", scanning, "µs", "decode alone", decoding / scanning)
    yield row(BENCH, f"{case}: JSON to candidates, nothing decided", 1e6 / looking, "posts/s/core")
    reach = f" (reach: {REACH_RATE[count]:,})" if count in REACH_RATE else ""
    yield row(BENCH, f"{case}: JSON to mentions{reach}", 1e6 / whole, "posts/s/core")
    if hits:
        each = (whole - decoding - scanning) * len(raw) / hits
        yield row(BENCH, f"{case}: weighing one post in which a name was hit", each, "µs")
    some = raw[:HOUSE]
    house = _cpu(lambda: _house(matcher, some)) / len(some) * 1e6
    yield row(BENCH, f"{case}: JSON to decision, the house's own way", 1e6 / house, "posts/s/core")
    return 1e6 / looking


def _house(matcher: Matcher, raw: Sequence[bytes]) -> None:
    stream, followed, window = jetstream(), Followed(), OrphanWindow()
    for at in range(0, len(raw), BATCH):
        sift(stream.decode(raw[at : at + BATCH], 2**60).items, matcher, followed, NOW, window)


def _alone(case: str, matcher: Matcher, said: Sequence[str]) -> Iterator[Row]:
    """One post at a time, by the clock on the wall."""
    items = jetstream().decode(frames(said[:ALONE]), 2**60).items
    for what, run in (("finding the names", lambda item: matcher.scan((item,))), ("the whole decision", matcher.match)):
        spent = sorted(_seconds(lambda run=run, item=item: run(item)) for item in items)  # type: ignore[misc]
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            reach = " (reach at 1,000,000: 20)" if name == "p99" else ""
            figure = spent[int(share * (len(spent) - 1))] * 1e6
            yield row(BENCH, f"{case}: one post alone, {what}, {name}{reach}", figure, "µs")


def _touched(case: str, matcher: Matcher) -> Iterator[Row]:
    """Watches added to and removed from what lies in the snapshot."""
    old = [watch for _, watch in zip(range(TOUCHED), matcher.catalogue.numbered(), strict=False)]
    removed = [_seconds(lambda watch=watch: matcher.remove_watch(watch.id)) for _, watch in old]  # type: ignore[misc]
    added = [_seconds(lambda watch=watch: matcher.put_watch(watch)) for _, watch in old]  # type: ignore[misc]
    yield row(BENCH, f"{case}: remove one watch (reach: 1)", statistics.median(removed) * 1e3, "ms")
    yield row(BENCH, f"{case}: add one watch (reach: 1)", statistics.median(added) * 1e3, "ms")
    yield row(BENCH, f"{case}: add one watch, the slowest of {len(added)}", max(added) * 1e3, "ms")


def _twin(case: str, made: World, raw: Sequence[bytes], asked: Asked) -> Iterator[Row]:
    """The same without the kernel."""
    catalogue = Catalogue(made.watches, made.places)
    signs = Signs(catalogue, Policy(), NameIndex(native=False, ordinary=ordinary_words()))
    signs.fill()
    matcher = Matcher((), (), opened=(catalogue, signs))
    some = raw[: min(len(raw), 20_000)]
    with _undisturbed():
        spent = statistics.median(
            _cpu(lambda: [lean.matches(matcher, some[at : at + BATCH]) for at in range(0, len(some), BATCH)])
            for _ in range(asked.passes)
        )
    yield row(BENCH, f"{case}: JSON to mentions, the twin in Python (reach: 50,000)", len(some) / spent, "posts/s/core")


def _names(watches: Sequence[Watch]) -> list[str]:
    """Every name as the peers are given it: folded words, each once."""
    names = (name for watch in watches for name in (*watch.names, *watch.aliases))
    return list(dict.fromkeys(words for name in names for words in [next(spellings(name), "")] if words))


@contextmanager
def _undisturbed() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _cpu(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
