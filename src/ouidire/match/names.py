"""Many names at once: every occurrence of every watched name, in one pass over each text.

The only file that knows what does it: our own kernel (`_names.c`), which folds, cuts into tokens and looks up in one
native pass without the interpreter's lock; where no compiler was, its twin in Python (`twin.py`). One suite asks both
the same questions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, Self

from ouidire.domain.fold import fold_letter
from ouidire.errors import BadInput
from ouidire.match import index_file
from ouidire.match.hits import EXACT, GLUED, SLIP, Hit, Scanned
from ouidire.match.twin import Twin

try:
    from ouidire.match import _names as kernel
except ImportError:  # the extension is optional: there was no compiler
    kernel = None  # type: ignore[assignment]

__all__ = ["EXACT", "GLUED", "SLIP", "Hit", "NameIndex", "Scanned", "is_whole", "kernel"]

Cells = Sequence[Sequence[int] | None]

ORDINARY_BYTES = 16
"""A longer word is looked at as if it were not ordinary: so each is compared whole, in one place of memory."""


class Engine(Protocol):
    """What finds the names; `NameIndex` says what each of these promises."""

    def add(
        self, owner: int, name: str, contexts: Sequence[str], cells: Sequence[int], conditional: bool, slips: bool
    ) -> None: ...
    def remove(self, owner: int) -> None: ...
    def scan(self, texts: Sequence[str], cells: Cells | None) -> dict[int, Scanned]: ...
    def save(self, path: Path) -> None: ...
    @property
    def nbytes(self) -> int: ...
    def __len__(self) -> int: ...


class NameIndex:
    """Names, each with the numbers of its owners; it changes in place, one name or owner at a time.

    Names and texts are folded (`domain/fold`) and cut into tokens: runs of letters and digits. A name is found as a run
    of its tokens, whatever stands between them: 'La Mie-Bretonne' in "la mie… 🥐 BRETONNE". All occurrences are found,
    overlapping ones too. A name that begins with '#' is found only as a whole tag, in which underscores are lost;
    one that begins with '@' only where '@' stands before it; a sigil right behind a letter is none.

    Any thread may call anything: scans go on side by side, a change waits for those under way.
    """

    def __init__(self, *, native: bool = True, ordinary: Iterable[str] = ()) -> None:
        """`native=False`: without the kernel, as where there is none.

        `ordinary`: folded words that everybody uses. None of them is ever a slip, and alone none is found with one.
        They are saved with the names. A word of more than sixteen bytes in UTF-8 is none.
        """
        self._turns = _Turns()
        words = [word for word in ordinary if 0 < len(word.encode()) <= ORDINARY_BYTES]
        self._engine: Engine = Native(_table(words)) if native and kernel is not None else Twin(words)

    def add(
        self,
        owner: int,
        name: str,
        *,
        contexts: Sequence[str] = (),
        cells: Sequence[int] = (),
        conditional: bool = False,
        slips: bool = False,
    ) -> None:
        """`name` is a name of `owner` from now on, beside those it has.

        `conditional`: it counts only in a text that also holds one of `contexts`, exactly and clear of the name's own
        occurrence, or that lies in one of `cells`; without either it never counts. `slips`: a name of eight letters or
        more is also found with one slip (a letter more, less or other, or two neighbours swapped) in one token of five
        to forty letters and no digit, where what is written is no ordinary word, nor itself a token of any name that
        was added; removed names count there until the index is saved and opened. In an ordinary word the slip counts
        where the token before it, or behind the first, is of such a length and without a digit, too.

        Raises `BadInput` for a name or context without any letter or digit (it would be found between any two words)
        and for a number outside its range: owners are 0 to 2³²-1, cells -2³¹ to 2³¹-1.
        """
        with self._turns.changing(), _bad_numbers_told():
            self._engine.add(owner, name, contexts, cells, conditional, slips)

    def remove(self, owner: int) -> None:
        """No name of `owner` is found any more; nothing happens when it has none."""
        with self._turns.changing(), _bad_numbers_told():
            self._engine.remove(owner)

    def scan(self, texts: Sequence[str], cells: Cells | None = None) -> dict[int, Scanned]:
        """Of the texts that hold a name that counts, by their index: folded, and all hits.

        `cells`: for each text the cells that it lies in (None: not known). Raises `ValueError` when they are not as
        many as the texts.
        """
        with self._turns.reading():
            return self._engine.scan(texts, cells)

    def save(self, path: Path | str) -> None:
        """Write everything that lives to one file, whole or not at all; the index itself stays as it is.

        Takes a quarter of a minute for the names of a million watches, and some 340 MB beside them: half as much again
        as those that were added here take, nearly five times as much as those that lie in a file.
        """
        with self._turns.reading():
            self._engine.save(Path(path))

    @classmethod
    def open(cls, path: Path | str, *, native: bool = True) -> Self:
        """The index that `save` wrote, read where it lies and shared by all processes that open it.

        What is added or removed later stays in this process. The file must not be changed in place while it is open:
        `save` puts another one in its stead. Raises `BadInput` for a file that is none, is damaged, or was
        written by another release, kind of machine, or Python: make it anew.
        """
        opened = cls.__new__(cls)
        opened._turns = _Turns()
        opened._engine = (Native if native and kernel is not None else Twin).open(Path(path))
        return opened

    @property
    def nbytes(self) -> int:
        """The bytes that the names take, those in the file included; the twin can only guess."""
        return self._engine.nbytes

    def __len__(self) -> int:
        """How many owners have names here."""
        return len(self._engine)


class Native:
    """The kernel: what was added here, on top of what lies in a file. What is removed of the latter is crossed out."""

    def __init__(self, own: kernel.Index, below: kernel.Index | None = None) -> None:
        self._own = own
        self._below = below
        self._in_both = 0

    def add(
        self, owner: int, name: str, contexts: Sequence[str], cells: Sequence[int], conditional: bool, slips: bool
    ) -> None:
        try:
            is_new = self._own.add(owner, name, contexts, cells, conditional, slips)
        except ValueError as error:
            raise _nothing_to_find(str(error)) from None
        self._in_both += is_new and self._below is not None and self._below.has(owner)

    def remove(self, owner: int) -> None:
        was_own = self._own.remove(owner)
        was_below = self._below is not None and self._below.remove(owner)
        self._in_both -= was_own and was_below

    def scan(self, texts: Sequence[str], cells: Cells | None) -> dict[int, Scanned]:
        return self._own.scan(texts, cells, self._below)

    def save(self, path: Path) -> None:
        whole = _table(self._own.ordinary())
        whole.gather(*(part for part in (self._below, self._own) if part is not None))
        index_file.write(path, "kernel", whole.parts())

    @classmethod
    def open(cls, path: Path) -> Self:
        parts = index_file.read(path, "kernel")
        try:
            below = kernel.Index(fold_letter, Hit, Scanned, parts)
            return cls(_table(below.ordinary()), below)
        except (ValueError, IndexError):
            raise index_file.damaged(path) from None

    @property
    def nbytes(self) -> int:
        return self._own.nbytes() + (0 if self._below is None else self._below.nbytes())

    def __len__(self) -> int:
        return len(self._own) + (0 if self._below is None else len(self._below)) - self._in_both


def _table(ordinary: Sequence[str]) -> kernel.Index:
    return kernel.Index(fold_letter, Hit, Scanned, None, ordinary)


def _nothing_to_find(name: str) -> BadInput:
    return BadInput(f"The name {name!r} has no letter or digit to look for; write it in letters.")


@contextmanager
def _bad_numbers_told() -> Iterator[None]:
    try:
        yield
    except OverflowError as error:
        raise BadInput(f"A number of the name index is too large or too small: {error}.") from None


class _Turns:
    """Many may read at once; who changes waits for them and is alone."""

    def __init__(self) -> None:
        self._door = threading.Condition()
        self._readers = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._door:
            self._readers += 1
        try:
            yield
        finally:
            with self._door:
                self._readers -= 1
                if not self._readers:
                    self._door.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        with self._door:
            while self._readers:
                self._door.wait()
            yield


def is_whole(folded: str, start: int, end: int) -> bool:
    """Does no letter or digit touch `start`..`end` from outside?"""
    before = start > 0 and folded[start - 1].isalnum()
    return not before and not (end < len(folded) and folded[end].isalnum())
