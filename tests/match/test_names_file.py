"""The file of a name index: what was saved is found again, and what is no such file is refused, never believed."""

from __future__ import annotations

import multiprocessing
import random
import sys
import zlib
from pathlib import Path

import pytest

from ouidire.errors import BadInput
from ouidire.match import index_file
from ouidire.match.names import Hit, NameIndex

from .test_names import both, hits, unbuilt

TEXT = "La Mie Bretonne, orange à Niort, chez lulu, la mie bretone"


def filled(native: bool) -> NameIndex:
    index = NameIndex(native=native)
    index.add(1, "La Mie Bretonne", slips=True)
    index.add(2, "Orange", conditional=True, contexts=["Niort"], cells=[4])
    for owner in range(10, 300):
        index.add(owner, f"Chez Lulu {owner}", slips=owner % 2 == 0)
    return index


@both
def test_a_saved_index_is_found_again(native: bool, tmp_path: Path) -> None:
    index = filled(native)
    index.remove(11)
    index.save(tmp_path / "names")
    opened = NameIndex.open(tmp_path / "names", native=native)
    assert len(opened) == len(index) == 291
    assert hits(opened, TEXT) == hits(index, TEXT)
    assert hits(opened, "chez lulu 11, orange", [4]) == [(2, 14, 20, 0)]
    assert [path.name for path in tmp_path.iterdir()] == ["names"]


@both
def test_what_changes_later_lies_on_top(native: bool, tmp_path: Path) -> None:
    filled(native).save(tmp_path / "names")
    opened = NameIndex.open(tmp_path / "names", native=native)
    opened.remove(1)
    opened.add(2, "Niort Plage")
    opened.add(500, "Chez Lulu 12", slips=True)
    assert hits(opened, TEXT) == [(2, 17, 23, 0)]
    assert hits(opened, "niort plage, chez lulu 12") == [(2, 0, 11, 0), (12, 13, 25, 0), (500, 13, 25, 0)]
    assert len(opened) == 292
    opened.save(tmp_path / "names")
    again = NameIndex.open(tmp_path / "names", native=native)
    assert len(again) == 292
    assert hits(again, f"{TEXT} niort plage") == hits(opened, f"{TEXT} niort plage")
    opened.remove(2)
    assert hits(opened, "niort plage, orange niort") == []
    assert hits(again, "niort plage") == [(2, 0, 11, 0)]


@both
def test_an_index_that_is_open_outlives_its_file(native: bool, tmp_path: Path) -> None:
    filled(native).save(tmp_path / "names")
    opened = NameIndex.open(tmp_path / "names", native=native)
    NameIndex(native=native).save(tmp_path / "names")
    assert hits(opened, "orange niort") == [(2, 0, 6, 0)]
    assert hits(NameIndex.open(tmp_path / "names", native=native), TEXT) == []


LONG = " ".join(f"mot{n}" for n in range(400))


def crowded(native: bool) -> NameIndex:
    """Names with every number that a file may need more than a byte for."""
    index = NameIndex(native=native)
    index.add(0, LONG)
    index.add(1, "x" * 5_000)
    index.add(2, "@" + LONG)
    index.add(3, "#" + LONG)
    for owner in (*range(1_000, 1_300), (1 << 32) - 1):
        index.add(owner, "chez lulu", slips=owner % 3 == 0)
        index.add(owner, f"lulu {owner}")
    for owner in range(5_000, 5_200):
        words = [f"rue {owner % 70}", f"quai {owner}", "niort"]
        index.add(owner, "orange", contexts=words, cells=[owner % 50 - 9], conditional=True)
    index.add(9_999, "niort", contexts=["orange"], conditional=True)
    return index


CROWDED = [
    LONG,
    "@" + LONG.upper(),
    "#" + LONG.replace(" ", "_"),
    "x" * 5_000,
    "x" * 4_999,
    "chez lulu 1000, chez lulu 4294967295, chezlulu, chez lullu",
    "niort orange",
    *(f"orange, rue {n}" for n in range(72)),
    *(f"quai {n}: orange" for n in (4_999, 5_000, 5_016, 5_199, 5_200)),
]


@both
def test_a_file_holds_long_names_and_crowds_of_owners(native: bool, tmp_path: Path) -> None:
    index, cells = crowded(native), [[n % 60 - 12] for n in range(len(CROWDED))]
    wanted = index.scan(CROWDED, cells)
    assert len(wanted) == len(CROWDED) - 1
    assert wanted == crowded(native=False).scan(CROWDED, cells)
    for _ in range(2):  # what was opened is saved again
        index.save(tmp_path / "names")
        index = NameIndex.open(tmp_path / "names", native=native)
        assert index.scan(CROWDED, cells) == wanted
    removed = range(1_000, 5_200, 3)
    for owner in removed:
        index.remove(owner)
    less = index.scan(CROWDED, cells)
    assert {hit.owner for one in less.values() for hit in one.hits}.isdisjoint(removed)
    index.save(tmp_path / "names")
    assert NameIndex.open(tmp_path / "names", native=native).scan(CROWDED, cells) == less


@both
def test_owners_of_a_file_are_told_from_those_between_them(native: bool, tmp_path: Path) -> None:
    owners = [7, 8, 300, 70_000, *range(100_000, 100_200, 2), (1 << 32) - 1]
    index = NameIndex(native=native)
    for owner in owners:
        index.add(owner, f"lulu {owner}")
    index.save(tmp_path / "names")
    index = NameIndex.open(tmp_path / "names", native=native)
    for other in (0, 6, 9, 99_999, 100_001, 100_063, 100_199, (1 << 32) - 2):
        index.remove(other)
    assert len(index) == len(owners)
    for count, owner in enumerate(owners, 1):
        index.add(owner, "mie")  # on top of what it has in the file
        index.remove(owner)
        assert len(index) == len(owners) - count
        assert hits(index, f"lulu {owner}, mie") == []


def _scan_elsewhere(path: Path, native: bool) -> list[Hit]:
    return hits(NameIndex.open(path, native=native), TEXT)


@both
def test_another_process_reads_the_same_file(native: bool, tmp_path: Path) -> None:
    filled(native).save(tmp_path / "names")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_scan_elsewhere, (tmp_path / "names", native)) == hits(filled(native), TEXT)


@both
def test_a_damaged_file_is_refused_wherever_it_is_damaged(native: bool, tmp_path: Path) -> None:
    path, rng = tmp_path / "names", random.Random(3)
    filled(native).save(path)
    whole = path.read_bytes()
    for at in [*range(24), *(rng.randrange(len(whole)) for _ in range(60))]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
        with pytest.raises(BadInput, match="anew"):
            NameIndex.open(path, native=native)
    for size in [*range(0, 300, 7), len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(BadInput, match="anew"):
            NameIndex.open(path, native=native)


@both
@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"SQLite format 3\0", index_file.MAGIC, index_file.MAGIC * 9])
def test_a_foreign_file_is_refused(native: bool, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "names").write_bytes(content)
    with pytest.raises(BadInput, match="anew"):
        NameIndex.open(tmp_path / "names", native=native)


@both
def test_a_missing_file_and_a_folder_are_refused(native: bool, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere" / "names"):
        with pytest.raises(BadInput, match="anew"):
            NameIndex.open(path, native=native)


@both
def test_the_file_of_another_engine_or_release_is_refused(
    native: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "twin" if native else "kernel"
    index_file.write(tmp_path / "other", kind, [b"12345678"])
    with pytest.raises(BadInput, match="another release"):
        NameIndex.open(tmp_path / "other", native=native)
    monkeypatch.setattr(index_file, "VERSION", 99)
    filled(native).save(tmp_path / "later")
    monkeypatch.undo()
    with pytest.raises(BadInput, match="another release"):
        NameIndex.open(tmp_path / "later", native=native)


@both
@pytest.mark.parametrize("parts", [[], [b"12345678"], [b"\0" * 192] * 19, [b"\1" * 192] * 19, [b"123"] * 19])
def test_parts_that_are_no_index_are_refused_though_the_checksum_is_right(
    native: bool, parts: list[bytes], tmp_path: Path
) -> None:
    index_file.write(tmp_path / "names", "kernel" if native else "twin", parts)
    with pytest.raises(BadInput, match="anew"):
        NameIndex.open(tmp_path / "names", native=native)


PARTS = {"pool": 1, "owners": 9, "buckets": 15, "records": 16, "beside": 17, "series": 18}
"""The numbers of those that say where others lie, as `_table.h` has them."""


@pytest.mark.kernel
@unbuilt
@pytest.mark.parametrize(
    ("part", "at", "byte"),
    [
        ("pool", -1, 0x61),  # the last word goes on
        ("records", -1, 0x80),  # the last number goes on
        ("beside", -1, 0x80),
        ("series", -1, 0x80),
        ("records", 1, 0x7E),  # a record that ends within another one
        ("buckets", 5, 0x7F),  # a bucket that begins behind the next one
        ("owners", 7, 0x7F),  # owners from behind the end of their numbers
    ],
)
def test_parts_that_point_elsewhere_are_refused_though_the_checksum_is_right(
    part: str, at: int, byte: int, tmp_path: Path
) -> None:
    filled(native=True).save(tmp_path / "names")
    parts = [bytearray(one) for one in index_file.read(tmp_path / "names", "kernel")]
    parts[PARTS[part]][at] = byte
    index_file.write(tmp_path / "names", "kernel", parts)
    with pytest.raises(BadInput, match="anew"):
        NameIndex.open(tmp_path / "names")


@pytest.mark.parametrize("sizes", [(-1,), (-8, 8), (1 << 20,), (99,), (8, 1), (1 << 70,)])
def test_sizes_that_are_not_those_of_the_file_are_refused(sizes: tuple[int, ...], tmp_path: Path) -> None:
    said = index_file._Header(index_file.VERSION, "kernel", sys.byteorder, index_file._folding(), sizes)
    with (tmp_path / "names").open("wb") as file:
        index_file._write(file, said, [b"12345678"])
    with pytest.raises(BadInput, match="damaged"):
        index_file.read(tmp_path / "names", "kernel")


@both
def test_what_cannot_be_written_leaves_what_was_there(
    native: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(native).save(tmp_path / "names")
    before = (tmp_path / "names").read_bytes()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zlib, "crc32", full)
    with pytest.raises(OSError, match="No space"):
        NameIndex(native=native).save(tmp_path / "names")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["names"]
    assert (tmp_path / "names").read_bytes() == before
