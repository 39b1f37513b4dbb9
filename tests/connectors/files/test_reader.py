from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ouidire import clock
from ouidire.connectors import registry
from ouidire.connectors.base import SourceContext
from ouidire.connectors.files import lines
from ouidire.connectors.files.reader import FileReader, open_reader
from ouidire.connectors.http import Http
from ouidire.domain.item import Batch, Geo, Gone, Item, ItemKind
from ouidire.errors import Permanent

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
HEADER = "id,text,created_at,author,rating\n"


def reader(path: Path, http: Http, source_id: str = "s1") -> FileReader:
    return open_reader(SourceContext(source_id, {"path": str(path)}, {}, http))


async def read(path: Path, http: Http, cursor: str = "") -> list[Batch]:
    return [batch async for batch in reader(path, http).read(cursor)]


async def items(path: Path, http: Http) -> list[Item]:
    return [item for batch in await read(path, http) for item in batch.items]


async def dropped(path: Path, http: Http) -> list[str]:
    return [drop.reason for batch in await read(path, http) for drop in batch.dropped]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def row(**values: Any) -> str:
    return json.dumps({"text": "Bonjour", "created_at": "2026-09-20T10:00:00Z", **values}) + "\n"


async def test_a_row_comes_with_everything_that_it_says(tmp_path: Path, http: Http) -> None:
    path = written(
        tmp_path / "posts.jsonl",
        row(
            id=12,
            title="Décevant",
            text="Trente minutes ! @cafelune #attente https://lune.example/menu",
            author="@chloe",
            author_name="Chloé",
            url="https://reviews.example/12",
            lang="fr",
            in_reply_to="11",
            lat=45.5,
            lon="-73,57",
            rating="2,5",
            network="reviews",
            listing_id="cafe-lune",
        ),
    )
    (item,) = await items(path, http)
    assert item == Item(
        connector="files",
        uri="s1/reviews/12",
        author=item.author,
        text="Décevant\nTrente minutes ! @cafelune #attente https://lune.example/menu",
        written_at=datetime(2026, 9, 20, 10, tzinfo=UTC),
        kind=ItemKind.REVIEW,
        url="https://reviews.example/12",
        languages=("fr",),
        parent_uri="s1/reviews/11",
        links=("https://lune.example/menu",),
        addressed=("cafelune",),
        hashtags=("attente",),
        listing_id="cafe-lune",
        geo=Geo(45.5, -73.57),
        rating=2.5,
        revision=item.revision,
        imported=True,
        said_on="reviews",
    )
    assert (item.author.uri, item.author.handle, item.author.name) == ("s1/reviews/@chloe", "chloe", "Chloé")


async def test_a_post_without_an_id_is_the_same_post_when_read_again(tmp_path: Path, http: Http) -> None:
    path = written(tmp_path / "posts.jsonl", row() + row(text="Autre"))
    first, second = await items(path, http)
    assert [item.uri for item in await items(path, http)] == [first.uri, second.uri]
    assert first.uri != second.uri


async def test_what_one_file_says_touches_no_other_source(tmp_path: Path, http: Http) -> None:
    """Two organisations may import files that name the same posts; neither may change what the other sees."""
    path = written(tmp_path / "posts.jsonl", row(id="1"))
    keys = set()
    for source_id in ("s1", "s2"):
        async for batch in reader(path, http, source_id).read(""):
            keys |= {item.key for item in batch.items}
    assert len(keys) == 2


@pytest.mark.parametrize("name", ["posts.csv", "posts.csv.gz"])
async def test_a_table_is_read_with_line_ends_quotes_and_byte_order_mark(tmp_path: Path, http: Http, name: str) -> None:
    table = "\ufeff" + HEADER + '1,"Long,\r\nsur ""deux"" lignes",2026-09-20 10:00,ada,\r\n2,Court,2026-09-20,bob,4\r\n'
    content = table.encode()
    path = written(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content)
    first, second = await items(path, http)
    assert first.text == 'Long,\r\nsur "deux" lignes'
    assert (second.text, second.rating) == ("Court", 4)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_a_spreadsheet_s_delimiter_and_code_page_are_understood(
    tmp_path: Path, http: Http, delimiter: str
) -> None:
    table = f"text{delimiter}created_at\nDéçu, vraiment{delimiter}2026-09-20\n".replace(
        "Déçu, vraiment", '"Déçu, vraiment"'
    )
    (item,) = await items(written(tmp_path / "posts.csv", table.encode("cp1252")), http)
    assert item.text == "Déçu, vraiment"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("texte,created_at", "missing: text; unknown: texte"),
        ("text,created_at,stars", "unknown: stars"),
        ("text,created_at,text", "there twice: text"),
        ("", "missing: text, created_at"),
    ],
)
async def test_wrong_columns_are_named_with_those_expected(tmp_path: Path, http: Http, header: str, said: str) -> None:
    with pytest.raises(Permanent, match=said) as caught:
        await read(written(tmp_path / "posts.csv", header + "\nx,y,z\n"), http)
    assert "Needed: text, created_at" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "Not a JSON object"),
        ("[1, 2]", "Not a post"),
        (row(text={"deep": 1}), "Not a post"),
        (row(text=""), "no text"),
        (row(created_at="one fine day"), "The date cannot be read"),
        (row(created_at=None), "The date cannot be read"),
        (row(rating=11), "The rating is not a number from 1 to 5"),
        (row(rating="NaN"), "The rating is not a number"),
        (row(lat=91, lon=0), "lat is not a number from -90 to 90"),
        (row(lat="inf", lon=0), "lat is not a number"),
    ],
)
async def test_a_row_that_cannot_be_used_says_why_and_where(tmp_path: Path, http: Http, line: str, reason: str) -> None:
    path = written(tmp_path / "posts.jsonl", row() + line.rstrip("\n") + "\n" + row(text="Après"))
    assert [item.text for item in await items(path, http)] == ["Bonjour", "Après"]
    ((said, sample),) = [(drop.reason, drop.sample) for batch in await read(path, http) for drop in batch.dropped]
    assert reason in said
    assert sample.startswith("#2 ")


async def test_a_record_with_other_fields_than_the_header_is_dropped(tmp_path: Path, http: Http) -> None:
    path = written(tmp_path / "posts.csv", "text,created_at\na,2026-09-20,c\nb,2026-09-20\n")
    assert await dropped(path, http) == ["3 fields where the first line names 2"]
    assert [item.text for item in await items(path, http)] == ["b"]


async def test_a_quote_that_never_closes_costs_one_record(tmp_path: Path, http: Http) -> None:
    path = written(tmp_path / "posts.csv", 'text,created_at\n5" heels,2026-09-20\n"open,2026-09-20\nfine,2026-09-20\n')
    texts = [item.text for item in await items(path, http)]
    assert texts[-1] == "fine"


@pytest.mark.parametrize(
    ("said", "written_at"),
    [
        ("2026-09-20T10:00:00+02:00", datetime(2026, 9, 20, 8, tzinfo=UTC)),
        ("2026-09-20 10:00", datetime(2026, 9, 20, 10, tzinfo=UTC)),
        ("Sun, 20 Sep 2026 10:00:00 GMT", datetime(2026, 9, 20, 10, tzinfo=UTC)),
        ("1789898400", datetime(2026, 9, 20, 10, tzinfo=UTC)),
        ("1789898400000", datetime(2026, 9, 20, 10, tzinfo=UTC)),
        ("2031-01-01", NOON),
    ],
)
async def test_times_are_read_in_every_way_they_are_written(
    tmp_path: Path, http: Http, said: str, written_at: datetime
) -> None:
    path = written(tmp_path / "posts.jsonl", row(created_at=said))
    with clock.running(clock.HandClock(NOON)):
        (item,) = await items(path, http)
    assert item.written_at == written_at


async def test_a_capture_of_jetstream_is_read_as_an_import(tmp_path: Path, http: Http) -> None:
    capture = (Path(__file__).parents[1] / "bluesky" / "frames.jsonl").read_bytes()
    batches = await read(written(tmp_path / "capture.jsonl", capture), http)
    found = [item for batch in batches for item in batch.items]
    assert all(item.imported and item.connector == "files" for item in found)
    assert found[0].uri == "s1/at://did:plc:chloe/app.bsky.feed.post/3kpost1"
    assert found[1].root_uri == found[0].uri
    assert Gone("files", author_uri="s1/did:plc:left") in [gone for batch in batches for gone in batch.gone]


async def test_reading_goes_on_where_it_was(tmp_path: Path, http: Http) -> None:
    path = written(tmp_path / "posts.jsonl", "".join(row(text=str(n)) for n in range(1_000)))
    first = await anext(reader(path, http).read(""))
    rest = await read(path, http, first.cursor)
    texts = [item.text for batch in [first, *rest] for item in batch.items]
    assert texts == [str(n) for n in range(1_000)]
    assert len(first.items) == 256
    assert await read(path, http, rest[-1].cursor) == []


@pytest.mark.parametrize("name", ["posts.csv", "posts.csv.gz"])
async def test_a_table_goes_on_with_its_own_columns(tmp_path: Path, http: Http, name: str) -> None:
    table = "created_at,text\n" + "".join(f'2026-09-20,"{n}\n."\n' for n in range(600))
    path = written(tmp_path / name, gzip.compress(table.encode()) if name.endswith("gz") else table)
    first = await anext(reader(path, http).read(""))
    rest = await read(path, http, first.cursor)
    assert [i.text for b in [first, *rest] for i in b.items] == [f"{n}\n." for n in range(600)]


async def test_a_file_that_grew_is_read_from_where_it_ended(tmp_path: Path, http: Http) -> None:
    path = written(tmp_path / "posts.jsonl", row(text="Hier"))
    (batch,) = await read(path, http)
    written(path, path.read_text() + row(text="Aujourd’hui"))
    (more,) = await read(path, http, batch.cursor)
    assert [item.text for item in more.items] == ["Aujourd’hui"]
    assert more.gap is None


@pytest.mark.parametrize("other", [row(text="Un autre fichier, plus long que le premier"), row(text="A")])
async def test_another_file_of_the_same_name_is_read_anew_and_that_is_said(
    tmp_path: Path, http: Http, other: str
) -> None:
    path = written(tmp_path / "posts.jsonl", row(text="Le premier fichier"))
    (batch,) = await read(path, http)
    (again,) = await read(written(path, other), http, batch.cursor)
    assert len(again.items) == 1
    assert again.gap is not None
    assert "beginning" in again.gap.because


async def test_a_line_without_end_is_dropped_and_reading_goes_on(
    tmp_path: Path, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 10_000)
    path = written(tmp_path / "posts.jsonl", row() + row(text="x" * 50_000) + row(text="Après"))
    assert [item.text for item in await items(path, http)] == ["Bonjour", "Après"]
    (batch,) = await read(path, http)
    assert "longer than" in batch.dropped[0].reason
    assert len(batch.dropped[0].sample) <= 200
    assert int(batch.cursor.split(":")[0]) == path.stat().st_size


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,created_at\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest of a workbook", "CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "CSV UTF-8"),
        (gzip.compress(b"text,created_at\n" + b"a,2026-09-20\n" * 9_000)[:-20], "damaged or cut short"),
        (b"\x1f\x8bnot gzip at all", "damaged or cut short"),
        (b"", "is empty"),
    ],
)
async def test_what_is_no_table_of_ours_says_what_to_do(tmp_path: Path, http: Http, content: bytes, said: str) -> None:
    with pytest.raises(Permanent, match=said):
        await read(written(tmp_path / "posts.csv", content), http)


async def test_a_file_that_is_not_there_is_said(tmp_path: Path, http: Http) -> None:
    with pytest.raises(Permanent, match="cannot be opened"):
        await read(tmp_path / "nowhere.csv", http)
    with pytest.raises(Permanent, match="path"):
        registry.open_reader("files", SourceContext("s", {}, {}, http))


async def test_progress_can_be_shown(tmp_path: Path, http: Http) -> None:
    path = written(tmp_path / "posts.jsonl", "".join(row(text=str(n)) for n in range(20_000)))
    opened = reader(path, http)
    seen = [opened.read_bytes() async for _ in opened.read("")]
    assert seen == sorted(seen)
    assert seen[-1] == opened.size_bytes() == path.stat().st_size


async def test_a_large_file_takes_little_memory(tmp_path: Path, http: Http) -> None:
    import tracemalloc

    path = written(tmp_path / "posts.jsonl", "".join(row(text="x" * 1_600) for _ in range(10_000)))
    tracemalloc.start()
    async for batch in reader(path, http).read(""):
        assert len(batch.items) <= 256
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 15_000_000
    assert peak < 5_000_000


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=400), name=st.sampled_from(["a.csv", "a.jsonl", "a.csv.gz", "a.jsonl.gz"]))
def test_no_bytes_can_stop_it_but_with_a_word(tmp_path: Path, content: bytes, name: str) -> None:
    path = written(tmp_path / name, b"text,created_at\n" + content if name == "a.csv" else content)

    async def whole() -> list[Batch]:
        return [batch async for batch in FileReader(path, "s1").read("")]

    with contextlib.suppress(Permanent):
        for item in (item for batch in asyncio.run(whole()) for item in batch.items):
            item.text.encode("utf-8")
