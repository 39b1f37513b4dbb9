from __future__ import annotations

import gzip
import socket
from datetime import UTC, datetime

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from ouidire import clock
from ouidire.connectors.http import Http, Refused, TooLarge, is_loopback, is_public, require_public, retry_after
from ouidire.errors import Permanent, Retry, Unclear
from ouidire.settings import Settings

from .loopback import Answer, Asked, answering, said

NOON = datetime(2026, 9, 21, 12, tzinfo=UTC)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_good_answer_is_read_and_we_say_who_we_are(http: Http) -> None:
    async with answering(lambda asked: said({"echo": asked.json(), "query": asked.query})) as server:
        answer = await http.request("POST", f"{server.url}/a", params={"q": "é&b"}, json={"text": "café"})
    assert answer.json() == {"echo": {"text": "café"}, "query": {"q": "é&b"}}
    assert server.asked[0].headers["user-agent"].startswith("Ouidire/")


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, Retry), (500, Retry), (503, Retry), (408, Retry), (400, Refused), (401, Refused), (404, Refused)],
)
async def test_a_status_says_what_to_do_next(http: Http, status: int, error: type[Exception]) -> None:
    async with answering(lambda _: said({}, status)) as server:
        with pytest.raises(error):
            await http.request("GET", server.url)


async def test_a_refusal_carries_the_server_s_own_sentence(http: Http) -> None:
    answer = said({"error": "InvalidRequest", "message": "Record too long"}, 400)
    async with answering(lambda _: answer) as server:
        with pytest.raises(Refused, match="Record too long") as caught:
            await http.request("GET", server.url)
    assert (caught.value.status, caught.value.code) == (400, "InvalidRequest")


async def test_no_cookie_travels_from_one_request_to_the_next(http: Http) -> None:
    async with answering(lambda _: said({}, Set_Cookie="session=organisation-a; Path=/")) as server:
        for _ in range(2):
            await http.request("GET", server.url)
    assert "cookie" not in server.asked[1].headers


async def test_a_page_of_html_is_no_sentence(http: Http) -> None:
    async with answering(lambda _: Answer(404, b"<html><h1>nginx</h1></html>")) as server:
        with pytest.raises(Refused, match="no reason given"):
            await http.request("GET", server.url)


async def test_the_server_s_wait_is_honoured(http: Http) -> None:
    async with answering(lambda _: said({}, 429, Retry_After="17")) as server:
        with pytest.raises(Retry) as caught:
            await http.request("GET", server.url)
    assert caught.value.after_s == 17


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "Mon, 21 Sep 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 21 Sep 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "999999999"}, 86_400.0),
        ({"ratelimit-reset": str(int(NOON.timestamp()) + 45)}, 45.0),
        ({"ratelimit-reset": "45"}, 45.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_read_in_every_way_it_is_written(headers: dict[str, str], wait: float | None) -> None:
    with clock.running(clock.HandClock(NOON)):
        assert retry_after(headers) == wait


async def test_words_that_may_have_arrived_are_unclear(http: Http) -> None:
    async with answering(lambda _: Answer(cut=True)) as server:
        with pytest.raises(Unclear):
            await http.request("POST", server.url, json={}, speaks=True)
        with pytest.raises(Retry):
            await http.request("POST", server.url, json={})


@pytest.mark.parametrize("answer", [Answer(hang=True), said({}, 502)])
async def test_no_answer_to_our_words_is_unclear(http: Http, answer: Answer) -> None:
    async with answering(lambda _: answer) as server:
        with pytest.raises(Unclear):
            await http.request("POST", server.url, json={}, speaks=True, timeout_s=0.3)


async def test_words_that_never_left_may_be_tried_again(http: Http) -> None:
    with pytest.raises(Retry):
        await http.request("POST", f"http://127.0.0.1:{closed_port()}", json={}, speaks=True)


async def test_a_body_without_end_is_cut(http: Http) -> None:
    async with answering(lambda _: Answer(body=b"a" * 100_000)) as server:
        with pytest.raises(Permanent, match="more than 5000 bytes"):
            await http.request("GET", server.url, max_bytes=5_000)


async def test_a_slow_server_does_not_hold_us(http: Http) -> None:
    async with answering(lambda _: Answer(hang=True)) as server:
        with pytest.raises(Retry):
            await http.request("GET", server.url, timeout_s=0.2)


@pytest.mark.parametrize("url", ["nonsense", "ftp://example.com/", "http://[::1", "file:///etc/passwd", ""])
async def test_what_is_no_address_is_refused(http: Http, url: str) -> None:
    with pytest.raises(Permanent):
        await http.request("GET", url)


async def test_an_answer_in_another_shape_is_said(http: Http) -> None:
    async with answering(lambda _: Answer(body=b"<html>")) as server:
        answer = await http.request("GET", server.url)
    with pytest.raises(Permanent, match="shape"):
        answer.json(dict[str, int])


async def test_a_redirect_is_followed_when_reading_only(http: Http) -> None:
    def moved(asked: object) -> Answer:
        there = getattr(asked, "path", "") == "/there"
        return said({"here": True}) if there else Answer(302, b"", {"Location": "/there"})

    async with answering(moved) as server:
        assert (await http.request("GET", server.url)).json() == {"here": True}
        with pytest.raises(Refused):
            await http.request("POST", server.url, json={}, speaks=True)


@pytest.mark.parametrize(
    "url",
    ["http://example.com", "https://127.0.0.1/", "https://10.0.0.8/", "https://[::1]/", "https://169.254.169.254/"],
)
async def test_a_stranger_s_address_cannot_lead_into_our_own_network(url: str) -> None:
    with pytest.raises(Permanent):
        await require_public(url)


def test_this_very_machine_is_known_by_all_its_names() -> None:
    assert all(is_loopback(url) for url in ("http://localhost:1", "ws://127.0.0.1:2", "http://[::1]:3"))
    assert not is_loopback("https://localhost.example.com")


async def test_frames_come_in_handfuls_and_silence_is_empty(http: Http) -> None:
    async def talk(line: ServerConnection) -> None:
        for n in range(5):
            await line.send(str(n))
        await line.wait_closed()

    async with serve(talk, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with http.websocket(url) as line:
            assert await line.receive(most=3, first_s=5, then_s=1) == [b"0", b"1", b"2"]
            assert await line.receive(most=3, first_s=5, then_s=0.05) == [b"3", b"4"]
            assert await line.receive(most=3, first_s=0.05, then_s=0.05) == []
            await line.ping(5)


async def test_a_cut_line_gives_what_it_had_and_then_says_so(http: Http) -> None:
    async def talk(line: ServerConnection) -> None:
        await line.send("last words")
        await line.close(1001, "Back at nine")

    async with serve(talk, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with http.websocket(url) as line:
            assert await line.receive(most=9, first_s=5, then_s=1) == [b"last words"]
            with pytest.raises(Retry, match="Back at nine"):
                await line.receive(most=9, first_s=5, then_s=1)


@pytest.mark.parametrize(("status", "error"), [(503, Retry), (429, Retry), (404, Permanent), (401, Permanent)])
async def test_a_line_that_is_refused_says_what_to_do_next(http: Http, status: int, error: type[Exception]) -> None:
    def refuse(line: ServerConnection, _: Request) -> Response:
        return line.respond(status, "Not now\n")  # type: ignore[arg-type]

    async def never(_: ServerConnection) -> None:
        raise AssertionError("nobody comes this far")

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(error):
            async with http.websocket(url):
                pass


async def test_a_frame_too_large_cuts_the_line(http: Http) -> None:
    async def talk(line: ServerConnection) -> None:
        await line.send("a" * 4_100_000)
        await line.wait_closed()

    async with serve(talk, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with http.websocket(url) as line:
            with pytest.raises(Retry):
                await line.receive(most=9, first_s=5, then_s=1)


@pytest.mark.parametrize("url", ["nonsense", "http://example.com", "ws://"])
async def test_what_is_no_websocket_address_is_refused(http: Http, url: str) -> None:
    with pytest.raises(Permanent):
        async with http.websocket(url):
            pass


async def test_nobody_at_home_is_worth_another_try(http: Http) -> None:
    with pytest.raises(Retry):
        async with http.websocket(f"ws://127.0.0.1:{closed_port()}"):
            pass


async def test_a_house_that_others_use_calls_public_addresses_alone() -> None:
    async with answering(lambda _: said({})) as own, answering(lambda _: said({})) as inside:
        http = Http(only_public=True, but=own.url)
        assert (await http.request("GET", f"{own.url}/x")).status == 200
        for url in (f"{inside.url}/x", f"{own.url}9/x", "https://127.0.0.1/x", "http://169.254.169.254/latest"):
            with pytest.raises(Permanent, match="is not a public"):
                await http.request("POST", url, content=b"{}")
        assert inside.asked == []
        await http.aclose()


async def test_no_redirect_leads_a_house_that_others_use_inside() -> None:
    async with answering(lambda _: said({})) as inside:
        async with answering(lambda _: Answer(302, b"", {"Location": f"{inside.url}/x"})) as own:
            http = Http(only_public=True, but=own.url)
            with pytest.raises(Permanent, match="is not a public"):
                await http.request("GET", f"{own.url}/x")
            await http.aclose()
        assert inside.asked == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, False),
        ({"host": "::1"}, False),
        ({"host": "0.0.0.0"}, True),
        ({"public_url": "https://ouidire.example"}, True),
        ({"public_url": "https://ouidire.example", "inside": True}, False),
    ],
)
def test_who_is_at_this_machine_may_reach_its_network(given: dict[str, object], expected: bool) -> None:
    assert Settings.model_validate(given).only_public is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *[(one, True) for one in ("93.184.216.34", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d822")],
        *[(one, False) for one in ("127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0")],
        *[(one, False) for one in ("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1")],
        *[(one, False) for one in ("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "nonsense", "")],
    ],
)
def test_an_address_within_another_is_no_disguise(address: str, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize(
    "url", ["http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://localhost/", "ftp://a/"]
)
async def test_no_way_of_writing_it_makes_this_machine_public(url: str) -> None:
    with pytest.raises(Permanent, match="is not a public"):
        await require_public(url, plain=True)


async def test_a_name_that_means_another_machine_a_moment_later_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: public while it is looked at, our own machine when the line is made."""
    real, looked = socket.getaddrinfo, []

    def rebinding(host: str | bytes | None, port: int, *more: object, **named: object) -> object:
        if host in ("rebind.example", b"rebind.example"):
            looked.append(host)
            host = "93.184.216.34" if len(looked) == 1 else "127.0.0.1"
        return real(host, port, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    for of_stranger, http in ((True, Http()), (False, Http(only_public=True))):
        async with answering(lambda _: said({})) as inside:
            looked.clear()
            port = inside.url.rpartition(":")[2]
            with pytest.raises(Permanent, match=r"127\.0\.0\.1 is not a public address"):
                await http.request("GET", f"http://rebind.example:{port}/x", plain=True, public_only=of_stranger)
            assert len(looked) == 2
            assert inside.asked == []
        await http.aclose()


async def test_what_is_read_by_plain_http_is_still_not_led_inside() -> None:
    async with answering(lambda _: said({})) as inside:
        async with answering(lambda _: Answer(301, b"", {"Location": f"{inside.url}/x"})) as own:
            http = Http(only_public=True, but=own.url)
            with pytest.raises(Permanent, match="is not a public"):
                await http.request("GET", f"{own.url}/x", plain=True)
            await http.aclose()
        assert inside.asked == []


async def test_where_a_server_moved_for_good_is_known_and_where_it_only_sends_us_now_is_not(http: Http) -> None:
    steps = {"/a": (301, "/b"), "/b": (308, "/c"), "/c": (302, "/d"), "/d": (301, "/e")}

    def answer(asked: Asked) -> Answer:
        status, to = steps.get(asked.path, (200, ""))
        return Answer(status, b"{}", {"Location": to} if to else {})

    async with answering(answer) as server:
        found = await http.request("GET", f"{server.url}/a")
        assert (found.came_from, found.moved_to) == (f"{server.url}/e", f"{server.url}/c")
        assert (await http.request("GET", f"{server.url}/c")).moved_to == ""
        assert (await http.request("GET", f"{server.url}/e")).moved_to == ""


async def test_redirects_without_end_are_said(http: Http) -> None:
    async with answering(lambda asked: Answer(302, b"", {"Location": f"{asked.path}x"})) as server:
        with pytest.raises(Retry, match="from one address to the next without end"):
            await http.request("GET", f"{server.url}/x")
    assert len(server.asked) == 6


async def test_nothing_new_is_an_answer_to_who_asked_for_news_alone(http: Http) -> None:
    async with answering(lambda _: Answer(304, b"")) as server:
        assert (await http.request("GET", server.url, headers={"If-None-Match": '"a"'})).status == 304
        with pytest.raises(Refused):
            await http.request("GET", server.url)


async def test_what_unpacks_without_end_is_cut(http: Http) -> None:
    packed = gzip.compress(b"a" * 50_000_000)
    async with answering(lambda _: Answer(200, packed, {"Content-Encoding": "gzip"})) as server:
        with pytest.raises(TooLarge):
            await http.request("GET", server.url)
