"""The kernel of `names.py`, as Python sees it."""

from collections.abc import Callable, Sequence

class Index:
    """`names` are folded, each with a letter or a digit; `lookup` says how one code point folds."""

    def __new__(cls, names: Sequence[str], lookup: Callable[[int], tuple[int, ...]], /) -> Index: ...
    def scan(self, texts: Sequence[str], /) -> list[tuple[int, str, list[tuple[int, int, int]]]]:
        """Of the texts that hold a name: index, folded, and (name, start, end) of each whole-word occurrence."""
