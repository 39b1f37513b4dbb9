from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from ouidire.connectors.http import Http


@pytest_asyncio.fixture
async def http() -> AsyncIterator[Http]:
    client = Http()
    yield client
    await client.aclose()
