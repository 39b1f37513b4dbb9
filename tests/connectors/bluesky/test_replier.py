"""The replier against an XRPC server on loopback; `tests/peers` tries the same on Bluesky's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from ouidire.connectors import registry
from ouidire.connectors.base import Replier, SourceContext
from ouidire.connectors.bluesky.replier import link_facets, record_key
from ouidire.connectors.http import Http
from ouidire.domain.clearance import Clearance
from ouidire.domain.ids import new_id
from ouidire.domain.item import Author, Item
from ouidire.errors import Permanent, Retry, Unclear

from ..loopback import Answer, Asked, Server, answering, said

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)
ROOT = {"uri": "at://did:plc:guest/app.bsky.feed.post/root", "cid": "bafyroot"}
PARENT = Item(
    connector="bluesky",
    uri="at://did:plc:guest/app.bsky.feed.post/k1",
    author=Author("did:plc:guest", "guest.example"),
    text="Une table ?",
    written_at=NOON,
    languages=("fr", "not a language\x07"),
    revision="bafyparent",
)


class Pretended:
    """A server with records; `troubles` are answers given first, one a call of `createRecord`."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.troubles: list[Answer] = []
        self.write_before_trouble = False
        self.sessions = 0
        self.password = "abcd-efgh"
        self.home = ""
        self.suspended = False

    def answer(self, asked: Asked) -> Answer:
        method = asked.path.rpartition("/")[2]
        if method == "com.atproto.server.createSession":
            return self._sign_in(asked.json())
        if method == "com.atproto.repo.getRecord":
            return self._get("/".join(("at:/", asked.query["repo"], asked.query["collection"], asked.query["rkey"])))
        if method == "com.atproto.repo.createRecord":
            return self._create(asked)
        if method == "com.atproto.identity.resolveHandle":
            known = asked.query["handle"] == "bakery.example"
            return said({"did": "did:plc:bakery"}) if known else said({"error": "InvalidRequest"}, 400)
        return said({"error": "NotFound"}, 404)

    def _sign_in(self, given: dict[str, str]) -> Answer:
        if given["password"] != self.password:
            return said({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
        self.sessions += 1
        home = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.home}
        session = {"did": "did:plc:cafe", "handle": given["identifier"], "accessJwt": f"jwt{self.sessions}"}
        return said({**session, "didDoc": {"service": [home]}} if self.home else session)

    def _get(self, uri: str) -> Answer:
        if self.suspended:
            return said({"error": "RepoSuspended", "message": "Repo has been suspended"}, 400)
        if uri in self.records:
            return said({"uri": uri, "cid": "bafyhere", "value": self.records[uri]})
        return said({"error": "RecordNotFound", "message": f"Could not locate record: {uri}"}, 400)

    def _create(self, asked: Asked) -> Answer:
        given = asked.json()
        uri = f"at://{given['repo']}/{given['collection']}/{given['rkey']}"
        trouble = self.troubles.pop(0) if self.troubles else None
        if uri not in self.records and (trouble is None or self.write_before_trouble):
            self.records[uri] = given["record"]
        return trouble or said({"uri": uri, "cid": "bafynew"})


@pytest.fixture
def network() -> Pretended:
    return Pretended()


@pytest_asyncio.fixture
async def server(network: Pretended) -> AsyncIterator[Server]:
    async with answering(network.answer) as server:
        yield server


@pytest.fixture
def replier(server: Server, http: Http) -> Replier:
    return opened(server, http, "abcd-efgh")


def opened(server: Server, http: Http, password: str) -> Replier:
    settings = {"service": server.url, "directory": f"{server.url}/plc", "identifier": "@cafe.example"}
    replier = registry.open_replier("bluesky", SourceContext("s", settings, {"app_password": password}, http))
    assert replier is not None
    return replier


def cleared(text: str, reply_id: str = "") -> Clearance:
    return Clearance(reply_id or new_id(), "org", "member", "s", PARENT.uri, text, "1", NOON, "sealed")


def posts(network: Pretended) -> list[dict[str, Any]]:
    return [record for uri, record in network.records.items() if uri.startswith("at://did:plc:cafe/")]


async def test_a_reply_is_written_under_its_parent(replier: Replier, network: Pretended) -> None:
    sent = await replier.reply(cleared("Oui, à 20 h ☕"), PARENT)
    (record,) = posts(network)
    above = {"uri": PARENT.uri, "cid": "bafyparent"}
    assert record == {
        "$type": "app.bsky.feed.post",
        "text": "Oui, à 20 h ☕",
        "createdAt": "2026-09-21T12:00:00.000Z",
        "langs": ["fr"],
        "reply": {"root": above, "parent": above},
    }
    assert sent.uri in network.records
    assert sent.url == f"https://bsky.app/profile/did:plc:cafe/post/{sent.uri.rpartition('/')[2]}"


async def test_the_root_of_a_thread_is_the_one_that_the_parent_names(replier: Replier, network: Pretended) -> None:
    network.records[PARENT.uri] = {"text": "?", "reply": {"root": ROOT, "parent": ROOT}}
    deep = _deep()
    await replier.reply(cleared("Oui"), deep)
    assert posts(network)[0]["reply"] == {"root": ROOT, "parent": {"uri": PARENT.uri, "cid": "bafyhere"}}


@pytest.mark.parametrize("reply", [None, 7, {}, {"root": 7}, {"root": {"uri": 1, "cid": None}}])
async def test_a_parent_that_names_its_root_badly_is_the_root(
    replier: Replier, network: Pretended, reply: object
) -> None:
    network.records[PARENT.uri] = {"text": "?", "reply": reply}
    await replier.reply(cleared("Oui"), _deep())
    assert posts(network)[0]["reply"]["root"] == {"uri": PARENT.uri, "cid": "bafyhere"}


async def test_a_parent_that_is_gone_is_not_answered(replier: Replier, network: Pretended) -> None:
    with pytest.raises(Permanent, match="not on Bluesky any more"):
        await replier.reply(cleared("Oui"), _deep())
    assert posts(network) == []


async def test_saying_it_again_says_it_once(replier: Replier, network: Pretended) -> None:
    ours = cleared("Oui")
    first = await replier.reply(ours, PARENT)
    again = replace(ours, given_at=NOON + timedelta(hours=1))
    assert await replier.reply(again, PARENT) == first
    assert len(posts(network)) == 1


@pytest.mark.parametrize("wrote", [True, False])
@pytest.mark.parametrize("trouble", [Answer(cut=True), said({}, 502)])
async def test_when_nobody_says_whether_it_arrived_find_knows(
    replier: Replier, network: Pretended, trouble: Answer, wrote: bool
) -> None:
    network.troubles, network.write_before_trouble = [trouble], wrote
    ours = cleared("Oui")
    with pytest.raises(Unclear):
        await replier.reply(ours, PARENT)
    assert (await replier.find(ours, PARENT) is not None) is wrote
    await replier.reply(ours, PARENT)
    assert len(posts(network)) == 1


async def test_find_does_not_take_another_post_for_ours(replier: Replier, network: Pretended) -> None:
    ours = cleared("Oui")
    network.records[f"at://did:plc:cafe/app.bsky.feed.post/{record_key(ours)}"] = {"text": "Something else"}
    assert await replier.find(ours, PARENT) is None
    with pytest.raises(Permanent, match="Another post"):
        await replier.reply(ours, PARENT)


async def test_a_suspended_account_cannot_say_that_nothing_arrived(replier: Replier, network: Pretended) -> None:
    network.suspended = True
    with pytest.raises(Permanent, match="suspended"):
        await replier.find(cleared("Oui"), PARENT)


async def test_the_server_that_keeps_our_account_is_the_one_we_speak_to(
    replier: Replier, network: Pretended, server: Server
) -> None:
    """The service lets us in; the account's own server is asked at once, for only it knows at once."""
    keeper = Pretended()
    async with answering(keeper.answer) as home:
        network.home = home.url
        ours = cleared("Oui")
        await replier.reply(ours, PARENT)
        assert await replier.find(ours, PARENT) is not None
    assert (len(posts(keeper)), len(posts(network))) == (1, 0)


async def test_our_session_is_given_to_no_unsafe_address(replier: Replier, network: Pretended) -> None:
    network.home = "http://elsewhere.example"
    await replier.reply(cleared("Oui"), PARENT)
    assert len(posts(network)) == 1


@pytest.mark.parametrize(
    "expired", [said({"error": "ExpiredToken", "message": "Token has expired"}, 400), said({"error": "X"}, 401)]
)
async def test_an_expired_session_is_made_again_once(
    replier: Replier, network: Pretended, server: Server, expired: Answer
) -> None:
    network.troubles = [expired]
    await replier.reply(cleared("Oui"), PARENT)
    assert network.sessions == 2
    assert server.asked[-1].headers["authorization"] == "Bearer jwt2"
    assert len(posts(network)) == 1


async def test_a_session_is_used_again(replier: Replier, network: Pretended) -> None:
    for text in ("Un", "Deux", "Trois"):
        await replier.reply(cleared(text), PARENT)
    assert network.sessions == 1


async def test_a_refusal_says_why(replier: Replier, network: Pretended) -> None:
    network.troubles = [said({"error": "InvalidRecord", "message": "Record/text must not be longer"}, 400)]
    with pytest.raises(Permanent, match="must not be longer"):
        await replier.reply(cleared("x" * 400), PARENT)
    assert posts(network) == []


async def test_too_many_replies_wait_as_long_as_asked(replier: Replier, network: Pretended) -> None:
    network.troubles = [said({}, 429, Retry_After="60")]
    with pytest.raises(Retry) as caught:
        await replier.reply(cleared("Oui"), PARENT)
    assert caught.value.after_s == 60


async def test_credentials_are_tried_and_give_our_own_address(replier: Replier) -> None:
    assert await replier.check() == "did:plc:cafe"


@pytest.mark.parametrize(("password", "said"), [("wrong", "App passwords"), ("", "app password")])
async def test_a_wrong_password_says_what_to_do(server: Server, http: Http, password: str, said: str) -> None:
    with pytest.raises(Permanent, match=said) as caught:
        await opened(server, http, password).check()
    assert not password or password not in str(caught.value).replace("password", "")


async def test_links_and_handles_in_our_words_can_be_tapped(replier: Replier, network: Pretended) -> None:
    text = "☕ @guest.example et @bakery.example (@nobody.example), voir https://lune.example/é?a=1."
    await replier.reply(cleared(text), PARENT)
    (record,) = posts(network)
    assert [_shown(text, facet) for facet in record["facets"]] == [
        ("https://lune.example/é?a=1", "https://lune.example/é?a=1"),
        ("@guest.example", "did:plc:guest"),
        ("@bakery.example", "did:plc:bakery"),
    ]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("rien", []),
        ("écrivez à jean@lune.example", []),
        ("https://a.example, https://b.example!", ["https://a.example", "https://b.example"]),
        ("« https://a.example/x »", ["https://a.example/x"]),
    ],
)
def test_a_link_ends_where_the_sentence_goes_on(text: str, links: list[str]) -> None:
    assert [facet["features"][0]["uri"] for facet in link_facets(text)] == links


def test_a_key_is_a_tid_that_depends_on_the_reply_alone() -> None:
    replies = [cleared("x") for _ in range(200)]
    keys = [record_key(reply) for reply in replies]
    assert len(set(keys)) == 200
    assert all(len(key) == 13 and set(key) <= set("234567abcdefghijklmnopqrstuvwxyz") for key in keys)
    assert all(key[0] in "234567abcdefghij" for key in keys)
    assert [record_key(replace(reply, given_at=NOON + timedelta(days=1))) for reply in replies] == keys
    assert len({record_key(cleared("x", f"reply-{n}")) for n in range(200)}) == 200


def _deep() -> Item:
    return Item(
        connector="bluesky",
        uri=PARENT.uri,
        author=PARENT.author,
        text="Sans gluten ?",
        written_at=NOON,
        parent_uri=ROOT["uri"],
        root_uri=ROOT["uri"],
        revision="bafyold",
    )


def _shown(text: str, facet: dict[str, Any]) -> tuple[str, str]:
    index, feature = facet["index"], facet["features"][0]
    words = text.encode()[index["byteStart"] : index["byteEnd"]].decode()
    return words, feature.get("uri") or feature["did"]
