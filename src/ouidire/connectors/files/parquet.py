"""Rows of a Parquet file, a few hundred at a time. The library is large: it is loaded when such a file is read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from ouidire.connectors.files.lines import Line
from ouidire.errors import Permanent

ROWS = 256
MAX_FOOTER = 16_000_000


def columns(stream: BinaryIO, name: str) -> list[str]:
    return [str(one) for one in _open(stream, name).schema_arrow.names]


def rows(stream: BinaryIO, name: str, offset: int) -> Iterator[Line]:
    """Rows from `offset` (a number of rows) on, each as JSON."""
    file = _open(stream, name)
    groups, before = [], 0
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if before + size <= offset:
            before += size
        else:
            groups.append(group)
    at = before
    try:
        for batch in file.iter_batches(batch_size=ROWS, row_groups=groups):
            for row in batch.to_pylist():
                at += 1
                if at > offset:
                    yield Line(msgspec.json.encode(row, enc_hook=str), at, at)
    except (OSError, ValueError, msgspec.EncodeError) as error:
        raise Permanent(f"{name} is damaged or cut short ({error}); export it again.") from error


def _open(stream: BinaryIO, name: str) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise Permanent(
            "Parquet files need one more library: install it with “pip install ouidire[parquet]”, or save as CSV."
        ) from error
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(max(0, size - 8))
    if size < 12 or int.from_bytes(stream.read(4), "little") > min(size, MAX_FOOTER) or stream.read(4) != b"PAR1":
        raise Permanent(f"{name} is damaged or cut short (no end of Parquet); export it again.")
    try:
        return pyarrow.parquet.ParquetFile(stream, pre_buffer=False, thrift_container_size_limit=10_000_000)
    except (OSError, ValueError) as error:
        raise Permanent(f"{name} is damaged or cut short ({error}); export it again.") from error
