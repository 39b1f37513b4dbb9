"""The real servers, started once for all tests that ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .bridge import Bridge, bridging
from .pds import NoPeer, Pds, running


@pytest.fixture(scope="session")
def pds() -> Iterator[Pds]:
    """Bluesky's own PDS with its did:plc directory."""
    try:
        with running() as server:
            yield server
    except NoPeer as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def bridge(pds: Pds) -> Iterator[Bridge]:
    """A Jetstream that tells what happens on `pds`."""
    try:
        with bridging(pds.firehose) as bridge:
            yield bridge
    except NoPeer as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def jetstream_url(bridge: Bridge) -> str:
    """What to put into the Bluesky source's setting `jetstream`."""
    return bridge.url
