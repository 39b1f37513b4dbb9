"""Matching at scale, beside its peers.

    make bench NAME=match
    python -m benchmarks.match [--watches 1,1000,100000,1000000] [--posts 200000] [--data ../shared/data] [--json]

Rows: bench, case, value, unit, peer, ratio (more is better for us). What the peers do is compared with ours up to the
candidates: names found, their conditions and borders looked at; deciding is measured beside. CPU time of
one process, median of three passes; "alone" and "add" by the clock on the wall. The worlds are invented; the posts are
public ones where `--data` has them, else invented. A peer gets 60 seconds a case (`--patience 0`: none is asked).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.match.accuracy import POSTS, accuracy
from benchmarks.match.speed import Asked, rows
from benchmarks.rows import Row, show

SIZES = "1,1000,100000,1000000"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--watches", default=SIZES)
    parser.add_argument("--posts", type=int, default=200_000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--patience", type=float, default=60.0)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    asked = Asked(given.posts, given.data, given.patience, given.passes)
    found: list[Row] = []
    for count in map(int, given.watches.split(",")):
        for one in rows(count, asked):
            found.append(one)
            if not given.json:
                show([one], as_json=False)
                sys.stdout.flush()
    right = list(accuracy(given.data, min(POSTS, given.posts)))
    show([*found, *right] if given.json else right, as_json=given.json)


if __name__ == "__main__":
    main()
