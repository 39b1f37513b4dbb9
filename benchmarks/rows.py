"""What a benchmark says: rows of one measurement each, for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

Row = dict[str, object]


def row(bench: str, case: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> Row:
    """One figure. With a `peer`, `ratio` says how many times better ours is."""
    return {
        "bench": bench,
        "case": case,
        "value": round(value, 3),
        "unit": unit,
        "peer": peer,
        "ratio": None if ratio is None else round(ratio, 1 if ratio >= 1 else 3),
    }


def show(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print them."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for one in rows:
        against = f"   {one['ratio']}x {one['peer']}" if one["peer"] else ""
        print(f"{one['case']:<74} {one['value']:>12} {one['unit']}{against}")
