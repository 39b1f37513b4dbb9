from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.match.links import Link, parse_handle, parse_link


@pytest.mark.parametrize(
    "written",
    [
        "lamie.fr/Rennes",
        "https://www.lamie.fr/rennes/",
        "HTTP://lamie.fr:8080/rennes?utm=1#menu",
        "//lamie.fr/rennes",
        "https://moi@lamie.fr/rennes",
    ],
)
def test_a_link_is_the_same_however_it_is_written(written: str) -> None:
    assert parse_link(written) == Link("lamie.fr", "rennes")


def test_a_prefix_covers_whole_steps_and_lower_hosts_only() -> None:
    above = set(Link("shop.lamie.fr", "rennes/menu").above())
    assert Link("lamie.fr", "rennes") in above
    assert Link("shop.lamie.fr", "") in above
    assert Link("lamie.fr", "ren") not in above
    assert Link("autre-lamie.fr", "") not in above


@pytest.mark.parametrize(
    ("written", "handle"),
    [
        ("@LaMie.bsky.social", "lamie.bsky.social"),
        ("did:plc:abc", "did:plc:abc"),
        ("@lamie@Piaille.fr", "lamie@piaille.fr"),
        ("https://piaille.fr/@lamie", "lamie@piaille.fr"),
        ("https://piaille.fr/users/lamie", "lamie@piaille.fr"),
    ],
)
def test_an_account_is_the_same_however_it_is_written(written: str, handle: str) -> None:
    assert parse_handle(written) == handle


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_no_text_is_too_odd_to_be_asked_whether_it_is_an_address(text: str) -> None:
    list(parse_link(text).above())
    assert "@" not in parse_handle(text)[:1]
