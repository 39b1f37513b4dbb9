"""Every screen under axe: no finding that would keep anybody out, on a phone and on a desk, by day and by night."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ouidire.app import App
from ouidire.people import begin, signin
from ouidire.settings import Settings
from ouidire.web.main import build
from tests.web.conftest import served
from tests.web.house import House, apart, opened
from tests.web.screens import (
    CALM,
    ENDED,
    HERE,
    MANAGER,
    MORNING,
    NEW,
    OWNER,
    SCREENS,
    Screen,
    address,
    ended,
    furnish,
    speak,
    trouble,
)  # fmt: skip
from tests.web.test_feeds import Site, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
LOOKS = (
    ("phone", "light", "fr"),
    ("desk", "dark", "en"),
    ("phone", "dark", "en"),
    ("desk", "light", "fr"),
    ("phone", "dark", "fr"),
    ("desk", "dark", "fr"),
    ("phone", "light", "en"),
    ("desk", "light", "en"),
)
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
"""All of axe's rules and its best practices, and the size of targets, which it asks only when told to."""


@dataclass
class Rooms:
    """A furnished house, one after a bad night, one that is not set up, all served, and a way to look at a screen."""

    house: House
    morning: House
    roots: dict[str, str]
    named: dict[str, str]
    chromium: Any
    contexts: dict[tuple[str, ...], Any]

    def look(self, screen: Screen, size: str, scheme: str, language: str) -> Page:
        """The screen as `screen.who` sees it; one context for everybody who looks with the same eyes."""
        key = (screen.house, screen.who, size, scheme, language)
        if key not in self.contexts:
            self.contexts[key] = self._context(*key)
        context = self.contexts[key]
        page: Page = context.pages[0] if context.pages else context.new_page()
        answer = page.goto(address(screen, self.roots, self.named))
        assert answer is not None
        assert answer.status == screen.status, screen.name
        for selector, text in screen.fill:
            page.eval_on_selector(selector, TYPED, text.format_map(self.named))
        if screen.press:
            with page.expect_navigation():
                page.eval_on_selector(screen.press, "one => one.click()")
        return page

    def _context(self, house: str, who: str, size: str, scheme: str, language: str) -> Any:
        context = self.chromium.new_context(
            viewport=PHONE if size == "phone" else DESK, color_scheme=scheme, reduced_motion="reduce", locale=language
        )
        context.set_default_timeout(8_000)
        if session := self._session(self.morning if house == MORNING else self.house, who):
            context.add_cookies([{"name": "ouidire", "value": session, "url": self.roots[house]}])
        return context

    def speak(self, language: str) -> None:
        for house in (self.house, self.morning):
            speak(house, language)

    @staticmethod
    def _session(house: House, who: str) -> str:
        person = {OWNER: house.owner, MANAGER: house.manager, CALM: house.stranger}.get(who)
        if person is None:
            return ended(house) if who == ENDED else ""
        with house.app.store.transaction() as tx:
            return signin.open_session(tx, person)


TYPED = """(one, text) => {
  const lid = one.closest("details");
  if (lid) lid.open = true;
  if (text) one.value = text; else one.checked = true;
}"""


@pytest.fixture(scope="module")
def rooms(chromium: Any, sqlite_pattern: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    folder, night, bare = (tmp_path_factory.mktemp(name) for name in ("furnished", "night", "bare"))
    for one in (folder, night, bare):
        shutil.copy(sqlite_pattern, one / "ouidire.db")
    with ExitStack() as stack:
        house, morning = (stack.enter_context(opened(one)) for one in (folder, night))
        named = furnish(house)
        trouble(morning)
        named["site"] = stack.enter_context(serving(Site())).url
        app = App.open(Settings(home=bare, listen_bluesky=False, _env_file=None))  # type: ignore[call-arg]
        stack.callback(lambda: apart(app.close()))
        empty = House(app, house.owner, house.manager, house.stranger, house.crescent, "", build(app))
        with app.store.transaction() as tx:
            named["setup"] = str(begin.setup_token(tx))
        every = {HERE: house, MORNING: morning, NEW: empty}
        roots = {name: stack.enter_context(served(one)) for name, one in every.items()}
        made = Rooms(house, morning, roots, named, chromium, {})
        yield made
        for context in made.contexts.values():
            context.close()
        assert house.loop is not None
        # What its lines hang on is the loop that made them.
        asyncio.run_coroutine_threadsafe(house.app.http.aclose(), house.loop).result(5)


@pytest.fixture(scope="module")
def axe() -> Callable[[Page], list[str]]:
    """What axe finds on a page: rule, gravity, and where."""
    found = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )

    def findings(page: Page) -> list[str]:
        answer = found.Axe().run(page, options=RULES).response
        return [
            f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]} | {node['failureSummary'][:200]}"
            for one in answer["violations"]
            for node in one["nodes"][:3]
        ]

    return findings


def findings_of(
    rooms: Rooms, axe: Callable[[Page], list[str]], screen: Screen, look: tuple[str, str, str]
) -> list[str]:
    page = rooms.look(screen, *look)
    return [f"{screen.name}, {', '.join(look)}: {one}" for one in (*axe(page), *runs_out(page))]


def runs_out(page: Page) -> list[str]:
    """What does not fit where a desk is zoomed to 400 % (320 points are left), and where letters are twice as large."""
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 480})
    narrow = page.evaluate(WIDER)
    page.set_viewport_size(PHONE)
    large = page.evaluate(f"document.documentElement.style.fontSize = '200%'; {WIDER}")
    page.set_viewport_size(size or PHONE)
    return [f"runs out of 320 points: {one}" for one in narrow] + [
        f"runs out with large letters: {one}" for one in large
    ]


WIDER = """(() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("main *")].filter(one => one.getBoundingClientRect().right > room + 1)
    .map(one => one.outerHTML.slice(0, 120)).slice(0, 4);
})()"""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing_on_any_screen(rooms: Rooms, axe: Callable[[Page], list[str]], language: str) -> None:
    """Every quick screen in one look here; every screen in every other one by the test below."""
    rooms.speak(language)
    look = next(one for one in LOOKS if one[2] == language)
    quick = [one for one in SCREENS if one.is_quick]
    screens = quick[0::2] if language == "fr" else quick[1::2]
    assert [found for screen in screens for found in findings_of(rooms, axe, screen, look)] == []


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_axe_finds_nothing_on_any_screen_in_any_look(
    rooms: Rooms, axe: Callable[[Page], list[str]], look: tuple[str, str, str]
) -> None:
    rooms.speak(look[2])
    assert [found for screen in SCREENS for found in findings_of(rooms, axe, screen, look)] == []
