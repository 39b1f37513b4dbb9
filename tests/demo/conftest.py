from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ouidire.demo.rig import Rig, open_rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """Pretended networks of one's own, on a free port."""
    async with open_rig() as opened:
        yield opened
