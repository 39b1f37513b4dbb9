"""A worker: opens the snapshot FOLDER, matches the posts in FILE, and prints what it weighs.

Two figures, in bytes: all that is resident, and what is its own alone; the rest are pages of files, which every other
worker shares.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

from benchmarks.match import lean
from ouidire.match import snapshot

_AT_ONCE = 256


def main() -> None:
    folder, posts = map(Path, sys.argv[1:3])
    matcher, _ = snapshot.open_snapshot(folder)
    with posts.open("rb") as lines:  # as they come from a network: what waits is not the worker's
        while raw := [line.rstrip(b"\n") for line in islice(lines, _AT_ONCE)]:
            lean.matches(matcher, raw)
    weights = _rollup()
    print(weights["Rss"], weights["Anonymous"])


def _rollup() -> dict[str, int]:
    """What Linux says of this process, in bytes."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}


if __name__ == "__main__":
    main()
