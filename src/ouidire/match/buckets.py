"""Buckets: a linear model of hashed features, one small number (a signed byte) for each, as a script learned it."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from importlib.resources import files
from io import BytesIO
from typing import Self
from zipfile import ZipFile
from zlib import crc32

_BEFORE_HEADER = 10
"""Bytes of an array's file before its header, of which the last two say how long that is (NumPy, format 1.0)."""


def bucket(kind: str, words: str, bits: int) -> int:
    """Which of 2**`bits` buckets a feature lies in."""
    return crc32(f"{kind}:{words}".encode()) & ((1 << bits) - 1)


class Buckets:
    """The numbers, in steps of `step`."""

    def __init__(self, numbers: bytes, step: float) -> None:
        self._numbers, self._step = memoryview(numbers).cast("b"), step

    def __getitem__(self, at: int) -> float:
        return self._numbers[at] * self._step

    def of(self, buckets: Iterable[int]) -> list[float]:
        """The numbers of these buckets."""
        numbers, step = self._numbers, self._step
        return [numbers[at] * step for at in buckets]

    def sum(self, buckets: Iterable[int], shares: Iterable[float]) -> float:
        """The buckets' numbers, each times its share."""
        return self._step * sum(self._numbers[at] * share for at, share in zip(buckets, shares, strict=True))

    @classmethod
    def shipped(cls, name: str, bits: int) -> Self:
        """Those of a file of the package; `RuntimeError` where it holds another number of them. An array in a file of
        NumPy ends with its numbers, so no worker needs NumPy (15 MB)."""
        with ZipFile(BytesIO(files(__package__).joinpath(name).read_bytes())) as held:
            raw, step = held.read("weights.npy"), held.read("step.npy")[-4:]
        header = _BEFORE_HEADER + int.from_bytes(raw[_BEFORE_HEADER - 2 : _BEFORE_HEADER], "little")
        if len(raw) - header != 1 << bits:
            raise RuntimeError(
                f"{name} does not hold {1 << bits} numbers; `python -m scripts.train_match` makes it anew."
            )
        return cls(raw[header:], *struct.unpack("<f", step))
