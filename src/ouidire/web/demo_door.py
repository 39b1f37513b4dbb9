"""What the pages need of the demo world; `demo` fills it in, so that the two faces do not know each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ouidire.domain.member import Member


class DemoDoor(Protocol):
    """The pretended day as the pages steer it."""

    async def begin(self) -> Member:
        """Build the world if it is not there, let its day happen, and say through whose eyes to look first."""
        ...

    def members(self) -> Sequence[Member]:
        """Whose eyes one may look through; empty before `begin`."""
        ...

    @property
    def speed(self) -> str:
        """`lapse` (the day in minutes) or `real`."""
        ...

    async def leave(self) -> None:
        """Back to the real house; the demo's store is thrown away."""
        ...

    async def set_speed(self, speed: str) -> None:
        """Raises `BadInput` for a speed it does not know."""
        ...
