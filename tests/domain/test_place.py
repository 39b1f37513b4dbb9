"""What places are called among themselves."""

from __future__ import annotations

import pytest

from ouidire.domain.place import Place, short_names


def places(*streets: str) -> list[Place]:
    return [Place(str(n), "o", f"Delorière {n}", street=street) for n, street in enumerate(streets)]


@pytest.mark.parametrize(
    ("streets", "names"),
    [
        (("1455, rue Crescent", "3655 boulevard Saint-Laurent"), ["rue Crescent", "boulevard Saint-Laurent"]),
        (("12 bis rue de la Gare", "12b, rue du Port"), ["rue de la Gare", "rue du Port"]),
        (("1 rue Crescent", "2 rue Crescent", "rue Peel"), ["Delorière 0", "Delorière 1", "rue Peel"]),
        (("", "rue Peel"), ["Delorière 0", "rue Peel"]),
        (("5th Avenue", "42nd Street"), ["5th Avenue", "42nd Street"]),
    ],
)
def test_the_street_tells_them_apart_else_the_name(streets: tuple[str, ...], names: list[str]) -> None:
    assert list(short_names(places(*streets)).values()) == names
