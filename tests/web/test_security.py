"""Who may see and do what, and what a page on another site may not do to us."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from ouidire import clock
from ouidire.people import begin
from ouidire.store import tokens
from ouidire.store.tokens import TokenKind
from tests.web.house import PASSWORD, House, opened
from tests.web.test_screens import TEXT, first_conversation, words

PAGES = [
    "/",
    "/inbox",
    "/alerts",
    "/listening",
    "/places",
    "/sources",
    "/settings",
    "/wake",
    "/part/now",
    "/part/count",
]


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_signing_in(house: House, path: str) -> None:
    answer = TestClient(house.web, follow_redirects=False).get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin?next=")


def test_the_line_of_what_is_live_is_closed_to_strangers(house: House) -> None:
    assert TestClient(house.web, follow_redirects=False).get("/events").status_code == 401


def test_a_conversation_of_another_house_looks_like_none(house: House) -> None:
    house.hear(TEXT)
    owner, stranger = house.browser(house.owner), house.browser(house.stranger)
    owner.get("/")
    conversation = first_conversation(owner)
    stranger.get("/settings")
    assert "Trente" not in stranger.get("/") + stranger.get("/inbox")
    stranger.get(f"/c/{conversation}", 404)
    for deed in ("take", "note", "close", "reopen", "answer", "place", "hand", "later", "check"):
        stranger.post(f"/c/{conversation}/{deed}", status=404, text="x", when="hour", place="x", member="x")
    assert "Vous attend" in words(owner.get(f"/c/{conversation}"))


def test_what_belongs_to_another_house_can_be_neither_read_nor_changed(house: House) -> None:
    owner, stranger = house.browser(house.owner), house.browser(house.stranger)
    watch = re.search(r'name="watch" value="([^"]+)"', owner.get("/listening"))
    assert watch
    stranger.get("/settings")
    stranger.get(f"/places/{house.crescent.id}", 404)
    stranger.post(f"/places/{house.crescent.id}", status=404, name="Volé")
    stranger.post("/listening", status=404, watch=watch[1], names="Volé")
    stranger.post("/alerts/routes", status=404, member=house.owner.id, notifier="email")
    stranger.post("/alerts/routes", status=404, place=house.crescent.id, notifier="email")
    assert "Maison Delorière" in owner.get("/places")


def test_a_manager_sets_nothing_up_for_others(house: House) -> None:
    manager = house.browser(house.manager)
    for path in ("/listening", "/places/new", "/sources/new/files"):
        manager.get(path, 403)
    manager.get("/settings")
    manager.post("/settings/invite", status=403, role="owner")
    manager.post("/alerts/routes", status=403, member=house.owner.id, notifier="email")
    manager.post(f"/sources/{house.source_id}/pause", status=403)


def test_a_form_of_another_site_does_nothing(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/settings")
    fields = {"csrf": browser.token, "language": "en"}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Referer": "https://evil.example/x"}):
        assert browser.client.post("/settings/me", data=fields, headers=headers).status_code == 403
    assert browser.client.post("/settings/me", data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert '<html lang="fr">' in browser.get("/settings")


def test_a_form_without_its_token_or_with_another_sessions_does_nothing(house: House) -> None:
    browser, other = house.browser(house.owner), house.browser(house.stranger)
    other.get("/settings")
    for token in ("", "x", other.token, "é"):
        assert browser.client.post("/settings/me", data={"csrf": token, "language": "en"}).status_code == 403


def test_signing_in_from_another_site_is_refused_too(house: House) -> None:
    client = TestClient(house.web)
    answer = client.post("/signin", data={"email": house.owner.email, "password": PASSWORD})
    assert answer.status_code == 403


def test_a_file_of_nobody_we_know_is_not_taken_in(house: House) -> None:
    browser = house.browser()
    browser.get("/signin")
    sent = {"file": ("x.bin", b"x" * 2_000_000)}
    answer = browser.client.post("/signin", data={"csrf": browser.token, "email": "x"}, files=sent)
    assert answer.status_code == 400


def test_cookies_are_for_the_house_alone_and_secure_over_https(house: House) -> None:
    plain = house.browser(house.owner).client.cookies
    assert "ouidire" in plain
    client = TestClient(house.web, base_url="https://ouidire.example", follow_redirects=False)
    page = client.get("/signin")
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert token
    answer = client.post("/signin", data={"csrf": token[1], "email": house.owner.email, "password": PASSWORD})
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-ouidire="))
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_a_wrong_password_and_an_unknown_address_get_the_same_words(house: House) -> None:
    browser = house.browser()
    browser.get("/signin")
    wrong = words(browser.post("/signin", status=401, email=house.owner.email, password="not this one"))
    nobody = words(browser.post("/signin", status=401, email="nobody@nowhere.example", password="not this one"))
    assert "ne vont pas ensemble" in wrong
    assert "ne vont pas ensemble" in nobody


def test_trying_passwords_is_slowed_down(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from ouidire.web.tries import Tries

    tries, at = Tries(3, timedelta(minutes=15)), clock.now()
    for _ in range(3):
        assert not tries.too_many("a", at)
        tries.failed("a", at)
    assert tries.too_many("a", at)
    assert not tries.too_many("b", at)
    assert not tries.too_many("a", at + timedelta(minutes=16))


def test_after_eight_wrong_passwords_even_the_right_one_waits(house: House) -> None:
    browser = house.browser()
    browser.get("/signin")
    for _ in range(8):
        browser.post("/signin", status=401, email=house.stranger.email, password="not this one")
    browser.post("/signin", status=429, email=house.stranger.email, password=PASSWORD)


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/a\n/b"]
)
def test_nobody_is_led_elsewhere_after_signing_in(house: House, path: str) -> None:
    browser = house.browser()
    browser.get("/signin")
    answer = browser.client.post(
        "/signin",
        data={"csrf": browser.token, "email": house.owner.email, "password": PASSWORD, "next": path},
        follow_redirects=False,
    )
    assert answer.headers["location"] == "/"


def test_signing_out_ends_the_session_itself(house: House) -> None:
    browser = house.browser(house.owner)
    session = browser.client.cookies["ouidire"]
    browser.get("/settings")
    browser.post("/signout")
    answer = TestClient(house.web, cookies={"ouidire": session}, follow_redirects=False).get("/")
    assert answer.status_code == 303


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(house: House) -> None:
    here, there = house.browser(house.manager), house.browser(house.manager)
    here.get("/settings")
    here.post("/settings/password", status=422, old="wrong one!", new="une autre phrase longue")
    here.post("/settings/password", status=422, old=PASSWORD, new="court")
    here.post("/settings/password", old=PASSWORD, new="une autre phrase longue")
    assert "Réglages" in words(here.get("/settings"))
    assert "Mot de passe perdu" in words(there.get("/"))


def test_an_invitation_lets_one_person_in_once(house: House) -> None:
    owner = house.browser(house.owner)
    owner.get("/settings")
    page = owner.post("/settings/invite", role="place_manager", place=[house.crescent.id])
    link = re.search(r"http://testserver(/join/[\w-]+)", page)
    assert link
    guest = house.browser()
    guest.get(link[1])
    guest.post(link[1], status=422, name="Ana", email="ana@deloriere.example", password="court")
    page = guest.post(link[1], name="Ana", email="ana@deloriere.example", password=PASSWORD)
    assert "Personne n’attend." in words(page)
    house.browser().get(link[1], 404)


def test_the_link_of_an_alert_is_used_up_by_the_button_and_not_by_looking(house: House) -> None:
    house.hear(TEXT)
    owner = house.browser(house.owner)
    owner.get("/")
    conversation = first_conversation(owner)
    with house.app.store.transaction() as tx:
        secret = tokens.issue(
            tx, TokenKind.ALERT_LINK, clock.now() + timedelta(days=1), organisation_id=house.owner.organisation_id,
            member_id=house.manager.id, facts={"conversation_id": conversation},
        )  # fmt: skip
    phone = house.browser()
    phone.get(f"/a/{secret}")
    assert "Ouvrir la conversation" in words(phone.get(f"/a/{secret}"))
    assert "Trente minutes" in phone.post(f"/a/{secret}")
    assert "Mot de passe" in words(house.browser().get(f"/a/{secret}"))


def test_every_page_forbids_what_it_does_not_need(house: House) -> None:
    browser = house.browser(house.owner)
    for path in (*PAGES, "/nope", "/static/ouidire.css"):
        headers = browser.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert browser.client.get("/").headers["cache-control"] == "no-store"


def test_no_page_has_script_or_style_in_its_text(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    for path in (*PAGES, "/places/new", "/sources/new/bluesky"):
        page = browser.get(path)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page), path


def test_the_first_run_needs_the_secret_that_was_printed_and_spends_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from ouidire.app import App
    from ouidire.settings import Settings
    from ouidire.web.main import build

    app = App.open(Settings(home=tmp_path, listen_bluesky=False, _env_file=None))  # type: ignore[call-arg]
    with app.store.transaction() as tx:
        token = begin.setup_token(tx)
    from tests.web.house import Browser

    visitor = Browser(TestClient(build(app), headers={"Accept-Language": "fr"}))
    visitor.get("/setup", 403)
    visitor.get("/setup?token=wrong", 403)
    assert "Rien n’est encore installé ici" in words(visitor.get("/signin"))
    assert "Voir une journée" in words(visitor.get(f"/setup?token={token}"))
    visitor.get(f"/setup?token={token}&for=business")
    answers = {"token": str(token), "business": "Chez Lunea", "town": "Nantes", "handles": "@lunea", "language": "fr",
               "name": "Ana", "email": "ana@lunea.example"}  # fmt: skip
    assert "10 caractères" in words(visitor.post("/setup", status=422, **answers, password="court"))
    page = visitor.post("/setup", **answers, password=PASSWORD)
    assert "Chez Lunea" in page
    assert "lunea" in page
    assert "Nantes" in visitor.get("/places")
    visitor.get(f"/setup?token={token}", 403)


def test_two_houses_opened_one_after_the_other_do_not_share_sessions(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with opened(tmp_path / "a") as one:
        session = one.browser(one.owner).client.cookies["ouidire"]
    with opened(tmp_path / "b") as other:
        answer = TestClient(other.web, cookies={"ouidire": session}, follow_redirects=False).get("/")
        assert answer.status_code == 303
