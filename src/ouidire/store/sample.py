"""The bounded local sample of public posts, for previews of new watches.

It lives in a file of its own, always SQLite, so that it is in no backup and no export. At most `hours` old and
`megabytes` large; deletions are honoured; losing it loses nothing.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ouidire.domain.item import Author, Gone, Item, ItemKind
from ouidire.errors import Retry

_TABLE = """
CREATE TABLE IF NOT EXISTS post (
    key TEXT PRIMARY KEY, author TEXT NOT NULL, handle TEXT NOT NULL, text TEXT NOT NULL,
    languages TEXT NOT NULL, url TEXT NOT NULL, written_at REAL NOT NULL, seen_at REAL NOT NULL
) WITHOUT ROWID
"""


class Sample:
    """Posts heard in the last hours, newest first."""

    def __init__(self, path: Path, hours: float, megabytes: int) -> None:
        self._hours, self._most_bytes = hours, megabytes * 1_000_000
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in (
            "auto_vacuum=INCREMENTAL",  # before anything that writes the file's first page, or it does nothing
            "journal_mode=WAL",
            "synchronous=OFF",
            "cache_size=-2000",
            "secure_delete=ON",
        ):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(_TABLE)
        self._db.execute("CREATE INDEX IF NOT EXISTS post_seen ON post (seen_at)")
        self._db.execute("CREATE INDEX IF NOT EXISTS post_author ON post (author)")

    def put(self, items: Iterable[Item], gone: Iterable[Gone], seen_at: datetime) -> None:
        """Add posts (not relays, not imports) and honour deletions."""
        rows = [
            (
                i.key,
                i.author.uri,
                i.author.handle,
                i.text,
                " ".join(i.languages),
                i.url,
                i.written_at.timestamp(),
                seen_at.timestamp(),
            )
            for i in items
            if i.text and not i.imported and i.kind is not ItemKind.REPOST
        ]
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO post VALUES (?,?,?,?,?,?,?,?)", rows)
            for one in gone:
                if one.uri:
                    self._db.execute("DELETE FROM post WHERE key = ?", (f"{one.connector}:{one.uri}",))
                else:
                    self._db.execute("DELETE FROM post WHERE author = ?", (one.author_uri,))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All or nothing. Raises `Retry` when the disk refuses: the sample is then a little poorer, nothing else."""
        with self._lock:
            try:
                self._db.execute("BEGIN")
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise Retry(f"The sample of public posts cannot be written ({error}).") from error

    def trim(self, at: datetime) -> None:
        """Forget what is too old, then the oldest until the file is small enough."""
        oldest = (at - timedelta(hours=self._hours)).timestamp()
        with self._writing():
            self._db.execute("DELETE FROM post WHERE seen_at < ?", (oldest,))
        dropped = 1
        while self.bytes() > self._most_bytes and dropped:
            with self._writing():
                dropped = self._db.execute(
                    "DELETE FROM post WHERE key IN (SELECT key FROM post ORDER BY seen_at"
                    " LIMIT 1 + (SELECT count(*) / 20 FROM post))"
                ).rowcount
        with self._lock:
            self._db.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page and stop

    def bytes(self) -> int:
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM post").fetchone()[0])

    def newest(self, limit: int = 200_000) -> Iterator[Item]:
        """Posts as items, newest first; read in pages, so that a preview never holds the lock for long."""
        before, key = float("inf"), "\uffff"
        while limit > 0:
            with self._lock:
                page = self._db.execute(
                    "SELECT key, author, handle, text, languages, url, written_at, seen_at FROM post"
                    " WHERE (seen_at, key) < (?, ?) ORDER BY seen_at DESC, key DESC LIMIT 1000",
                    (before, key),
                ).fetchall()
            if not page:
                return
            for row in page:
                yield _item(row)
            before, key = page[-1][7], page[-1][0]
            limit -= len(page)

    def heard_since(self, count: int) -> datetime | None:
        """When the oldest of the `count` newest posts was heard; None when there are none."""
        with self._lock:
            row = self._db.execute(
                "SELECT min(seen_at) FROM (SELECT seen_at FROM post ORDER BY seen_at DESC LIMIT ?)", (count,)
            ).fetchone()
        return None if row[0] is None else datetime.fromtimestamp(row[0], UTC)

    def clear(self) -> None:
        with self._writing():
            self._db.execute("DELETE FROM post")

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _item(row: tuple[str, str, str, str, str, str, float, float]) -> Item:
    connector, uri = row[0].split(":", 1)
    return Item(
        connector=connector,
        uri=uri,
        author=Author(row[1], row[2]),
        text=row[3],
        languages=tuple(row[4].split()),
        url=row[5],
        written_at=datetime.fromtimestamp(row[6], UTC),
    )
