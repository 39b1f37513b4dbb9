"""Keeping the house small: the C library is asked to share its heaps, and to give back what is free in them.

Each thread that touches the store may get a heap of its own, and what is freed in it stays there: an hour of a
stream would cost tens of megabytes that nobody uses. Only glibc can be asked; elsewhere nothing happens.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import cache

_ARENA_MAX = -8
"""M_ARENA_MAX in glibc's malloc.h."""
FEW = 2


def few_heaps() -> None:
    """From now on all threads share two heaps; said before the first thread begins."""
    if (libc := _libc()) is not None:
        libc.mallopt(_ARENA_MAX, FEW)


def give_back() -> None:
    """Hand free pages back to the system. Takes a few milliseconds, on whatever thread it is called."""
    if (libc := _libc()) is not None:
        libc.malloc_trim(0)


@cache
def _libc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    with suppress(OSError, AttributeError):  # another C library than glibc has no such words
        libc = ctypes.CDLL(None)
        if libc.mallopt and libc.malloc_trim:
            return libc
    return None
