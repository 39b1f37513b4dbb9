"""The name index against the simplest thing that could be right: the kernel and its twin, alike."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.domain.fold import fold
from ouidire.errors import BadInput
from ouidire.match.names import EXACT, GLUED, SLIP, Hit, NameIndex, _table, kernel

from .naive import Added, Naive

unbuilt = pytest.mark.skipif(kernel is None, reason="the kernel was not built here: there is no C compiler")
KERNEL = pytest.param(True, id="kernel", marks=[pytest.mark.kernel, unbuilt])
both = pytest.mark.parametrize("native", [KERNEL, pytest.param(False, id="twin")])

# ---- what random houses and posts are made of

ORDINARY = ["boulangerie", "bretone", "kiosque", "пекарня", "寿司屋さんで", "abcde", "abcd", "kawagucchi", "x" * 17]
LETTERS = st.sampled_from(
    [*"ab #@.é_-1", "œ", "ß", "愛", "😂", "\ud800", "Ａ", "\u0301", "ﬁ", "'", "…", "½", "ﷺ", "\u200b", "＃"]
)
WORDS = st.sampled_from(
    [
        "la",
        "mie",
        "bretonne",
        "Bretone",
        "bertonne",
        "boulangerie",
        "Lulu",
        "chez",
        "café",
        "L’Œuf",
        "œufs",
        "kiosque",
        "12345",
        "secret1",
        "Straße",
        "пекарня",
        "пекарна",
        "寿司屋さんで",
        "Kawaguchi",
        "kawagucchi",
        "sushi",
        "lamie",
        "lamiebretonne",
        "abcde",
        "abcd",
        "abcdef",
    ]
)
JOINTS = st.sampled_from(
    [" ", " ", " ", "-", " 🥐 ", "'", "_", "", ", ", "\u200b", " #", " @", "#", "@", ".", "  ", "\n"]
)
SPELT = st.lists(st.tuples(JOINTS, WORDS), min_size=1, max_size=4).map(lambda parts: "".join(map("".join, parts)))
NAMES = st.one_of(SPELT, st.lists(LETTERS, max_size=6).map("".join)).filter(
    lambda name: any(map(str.isalnum, fold(name)))
)
WILD = st.lists(st.one_of(LETTERS, st.characters(exclude_categories=())), max_size=60).map("".join)


@st.composite
def added(draw: st.DrawFn) -> Added:
    contexts = tuple(draw(st.lists(NAMES, max_size=3)))
    cells = tuple(draw(st.lists(st.integers(-2, 2), max_size=2)))
    return Added(draw(st.integers(0, 5)), draw(NAMES), contexts, cells, draw(st.booleans()), draw(st.booleans()))


@st.composite
def mistyped(draw: st.DrawFn, name: str) -> str:
    letter: str = draw(LETTERS)
    at = draw(st.integers(0, max(len(name) - 2, 0)))
    match draw(st.integers(0, 5)):
        case 0:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + letter + name[at:]
        case 2:
            return name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :]
        case 3:
            return name[:at] + letter + name[at + 1 :]
        case 4:
            return "#" + name.replace(" ", "")
        case _:
            return name


@st.composite
def posts(draw: st.DrawFn, names: Sequence[str]) -> str:
    known = st.sampled_from(names).flatmap(mistyped) if names else WILD
    pieces = draw(st.lists(st.one_of(known, known, SPELT, WILD), max_size=5))
    return "".join(part for piece in pieces for part in (draw(JOINTS), piece))


def enter(index: NameIndex, one: Added) -> None:
    index.add(one.owner, one.name, contexts=one.contexts, cells=one.cells, conditional=one.conditional, slips=one.slips)


def hits(index: NameIndex, text: str, cells: Sequence[int] | None = None) -> list[Hit]:
    found = index.scan([text], [cells]).get(0)
    return found.hits if found else []


def index_of(native: bool, *names: str, **how: bool) -> NameIndex:
    """The n-th name belongs to owner n."""
    index = NameIndex(native=native)
    for owner, name in enumerate(names):
        index.add(owner, name, **how)  # type: ignore[arg-type]
    return index


# ---- everything at once, against the plain search


@both
@settings(max_examples=80)
@given(st.data())
def test_what_is_found_is_what_a_plain_search_finds(
    tmp_path_factory: pytest.TempPathFactory, native: bool, data: st.DataObject
) -> None:
    """Names come and go, the index is saved and opened in between; then some texts are looked at."""
    ordinary = data.draw(st.sampled_from([(), ORDINARY]))
    index, naive = NameIndex(native=native, ordinary=ordinary), Naive(ordinary)
    path = tmp_path_factory.getbasetemp() / "names"
    names: list[str] = []
    for step in data.draw(
        st.lists(st.one_of(added(), added(), added(), st.integers(0, 5), st.just("reopen")), max_size=9)
    ):
        if isinstance(step, Added):
            enter(index, step)
            naive.add(step)
            names += [step.name, *step.contexts]
        elif isinstance(step, int):
            index.remove(step)
            naive.remove(step)
        else:
            index.save(path)
            index = NameIndex.open(path, native=native)
            naive.reopen()
    texts = data.draw(st.lists(posts(names), max_size=4))
    cells = data.draw(
        st.lists(
            st.one_of(st.none(), st.lists(st.integers(-2, 2), max_size=2)), min_size=len(texts), max_size=len(texts)
        )
    )
    assert index.scan(texts, cells) == naive.scan(texts, cells)
    assert len(index) == naive.owners()


def corpus(count: int) -> tuple[list[Added], list[str], list[list[int] | None]]:
    """Names of one word to four with slips, chains with contexts and cells, tags, handles; and posts full of them."""
    rng = random.Random(7)
    words = [
        "le",
        "la",
        "de",
        "au",
        "chez",
        "café",
        "œuf",
        "été",
        "mie",
        "pain",
        "vin",
        "rue",
        "saint",
        "lulu",
        "&",
        "-",
    ]
    words += ["l’", "d’", "straße", "寿司", "кафе", "🥐", "n°5", "boulangerie", "bretonne", "crescent", "montmartre"]
    words += ["brasserie", "fournil", "kiosque", "palissade", "rivage", "corniche", "hirondelle"]
    names = []
    for owner in range(400):
        name = " ".join(rng.choices(words, k=rng.randint(1, 4))) + rng.choice(["", " lulu"])
        if not any(map(str.isalnum, fold(name))):
            continue
        beside = tuple(rng.choices(("rue", "pain vin", "montmartre", "#vin", "saint"), k=rng.randint(0, 2)))
        sigil = rng.choice(["", "", "", "", "#", "@"])
        names.append(
            Added(
                owner % 400,
                sigil + name,
                beside,
                tuple(rng.choices(range(9), k=1)),
                rng.random() < 0.3,
                rng.random() < 0.6,
            )
        )
    typed = [*words, "bretonnne", "brasesrie", "palisade", "rivagee", "hirondele", "#vin", "#mie_lulu", "@lulu"]
    typed += [rng.choice(("#", "#", "")) + "".join(filter(str.isalnum, fold(one.name))) for one in names[::20]]
    texts = [" ".join(rng.choices(typed, k=rng.randint(0, 40))) for _ in range(count)]
    return names, texts, [rng.choice([None, [rng.randrange(9)]]) for _ in texts]


@both
@pytest.mark.parametrize("count", [120, pytest.param(7_500, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_mentions_by_the_thousand_are_those_of_a_plain_search(native: bool, count: int, tmp_path: Path) -> None:
    """The longer of them holds more than a hundred thousand mentions, of every kind."""
    names, texts, cells = corpus(count)
    ordinary = ["hirondelle", "rivagee"]
    index, naive = NameIndex(native=native, ordinary=ordinary), Naive(ordinary)
    for number, one in enumerate(names):
        if number == len(names) // 2:  # the first half lies in a file, the second on top of it
            index.save(tmp_path / "names")
            index = NameIndex.open(tmp_path / "names", native=native)
        enter(index, one)
        naive.add(one)
    for owner in range(0, 400, 7):
        index.remove(owner)
        naive.remove(owner)
    found = index.scan(texts, cells)
    assert found == naive.scan(texts, cells)
    kinds = [hit.how for one in found.values() for hit in one.hits]
    assert len(kinds) > count * 14
    assert all(kinds.count(how) > count / 10 for how in (EXACT, GLUED, SLIP))


@both
@settings(max_examples=40)
@given(st.data(), SPELT, st.lists(SPELT, max_size=3).map(" ".join))
def test_accents_case_and_what_is_invisible_change_nothing(
    native: bool, data: st.DataObject, name: str, text: str
) -> None:
    index = index_of(native, name, "La Mie Bretonne", slips=True)
    expected, signs = hits(index, text), st.sampled_from(["", "", "\u0301", "\u200b", "\u00ad"])
    letters = [char if char in "#@" else char + data.draw(signs) for char in text]
    assert hits(index, "".join(letters)) == expected
    assert hits(index, text.upper()) == expected
    assert hits(index, text.title()) == expected
    assert hits(index, unicodedata.normalize("NFD", text)) == expected


@both
@settings(max_examples=50)
@given(WILD, WILD, WILD)
def test_a_name_put_into_any_text_between_spaces_is_found(native: bool, name: str, before: str, after: str) -> None:
    if not any(map(str.isalnum, fold(name))) or fold(name)[0] in "#@":
        return
    words = [one for one in fold(name) if one.isalnum()]
    found = hits(index_of(native, name), f"{before} {name} {after}")
    folded = fold(f"{before} {name} {after}")
    assert any("".join(filter(str.isalnum, folded[hit.start : hit.end])) == "".join(words) for hit in found)


EUROPE, SIGNS, ALL = range(0x3000), range(0x1D000, 0x20000), range(0x110000)


@pytest.mark.kernel
@unbuilt
@pytest.mark.parametrize("codes", [EUROPE, SIGNS, pytest.param(ALL, marks=pytest.mark.long)])
def test_every_letter_there_is_folds_alike_in_c_and_in_python(codes: range) -> None:
    """Many code points in a text, between two names that are found: what comes back is the whole text, folded."""
    texts = [f"zz {'x'.join(map(chr, codes[first : first + 128]))} zz" for first in range(0, len(codes), 128)]
    found = index_of(True, "zz").scan(texts)
    assert [found[n].folded for n in range(len(texts))] == [fold(text) for text in texts]


# ---- one promise after the other


@both
def test_lulu_is_not_in_lulubelle(native: bool) -> None:
    index = index_of(native, "Lulu")
    assert hits(index, "lulubelle et zlulu et lulu2") == []
    assert hits(index, "(LÜLÜ)") == [(0, 1, 5, EXACT)]


@both
def test_names_within_names_are_all_found(native: bool) -> None:
    index = index_of(native, "la mie", "la mie bretonne", "mie bretonne")
    index.add(3, "La-Mie, Bretonne!")
    assert hits(index, "É la mie bretonne") == [(0, 2, 8, 0), (1, 2, 17, 0), (2, 5, 17, 0), (3, 2, 17, 0)]


@both
def test_anything_but_letters_may_stand_between(native: bool) -> None:
    assert hits(index_of(native, "La Mie Bretonne"), "la-mie… 🥐 BRETONNE !") == [(0, 0, 20, EXACT)]


@both
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#lamiebretonne", [(0, 0, 14, GLUED)]),
        ("vu #LaMie_Bretonne.", [(0, 3, 18, GLUED)]),
        ("#la_mie_bretonne", [(0, 0, 16, GLUED), (0, 1, 16, EXACT)]),
        ("lamiebretonne", [(0, 0, 13, GLUED)]),
        ("lamiebretonnes", []),
        ("a#la_mie-bretonne", [(0, 2, 17, EXACT)]),
    ],
)
def test_a_name_is_found_in_one_piece(native: bool, text: str, expected: list[Hit]) -> None:
    assert hits(index_of(native, "La Mie Bretonne"), text) == expected


@both
def test_a_short_name_in_one_piece_needs_a_tag(native: bool) -> None:
    index = index_of(native, "la mie")
    assert hits(index, "lamie") == []
    assert hits(index, "#lamie") == [(0, 0, 6, GLUED)]


@both
def test_a_tag_is_found_as_a_tag_only(native: bool) -> None:
    index = index_of(native, "#La_Mie")
    assert hits(index, "lamie, la mie, @lamie, x#lamie, #lamies, #la mie, #lamie_b") == []
    assert hits(index, "#lamie #L_amie ＃LAMIE") == [(0, 0, 6, 0), (0, 7, 14, 0), (0, 15, 21, 0)]


@both
def test_a_handle_is_found_behind_its_sigil_only(native: bool) -> None:
    index = index_of(native, "@lulu.bsky.social")
    assert hits(index, "lulu.bsky.social x@lulu.bsky.social @lulu.bsky") == []
    assert hits(index, "avec @Lulu.bsky.social!") == [(0, 5, 22, EXACT)]


@both
@pytest.mark.parametrize("typed", ["bretone", "brettonne", "bretomne", "bertonne", "retonne", "bretonnes"])
def test_one_slip_in_one_token_is_forgiven(native: bool, typed: str) -> None:
    assert hits(index_of(native, "la mie bretonne", slips=True), f"la mie {typed}") == [(0, 0, 7 + len(typed), SLIP)]


@both
@pytest.mark.parametrize(
    "typed", ["la mie bretone bretone", "la mié breton", "le mie bretonne", "la mie bretno", "la mie"]
)
def test_more_than_that_is_not(native: bool, typed: str) -> None:
    found = hits(index_of(native, "la mie bretonne", slips=True), typed)
    assert [hit for hit in found if hit.end > len("la mie bretone")] == []
    assert hits(index_of(native, "la mie bretonne"), typed) == []


@both
def test_a_token_that_is_right_elsewhere_is_no_slip(native: bool) -> None:
    index = index_of(native, "boulangerie martin", slips=True)
    assert hits(index, "boulangerie martine") == [(0, 0, 19, SLIP)]
    index.add(1, "Martine")
    assert hits(index, "boulangerie martine") == [(1, 12, 19, EXACT)]


@both
def test_an_ordinary_word_is_no_slip_and_has_one_only_beside_a_word_of_some_length(
    native: bool, tmp_path: Path
) -> None:
    index = NameIndex(native=native, ordinary=["marine", "boulangerie", "constitutionnelle", "grande", "hotel"])
    index.add(0, "boulangerie martine", slips=True)
    index.add(1, "place constitutionnelle", slips=True)
    index.add(2, "grande boulangerie", slips=True)
    index.add(3, "le hotel chomel", slips=True)
    typed = "boulangerie marine, boulangrie martine, boulangerie martin, place constitutionelle"
    expected = [(0, 20, 38, SLIP), (0, 40, 58, SLIP), (1, 60, 82, SLIP)]
    assert hits(index, typed) == expected
    assert hits(index, "grande boulangrie, grandee boulangerie") == [(2, 0, 17, SLIP), (2, 19, 38, SLIP)]
    assert hits(index, "le hitel chomel, granda boulangrie, marina") == []
    assert hits(index, "le hotel chomelle, le hotel chomell") == [(3, 19, 35, SLIP)]
    index.add(4, "hotel chomel", slips=True)
    assert hits(index, "le hitel chomel") == [(4, 3, 15, SLIP)]
    index.save(tmp_path / "names")
    opened = NameIndex.open(tmp_path / "names", native=native)
    assert hits(opened, typed) == expected
    opened.add(5, "marinette boulangerie", slips=True)
    assert hits(opened, "marinete boulangrie, marinete boulangerie") == [(5, 21, 41, SLIP)]
    assert hits(opened, "marinette boulangrie") == [(5, 0, 20, SLIP)]


@both
def test_short_names_and_numbers_bear_no_slip(native: bool) -> None:
    index = index_of(native, "lulu bar", "bar 75011", "kiosque", slips=True)
    assert hits(index, "lulu baar, bar 75012, kiosqe") == []


@both
def test_a_condition_is_a_context_clear_of_the_name_or_a_cell(native: bool) -> None:
    index = NameIndex(native=native)
    index.add(1, "Orange", conditional=True, contexts=["Paris", "Orange"], cells=[7, -3])
    index.add(2, "Orange", conditional=True, contexts=["Niort"])
    index.add(3, "Casino Paris", conditional=True, contexts=["Paris"])
    index.add(4, "Free", conditional=True)
    assert hits(index, "orange") == []
    assert hits(index, "orange à Paris") == [(1, 0, 6, 0)]
    assert hits(index, "orange, orange") == [(1, 0, 6, 0), (1, 8, 14, 0)]
    assert hits(index, "orange", [1, -3]) == [(1, 0, 6, 0)]
    assert hits(index, "Niort: orange") == [(2, 7, 13, 0)]
    assert hits(index, "casino paris") == []
    assert hits(index, "casino paris à paris") == [(3, 0, 12, 0)]
    assert hits(index, "free", [7]) == []
    assert len(index) == 3


@both
def test_who_is_removed_is_not_found_and_may_come_back(native: bool) -> None:
    index = index_of(native, "lulu", "lulu", "mie")
    index.remove(0)
    index.remove(0)
    index.remove(99)
    assert hits(index, "lulu") == [(1, 0, 4, 0)]
    index.add(0, "Bar")
    assert hits(index, "lulu au bar") == [(0, 8, 11, 0), (1, 0, 4, 0)]
    assert len(index) == 3


@both
def test_an_index_of_nothing_finds_nothing(native: bool) -> None:
    index = NameIndex(native=native)
    assert index.scan(["lulu", ""]) == {}
    assert (len(index), index.scan([])) == (0, {})
    assert index.nbytes > 0


@both
@pytest.mark.parametrize("name", ["", " ", "…", "#", "😂"])
def test_a_name_without_a_letter_is_refused_whole(native: bool, name: str) -> None:
    index = NameIndex(native=native)
    with pytest.raises(BadInput, match="no letter or digit"):
        index.add(1, name)
    with pytest.raises(BadInput, match="no letter or digit"):
        index.add(1, "lulu", conditional=True, contexts=["paris", name])
    assert (len(index), hits(index, "lulu paris")) == (0, [])


@both
def test_numbers_out_of_range_are_refused(native: bool) -> None:
    index = NameIndex(native=native)
    for owner in (-1, 1 << 32):
        with pytest.raises(BadInput):
            index.add(owner, "lulu")
    with pytest.raises(BadInput):
        index.add(1, "lulu", conditional=True, cells=[1 << 31])
    with pytest.raises(ValueError, match="as many"):
        index.scan(["lulu", "mie"], [None])
    index.add((1 << 32) - 1, "lulu", conditional=True, cells=[-(1 << 31)])
    assert hits(index, "lulu", [-(1 << 31)]) == [((1 << 32) - 1, 0, 4, 0)]


@both
def test_a_text_of_any_length_is_read(native: bool) -> None:
    text = "ﷺ lulu " * 10_000
    assert len(hits(index_of(native, "lulu"), text)) == 10_000


@both
def test_threads_may_scan_and_change_one_index(native: bool) -> None:
    index = index_of(native, "lulu", "chez lulu")
    texts = [f"chez Lulu {chr(0x100 + n)} {chr(0x4E00 + n)}" for n in range(2_000 if native else 200)]
    wanted, got = index.scan(texts), []

    def change() -> None:
        for n in range(2_000):
            index.add(7 + n % 5, f"nouveau nom {n}", slips=True)
            index.remove(7 + n % 5)

    threads = [threading.Thread(target=lambda: got.append(index.scan(texts))) for _ in range(4)]
    threads.append(threading.Thread(target=change))
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert got == [wanted] * 4


SHORT_OF_MEMORY = """
import resource
from ouidire.match.names import NameIndex
index = NameIndex()
for owner in range(200_000):
    index.add(owner, "cafe lune")
index.add(200_000, "secret garden")
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (1 << 20), -1))
try:
    index.scan(["au cafe lune", "dans le secret garden d une autre"])
except MemoryError:
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    print(index.scan(["rien du tout"]))
"""


@pytest.mark.kernel
@unbuilt
@pytest.mark.skipif(sys.platform != "linux", reason="how much memory a process may have is Linux's to say")
def test_a_scan_without_memory_leaves_nothing_to_the_next_one() -> None:
    done = subprocess.run([sys.executable, "-c", SHORT_OF_MEMORY], capture_output=True, text=True, check=True)
    assert done.stdout == "{}\n"


@pytest.mark.kernel
@unbuilt
def test_an_index_is_filled_once() -> None:
    """Also with nothing: a packed one is never filled again."""
    full, empty, other = (_table([]) for _ in range(3))
    other.add(1, "lulu", (), (), False, False)
    full.gather(empty)
    for _ in range(2):
        with pytest.raises(ValueError, match="empty"):
            full.gather(other)
    assert len(full) == 0
