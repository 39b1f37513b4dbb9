"""Bringing the past in, on the pages: a file, what would be kept of it, taking it back; a text seen elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ouidire import flow
from ouidire.queue.base import Parcel
from ouidire.store import sources
from ouidire.store.engine import Tx
from ouidire.store.schema import conversation, edge, enrichment, incident, item, mention, tombstone
from ouidire.web import upload
from tests.connectors.files import exports
from tests.web.house import Browser, House, apart
from tests.web.test_screens import words

TABLE = (
    "Commentaire;Publié le;Note;Client\n"
    + "".join(
        f"Attendu {n} minutes à la Maison Delorière rue Crescent, accueil glacial.;{n:02}/03/2025;2;Nadia {n}\n"
        for n in range(13, 26)
    )
    + "Très bien.;12/03/2025;5;Karim\nIllisible;un jour;3;Zoé\n"
)


def bring_in(browser: Browser, name: str, content: bytes | str, status: int = 200) -> str:
    """Choose a file on the page; where that leads comes back."""
    browser.get("/imports/new")
    raw = content.encode() if isinstance(content, str) else content
    answer = browser.client.post("/imports/new", data={"csrf": browser.token}, files={"file": (name, raw)})
    browser._kept(answer, status)
    return answer.url.path


def read_to_the_end(house: House) -> None:
    """What the running house does with every import that has begun."""

    async def read() -> None:
        app = house.app
        app._refreshed_at = -1e9
        for source in await app.store.read(sources.listening):
            if source.connector == "files":
                reader = await app._open_reader(source)
                async for batch in reader.read(source.cursor):
                    await app.hear(Parcel(source.id, batch), at_once=True)
                await app.store.run(sources.finished, source.id)
        busy = True
        while busy:
            done = [flow.work_once(app.store, stage, "test") for stage in flow.STAGES]
            busy = any(done)

    apart(read())


def counts(house: House) -> dict[str, int]:
    with house.app.store.reading() as tx:
        return {
            table.name: tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (item, mention, conversation, enrichment, incident, tombstone)
        }


def test_a_table_is_mapped_previewed_read_taken_back_and_read_again(house: House) -> None:
    browser = house.browser(house.owner)
    before = counts(house)
    draft = bring_in(browser, "avis.csv", TABLE)
    page = words(browser.page)
    assert re.search(r'name="c-text".*?<option value="Commentaire" selected', browser.page, re.S)
    assert re.search(r'name="c-created_at".*?<option value="Publié le" selected', browser.page, re.S)
    assert "13 messages sur les 15 premiers" in page
    assert "1 hors sujet · 1 à écarter" in page
    assert "La date ne se lit pas" in page
    assert counts(house) == before, "a preview keeps nothing"

    chosen = {"c-text": "Commentaire", "c-created_at": "Publié le", "c-rating": "Note", "c-author_name": "Client"}
    browser.post(draft, **chosen)
    read_to_the_end(house)
    page = words(browser.get(draft))
    assert "lu jusqu’au bout" in page
    assert "15 · 13 sur vous · 1 hors sujet ou déjà là · 1 à écarter" in page
    after = counts(house)
    assert after["mention"] - before["mention"] == 13

    page = words(browser.post(f"{draft}/undo"))
    assert "13 messages ont été retirés." in page
    assert counts(house) == before
    draft = bring_in(browser, "avis.csv", TABLE)
    browser.post(draft, **chosen)
    read_to_the_end(house)
    assert counts(house) == after


def test_what_was_imported_is_news_to_nobody_and_a_grave_one_waits(house: House) -> None:
    browser = house.browser(house.owner)
    grave = "Intoxication alimentaire à la Maison Delorière rue Crescent, toute la famille malade."
    table = f'text,created_at\n"Un peu cher à la Maison Delorière, mais bon.",2025-03-01\n"{grave}",2025-03-02\n'
    browser.post(bring_in(browser, "avis.csv", table), **{"c-text": "text", "c-created_at": "created_at"})
    read_to_the_end(house)
    page = words(browser.get("/inbox"))
    assert "Intoxication" in page
    assert "Un peu cher" not in page
    with house.app.store.reading() as tx:
        assert {row.is_news for row in tx.execute(mention.select())} == {False}


def test_a_wrong_mapping_is_caught_before_anything_is_kept(house: House) -> None:
    browser = house.browser(house.owner)
    draft = bring_in(browser, "avis.csv", TABLE)
    wrong = {"c-text": "Note", "c-created_at": "Client"}
    part = browser.client.post(
        f"{draft}/preview", data={"csrf": browser.token, **wrong}, headers={"HX-Request": "true"}
    ).text
    assert "« Client » a été choisie pour la date, mais aucune de ses 15 premières valeurs" in words(part)
    assert "« Note » a été choisie pour le texte, mais elle contient surtout des nombres" in words(part)
    page = words(browser.post(draft, 422, **wrong))
    assert "rien ne serait gardé" in page
    assert re.search(r'name="c-text".*?<option value="Note" selected', browser.page, re.S), "what was chosen stands"
    assert "Dites quelle colonne" in words(browser.post(draft, 422, **{"c-text": "Commentaire"}))


def test_reviews_of_a_takeout_in_another_language_are_known_by_their_shape(house: House, tmp_path: Path) -> None:
    browser = house.browser(house.owner)
    reviews = exports.google(
        exports.google_review(1, "Nichts Besonderes, lange gewartet.", reply="Das tut uns leid."),
        exports.google_review(2, "Sehr nett!", stars="FIVE"),
        exports.google_review(3, "", stars="FOUR") | {"comment": ""},
    )
    path = exports.zipped(tmp_path / "t.zip", {"Takeout/Google Unternehmensprofil/Konto 7/Rezensionen.json": reviews})
    draft = bring_in(browser, "takeout.zip", path.read_bytes())
    page = words(browser.page)
    assert "Fiche d’établissement Google (Takeout)" in page
    assert "dites lequel" in page, "reviews name nobody: the page asks for the place"
    assert "c-text" not in browser.page
    browser.post(draft, about=house.crescent.id)
    read_to_the_end(house)
    page = words(browser.get(draft))
    assert "4 · 3 sur vous" in page
    assert "Des étoiles sans un mot" in page
    with house.app.store.reading() as tx:
        rows = tx.execute(select(mention.c.place_id, mention.c.is_own).join(item).order_by(item.c.written_at)).all()
        assert {row.place_id for row in rows} == {house.crescent.id}
        assert sorted(row.is_own for row in rows) == [False, False, True]


def test_the_same_file_is_not_imported_twice(house: House) -> None:
    browser = house.browser(house.owner)
    browser.post(bring_in(browser, "avis.csv", TABLE), **{"c-text": "Commentaire", "c-created_at": "Publié le"})
    bring_in(browser, "copie.csv", TABLE, 422)
    assert "déjà été importé, sous le nom « avis.csv »" in words(browser.page)
    assert len(list((house.app.settings.folder / "imports").iterdir())) == 1


UNUSABLE = (
    ("", b"", "Choisissez d’abord un fichier"),
    ("avis.csv", b"", "avis.csv est vide"),
    ("avis.xlsx", b"PK\x03\x04 cut short", "avis.xlsx est endommagé ou incomplet"),
    ("page.html", b"<!doctype html><html>", "page.html est une page web"),
    ("avis.csv", "text,created_at\n".encode("utf-16"), "UTF-16"),
    ("maps.json", exports.own_reviews().encode(), "que vous avez écrits"),
)


def test_what_cannot_be_imported_says_why_and_leaves_nothing(house: House) -> None:
    browser = house.browser(house.owner)
    for name, content, says in UNUSABLE:
        bring_in(browser, name, content, 422)
        assert says in words(browser.page)
    folder = house.app.settings.folder / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_file_that_would_fill_the_disk_is_refused_with_what_to_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "LEAST_FREE", 10**18)
    browser = house.browser(house.owner)
    bring_in(browser, "avis.csv", TABLE, 422)
    assert "ouidire import FICHIER" in words(browser.page)


def test_a_form_from_elsewhere_brings_nothing_in(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/imports/new")
    for headers, token in (({"Origin": "https://evil.example"}, browser.token), ({}, "0" * 48)):
        answer = browser.client.post(
            "/imports/new", data={"csrf": token}, files={"file": ("a.csv", b"x")}, headers=headers
        )
        assert answer.status_code == 403
    assert house.browser(house.manager).client.get("/imports").status_code == 403
    draft = bring_in(browser, "avis.csv", TABLE)
    stranger = house.browser(house.stranger)
    stranger.get("/imports/new")
    stranger.get(draft, 404)
    for path in ("", "/preview", "/undo", "/discard"):
        stranger.post(draft + path, 404)


def test_undoing_spares_what_was_heard_live_and_where_we_wrote_and_says_so(house: House) -> None:
    browser = house.browser(house.owner)
    house.hear("Reçue très tard chez Delorière à Montréal, quelle déception.")
    live = counts(house)
    draft = bring_in(browser, "avis.csv", TABLE)
    browser.post(draft, **{"c-text": "Commentaire", "c-created_at": "Publié le"})
    read_to_the_end(house)
    with house.app.store.transaction() as tx:
        talk = _a_conversation_of(tx, draft.rpartition("/")[2])
    browser.get(f"/c/{talk}")
    browser.post(f"/c/{talk}/note", text="Rappelé : c’était la panne.")
    page = words(browser.get(draft))
    assert "1 conversation" in page.replace("Dans une", "1")
    page = words(browser.post(f"{draft}/undo"))
    assert "12 messages ont été retirés." in page
    assert "1 conversation où vous avez écrit reste." in page
    left = counts(house)
    assert left["mention"] == live["mention"] + 1
    assert left["tombstone"] == live["tombstone"]
    browser.get(f"/c/{talk}")


def _a_conversation_of(tx: Tx, source_id: str) -> str:
    query = select(edge.c.conversation_id).join(mention, mention.c.id == edge.c.mention_id).join(item)
    return str(tx.execute(query.where(item.c.import_id == source_id).limit(1)).scalar_one())


def test_a_text_seen_elsewhere_becomes_a_message_that_is_answered_on_the_site(house: House) -> None:
    browser = house.browser(house.manager)
    shared = browser.get("/share?title=Avis&text=Accueil+glacial+hier+soir.+https%3A%2F%2Fmaps.app.goo.gl%2Fabc")
    assert ">Accueil glacial hier soir.</textarea>" in shared
    assert 'value="https://maps.app.goo.gl/abc"' in shared
    page = words(browser.post("/share", text="Accueil glacial hier soir, et personne ne s’excuse.",
                              url="https://maps.app.goo.gl/abc", place=house.crescent.id, rating="1"))  # fmt: skip
    assert "Accueil glacial hier soir" in page
    assert "Presque certain 99 % Quelqu’un de l’équipe l’a apporté ici" in page
    assert "Google" in page
    talk = re.search(r'href="/c/([0-9a-f-]{36})', browser.page)
    assert talk
    browser.get(f"/c/{talk[1]}?do=answer")
    browser.post(f"/c/{talk[1]}/answer", text="Bonjour, nous sommes désolés de cet accueil et aimerions vous revoir.")
    assert "à publier vous-même sur le site" in words(browser.get(f"/c/{talk[1]}"))
    browser.get("/share")
    browser.post("/share", text="Accueil glacial hier soir, et personne ne s’excuse.",
                 url="https://maps.app.goo.gl/abc", place=house.crescent.id, rating="1")  # fmt: skip
    assert counts(house)["mention"] == 1, "the same words with the same link are the same message"


def test_what_cannot_be_brought_in_comes_back_with_its_reason(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/share")
    cases: tuple[tuple[dict[str, str], str], ...] = (
        ({"text": "", "url": ""}, "Collez ce qui a été écrit"),
        ({"text": "x", "url": "javascript:alert(1)"}, "commence par https"),
        ({"text": "Bonjour", "written_on": "hier"}, "s’écrit comme 2026-11-25"),
        ({"text": "Bonjour", "place": ""}, "Dites de quel lieu"),
    )
    for fields, says in cases:
        assert says in words(browser.post("/share", 422, **({"place": house.crescent.id} | fields)))


def test_what_is_not_theirs_cannot_be_brought_in(house: House) -> None:
    stranger = house.browser(house.stranger)
    stranger.get("/share")
    stranger.post("/share", 404, text="Bonjour", place=house.crescent.id)
    assert house.browser().client.get("/share?text=Bonjour", follow_redirects=False).headers["location"] == (
        "/signin?next=/share%3Ftext%3DBonjour"
    )
