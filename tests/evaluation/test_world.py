from pathlib import Path

import pytest

from ouidire.domain.fold import fold
from ouidire.errors import BadInput
from ouidire.evaluation.gather import houses
from ouidire.evaluation.world import Half, World, build, short
from ouidire.match.checks import check_watch


def test_the_same_data_and_seed_make_the_same_world(data: Path, train: World) -> None:
    again = build(data, Half.TRAIN)
    assert again.listeners == train.listeners
    assert build(data, Half.TRAIN, seed=1).places != train.places


def test_no_name_is_in_both_halves_nor_among_the_bystanders(data: Path, train: World) -> None:
    test = build(data, Half.TEST)
    names = [{fold(one.name) for one in half.listeners} for half in (train, test)]
    assert len(names[0]) > 50
    assert len(names[1]) > 50
    assert not names[0] & names[1]
    assert not (names[0] | names[1]) & {fold(name) for name in train.bystanders}


def test_it_holds_chains_single_houses_sisters_and_namesakes(train: World) -> None:
    assert any(one.is_chain for one in train.listeners)
    assert any(len(one.places) == 1 for one in train.listeners)
    assert any(len({p.town for p in one.places}) < len(one.places) for one in train.listeners)
    assert any(train.namesakes(one) for one in train.listeners)
    assert any(one.is_common for one in train.listeners)


def test_everything_in_it_could_be_entered_by_its_owner(train: World) -> None:
    assert [problem for watch in train.watches for problem in check_watch(watch)] == []
    assert len({place.id for place in train.places}) == len(train.places)
    assert all(place.town and place.street for place in train.places)


def test_a_folder_without_places_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No places were found"):
        houses(tmp_path)


def test_a_broken_file_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "poi-montreal").mkdir()
    (tmp_path / "poi-montreal" / "lieux-interet.geojson").write_text("{'features': oops}", "utf-8")
    with pytest.raises(BadInput, match=r"lieux-interet\.geojson cannot be read"):
        houses(tmp_path)


@pytest.mark.parametrize(
    ("name", "shorter"),
    [
        ("Le Petit Zinc", "Petit Zinc"),
        ("Boulangerie Lemoine", "Lemoine"),
        ("L’Escale", "Escale"),
        ("Société des Amis du Vieux Port", "SAVP"),
        ("Hôtel de Lyon", ""),
        ("Monoprix", ""),
    ],
)
def test_names_are_shortened_as_people_do(name: str, shorter: str) -> None:
    assert short(name) == shorter
