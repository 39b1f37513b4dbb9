"""The short line of batches within one process."""

from __future__ import annotations

import asyncio

import pytest

from ouidire.domain.item import Batch
from ouidire.queue.base import Parcel
from ouidire.queue.local import LocalQueue


def parcel(cursor: str) -> Parcel:
    return Parcel("s1", Batch(cursor=cursor))


async def test_batches_come_out_in_the_order_they_went_in() -> None:
    queue = LocalQueue()
    for cursor in "123":
        await queue.put(parcel(cursor))
    taken = queue.take()
    assert [(await anext(taken)).batch.cursor for _ in range(3)] == ["1", "2", "3"]


async def test_the_ears_wait_while_the_workers_are_behind() -> None:
    queue = LocalQueue(room=1)
    await queue.put(parcel("1"))
    putting = asyncio.create_task(queue.put(parcel("2")))
    await asyncio.sleep(0)
    assert not putting.done()
    await anext(queue.take())
    await asyncio.wait_for(putting, 1)


async def test_joining_waits_for_what_was_taken_to_be_done() -> None:
    queue = LocalQueue()
    await queue.put(parcel("1"))
    taken = await anext(queue.take())
    joining = asyncio.create_task(queue.join())
    await asyncio.sleep(0)
    assert not joining.done()
    await queue.done(taken)
    await asyncio.wait_for(joining, 1)


async def test_what_is_given_back_twice_is_a_bug_that_says_so() -> None:
    queue = LocalQueue()
    await queue.put(parcel("1"))
    taken = await anext(queue.take())
    await queue.done(taken)
    with pytest.raises(ValueError, match="too many"):
        await queue.done(taken)
