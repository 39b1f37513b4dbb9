"""The kernel of `names.py`, as Python sees it."""

from collections.abc import Callable, Sequence

from ouidire.match.hits import Hit, Scanned

class Index:
    """A table of names. `lookup` says how one code point folds; `parts` are those of another index, mapped.

    `ordinary`: words of one to sixteen bytes in UTF-8, where there are no parts, which bring theirs.
    """

    def __new__(
        cls,
        lookup: Callable[[int], tuple[int, ...]],
        hit: type[Hit],
        scanned: type[Scanned],
        parts: Sequence[memoryview] | None = None,
        ordinary: Sequence[str] = (),
        /,
    ) -> Index: ...
    def add(
        self, owner: int, name: str, contexts: Sequence[str], cells: Sequence[int], conditional: bool, slips: bool, /
    ) -> bool:
        """Is the owner new here? `ValueError`, which bears the name: it has no letter or digit."""
    def remove(self, owner: int, /) -> bool:
        """Was this owner here?"""
    def has(self, owner: int, /) -> bool:
        """Is this owner here?"""
    def scan(
        self, texts: Sequence[str], cells: Sequence[Sequence[int] | None] | None, below: Index | None, /
    ) -> dict[int, Scanned]:
        """Of the texts that hold a name of this index or of the one below it: their index, and what they hold."""
    def gather(self, other: Index, another: Index = ..., /) -> None:
        """Fill this empty index with what lives in others, as small as it can be; nothing can be added to it later."""
    def parts(self) -> tuple[memoryview, ...]:
        """Views of its arrays; good until the next change."""
    def ordinary(self) -> list[str]:
        """The ordinary words that it was given."""
    def nbytes(self) -> int: ...
    def __len__(self) -> int:
        """How many owners have names here."""
