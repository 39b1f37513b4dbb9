"""What every connector that hears must do. One more connector adds `tests/connectors/<name>/contract.py`:

`source(tmp_path)` is an async context manager that gives an object with
  settings, secrets    what the reader is opened with
  beginning            the cursor from which everything said to this source is heard
  ends                 does `read` end by itself (a poll, a file), or does it go on (a stream)?
  can_delete           does this network tell of deletions?
  say(text)            somebody posts; gives the URI that the item will have
  delete(uri)          the network tells that it is gone; gives the URI that `Gone` will have
  garble(raw)          the network sends these bytes
  cut()                the line is cut (nothing on what ends by itself)
all four awaited. The source's id is `source-1`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ouidire.connectors import registry
from ouidire.connectors.base import Reader, SourceContext
from ouidire.connectors.http import Http
from ouidire.domain.item import Batch
from ouidire.errors import OuidireError, Retry

READING = [name for name in registry.names() if registry.manifest(name).reads != "none"]
REPLYING = [name for name in registry.names() if registry.manifest(name).replies]
MOST = 1_000
GARBAGE = [
    b"",
    b"\x00\x00\x00",
    b"\xff\xfe\xfd",
    b"{",
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b"<html><body>502 Bad Gateway</body></html>",
    b'{"text": ' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    b'{"text": "' + b"a" * 200_000 + b'"}',
]


def contract(name: str) -> Any:
    package = ".".join(filter(None, [(__package__ or "").rpartition(".")[0], "connectors", name, "contract"]))
    return import_module(package)


class Rig:
    """One source under test; `reader()` opens it afresh, as after a restart."""

    def __init__(self, name: str, source: Any, http: Http) -> None:
        self.name, self.source, self._http = name, source, http

    def reader(self) -> Reader:
        context = SourceContext("source-1", self.source.settings, self.source.secrets, self._http)
        return registry.open_reader(self.name, context)

    async def hear(self, cursor: str, enough: Callable[[list[Batch]], bool]) -> list[Batch]:
        """Batches after `cursor` until there are enough of them, or no more."""
        batches: list[Batch] = []
        async with asyncio.timeout(20), aclosing(self.reader().read(cursor)) as reading:  # type: ignore[type-var]
            async for batch in reading:
                batches.append(batch)
                if enough(batches):
                    break
        return batches

    async def hear_items(self, cursor: str, uris: list[str]) -> list[Batch]:
        """Batches until all of `uris` were heard."""
        return await self.hear(cursor, lambda batches: set(uris) <= set(heard(batches)))


def heard(batches: list[Batch]) -> list[str]:
    return [item.uri for batch in batches for item in batch.items]


@pytest_asyncio.fixture(params=READING)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    http = Http()
    async with contract(request.param).source(tmp_path) as source:
        yield Rig(request.param, source, http)
    await http.aclose()


async def test_what_is_said_is_heard_in_order_and_once(rig: Rig) -> None:
    uris = [await rig.source.say(f"Message {n}, café ☕") for n in range(20)]
    batches = await rig.hear_items(rig.source.beginning, uris)
    assert heard(batches) == uris
    items = [item for batch in batches for item in batch.items]
    assert [item.text for item in items] == [f"Message {n}, café ☕" for n in range(20)]
    assert all(item.connector == rig.name and item.written_at.tzinfo and item.author.uri for item in items)
    assert sum(batch.heard for batch in batches) >= 20


async def test_a_cursor_covers_all_that_was_given_and_nothing_more(rig: Rig) -> None:
    uris = [await rig.source.say(f"Message {n}") for n in range(600)]
    first = await rig.hear(rig.source.beginning, lambda batches: bool(heard(batches)))
    given = heard(first)
    assert 0 < len(given) < 600, "a batch has to end somewhere, or nothing could be resumed"
    after = await rig.hear_items(first[-1].cursor, uris[len(given) :])
    assert given == uris[: len(given)]
    assert set(given) | set(heard(after)) == set(uris)


async def test_reading_again_from_a_cursor_gives_the_same_keys(rig: Rig) -> None:
    uris = [await rig.source.say(f"Message {n}") for n in range(5)]
    twice = [await rig.hear_items(rig.source.beginning, uris) for _ in range(2)]
    assert heard(twice[0]) == heard(twice[1])
    assert len(set(heard(twice[0]))) == 5


async def test_batches_are_bounded(rig: Rig) -> None:
    uris = [await rig.source.say(f"Message {n}") for n in range(1_500)]
    batches = await rig.hear_items(rig.source.beginning, uris)
    assert max(len(batch.items) for batch in batches) <= MOST


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_stops_nothing(rig: Rig, garbage: bytes) -> None:
    before = await rig.source.say("Before")
    await rig.source.garble(garbage)
    after = await rig.source.say("After")
    batches = await rig.hear_items(rig.source.beginning, [before, after])
    assert heard(batches)[-1] == after
    assert all(drop.reason and len(drop.sample) <= 400 for batch in batches for drop in batch.dropped)


async def test_garbage_is_counted(rig: Rig) -> None:
    await rig.source.garble(b'{"broken": ')
    after = await rig.source.say("After")
    batches = await rig.hear_items(rig.source.beginning, [after])
    assert sum(len(batch.dropped) for batch in batches) == 1


async def test_text_can_be_stored(rig: Rig) -> None:
    uri = await rig.source.say("A NUL \x00 and far too long " + "é" * 30_000)
    (item,) = [i for b in await rig.hear_items(rig.source.beginning, [uri]) for i in b.items]
    assert "\x00" not in item.text
    assert len(item.text) <= 20_000
    item.text.encode("utf-8")


async def test_a_deletion_is_heard(rig: Rig) -> None:
    if not rig.source.can_delete:
        pytest.skip(f"{rig.name} does not tell of deletions")
    uri = await rig.source.say("I will regret this")
    gone = await rig.source.delete(uri)
    batches = await rig.hear(rig.source.beginning, lambda batches: any(b.gone for b in batches))
    assert [g.uri for b in batches for g in b.gone] == [gone]


async def last_before_the_cut(reading: AsyncIterator[Batch], batch: Batch) -> Batch:
    """Hear until the line breaks; the last batch that came."""
    async with asyncio.timeout(20):
        try:
            async for batch in reading:  # noqa: B007 the last one is what we want
                pass
        except Retry:
            return batch
    raise AssertionError("A stream that was cut ended as if there were no more to hear.")


async def test_a_cut_line_asks_for_another_try_and_loses_nothing(rig: Rig) -> None:
    if rig.source.ends:
        pytest.skip(f"{rig.name} has no line that could be cut")
    first = await rig.source.say("Before the cut")
    reading = rig.reader().read(rig.source.beginning)
    batch = await anext(reading)
    while first not in heard([batch]):
        batch = await anext(reading)
    await rig.source.cut()
    batch = await last_before_the_cut(reading, batch)
    missed = await rig.source.say("While nobody listened")
    assert missed in heard(await rig.hear_items(batch.cursor, [missed]))


async def first_batch_or_word(rig: Rig, cursor: str) -> Batch | OuidireError | None:
    """What a reader says when it is given `cursor` while people go on talking."""
    try:
        async with asyncio.timeout(20), aclosing(rig.reader().read(cursor)) as reading:  # type: ignore[type-var]
            asked = asyncio.ensure_future(anext(reading, None))  # type: ignore[arg-type]
            await asyncio.wait([asked], timeout=0.05)
            for _ in range(3):
                await rig.source.say("Are you there?")
            return await asked
    except OuidireError as error:
        return error


@pytest.mark.parametrize("cursor", ["nonsense", "-1", "99999999999999999999999", "1:2:3", "é"])
async def test_a_cursor_that_cannot_be_is_said_and_survived(rig: Rig, cursor: str) -> None:
    await rig.source.say("Hello")
    answer = await first_batch_or_word(rig, cursor)
    if isinstance(answer, Batch):
        assert answer.gap is not None
        assert answer.cursor != cursor
    else:
        assert isinstance(answer, OuidireError), "neither a batch nor a word"


@pytest.mark.parametrize("name", READING)
def test_the_network_s_terms_are_named_with_source_and_date(name: str) -> None:
    manifest = registry.manifest(name)
    assert manifest.name == name
    assert manifest.title
    assert manifest.home
    assert manifest.terms_source
    assert manifest.terms_read_on.year >= 2026
    assert all(setting.help.endswith(".") and setting.help_fr.endswith(".") for setting in manifest.settings.values())


@pytest.mark.parametrize("name", REPLYING)
def test_what_answers_says_its_limits(name: str) -> None:
    manifest = registry.manifest(name)
    assert manifest.max_reply_length > 0
    assert manifest.reply_rate is not None
