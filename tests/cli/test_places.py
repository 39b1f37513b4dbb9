"""`ouidire places`: the terminal's way of adding the places of a list."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ouidire.cli.main import app
from ouidire.store import organisations
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox
from tests import builders

LIST = """Enseigne;Adresse;CP;Ville;Latitude;Longitude
Levain Niort;12 rue Ricard;79000;Niort;46.3239;-0.4588
Levain Paris;3 rue de Rivoli;75004;Paris;2.357;48.855
"""


@pytest.fixture
def home(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A house of one business with two places; the terminal is a wide one and speaks English."""
    builders.world(sqlite_store)
    sqlite_store.close()
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def said(home: Path, *words: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, ["places", *words, "--home", str(home)])
    assert result.exit_code == exit_code, result.output
    return " ".join(result.output.split())


def names(home: Path) -> list[str]:
    store = Store.open(f"sqlite:///{home / 'ouidire.db'}", SecretBox.at(home / "key"))
    with store.reading() as tx:
        found = [one.name for one in organisations.every_place(tx)]
    store.close()
    return sorted(found[2:])


def test_a_list_is_shown_asked_about_and_added_once(home: Path) -> None:
    file = home / "list.csv"
    file.write_text(LIST, "utf-8")
    assert "1 × Will be added" in said(home, str(file), "--preview")
    assert "say first --swapped swap|keep|leave" in said(home, str(file), exit_code=1)
    assert names(home) == []
    assert "2 places added." in said(home, str(file), "--swapped", "swap")
    assert names(home) == ["Levain Niort", "Levain Paris"]
    assert "There is no new place in this list" in said(home, str(file), "--swapped", "swap", exit_code=1)


def test_what_cannot_be_used_is_said_and_nothing_is_added(home: Path) -> None:
    file = home / "list.csv"
    file.write_text("truc,ville\nLevain,Niort\n", "utf-8")
    assert "Say --column HEADER=name" in said(home, str(file), exit_code=1)
    assert "no column “x”" in said(home, str(file), "--column", "x=name", exit_code=1)
    assert "no meaning of a column" in said(home, str(file), "--column", "truc=nom", exit_code=1)
    assert "There is no file" in said(home, str(home / "nope.csv"), exit_code=1)
    assert names(home) == []
    assert "1 place added." in said(home, str(file), "--column", "truc=name")


def test_an_extract_is_narrowed_to_our_own_and_says_what_they_are_known_by(home: Path) -> None:
    file = home / "extract.osm"
    tags = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in (
        ("name", "Levain Niort"), ("old_name", "Chez Jo"), ("shop", "bakery"), ("contact:instagram", "levain.niort"),
        ("addr:city", "Niort"), ("addr:street", "rue Ricard"),
    ))  # fmt: skip
    other = '<tag k="name" v="Chez Lulu"/>'
    nodes = f'<node id="1" lat="46.32" lon="-0.46">{tags}</node><node id="2" lat="46.3" lon="-0.4">{other}</node>'
    file.write_text(f'<?xml version="1.0"?><osm>{nodes}</osm>', "utf-8")
    shown = said(home, str(file), "--only", "levain", "--preview")
    assert "1 of 2 rows have that name." in shown
    assert "Bakery, pastry, chocolate ·" in shown
    assert "Chez Jo · @levain.niort" in shown
    assert "None of the 2 rows" in said(home, str(file), "--only", "personne", exit_code=1)
    assert "1 place added." in said(home, str(file), "--only", "levain")
    assert names(home) == ["Levain Niort"]


def test_a_broken_file_names_its_line_and_nothing_is_added(home: Path) -> None:
    file = home / "broken.geojson"
    file.write_text(
        '{"features": [\n{"properties": {"name": "A", "city": "Niort"}},\n{"properties": {"name"\n', "utf-8"
    )
    assert "Line 4 cannot be read as JSON" in said(home, str(file), exit_code=1)
    file.write_text('<?xml version="1.0"?>\n<osm>\n<node id="1">\n</osm>', "utf-8")
    assert "Line 4 cannot be read as XML" in said(home, str(file), exit_code=1)
    assert names(home) == []


def test_other_names_of_a_chain_are_proposed_and_nothing_is_taken_over(home: Path) -> None:
    file = home / "brands.jsonl"
    file.write_text(
        '{"path": "brands/shop/clothes", "name": "Delorière", "match": ["delo", "maison delo"], "where": ["fr"]}'
    )
    result = CliRunner().invoke(app, ["names", str(file), "--home", str(home)])
    assert result.exit_code == 0, result.output
    shown = " ".join(result.output.split())
    assert "1 brand in this list. Delorière (Clothes, shoes, jewellery, FR) delo maison delo Type those" in shown
    file.write_text('{"path": "brands/shop/clothes", "name": "Autre", "match": [], "where": ["fr"]}')
    assert (
        "It knows no other name of yours." in CliRunner().invoke(app, ["names", str(file), "--home", str(home)]).output
    )
