"""How right the decisions are: the figures of `ouidire eval match` as rows of a benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.rows import Row, row
from ouidire.domain.share import Share
from ouidire.evaluation.bench import prepare
from ouidire.evaluation.metrics import calibration, total
from ouidire.evaluation.world import Half

POSTS = 5_000


def accuracy(data: Path, posts: int = POSTS) -> Iterator[Row]:
    """The test half beside the two plainer rules; nothing where the public data are not."""
    if not (data / "brands-nsi").is_dir():
        return
    ready = prepare(data, Half.TEST, posts)
    verdicts = ready.judge(ready.cases)
    ours = total(verdicts)
    for name, peer in ready.peers().items():
        theirs = total(ready.judge_by(peer))
        beside = f"beside {name}"
        yield _share(f"right place, of those given one, {beside}", ours.place_precision, theirs.place_precision, name)
        yield _share(f"place found, of those that tell, {beside}", ours.place_recall, theirs.place_recall, name)
        ratio = ours.f / theirs.f if theirs.f else None
        yield row("match", f"business, F, {beside} (reach: 90)", 100 * ours.f, "%", name, ratio)
    yield row("match", "expected calibration error (reach: at most 3)", 100 * calibration(verdicts).error, "%")


def _share(what: str, ours: Share, theirs: Share, peer: str) -> Row:
    """Reach: right at least 97 at its lower bound, found at least 85."""
    case = f"{what} ({ours.hits} of {ours.of}, {100 * ours.low:.1f} to {100 * ours.high:.1f})"
    ratio = ours.value / theirs.value if theirs.of and theirs.hits else None
    return row("match", case, 100 * ours.value, "%", peer, ratio)
