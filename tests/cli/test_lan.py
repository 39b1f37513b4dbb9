"""`ouidire up --lan`: what is printed, and the code that a camera reads."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ouidire.app import App
from ouidire.cli import lan, starting
from ouidire.locale import translator
from ouidire.settings import Settings
from tests.web.house import _business, begin


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "addresses", lambda: ["192.168.1.20", "10.0.0.4"])


async def printed(folder: Path, *, terminal: bool = True, phone_of: str | None = None) -> str:
    settings = Settings(home=folder, lan=True, listen_bluesky=False, _env_file=None)  # type: ignore[call-arg]
    app = App.open(settings)
    app.address = lambda: f"http://{starting._shown(settings)}:8765"
    console = Console(file=StringIO(), force_terminal=terminal, width=100, color_system=None)
    try:
        await starting._open_door(app, console, translator("en"), 8765, phone_of)
    finally:
        await app.close()
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


async def test_before_a_business_exists_the_code_is_the_set_up_address(tmp_path: Path, network: None) -> None:
    said = await printed(tmp_path)
    assert re.search(r"http://192\.168\.1\.20:8765/setup\?token=[\w-]{43}", said)
    assert "Also: http://10.0.0.4:8765, http://127.0.0.1:8765" in said
    assert said.count("█") > 200


async def test_later_the_code_pairs_the_owners_phone_and_no_log_gets_it(tmp_path: Path, network: None) -> None:
    app = App.open(Settings(home=tmp_path, _env_file=None))  # type: ignore[call-arg]
    with app.store.transaction() as tx:
        begin.begin(tx, _business("Boulangerie Levain", "levain@levain.example", "levain"))
    await app.close()
    said = await printed(tmp_path)
    assert "Read this code with the phone of Boulangerie Levain." in said
    assert said.count("█") > 200
    assert "/pair/" not in said
    assert "choose “Pair a phone”" in await printed(tmp_path, terminal=False)


def test_the_code_is_small_enough_for_a_narrow_terminal() -> None:
    drawn = lan.code("http://192.168.100.200:8765/pair/" + "x" * 43).splitlines()
    assert max(map(len, drawn)) <= 42
    assert len(drawn) <= 24


def test_this_machines_addresses_are_none_that_only_it_can_reach() -> None:
    assert [one for one in lan.addresses() if one.startswith("127.")] == []
