"""The first two scenes as people see them: real pages in a real Chromium, live, on a phone and on a desk."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from ouidire.people import signin
from ouidire.store.engine import Store
from ouidire.web.main import build
from tests.flow.house import House, open_house
from tests.flow.test_boutique import ANSWER, POST
from tests.flow.test_restaurant import CLAIRE, KARIM

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
LIVE_S = 2.0
"""How soon an open page shows what happened."""
SOPHIE = (
    "Repas d’équipe à la Brasserie Vaugelade (La Défense) : une heure d’attente et deux plats froids sur quatre. "
    "Inès, en salle, courait partout et s’excusait."
)


@dataclass
class Screens:
    """Browsers of members of one house. Whatever goes wrong on a page is kept in `wrong`."""

    house: House
    address: str
    chromium: Browser
    size: dict[str, int]
    folders: tuple[Path, ...]
    wrong: list[str] = field(default_factory=list)

    async def of(self, key: str) -> Page:
        """The member's page of what is now, its live line open."""
        member = self.house.member(key)
        with self.house.app.store.transaction() as tx:
            session = signin.open_session(tx, member)
        context = await self.chromium.new_context(viewport=self.size, locale="fr-FR", reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(8_000)
        await context.add_cookies([{"name": "ouidire", "value": session, "url": self.address}])
        page = await context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        async with page.expect_response("**/events"):
            await page.goto(f"{self.address}/")
        return page

    async def shot(self, page: Page, name: str) -> None:
        for folder in self.folders:
            await page.screenshot(path=folder / f"{name}-{self.size['width']}.png", full_page=True)


@asynccontextmanager
async def screens(store: Store, folder: Path, day: str, size: dict[str, int]) -> AsyncIterator[Screens]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here (Debian: apt-get install chromium)")
    from playwright.async_api import async_playwright

    shots = Path(os.environ["OUIDIRE_SHOTS"]) if os.environ.get("OUIDIRE_SHOTS") else folder
    shots.mkdir(parents=True, exist_ok=True)
    async with open_house(store, folder, day) as house, _served(house) as address, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        )
        made = Screens(house, address, chromium, size, tuple({folder, shots}))
        yield made
        await chromium.close()
        assert made.wrong == []


@asynccontextmanager
async def _served(house: House) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(build(house.app), port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = server.force_exit = True
    await serving


async def _shows(page: Page, selector: str, words: str = "", *, within_s: float = LIVE_S) -> None:
    """The page shows it, by itself, soon enough."""
    from playwright.async_api import expect

    found = page.locator(selector).filter(has_text=words) if words else page.locator(selector)
    await expect(found.first).to_be_visible(timeout=within_s * 1000)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_the_boutique_from_the_first_word_to_the_thanks(
    sqlite_store: Store, tmp_path: Path, size: dict[str, int]
) -> None:
    async with screens(sqlite_store, tmp_path, "boutique", size) as seen:
        house = seen.house
        office, shop = await seen.of("headquarters"), await seen.of("crescent")
        await _shows(office, "h1", "Personne n’attend.")

        began = time.monotonic()
        post = await house.rig.post("gazouille", author="elodie_parcex", name="Élodie", text=POST, lang="fr")
        for page in (office, shop):
            await _shows(page, "article.card.needs", "Trente minutes")
            assert time.monotonic() - began < LIVE_S
            await _titled(page, "(1) Maintenant")
        assert "Mathis" not in await office.content()
        assert "nom masqué" in await office.inner_text("article.card .post")
        assert "Mathis" in await shop.inner_text("article.card .post")
        await seen.shot(office, "1-siege-maintenant")
        await seen.shot(shop, "1-boutique-maintenant")

        await shop.click("article.card >> text=Je m’en occupe")
        await _shows(shop, ".told-strip", "Vous vous en occupez.")
        await _shows(office, "article.card.handled", "Responsable, rue Crescent")
        await _titled(office, "Maintenant")

        await _answers(seen, shop)
        thread = await house.until(lambda: _thread(house, post))
        assert thread == [POST, ANSWER]
        await office.click("article.card a.post-link")
        await _shows(office, "article.reply", "La responsable de la boutique")
        assert "Mathis" not in await office.content()
        await seen.shot(office, "2-siege-repondu")

        answer = (await house.rig.thread(post))[-1]
        await house.rig.post(
            "gazouille", author="elodie_parcex", to=f"sim://gazouille/{answer.id}", text="Merci, c’est réglé !"
        )
        for name, page in (("siege", office), ("boutique", shop)):
            await _shows(page, "article.message", "Merci, c’est réglé !")
            await _shows(page, ".status .pill.right", "Réglé")
            await seen.shot(page, f"3-{name}-regle")
        assert "Mathis" not in await office.content()


async def _titled(page: Page, beginning: str) -> None:
    import re

    from playwright.async_api import expect

    await expect(page).to_have_title(re.compile("^" + re.escape(beginning)), timeout=LIVE_S * 1000)


async def _answers(seen: Screens, page: Page) -> None:
    """In French, signed by a role; the guard has nothing against it; it is seen to stand there."""
    await page.click("article.card a.post-link")
    await page.click(".bar-item.primary")
    await page.fill("#sheet textarea", ANSWER)
    await _shows(page, "#verdict .right", "Cela peut se dire ici.")
    await seen.shot(page, "2-boutique-reponse")
    await page.click("#sheet button.primary")
    await _shows(page, "article.reply", "envoyée", within_s=8.0)
    await _shows(page, ".status", "Chez le client")
    await seen.shot(page, "2-boutique-repondu")


def _thread(house: House, post: str) -> list[str] | None:
    """What stands on the network under the post, once our answer does."""
    from ouidire.store import replies

    with house.app.store.reading() as tx:
        card = house.cards("crescent")[0]
        said = [reply for reply, is_seen in replies.of_conversation(tx, card.conversation_id) if is_seen]
    return [POST, *(one.text for one in said)] if said else None


async def test_the_relay_raises_the_alarm_on_the_owners_screen(sqlite_store: Store, tmp_path: Path) -> None:
    async with screens(sqlite_store, tmp_path, "restaurant", PHONE) as seen:
        rig, page = seen.house.rig, await seen.of("owner")
        claire = await rig.post("gazouille", author="claire.nt", name="Claire N.", text=CLAIRE)
        await _shows(page, "article.card.needs", "Cinquante minutes")
        await rig.post("photogram", author="karim.photos", name="Karim", text=KARIM)
        await rig.post("ciel", author="sophie.dlm", name="Sophie D.", text=SOPHIE)
        await _titled(page, "(3) Maintenant")

        await rig.repost(claire, author="bonnetable_defense")
        await _shows(page, "article.card", "1 relais")
        await seen.shot(page, "4-patronne-relais")
        await page.click("article.card:has-text('Cinquante minutes') a.post-link")
        await _shows(page, "details.relays", "1 relais")
        await _shows(page, ".knew", "quelqu’un")
        await seen.shot(page, "4-patronne-conversation")

        await page.goto(f"{seen.address}/alerts")
        await _shows(page, "#told", "quelqu’un le relaie")
        await seen.shot(page, "4-patronne-alertes")
