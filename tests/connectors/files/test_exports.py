"""Exports of the networks, known by their shape, packed in anything, read from anywhere on; and what is none."""

from __future__ import annotations

import json
import random
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.connectors.base import SourceContext
from ouidire.connectors.files import archive, elements, formats, lines
from ouidire.connectors.files.archive import Opened
from ouidire.connectors.files.dates import read_date
from ouidire.connectors.files.look import look, sample
from ouidire.connectors.files.plan import plan
from ouidire.connectors.files.reader import FileReader
from ouidire.connectors.files.stars import read_stars
from ouidire.connectors.files.table import Mapped
from ouidire.connectors.http import Http
from ouidire.domain.item import Batch, Item, ItemKind
from ouidire.errors import Permanent
from tests.connectors.files import exports

DATA = Path(__file__).parents[4] / "shared" / "data"


async def read(path: Path, cursor: str = "", **more: str) -> list[Batch]:
    return [batch async for batch in FileReader(path, "s1", **more).read(cursor)]


async def items(path: Path, **more: str) -> list[Item]:
    return [item for batch in await read(path, **more) for item in batch.items]


async def reasons(path: Path, **more: str) -> dict[str, int]:
    return dict(Counter(drop.reason for batch in await read(path, **more) for drop in batch.dropped))


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- what the networks give -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "folder", ["Google Business Profile/reviews.json", "Fiche d’établissement/avis-2.json", "x.js"]
)
async def test_reviews_of_one_s_business_are_known_whatever_their_folder_is_called(tmp_path: Path, folder: str) -> None:
    review = exports.google_review(1, "(Translated by Google) Slow.\n\n(Original)\nLent.", reply="Désolés, à bientôt.")
    path = exports.zipped(
        tmp_path / "t.zip", {f"Takeout/{folder}": exports.google(review), "Takeout/archive.html": "<"}
    )
    first, answer = await items(path)
    assert (first.text, first.rating, first.kind, first.said_on) == ("Lent.", 2, ItemKind.REVIEW, "google")
    assert (first.author.name, first.listing_id, first.uri) == ("Cliente 1", "456", "s1/google/AbFvOq1")
    assert answer.is_ours
    assert answer.parent_uri == first.uri
    assert look(path).is_about_us


async def test_two_customers_of_one_name_are_two_people(tmp_path: Path) -> None:
    one, other = exports.google_review(1), exports.google_review(2)
    other["reviewer"] = one["reviewer"]
    first, second = await items(written(tmp_path / "r.json", exports.google(one, other)))
    assert first.author.name == second.author.name
    assert first.author.uri != second.author.uri


@pytest.mark.parametrize("part", ["tweets", "tweet"])
async def test_an_archive_of_x_gives_its_posts_and_nothing_private_or_deleted(tmp_path: Path, part: str) -> None:
    tweets = (
        exports.tweet(1, "Fournée de 16 h 30 &amp; café https://t.co/a"),
        exports.tweet(2, "@nadia désolés", in_reply_to_status_id_str="55"),
    )
    first, second = await items(exports.x_archive(tmp_path / "x.zip", *tweets, part=part))
    assert first.text == "Fournée de 16 h 30 & café https://lune.example/menu"
    assert (first.author.handle, first.author.name, first.said_on) == ("cafelune", "Café Lune", "x")
    assert second.parent_uri == "s1/x/55"
    assert second.addressed == ("nadia",)


async def test_an_archive_of_mastodon_gives_what_was_said_in_public(tmp_path: Path) -> None:
    private = exports.note(3, "<p>Entre nous</p>", to=["https://piaf.example/users/chloe/followers"])
    relay = {"id": "a/4", "type": "Announce", "actor": "https://piaf.example/users/chloe", "object": "https://o.example/9",
             "published": "2025-09-21T10:00:00Z", "to": ["as:Public"]}  # fmt: skip
    content = exports.outbox(exports.note(1, "<p>Café <b>Lune</b> &amp; moi</p><p>Fermé</p>"), private, relay)
    path = exports.tarred(tmp_path / "archive.tar.gz", {"actor.json": "{}", "outbox.json": content})
    first, second = await items(path)
    assert first.text == "Café Lune & moi\n\nFermé"
    assert (first.author.handle, first.languages) == ("chloe@piaf.example", ("fr",))
    assert (second.kind, second.reposted_uri) == (ItemKind.REPOST, "s1/mastodon/https://o.example/9")
    assert await reasons(path) == {"Not said in public": 1}


async def test_a_page_of_x_v2_names_its_authors_and_a_broken_one_says_so(tmp_path: Path) -> None:
    page = {
        "data": [{"id": "7", "text": "Lent &lt;3", "author_id": "1", "created_at": "2025-09-20T10:00:00Z",
                  "referenced_tweets": [{"type": "replied_to", "id": "6"}]}],
        "includes": {"users": [{"id": "1", "username": "nadia", "name": "Nadia"}]},
    }  # fmt: skip
    path = written(tmp_path / "p.jsonl", json.dumps(page) + "\n" + json.dumps({"errors": [{"title": "x"}]}) + "\n")
    (item,) = await items(path)
    assert (item.text, item.author.handle, item.parent_uri) == ("Lent <3", "nadia", "s1/x/6")
    assert await reasons(path) == {"An error of the network, not a post": 1}


async def test_a_notice_becomes_what_it_quotes_and_a_letter_its_own_words(tmp_path: Path) -> None:
    path = exports.zipped(
        tmp_path / "mails.zip", {"a.eml": exports.NOTICE, "b.eml": exports.LETTER.encode("latin-1"), "c.eml": "no mail"}
    )
    notice, letter = await items(path)
    assert (notice.text, notice.rating) == ("Trente minutes d’attente et un café froid.", 2)
    assert (notice.author.name, notice.said_on) == ("Nadia", "google")
    assert letter.text.startswith("Votre terrasse\nBonjour, la terrasse du Café Lune était fermée")
    assert (letter.author.handle, letter.written_at.hour) == ("karim@mail.example", 9)
    assert sum((await reasons(path)).values()) == 1


async def test_what_its_owner_wrote_about_others_is_known_and_not_taken(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="not what others say about you"):
        await read(written(tmp_path / "Avis.json", exports.own_reviews()))


def test_one_more_format_is_one_more_file() -> None:
    folder = Path(formats.__file__).parent
    files = {one.stem for one in folder.glob("*.py")} - {"__init__"}
    assert {one.name for one in formats.every()} == files


# --- tables ----------------------------------------------------------------------------------------------------------

HEADERS = (
    ("Commentaire;Date de l'avis;Note", "fr"),
    ("Review text;Review date;Stars", "en"),
    ("Bewertungstext;Erstellt am;Sterne", "de"),
    ("Reseña;Fecha de publicación;Puntuación", "es"),
    ("spalte a;spalte b;spalte c", "none: by their look"),
)


@pytest.mark.parametrize(("header", "language"), HEADERS)
async def test_the_columns_are_proposed_by_their_names_and_their_look(
    tmp_path: Path, header: str, language: str, http: Http
) -> None:
    rows = "".join(f"Une demi-heure d’attente, visite {n}, dommage.;{n:02}/12/2025;3\n" for n in range(13, 20))
    path = written(tmp_path / "t.csv", f"{header}\n{rows}")
    seen = look(path)
    names = header.split(";")
    assert dict(list(seen.proposed.columns.items())[:2]) == {"text": names[0], "created_at": names[1]}
    assert ("rating" in seen.proposed.columns) is (language != "none: by their look")
    found = sample(SourceContext("s1", {"path": str(path), "map": str(seen.proposed)}, {}, http))
    assert (len(found.items), found.doubts) == (7, ())
    assert found.items[0].written_at.day == 13


async def test_a_column_of_american_dates_is_read_as_its_days_prove(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "comment,date\nA first one of some words,03/04/2025\nAnother,03/25/2025\n")
    proposed = look(path).proposed
    assert proposed.month_first
    assert [(one.written_at.month, one.written_at.day) for one in await items(path, mapping=str(proposed))] == [
        (3, 4),
        (3, 25),
    ]


async def test_json_of_any_shape_is_a_table_by_dotted_names(tmp_path: Path) -> None:
    rows = [{"body": f"Bonjour {n}, un café froid", "when": "2025-03-01", "user": {"name": "Zoé"}} for n in range(3)]
    path = written(tmp_path / "t.json", json.dumps(rows, indent=1))
    assert [one.name for one in look(path).columns] == ["body", "when", "user.name"]
    first, *_ = await items(path, mapping="text=body\ncreated_at=when\nauthor_name=user.name")
    assert (first.text, first.author.name) == ("Bonjour 0, un café froid", "Zoé")


async def test_parquet_is_read_by_a_mapping_and_goes_on_in_mid_file(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pa.table({"Texte": [f"Visite {n}" for n in range(900)], "Date": ["2025-03-01"] * 900})
    path = tmp_path / "t.parquet"
    pq.write_table(table, path, row_group_size=200)
    mapping = "text=Texte\ncreated_at=Date"
    batches = await read(path, mapping=mapping)
    rest = await read(path, batches[0].cursor, mapping=mapping)
    assert [i.text for b in [batches[0], *rest] for i in b.items] == [f"Visite {n}" for n in range(900)]
    with pytest.raises(Permanent, match="damaged or cut short"):
        await read(written(tmp_path / "cut.parquet", path.read_bytes()[:-9]), mapping=mapping)


def test_a_mapping_says_what_it_is_and_comes_back_the_same() -> None:
    mapped = Mapped.from_pairs(["text=Le texte = tout", "created_at=Date", "month_first=yes"])
    assert Mapped.of(str(mapped)) == mapped
    assert mapped.columns["text"] == "Le texte = tout"
    assert Mapped.from_pairs(["text=A"]).missing == ("created_at",)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("12 septembre 2026", "2026-09-12"), ("le 1er août 2026 à 14 h 05", "2026-08-01"),
        ("Sep 20, 2026", "2026-09-20"),
        ("20. September 2026", "2026-09-20"), ("20 de septiembre de 2026", "2026-09-20"), ("3/4/26", "2026-04-03"),
        ("20.09.2026, 10:00:00", "2026-09-20"), ("Saturday, March 7, 2026 3:15 PM", "2026-03-07"),
        ("4", ""), ("12,5", ""),
        ("2026", ""), ("31/02/2026", ""), ("1789898400", "2026-09-20"), ("20260920", "2026-09-20"), ("juin", ""),
    ],
)  # fmt: skip
def test_dates_are_read_as_people_and_sites_write_them(said: str, day: str) -> None:
    found = read_date(said)
    assert (found.date().isoformat() if found else "") == day


def test_stars_are_read_however_they_are_given() -> None:
    said = ("FIVE", "STAR_RATING_ONE", "8/10", "4 sur 5 étoiles", "★★★☆☆", "4,5", "")
    assert [read_stars(one) for one in said] == [5, 1, 4, 4, 3, 4.5, None]
    assert all(str(read_stars(one)) == "nan" for one in ("0", "11", "bien", "NaN", "-3"))


# --- going on, and what is broken -----------------------------------------------------------------------------------


def _many_google(path: Path) -> Path:
    return exports.zipped(path, {"a.json": exports.google(*map(exports.google_review, range(400))),
                                 "b.json": exports.google(*map(exports.google_review, range(400, 700)))})  # fmt: skip


def _many_notes(path: Path) -> Path:
    return written(path, exports.outbox(*(exports.note(n, f"<p>{n}</p>") for n in range(700))))


def _many_mails(path: Path) -> Path:
    mails = {f"{n}.eml": exports.LETTER.replace("letter-1", f"letter-{n}").encode("latin-1") for n in range(20)}
    return exports.zipped(path, mails)


@pytest.mark.parametrize(
    ("make", "name"), [(_many_google, "g.zip"), (_many_notes, "outbox.json"), (_many_mails, "m.zip")]
)
async def test_an_import_goes_on_after_every_batch_and_reads_everything_once(
    tmp_path: Path, make: Callable[[Path], Path], name: str
) -> None:
    path = make(tmp_path / name)
    batches = await read(path)
    every = [item.uri for batch in batches for item in batch.items]
    assert len(every) == len(set(every)) > 10
    for n in range(0, len(batches), max(1, len(batches) // 4)):
        rest = await read(path, batches[n].cursor)
        again = [item.uri for batch in [*batches[: n + 1], *rest] for item in batch.items]
        assert again == every
        assert all(batch.gap is None for batch in rest)
    reached = [int(batch.cursor.rsplit(":", 1)[1]) for batch in batches]
    assert reached == sorted(reached)
    assert 0 < reached[-1] <= path.stat().st_size


async def test_garbage_of_every_sort_says_a_word_and_costs_only_itself(tmp_path: Path) -> None:
    good = exports.google_review(1)
    two = exports.google(good) + "\n" + exports.google(exports.google_review(2))
    assert len(await items(written(tmp_path / "two documents.json", two))) == 2

    cut = written(tmp_path / "cut.json", exports.google(good, exports.google_review(2))[:-80])
    assert len(await items(cut)) == 1
    assert await reasons(cut) == {"The file ends in the middle of a post": 1}

    nul = written(tmp_path / "nul.json", exports.google(exports.google_review(1, "Bon\x00jour")))
    assert (await items(nul))[0].text == "Bonjour"

    mixed = [good, [[[1]]], {"a": '[{}]\\"'}, exports.google_review(3)]
    nested = written(tmp_path / "nested.json", json.dumps({"reviews": mixed}))
    assert len(await items(nested)) == 2

    latin = written(tmp_path / "latin.csv", "text;created_at\nDéçu;2025-03-01\n".encode("cp1252"))
    assert (await items(latin))[0].text == "Déçu"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: _many_google(p).read_bytes()[:-300], "damaged or cut short"),
        (lambda p: exports.zipped(p, {"a.zip": b"PK"}).read_bytes(), "only other archives"),
        (lambda p: exports.zipped(p, {"photo.jpg": b"\xff\xd8"}).read_bytes(), "holds no posts that we know"),
        (lambda p: exports.zipped(p, {"xl/workbook.xml": "<a/>"}).read_bytes(), "CSV UTF-8"),
        (lambda p: b"<!doctype html><html>", "web page"),
    ],
)
async def test_an_archive_that_cannot_be_read_says_why(
    tmp_path: Path, make: Callable[[Path], bytes], says: str
) -> None:
    with pytest.raises(Permanent, match=says):
        await read(written(tmp_path / "a.zip", make(tmp_path / "made.zip")))


async def test_a_bomb_is_not_unfolded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FREE_BYTES", 100_000)
    bomb = exports.zipped(tmp_path / "bomb.zip", {"reviews.json": b'{"reviews": [' + b" " * 30_000_000})
    with pytest.raises(Permanent, match="unfolds to more than 200 times its size"):
        await read(bomb)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 10)
    crowd = exports.zipped(tmp_path / "crowd.zip", {f"{n}.json": "{}" for n in range(12)})
    with pytest.raises(Permanent, match="more than 10 files"):
        await read(crowd)


async def test_a_locked_archive_says_that_it_is_locked(tmp_path: Path) -> None:
    path = exports.zipped(tmp_path / "a.zip", {"reviews.json": exports.google(exports.google_review(1))})
    raw = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + at] |= 1
    with pytest.raises(Permanent, match="locked with a password"):
        await read(written(path, bytes(raw)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=3), max_size=6), st.integers(1, 40), st.booleans())
def test_the_values_of_a_document_are_the_same_however_it_comes(values: list[Any], size: int, within: bool) -> None:
    whole: Any = {"a": [1, {"b": []}], "reviews": values, "c": "]}"} if within else values
    raw = json.dumps(whole, ensure_ascii=False).encode()
    base = elements.base_depth(raw, {"reviews"})
    for start, number in [(0, 0), *_ends(raw, base, size)]:
        scan = elements._Scan(base, {"reviews"}, start, number)
        found = [one for at in range(start, len(raw), size) for one in scan.feed(raw[at : at + size])]
        assert [json.loads(one.raw) for one in [*found, *scan.end()]] == values[number:]


def _ends(raw: bytes, base: int, size: int) -> list[tuple[int, int]]:
    scan = elements._Scan(base, {"reviews"}, 0, 0)
    return [(one.offset, one.number) for at in range(0, len(raw), size) for one in scan.feed(raw[at : at + size])][:2]


async def test_a_post_without_end_is_dropped_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 300_000)
    long = exports.google_review(1, 'x\\"y' * 200_000), exports.google_review(2) | {"more": [{"a": 1}] * 45_000}
    path = written(tmp_path / "r.json", exports.google(*long, exports.google_review(3)))
    assert [item.uri for item in await items(path)] == ["s1/google/AbFvOq3"]
    assert sum((await reasons(path)).values()) == 2


def _peak_of(path: Path) -> tuple[int, int]:
    """How many posts, and the most memory held while they were read."""
    import asyncio

    async def count() -> int:
        return sum([len(batch.items) async for batch in FileReader(path, "s1").read("")])

    tracemalloc.start()
    posts = asyncio.run(count())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return posts, peak


def _large(path: Path, posts: int) -> Path:
    """An archive of X with posts of four kilobytes, written piece by piece."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made,
        made.open("data/tweets.js", "w", force_zip64=True) as to,
    ):
        to.write(b"window.YTD.tweets.part0 = [")
        for n in range(posts):
            text = f"{n} " + random.randbytes(2_000).hex()
            to.write((", " if n else "").encode() + json.dumps(exports.tweet(n, text)).encode())
        to.write(b"]")
    return path


def test_memory_stays_flat_while_a_large_archive_is_read(tmp_path: Path) -> None:
    few, peak = _peak_of(_large(tmp_path / "few.zip", 600))
    many, higher = _peak_of(_large(tmp_path / "many.zip", 1_500))
    assert (few, many) == (600, 1_500)
    assert higher < 1.25 * peak


@pytest.mark.long
def test_two_gigabytes_of_one_json_array_are_read_in_the_memory_of_a_few_posts(tmp_path: Path) -> None:
    path = tmp_path / "tweets.js"
    one = json.dumps(exports.tweet(1, "x" * 9_000)["tweet"]).encode()
    with path.open("wb") as to:
        to.write(b"window.YTD.tweets.part0 = [" + one)
        while to.tell() < 2_000_000_000:
            to.write(b",".join([b"", *([one] * 500)]))
        to.write(b"]")
    posts, peak = _peak_of(path)
    assert posts > 200_000
    assert peak < 20_000_000


# --- what the real networks give ------------------------------------------------------------------------------------

REAL = [
    ("pay-x-sferik/statuses.json", "x_v1", 20),
    ("pay-x-sferik/search.json", "x_v1", 3),
    ("pay-x-streams/get_search_raw.json", "x_v1", 100),
    ("pay-x-twarc-csv/brexit.jsonl", "x_v2", 100),
    ("pay-x-twarc-csv/flat.jsonl", "x_v2", 100),
    ("pay-x-v2-pytwitter/apis/searches/search_tweets_for_nyc.json", "x_v2", 10),
]


@pytest.mark.parametrize(("name", "known", "count"), REAL)
async def test_what_the_real_x_gave_is_read(name: str, known: str, count: int) -> None:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"no recorded payloads at {DATA}")
    opened = Opened(path)
    found = plan(opened).format
    opened.close()
    assert found is not None
    assert found.name == known
    assert len(await items(path)) == count
