"""What a page weighs, and whether its colours can be read."""

import gzip
import re

import pytest

from ouidire.web.pages import STATIC
from tests.web.house import House
from tests.web.test_screens import TEXT

CSS = (STATIC / "ouidire.css").read_text("utf-8")
PAIRS = [
    ("ink", "paper"), ("ink", "card"), ("ink", "field"), ("ink", "mark"), ("ink", "unknown-bg"), ("ink", "handled-bg"),
    ("soft", "paper"), ("soft", "card"), ("soft", "handled-bg"), ("soft", "unknown-bg"),
    ("needs", "needs-bg"), ("needs", "card"), ("needs", "paper"), ("handled", "handled-bg"), ("right", "right-bg"),
    ("right", "card"), ("unknown", "paper"), ("unknown", "card"), ("unknown", "unknown-bg"), ("paper", "ink"),
    ("card", "needs"),
]  # fmt: skip


def colours(scheme: str) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.S)
    block = blocks[0] if scheme == "light" else blocks[1]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


def brightness(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_text_can_be_read_on_its_ground(scheme: str, front: str, back: str) -> None:
    known = colours(scheme)
    assert contrast(known[front], known[back]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"), [("edge", "paper"), ("edge", "card"), ("focus", "paper"), ("focus", "card")]
)
def test_borders_of_controls_and_the_focus_can_be_seen(scheme: str, front: str, back: str) -> None:
    known = colours(scheme)
    assert contrast(known[front], known[back]) >= 3


def test_a_page_brings_at_most_sixty_kilobytes_of_script_and_style(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    for path in ("/", "/inbox", "/listening", "/sources"):
        page = browser.get(path)
        assets = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:css|js)\?[^"]+)"', page)
        assert len(assets) == 3
        weight = sum(len(gzip.compress(browser.client.get(one).content, 9)) for one in assets)
        assert weight <= 60_000


def test_our_own_script_stays_small() -> None:
    assert len((STATIC / "ouidire.js").read_bytes()) <= 9_000
    assert len(gzip.compress((STATIC / "ouidire.js").read_bytes(), 9)) <= 5_000


def test_files_that_carry_their_digest_are_kept_by_browsers(house: House) -> None:
    browser = house.browser()
    address = re.search(r'href="(/static/ouidire\.css\?[0-9a-f]+)"', browser.get("/signin"))
    assert address
    assert "immutable" in browser.client.get(address[1]).headers["cache-control"]


def test_htmx_is_the_file_its_note_says(house: House) -> None:
    import hashlib

    note = (STATIC / "vendor" / "README.md").read_text("utf-8")
    assert hashlib.sha256((STATIC / "vendor" / "htmx.min.js").read_bytes()).hexdigest() in note
