"""The name index against the simplest thing that could be right: the kernel and what stands in for it, alike."""

from __future__ import annotations

import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.domain.fold import fold
from ouidire.errors import BadInput
from ouidire.match.names import Hit, NameIndex, Scanned, kernel

unbuilt = pytest.mark.skipif(kernel is None, reason="the kernel was not built here: there is no C compiler")
KERNEL = pytest.param(True, id="kernel", marks=[pytest.mark.kernel, unbuilt])
both = pytest.mark.parametrize("native", [KERNEL, pytest.param(False, id="wheel")])

WRITTEN = "le la de au chez café œuf été mie pain vin rue saint lulu & - l’ d' straße 寿司 кафе 🥐 n°5 #vrai @toi"


def plainly(patterns: dict[str, list[int]], folded: str) -> list[Hit]:
    hits = []
    for name, owners in patterns.items():
        start = folded.find(name)
        while start >= 0:
            end = start + len(name)
            before, after = folded[start - 1 : start] if start else "", folded[end : end + 1]
            if not before.isalnum() and not after.isalnum():
                hits += [(owner, start, end) for owner in set(owners)]
            start = folded.find(name, start + 1)
    return sorted(hits)


def expected(patterns: dict[str, list[int]], texts: list[str]) -> dict[int, Scanned]:
    scanned = {n: Scanned(fold(text), plainly(patterns, fold(text))) for n, text in enumerate(texts)}
    return {n: one for n, one in scanned.items() if one.hits}


def hits(index: NameIndex, text: str) -> list[Hit]:
    found = index.scan([text]).get(0)
    return found.hits if found else []


LETTERS = st.sampled_from([*"ab #@.é", "œ", "ß", "愛", "😂", "\ud800", "Ａ", "\u0301", "ﬁ", "'", "1", "…", "½", "ﷺ"])
WORDS = st.lists(LETTERS, max_size=6).map("".join)
TEXTS = st.lists(st.one_of(LETTERS, st.characters(exclude_categories=())), max_size=60).map("".join)


@both
@settings(max_examples=200)
@given(st.dictionaries(WORDS, st.lists(st.integers(0, 9), min_size=1, max_size=3), max_size=12), st.lists(TEXTS))
def test_every_whole_word_is_found_and_nothing_else(
    native: bool, patterns: dict[str, list[int]], texts: list[str]
) -> None:
    folded = {fold(word): ids for word, ids in patterns.items()}
    names = {name: ids for name, ids in folded.items() if any(c.isalnum() for c in name)}
    assert NameIndex(names, native=native).scan(texts) == expected(names, texts)


@both
@settings(max_examples=100)
@given(st.data())
def test_a_name_put_into_any_text_between_spaces_is_found(native: bool, data: st.DataObject) -> None:
    name = fold(data.draw(TEXTS))
    if not any(c.isalnum() for c in name):
        return
    before, after = fold(data.draw(TEXTS)), fold(data.draw(TEXTS))
    start = len(before) + 1 if before else 0
    text = " ".join(part for part in (before, name, after) if part)
    assert (7, start, start + len(name)) in hits(NameIndex([(name, 7)], native=native), text)


@both
def test_a_hundred_thousand_mentions_are_those_of_a_plain_search(native: bool) -> None:
    """Names of one word to four, with sigils and signs within, in posts of every script, in batches."""
    rng = random.Random(7)
    words = WRITTEN.split()
    names = {fold(" ".join(rng.choices(words, k=rng.randint(1, 4)))): [n, n % 7] for n in range(3_000)}
    names |= {f"{sigil}{name}": [n] for n, name in enumerate(list(names)[:200]) for sigil in "#@"}
    names = {name: ids for name, ids in names.items() if any(c.isalnum() for c in name)}
    posts = [" ".join(rng.choices(words, k=rng.randint(0, 14))) for _ in range(4_800 if native else 1_200)]
    found = NameIndex(names, native=native).scan(posts)
    assert found == expected(names, posts)
    assert sum(len(one.hits) for one in found.values()) > (100_000 if native else 20_000)


EUROPE, SIGNS, ALL = range(0x3000), range(0x1D000, 0x20000), range(0x110000)


@pytest.mark.kernel
@unbuilt
@pytest.mark.parametrize("codes", [EUROPE, SIGNS, pytest.param(ALL, marks=pytest.mark.long)])
def test_every_letter_there_is_folds_alike_in_c_and_in_python(codes: range) -> None:
    """Many code points in a text, between two names that are found: what comes back is the whole text, folded."""
    texts = [f"zz {'x'.join(map(chr, codes[first : first + 128]))} zz" for first in range(0, len(codes), 128)]
    found = NameIndex({"zz": [0]}).scan(texts)
    assert [found[n].folded for n in range(len(texts))] == [fold(text) for text in texts]


@pytest.mark.kernel
@unbuilt
def test_many_threads_may_scan_with_one_index() -> None:
    index = NameIndex({"lulu": [1], "chez lulu": [2]})
    texts = [f"chez Lulu {chr(0x100 + n)} {chr(0x4E00 + n)}" for n in range(5_000)]
    wanted, got = index.scan(texts), []
    threads = [threading.Thread(target=lambda: got.append(NameIndex.scan(index, texts))) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert got == [wanted] * 4


@both
def test_lulu_is_not_in_lulubelle(native: bool) -> None:
    index = NameIndex({"lulu": [1]}, native=native)
    assert hits(index, "lulubelle et zlulu et lulu2") == []
    assert hits(index, "(LÜLÜ)") == [(1, 1, 5)]


@both
def test_names_within_names_are_all_found(native: bool) -> None:
    index = NameIndex({"la mie": [1], "la mie bretonne": [2, 3], "mie bretonne": [4]}, native=native)
    assert hits(index, "É la mie bretonne") == [(1, 2, 8), (2, 2, 17), (3, 2, 17), (4, 5, 17)]


@both
def test_pairs_and_a_mapping_say_the_same(native: bool) -> None:
    pairs = NameIndex([("lulu", 2), ("lulu", 1)], native=native)
    assert hits(pairs, "lulu") == hits(NameIndex({"lulu": [1, 2]}, native=native), "lulu")


@both
def test_an_index_of_nothing_finds_nothing(native: bool) -> None:
    assert NameIndex({}, native=native).scan(["lulu", ""]) == {}


@pytest.mark.parametrize("name", ["", " ", "…", "#", "😂"])
def test_a_name_without_a_letter_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="no letter or digit"):
        NameIndex({name: [1]})
