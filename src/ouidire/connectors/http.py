"""The one HTTP client: what a server answers becomes what to do next.

Every error leaves here as `Retry`, `Permanent` (`Refused`) or, for requests that speak outward, `Unclear`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx2
import msgspec
import websockets
import websockets.asyncio.client

from ouidire import __version__, clock
from ouidire.connectors.turns import Turns
from ouidire.errors import Permanent, Retry, Unclear

USER_AGENT = f"Ouidire/{__version__} (+https://github.com/ouidire/ouidire)"
MAX_BODY = 8_000_000
MAX_FRAME = 4_000_000
MAX_WAIT_S = 86_400.0
MAX_REDIRECTS = 5

T = TypeVar("T")

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PLAIN = "ouidire.plain"
_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)


class Refused(Permanent):
    """The server said no (4xx): `status`, its own error name (`code`, may be empty) and its sentence in the text."""

    def __init__(self, message: str, *, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class TooLarge(Permanent):
    """What the server sends is larger than we take; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Response:
    """A 2xx answer, read to its end; or 304, where the request asked what is new. Header names are in lower case.

    `url` is what was asked for, `came_from` where redirects led to. `moved_to` is the address that the server says is
    the right one for good (301, 308); empty: the one asked for is.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    came_from: str = ""
    moved_to: str = ""

    def json(self, type: type[T] = Any) -> T:  # type: ignore[assignment]
        """The body as `type`. Raises `Permanent` when the server answers in another shape."""
        try:
            return msgspec.json.decode(self.body, type=type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Permanent(f"{_host(self.url)} answered in a shape that we do not know ({error}).") from error


class Socket(Protocol):
    """An open websocket."""

    async def receive(self, *, most: int, first_s: float, then_s: float) -> list[bytes]:
        """Up to `most` frames: the first awaited for `first_s`, the rest for `then_s` more; empty: silence.

        Text frames come as UTF-8 bytes, unchecked. Raises `Retry` when the line is cut and nothing was left to give.
        """
        ...

    async def ping(self, within_s: float) -> None:
        """Ask whether the other side is there. Raises `Retry` when it does not say so in time."""
        ...


class Http:
    """One connection pool for all connectors. Close it with `aclose`.

    `only_public`: addresses are typed by people who are not at this machine, so each request, and each redirect of one,
    goes to a public address by https, or to one that begins with `but`. The address is looked at twice: as its name is
    found, and once more as the one that we were connected to, before a word is sent (a name may change in between).
    `turns` spares the servers that are asked again and again.
    """

    def __init__(self, *, user_agent: str = USER_AGENT, only_public: bool = False, but: str = "") -> None:
        # A proxy from the environment never sees what goes to this very machine.
        direct: dict[str, httpx2.AsyncBaseTransport | None] = {
            f"all://{host}": httpx2.AsyncHTTPTransport(verify=_trusted()) for host in _LOOPBACK
        }
        self.turns = Turns()
        self.only_public = only_public
        self.on_date: Callable[[str, datetime], None] = lambda host, at: None
        """Told what time a server has, each time that one says so; servers of this very machine are not asked."""
        self._server = ""
        self._user_agent = user_agent
        self._but = but
        self._client = self._opened(direct, guarded=only_public)
        # Connections made for what anybody may name are never shared with those that may lead inside.
        self._guarded = self._client if only_public else self._opened({}, guarded=True)

    def _opened(self, mounts: dict[str, httpx2.AsyncBaseTransport | None], *, guarded: bool) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            headers={"User-Agent": self._user_agent},
            verify=_trusted(),
            transport=_Outward(verify=_trusted()) if guarded else None,
            mounts=mounts,
            follow_redirects=False,
            max_redirects=MAX_REDIRECTS,
            event_hooks={"request": [self._refuse_inside]} if guarded else {},
        )
        # One organisation's session must never travel with another's request to the same server.
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return client

    @property
    def knows_a_server(self) -> bool:
        """Is there anybody to ask what time it is?"""
        return bool(self._server)

    async def ask_the_time(self) -> bool:
        """Ask the server last heard what time it is, for `on_date`. False: there is none, or it does not say."""
        if not self._server:
            return False
        try:
            await self.request("HEAD", self._server, timeout_s=10, max_bytes=100_000)
        except Refused:  # whatever it thinks of the question, it has said when
            return True
        except (Retry, Permanent):
            return False
        return True

    def _date(self, url: str, headers: Mapping[str, str]) -> None:
        """Nobody else's time is worse than a machine's that shares ours; a stored answer is as old as it says."""
        host = _host(url)
        if is_loopback(url) or not (said := headers.get("date", "")):
            return
        age = headers.get("age", "0").strip()
        try:
            at = parsedate_to_datetime(said) + timedelta(seconds=int(age) if age.isdecimal() else 0)
        except (ValueError, OverflowError):
            return
        self._server = f"https://{urlsplit(url).netloc.rpartition('@')[2]}/"
        self.on_date(host, at if at.tzinfo else at.replace(tzinfo=UTC))

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        timeout_s: float = 15.0,
        max_bytes: int = MAX_BODY,
        speaks: bool = False,
        public_only: bool = False,
        plain: bool = False,
        follow: bool | None = None,
    ) -> Response:
        """The server's answer, if it is a good one.

        `speaks`: the request says something in public, so whatever leaves its outcome open raises `Unclear`.
        `public_only`: the address was given by a stranger; refuse anything but https on a public address.
        `plain`: http will do as well, for nothing secret is sent and what comes is believed no more than its author.
        `follow` redirects; None: those of GET, unless `public_only`.
        Raises `Retry` (429, 5xx, connection), `Refused` (4xx) or `Permanent` (bad address, too large).
        """
        if public_only and self._but:
            await require_public(url, plain=plain)
        sent = {**(headers or {})}
        if json is not None:
            content, sent["Content-Type"] = msgspec.json.encode(json), "application/json"
        if follow is None:
            follow = method in ("GET", "HEAD") and not public_only
        client = self._guarded if public_only else self._client
        try:
            async with (
                asyncio.timeout(timeout_s),
                client.stream(
                    method,
                    url,
                    headers=sent,
                    params=dict(params) if params else None,
                    content=content,
                    timeout=timeout_s,
                    follow_redirects=follow,
                    extensions={_PLAIN: plain},
                ) as answer,
            ):
                body = await _read(answer, max_bytes)
                status, found = answer.status_code, dict(answer.headers)
                came_from, moved_to = str(answer.url), _moved_to(answer)
                self._date(str(answer.url), found)
        except httpx2.InvalidURL as error:
            raise Permanent(f"{url[:200]} is not an address ({error}).") from error
        except httpx2.TooManyRedirects as error:
            raise Retry(f"{_host(url)} sends us from one address to the next without end.") from error
        except (httpx2.HTTPError, httpx2.StreamError, TimeoutError, OSError) as error:
            raise _trouble(url, error, speaks) from error
        unchanged = status == 304 and bool(sent.keys() & {"If-None-Match", "If-Modified-Since"})
        if 200 <= status < 300 or unchanged:
            return Response(status, found, body, url, came_from, moved_to)
        raise _refusal(url, status, found, body, speaks)

    @asynccontextmanager
    async def websocket(self, url: str, *, headers: Mapping[str, str] | None = None) -> AsyncIterator[Socket]:
        """An open websocket; frames above 4 MB cut it. Raises `Retry` or `Permanent` as `request` does."""
        try:
            line = await websockets.asyncio.client.connect(
                url,
                additional_headers=dict(headers or {}),
                user_agent_header=self._user_agent,
                max_size=MAX_FRAME,
                max_queue=1024,
                compression=None,
                open_timeout=15,
                close_timeout=2,
                ping_interval=20,
                ping_timeout=20,
                proxy=None if is_loopback(url) else True,
            )
        except websockets.InvalidStatus as error:
            answer = error.response
            raise _refusal(url, answer.status_code, _lower(answer.headers), bytes(answer.body or b""), False) from error
        except (websockets.InvalidURI, ValueError) as error:
            raise Permanent(f"{url[:200]} is not a websocket address ({error}).") from error
        except (websockets.WebSocketException, TimeoutError, OSError, EOFError) as error:
            raise _trouble(url, error, False) from error
        try:
            if not is_loopback(url):
                self._server = f"https://{urlsplit(url).netloc.rpartition('@')[2]}/"
            if line.response is not None:
                self._date(url, _lower(line.response.headers))
            yield _Line(line, _host(url))
        finally:
            await line.close()

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._guarded.aclose()

    async def _refuse_inside(self, request: httpx2.Request) -> None:
        url = str(request.url)
        if not (self._but and url.startswith(self._but.rstrip("/") + "/")):
            await require_public(url, plain=bool(request.extensions.get(_PLAIN)))


class _Line:
    """`Socket` on the `websockets` library."""

    def __init__(self, line: websockets.asyncio.client.ClientConnection, host: str) -> None:
        self._line = line
        self._host = host

    async def receive(self, *, most: int, first_s: float, then_s: float) -> list[bytes]:
        frames: list[bytes] = []
        try:
            async with asyncio.timeout(first_s) as waiting:
                frames.append(await self._line.recv(decode=False))
                waiting.reschedule(asyncio.get_running_loop().time() + then_s)
                while len(frames) < most:
                    frames.append(await self._line.recv(decode=False))
        except TimeoutError:
            pass
        except websockets.ConnectionClosed as error:
            if not frames:
                raise self._cut(error) from error
        return frames

    async def ping(self, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await (await self._line.ping())
        except (TimeoutError, websockets.ConnectionClosed) as error:
            raise Retry(f"{self._host} does not answer on its open line any more.") from error

    def _cut(self, error: websockets.ConnectionClosed) -> Retry:
        said = error.rcvd.reason if error.rcvd and error.rcvd.reason else ""
        return Retry(f"{self._host} cut the line{f': {said[:200]}' if said else ''}.")


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that we believe; reading them takes longer than all else in opening a client."""
    return httpx2.create_ssl_context()


class _Outward(httpx2.AsyncHTTPTransport):
    """Connects to the outside alone: whom a line leads to is looked at when it stands, before anything is said on it.

    What a name means may change between our looking it up and the connection (DNS rebinding).
    """

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.extensions = {**request.extensions, "trace": _refuse_peer_inside}
        return await super().handle_async_request(request)


async def _refuse_peer_inside(event: str, about: dict[str, Any]) -> None:
    if event != "connection.connect_tcp.complete":
        return
    line = about["return_value"]
    peer = line.get_extra_info("server_addr")
    if not (peer and is_public(str(peer[0]))):
        await line.aclose()
        named = peer[0] if peer else "The address"
        raise Permanent(f"{named} is not a public address.")


async def require_public(url: str, *, plain: bool = False) -> None:
    """Raises `Permanent` unless `url` is https (`plain`: or http) on addresses that the whole internet can reach."""
    parts = urlsplit(url)
    if parts.scheme not in (("https", "http") if plain else ("https",)) or not parts.hostname:
        if plain:
            raise Permanent(f"{url[:200]} is not a public web address.")
        raise Permanent(f"{url[:200]} is not a public https address.")
    if not all(is_public(address) for address in await _found(url)):
        raise Permanent(f"{parts.hostname} is not a public address.")


async def leads_inside(url: str) -> bool:
    """Does `url` name this machine or its network? Raises `Retry` when its name cannot be found now."""
    return not all(is_public(address) for address in await _found(url))


async def _found(url: str) -> Sequence[str]:
    """The addresses that the name in `url` stands for now."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:
        raise Permanent(f"{url[:200]} is not an address ({error}).") from error
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise Retry(f"The address of {parts.hostname} cannot be found now.") from error
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Can the whole internet reach this IP address? One that wraps another is what it wraps."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def is_loopback(url: str) -> bool:
    """Does `url` point at this very machine?"""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as the server asked (`Retry-After`, else `RateLimit-Reset`); None when it did not ask."""
    asked = headers.get("retry-after", "").strip()
    reset = headers.get("ratelimit-reset", "").strip()
    if re.fullmatch(r"\d{1,9}", asked):
        wait = float(asked)
    elif asked:
        try:
            when = parsedate_to_datetime(asked)
        except ValueError:
            return None
        wait = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - clock.now().timestamp()
    elif re.fullmatch(r"\d{1,10}", reset):
        # Bluesky says the moment (Unix time), others the seconds from now.
        wait = float(reset) - (clock.now().timestamp() if len(reset) == 10 else 0)
    else:
        return None
    return min(max(wait, 0.0), MAX_WAIT_S)


def _moved_to(answer: httpx2.Response) -> str:
    """Where permanent redirects led, up to the first that is only for now; empty: nowhere."""
    chain = [*answer.history, answer]
    moved = ""
    for step, after in itertools.pairwise(chain):
        if step.status_code not in (301, 308):
            break
        moved = str(after.url)
    return moved


async def _read(answer: httpx2.Response, max_bytes: int) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > max_bytes:
            raise TooLarge(f"{_host(str(answer.url))} sent more than {max_bytes} bytes.")
    return bytes(body)


def _trouble(url: str, error: Exception, speaks: bool) -> Exception:
    host, what = _host(url), str(error) or type(error).__name__
    if isinstance(error, httpx2.UnsupportedProtocol):
        return Permanent(f"{url[:200]} is not an address that we can call ({what}).")
    if speaks and not isinstance(error, _NOT_SENT):
        return Unclear(f"{host} did not say whether it took our words ({what}).")
    return Retry(f"{host} cannot be reached now ({what}).")


def _refusal(url: str, status: int, headers: Mapping[str, str], body: bytes, speaks: bool) -> Exception:
    host = _host(url)
    code, said = _sentence(body)
    if status == 429:
        return Retry(f"{host} asks us to slow down.", after_s=retry_after(headers))
    if status >= 500 and speaks:
        # A gateway answers 502 or 504 when the server behind it may well have done the work.
        return Unclear(f"{host} answered {status} and did not say whether it took our words.")
    if status >= 500 or status == 408:
        return Retry(f"{host} is in trouble (it answered {status}).", after_s=retry_after(headers))
    if status in (401, 403):
        return Refused(f"{host} does not let us in: {said or status}", status=status, code=code)
    return Refused(f"{host} refused ({status}): {said or 'no reason given'}", status=status, code=code)


def _sentence(body: bytes) -> tuple[str, str]:
    """The server's error name and its sentence, where it gives them."""
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body[:400].decode("utf-8", "replace").strip()
        return "", "" if text.startswith("<") else text[:200]
    if not isinstance(found, dict):
        return "", str(found)[:200]
    error = found.get("error")
    if isinstance(error, dict):
        found, error = error, error.get("status") or error.get("type") or error.get("code")
    words = [found.get(name) for name in ("message", "error_description", "detail", "title")]
    said = next((str(word) for word in words if word), str(error or ""))
    return str(error or ""), said[:200]


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.raw_items()}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "The address"
    except ValueError:
        return "The address"
