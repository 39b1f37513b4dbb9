"""A file on its way to us: written to the disk in pieces as it comes, never held whole, never filling the disk."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from ouidire.app import ARRIVING, IMPORTS
from ouidire.domain.ids import new_id
from ouidire.errors import BadInput

LEAST_FREE = 500_000_000
"""So many bytes stay free on the disk, whatever is brought in."""
_LOOK_EVERY = 16_000_000
_PIECE = 1 << 20
_MAX_FIELD = 10_000
_MAX_FIELDS = 20


@dataclass
class Arrived:
    """A form with one file. `path` is where the file lies (None: none was chosen), `name` what it was called."""

    fields: dict[str, str] = field(default_factory=dict)
    path: Path | None = None
    name: str = ""

    def forget(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)


async def receive(request: Request, folder: Path, admits: Callable[[dict[str, str]], None]) -> Arrived:
    """Take in a form; `admits` looks at the fields before the file and raises when it is not to come in.

    Raises `BadInput` when the disk would be too full, or the file does not arrive whole. Nothing is left behind then.
    What is refused is still heard to its end: a browser that is cut off in mid-sentence shows no answer.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise BadInput("Choose a file first.")
    expected = int(request.headers.get("content-length", "0") or 0)
    taking = _Taking(folder / IMPORTS, expected, admits)
    parser = MultipartParser(options[b"boundary"], taking.callbacks())  # type: ignore[arg-type]
    whole = False
    try:
        async for piece in _pieces(request):
            if taking.refused is None:
                await asyncio.to_thread(taking.feed, parser, piece)
        whole = taking.refused is None and taking.is_over
    except ClientDisconnect:
        pass
    finally:
        taking.close()
        if not whole:
            taking.arrived.forget()
    if taking.refused is not None:
        raise taking.refused
    if not whole:
        raise BadInput("The file did not arrive whole; send it again. Nothing was kept.")
    return taking.arrived


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


class _Taking:
    """What the parser tells, written where it belongs."""

    def __init__(self, folder: Path, expected: int, admits: Callable[[dict[str, str]], None]) -> None:
        self.arrived = Arrived()
        self.refused: Exception | None = None
        self.is_over = False
        self._folder, self._expected, self._admits = folder, expected, admits
        self._file: BinaryIO | None = None
        self._header, self._headers = (bytearray(), bytearray()), dict[str, bytes]()
        self._value = bytearray()
        self._name, self._is_file = "", False
        self._written = self._looked_at = 0

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._comes,
            "on_part_end": self._part_ends,
            "on_end": self._ends,
        }

    def feed(self, parser: MultipartParser, piece: bytes) -> None:
        """Take one piece; what goes wrong is kept in `refused`."""
        try:
            parser.write(piece)
        except FormParserError:
            self.refused = BadInput("The file did not arrive whole; send it again. Nothing was kept.")
        except Exception as error:  # the parser's callbacks raise what the page is to say
            self.refused = error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _part_begins(self) -> None:
        self._headers, self._value, self._is_file = {}, bytearray(), False

    def _header_ends(self) -> None:
        self._headers[self._header[0].decode("latin-1").lower()] = bytes(self._header[1])
        self._header[0].clear()
        self._header[1].clear()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            return
        self._is_file = True
        name = PurePosixPath(options[b"filename"].decode("utf-8", "replace").replace("\\", "/")).name
        if name and self.arrived.path is None:
            self._admits(self.arrived.fields)
            self._open(name)

    def _open(self, name: str) -> None:
        """Under a name of our own: what a file is called elsewhere never becomes a path here."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._look_at_disk(self._expected)
        suffixes = [one for one in PurePosixPath(name).suffixes[-2:] if one[1:].isalnum() and len(one) < 10]
        self.arrived.path = self._folder / f"{ARRIVING}{new_id()}{''.join(suffixes).lower()}"
        self.arrived.name = name
        self._file = self.arrived.path.open("xb")

    def _comes(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None and self._is_file:
            self._file.write(data[start:end])
            self._written += end - start
            if self._written - self._looked_at >= _LOOK_EVERY:
                self._looked_at = self._written
                self._look_at_disk(0)
        elif not self._is_file:
            self._value += data[start:end]
            if len(self._value) > _MAX_FIELD or len(self.arrived.fields) > _MAX_FIELDS:
                raise BadInput("Something in what was sent cannot be used.")

    def _part_ends(self) -> None:
        if self._is_file:
            self.close()
        else:
            self.arrived.fields[self._name] = self._value.decode("utf-8", "replace")

    def _ends(self) -> None:
        self.is_over = True

    def _look_at_disk(self, coming: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free - coming < LEAST_FREE:
            said = f"This disk has {free // 1_000_000} MB free; with this file less than {LEAST_FREE // 1_000_000} MB "
            said += "would remain. Free some space, or read the file where it lies: ouidire import FILE."
            raise BadInput(said)
