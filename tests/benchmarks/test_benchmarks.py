"""Each benchmark still runs, and prints what a program can read. The figures themselves are no test's matter."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice

import pytest
from benchmarks.match import __main__ as match

from benchmarks import flow, latency, resources, stream
from ouidire.connectors.bluesky.mapping import jetstream
from ouidire.domain.item import ItemKind

FIELDS = {"bench", "case", "value", "unit", "peer", "ratio"}
TINY = {
    "match": (match, "--watches 1,300 --posts 600 --patience 3 --passes 1"),
    "flow": (flow, "--posts 1024 --passes 1 --watches 3"),
    "latency": (latency, "--posts 2 --every-s 0.05 --beside 0 --warm 1"),
    "resources, up": (resources, "--case up --seconds 1 --settle 0.5 --per-s 300 --mention-every 40"),
    "resources, demo": (resources, "--case demo --demo-posts 90"),
}


@pytest.mark.parametrize("name", TINY)
def test_a_benchmark_prints_its_rows_as_json(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmark, asked = TINY[name]
    monkeypatch.setattr("sys.argv", [benchmark.__name__, "--json", *asked.split()])
    benchmark.main()
    rows = json.loads(capsys.readouterr().out)
    assert len({row["case"] for row in rows}) == len(rows) > 3
    assert all(set(row) == FIELDS and isinstance(row["value"], int | float) and row["unit"] for row in rows)
    assert any(row["value"] > 0 for row in rows)


def test_the_made_stream_is_read_without_loss_and_has_the_networks_mix() -> None:
    events = list(islice(stream.mix(1, lambda: 1_768_478_400_000_000, names=["Café Lune"], mention_every=100), 5_000))
    heard = jetstream().decode(events, 2**60)
    kinds = Counter(item.kind for item in heard.items)
    assert not heard.dropped
    assert sum("Café Lune" in item.text for item in heard.items) == 50
    assert 0.36 < kinds[ItemKind.POST] / 5_000 < 0.42
    assert 0.35 < kinds[ItemKind.REPOST] / 5_000 < 0.41
    assert 0.12 < len(heard.gone) / 5_000 < 0.16
    assert 500 < sum(map(len, events)) / len(events) < 650


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 2), (0.51, 3), (0.99, 4), (1.0, 4)])
def test_a_quantile_is_the_least_value_that_the_share_does_not_exceed(share: float, expected: int) -> None:
    assert latency.quantile([4, 1, 3, 2], share) == expected


def test_a_slope_is_what_a_line_gains_in_a_step() -> None:
    assert resources.slope([1, 3, 5, 7]) == pytest.approx(2)
    assert resources.slope([5]) == 0
