"""Another process that has the house up."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ouidire.care.lock import HouseLock
from ouidire.settings import Settings


@contextmanager
def held_by_another(settings: Settings, address: str = "http://127.0.0.1:8765") -> Iterator[int]:
    """Its process id; killed hard at the end, with the lock in its hands."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            lock = HouseLock(settings).take()
            lock.say(address)
            os.write(said, b"!")
            signal.pause()
        finally:
            os._exit(1)
    os.close(said)
    assert os.read(heard, 1) == b"!", "the other process did not get the lock"
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(heard)
