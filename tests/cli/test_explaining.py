"""`ouidire explain`, read as a shopkeeper reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ouidire.cli.main import app
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match, PlaceCandidate
from ouidire.store import refused, watches
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, World, item, nearly

PLACES = """{"id": "crescent", "organisation": "Delorière", "name": "Boutique", "handles": "deloriere_na",
 "street": "rue Crescent", "town": "Montréal", "country": "CA"}
{"id": "yorkville", "organisation": "Delorière", "name": "Boutique", "handles": "deloriere_na", "town": "Toronto",
 "country": "CA"}
""".replace(",\n ", ", ")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("COLUMNS", "200")
    file = tmp_path / "places.jsonl"
    file.write_text(PLACES, "utf-8")
    return file


def said(*words: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, ["explain", *words])
    assert result.exit_code == exit_code, result.output
    return " ".join(result.output.replace("\u00a0", " ").split())


def test_a_text_is_explained_without_any_house(places: Path) -> None:
    told = said("@deloriere_na accueil glacial rue Crescent", "--places", str(places))
    assert told.startswith(
        "@deloriere_na accueil glacial rue Crescent About Delorière: Boutique, rue Crescent, Montréal"
    )
    assert "✓ Your account is named: @deloriere_na" in told
    assert "✓ The street is named: rue Crescent" in told
    assert "→ Without “rue Crescent”, the place would not have been known." in told
    assert "crescent" not in told.replace("rue Crescent", "")  # no id of ours


def test_where_the_place_is_not_known_it_says_what_would_have_told(places: Path) -> None:
    told = said("@deloriere_na accueil glacial", "--places", str(places))
    assert "About Delorière, at a place that is not known" in told or "asked which place is meant" in told
    assert "→ With “rue Crescent” in it, the place would have been known: Boutique, rue Crescent, Montréal." in told
    assert "→ With “Toronto” in it, the place would have been known: Boutique, Toronto." in told


def test_what_speaks_of_nobody_says_so_in_french_too(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing in it speaks of Delorière: no name" in said("il pleut", "--places", str(places))
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert "Rien n’y parle de Delorière : ni nom" in said("il pleut", "--places", str(places))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "Give the text of a post between quotes"),
        (["x", "--post", "y"], "Give the text of a post between quotes"),
        (["x", "--when", "hier"], "“hier” is no moment"),
        (["x", "--at", "123,4"], "“123,4” is no point"),
        (["x", "--at", "ici"], "“ici” is no point"),
    ],
)
def test_what_cannot_be_understood_is_said(places: Path, words: list[str], complaint: str) -> None:
    assert complaint in said(*words, "--places", str(places), exit_code=1)


def test_an_empty_list_of_places_is_said(places: Path) -> None:
    places.write_text("", "utf-8")
    assert "There is no place in places.jsonl" in said("x", "--places", str(places), exit_code=1)


@pytest.fixture
def world(sqlite_store: Store, places: Path) -> World:
    made = builders.world(sqlite_store)
    match = Match(
        made.organisation.id, None, made.watch.id,
        (
            Evidence(EvidenceKind.NAME, "Delorière", 0, 9, weight=2.5),
            Evidence(EvidenceKind.LOCALITY, "Montréal", 12, 20, made.crescent.id, 1.1),
        ),
        0.81, (PlaceCandidate(made.crescent.id, 0.6), PlaceCandidate(made.yorkville.id, 0.21)), Ask.NOTHING,
    )  # fmt: skip
    text = "Delorière à Montréal : Léa m'ignore"
    kept = item(text, url="https://net.example/1", uri="sim://gazouille/nadia/kept")
    with sqlite_store.transaction() as tx:
        (mention_id,) = builders.keep_found(tx, made, builders.Found(kept, match)).mention_ids
        builders.read(tx, mention_id, builders.reading(text, staff=["Léa"]))
        refused.put(tx, [nearly(made, item("Delorière, ma prof", url="https://net.example/2"))], NOW)
        watches.add(tx, builders.Watch("w2", made.organisation.id, names=("Delorière Montréal",)))
    sqlite_store.close()
    return made


def test_a_kept_post_is_explained_as_it_was_decided_and_names_no_employee(world: World, tmp_path: Path) -> None:
    told = said("--post", "https://net.example/1", "--home", str(tmp_path))
    assert "Léa" not in told
    assert "About Delorière, at a place that is not known probable, 81%" in told
    assert "Delorière rue Crescent 60% · Delorière Yorkville 21%" in told
    assert "✓ Your name stands in the text: “Delorière” · strong" in told
    assert "✓ The town is named: Montréal (Delorière rue Crescent) · some" in told
    assert told == said("--post", "sim://gazouille/nadia/kept", "--home", str(tmp_path))


def test_what_was_left_aside_is_explained_too(world: World, tmp_path: Path) -> None:
    told = said("--post", "https://net.example/2", "--home", str(tmp_path))
    assert "Not about Delorière improbable, 30%" in told
    assert "✗ “Delorière” is an ordinary word, too · strong" in told
    assert "✗ A town is named in which you have no place: “Quimper” · some" in told
    assert "neither among what was kept" in said(
        "--post", "https://net.example/3", "--home", str(tmp_path), exit_code=1
    )


def test_a_text_is_looked_at_as_the_house_hears_it_answers_included(world: World, tmp_path: Path) -> None:
    told = said("et personne ne répond", "--reply-to", "https://net.example/1", "--home", str(tmp_path))
    assert "It answers a message of this conversation" in told
    assert "About Delorière" in said("Delorière à Toronto", "--home", str(tmp_path))


def test_a_house_that_is_not_set_up_says_what_to_do(tmp_path: Path, places: Path) -> None:
    assert "No business is set up yet" in said("x", "--home", str(tmp_path / "new"), exit_code=1)
