from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ouidire.settings import Settings
from ouidire.store import dump
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox
from tests.upgrade.stores import RELEASES, Former, everything


def house_in(folder: Path, store: str = "", **other: object) -> Settings:
    given = {"home": folder, "store": store, "listen_bluesky": False, "sample": False, "disk_free_mb": 0, **other}
    return Settings.model_validate(given)


def opened(settings: Settings) -> Store:
    """The store as it stands: it has today's form already."""
    return Store.connect(settings.store_url, SecretBox.at(settings.key_path))


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with an invented day in it, to be copied."""
    made = house_in(tmp_path_factory.mktemp("lived-in"))
    box = Former(RELEASES[-1]).put(made.store_url, made.key_path)
    Store.open(made.store_url, box).close()
    return made.folder


@pytest.fixture
def lived_in(pattern: Path, tmp_path: Path) -> Settings:
    """The house on SQLite alone, for what has nothing to do with the engine."""
    made = house_in(tmp_path / "house")
    made.folder.mkdir()
    for name in ("ouidire.db", "key"):
        shutil.copy(pattern / name, made.folder)
    return made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, lived_in: Settings) -> Settings:
    """The house on each engine."""
    if request.param == "sqlite":
        return lived_in
    store: Store = request.getfixturevalue("postgres_store")
    made = lived_in.model_copy(update={"store": store.engine.url.render_as_string(hide_password=False)})
    rows = everything(opened(lived_in))
    with store.transaction() as tx:
        for table in dump.tables(tx):
            dump.put(tx, table, rows[table.name])
    store.close()
    return made
