"""Stores as former releases left them: each folder here is one, with an invented day in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ouidire.store import dump, migrate
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox

HERE = Path(__file__).parent
RELEASES = sorted(folder.name for folder in HERE.iterdir() if (folder / "about.json").exists())


@dataclass(frozen=True)
class Former:
    """What a release wrote, and the key that its secrets and clearances were made with."""

    release: str

    @property
    def about(self) -> dict[str, str]:
        told: dict[str, str] = json.loads((HERE / self.release / "about.json").read_text("utf-8"))
        return told

    def rows(self, table: str) -> list[dict[str, Any]]:
        file = HERE / self.release / f"{table}.jsonl"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []

    def put(self, url: str, key: Path) -> SecretBox:
        """Make the store at `url` what that release left, in that release's form."""
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_text(self.about["key"], encoding="utf-8")
        key.chmod(0o600)
        box = SecretBox.at(key)
        store = Store.connect(url, box)
        with store.transaction() as tx:
            dump.clear(tx)
            migrate.bring(tx, self.about["revision"])
            for table in dump.tables(tx):
                dump.put(tx, table, self.rows(table.name))
        store.close()
        return box


def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    with store.snapshot() as tx:
        return {table.name: list(dump.rows(tx, table)) for table in dump.tables(tx)}
