"""Today's code on the populated store of each former release, on both engines."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ouidire import clock, flow
from ouidire.app import App
from ouidire.care.archive import Archive
from ouidire.care.copies import copies
from ouidire.clock import HandClock
from ouidire.domain.item import Author, Batch, Item
from ouidire.domain.member import Member, Role
from ouidire.errors import BadInput
from ouidire.inbox import read
from ouidire.people import signin
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import conversations, members, mentions, organisations, sources
from ouidire.store.engine import Store, Tx
from ouidire.web import cookies
from ouidire.web.main import build
from tests.care.others import held_by_another
from tests.upgrade.stores import RELEASES, Former, everything


@pytest.fixture
def settings(store: Store, tmp_path: Path) -> Settings:
    """Of a store that a former release is put into."""
    url = "" if store.is_sqlite else store.engine.url.render_as_string(hide_password=False)
    given = {"home": tmp_path, "store": url, "listen_bluesky": False, "sample": False, "disk_free_mb": 0}
    return Settings.model_validate(given)


@pytest.mark.parametrize("release", RELEASES)
async def test_a_store_of_a_former_release_is_kept_then_opened_and_work_goes_on(
    release: str, settings: Settings, hand_clock: HandClock
) -> None:
    former = Former(release)
    former.put(settings.store_url, settings.key_path)
    app = App.open(settings)
    try:
        for table, now in everything(app.store).items():
            was = former.rows(table)
            assert [{name: row[name] for name in old} for old, row in zip(was, now, strict=True)] == was, table
        (copy,) = copies(settings)
        kept = Archive(copy)
        kept.check()
        assert kept.manifest.revision == former.about["revision"]
        assert {table: list(kept.rows(table)) for table in kept.tables} == {t: former.rows(t) for t in kept.tables}

        with app.store.transaction() as tx:
            owners = [one for one in _everybody(tx) if one.role is Role.OWNER]
            sessions = {one.id: signin.open_session(tx, one) for one in _everybody(tx)}
        _every_page_opens(app, sessions[owners[0].id])
        with app.store.reading() as tx:
            assert sum(len(conversations.every_id(tx, one)) for one in owners) == len(former.rows("conversation"))
            for source in former.rows("source"):
                assert bool(sources.secrets(tx, app.store, source["id"])) == bool(source["secrets"])
        await _work_goes_on(app, owners[0])
    finally:
        await app.close()
    reopened = App.open(settings)
    await reopened.close()
    assert copies(settings) == [copy], "a store of today's form is not copied"


def test_a_store_is_not_changed_when_no_copy_of_it_can_be_made(tmp_path: Path) -> None:
    former = Former(RELEASES[0])
    full = Settings.model_validate({"home": tmp_path, "disk_free_mb": 10**9})
    box = former.put(full.store_url, full.key_path)
    with pytest.raises(BadInput, match=r"not changed without a copy .* no room .* OUIDIRE_MIGRATE_WITHOUT_COPY"):
        App.open(full)
    store = Store.connect(full.store_url, box)
    assert {name: rows for name, rows in everything(store).items() if rows} == {
        name: former.rows(name) for name in everything(store) if former.rows(name)
    }
    store.close()


def test_a_store_is_not_changed_under_a_house_of_the_former_release_that_is_up(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path, "disk_free_mb": 0})
    Former(RELEASES[0]).put(settings.store_url, settings.key_path)
    with held_by_another(settings), pytest.raises(BadInput, match=r"one is up on it .* stop that one first"):
        App.open(settings)


def _everybody(tx: Tx) -> list[Member]:
    return [one for house in organisations.every(tx) for one in members.of_organisation(tx, house.id)]


def _every_page_opens(app: App, session: str) -> None:
    browser = TestClient(build(app), cookies={cookies.SESSION: session})
    pages = ["/", "/inbox", "/alerts", "/listening", "/places", "/sources", "/settings", "/settings/health"]
    with app.store.reading() as tx:
        member = signin.member_of_session(tx, session)
        assert member is not None
        pages += [f"/c/{one}" for one in conversations.every_id(tx, member)]
    assert {path: browser.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)


async def _work_goes_on(app: App, owner: Member) -> None:
    """A message is heard, understood and waits."""
    with app.store.reading() as tx:
        before = {one.conversation_id for one in read.now_view(tx, owner).waiting}
        source = sources.listening(tx)[0]
        name = organisations.get(tx, owner.organisation_id).name
    said = Item(
        connector="simulated",
        uri="sim://gazouille/upgraded",
        author=Author("sim://gazouille/@new", "new", "New"),
        text=f"{name} : une heure d’attente, c’est honteux.",
        written_at=clock.now() - timedelta(minutes=2),
        url="http://127.0.0.1/new",
    )
    await app.hear(Parcel(source.id, Batch(items=(said,), cursor="next", heard=1)))
    while any(flow.work_once(app.store, stage, "test") for stage in flow.STAGES):
        pass
    with app.store.reading() as tx:
        assert mentions.by_item_key(tx, owner.organisation_id, said.key) is not None
        assert len({one.conversation_id for one in read.now_view(tx, owner).waiting} - before) == 1
