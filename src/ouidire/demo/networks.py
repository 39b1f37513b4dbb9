"""The pretended networks on loopback: what programs call, what a person can look at, and the door of the world.

GET    /{network}/events?after=SEQ&wait_s=10   what happened, as a long poll; without `after`: from now.
                                               One line of JSON says how far, then comes one line an event
POST   /{network}/posts                        say something (bearer token; Idempotency-Key honoured)
GET    /{network}/posts?key=KEY                what was said under this key by this account
GET    /{network}/posts/{id}                   one post and its thread, as JSON or as a page
DELETE /{network}/posts/{id}                   take one's own post back
GET    /{network}/accounts/me                  whose token this is, and whether it may answer
GET    /{network}/                             the network as a person sees it
POST   /_world/{network}                       anything anybody does there
POST   /_world/{network}/garble                bytes that mean nothing, where an event should be
POST   /_world/{network}/accounts              open an account; DELETE …/{handle} closes it
POST   /_faults                                let the next calls go wrong; DELETE clears them
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ouidire import clock
from ouidire.demo.faults import Fault, Faults, spoil
from ouidire.demo.network import KEPT_EVENTS, STYLES, Act, Event, Garbled, Kind, Network, Person, Style
from ouidire.demo.pages import thread_page, wall_page

MAX_WAIT_S = 10.0


class Account(msgspec.Struct, frozen=True):
    handle: str
    name: str
    token: str


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the journal: an event, or an account opened (or closed, with no token)."""

    network: str
    event: Event | None = None
    garbled: Garbled | None = None
    key: str = ""
    account: Account | None = None


class Said(msgspec.Struct, frozen=True):
    """What an account posts."""

    text: str
    parent: str = ""


Answer = Callable[[Request, Network], Awaitable[Response]]


class Networks:
    """All pretended networks. With `journal`, what happened is kept in that file and comes back."""

    def __init__(self, styles: Sequence[Style] = STYLES, keep: int = KEPT_EVENTS, journal: Path | None = None) -> None:
        self.networks = {style.name: Network(style, keep) for style in styles}
        self.faults = Faults()
        self.closing = asyncio.Event()
        self._journal: IO[bytes] | None = None
        if journal:
            self._recall(journal)
            self._journal = journal.open("ab")

    def _recall(self, journal: Path) -> None:
        if not journal.exists():
            return
        whole, _, torn = journal.read_bytes().rpartition(b"\n")
        for raw in whole.splitlines():
            self._apply(msgspec.json.decode(raw, type=Line))
        if torn:  # The process was killed while it wrote: nobody was told that this had happened.
            journal.write_bytes(whole + b"\n" if whole else b"")

    def keep(self, line: Line) -> None:
        """Written down first, true second."""
        if self._journal:
            self._journal.write(msgspec.json.encode(line) + b"\n")
            self._journal.flush()
        self._apply(line)

    def _apply(self, line: Line) -> None:
        network = self.networks[line.network]
        if line.event:
            network.apply(line.event, line.key)
        if line.garbled:
            network.garble(line.garbled)
        if line.account and line.account.token:
            network.accounts[line.account.token] = Person(line.account.handle, line.account.name)
        elif line.account:
            gone = line.account.handle
            network.accounts = {token: who for token, who in network.accounts.items() if who.handle != gone}

    def act(self, network: Network, act: Act, key: str = "") -> Event:
        event = network.happen(act)
        self.keep(Line(network=network.style.name, event=event, key=key))
        return event

    def garble(self, network: Network, raw: bytes) -> None:
        """Let the network send `raw` where an event should be."""
        garbled = Garbled(network.seq + 1, clock.now(), raw)
        self.keep(Line(network=network.style.name, garbled=garbled))

    def close(self) -> None:
        """Let everybody who waits go, and let the journal rest."""
        self.closing.set()
        for network in self.networks.values():
            network.wake()
        if self._journal:
            self._journal.close()


class Doors:
    """The answers to each address."""

    def __init__(self, networks: Networks) -> None:
        self._house = networks

    def of(self, door: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """`answer`, for a network that exists, and not before the faults have had their turn."""

        async def endpoint(request: Request) -> Response:
            network = self._house.networks.get(request.path_params["network"])
            if network is None:
                return _error(404, "there is no such network")
            fault = self._house.faults.take(network.style.name, door) if door else None
            if fault:
                return await spoil(
                    fault, request.method != "GET", lambda: answer(request, network), self._house.closing.wait
                )
            return await answer(request, network)

        return endpoint

    async def events(self, request: Request, network: Network) -> Response:
        after = int(request.query_params.get("after") or network.seq)
        wait_s = min(float(request.query_params.get("wait_s", 0)), MAX_WAIT_S)
        if after == network.seq and request.query_params.get("after") and not self._house.closing.is_set():
            await network.wait(after, wait_s)
        events = network.after(after)
        missed = after + 1 < network.oldest_seq or after > network.seq
        through = events[-1].seq if events else min(after, network.seq)
        head: dict[str, Any] = {"now": clock.now(), "seq": network.seq, "through": through}
        if missed:
            head["missed"] = {"since": network.first_at, "until": network.oldest_at}
        lines = [event.raw if isinstance(event, Garbled) else msgspec.json.encode(event) for event in events]
        return Response(b"\n".join([msgspec.json.encode(head), *lines]), media_type="application/jsonl")

    async def say(self, request: Request, network: Network) -> Response:
        author = _account(request, network)
        if author is None:
            return _error(401, "this token is not known here")
        if not network.style.can_reply:
            return _error(403, "this network cannot be answered by program")
        said = msgspec.json.decode(await request.body(), type=Said)
        if not said.text or len(said.text) > network.style.max_text:
            return _error(422, f"a post has 1 to {network.style.max_text} characters")
        if said.parent and network.post(said.parent) is None:
            return _error(404, "the post that this answers is gone")
        key = request.headers.get("idempotency-key", "")
        former = network.post_by_key(author.handle, key) if key else None
        act = Act(author=author, text=said.text, parent=said.parent)
        return _json(former or self._house.act(network, act, key), 200 if former else 201)

    async def by_key(self, request: Request, network: Network) -> Response:
        author = _account(request, network)
        if author is None:
            return _error(401, "this token is not known here")
        post = network.post_by_key(author.handle, request.query_params.get("key", ""))
        return _json({"posts": [post] if post else []})

    async def post(self, request: Request, network: Network) -> Response:
        post = network.post(request.path_params["id"])
        if "text/html" in request.headers.get("accept", ""):
            return thread_page(network, request.path_params["id"])
        if post is None:
            return _error(404, "this post is gone")
        return _json({"post": post, "thread": network.thread(post.id), "relays": network.relays(post.id)})

    async def take_back(self, request: Request, network: Network) -> Response:
        author, post = _account(request, network), network.post(request.path_params["id"])
        if author is None:
            return _error(401, "this token is not known here")
        if post is None or post.author.handle != author.handle:
            return _error(404, "you have no such post")
        return _json(self._house.act(network, Act(kind=Kind.DELETE, id=post.id)))

    async def me(self, request: Request, network: Network) -> Response:
        author = _account(request, network)
        if author is None:
            return _error(401, "this token is not known here")
        return _json({"handle": author.handle, "name": author.name, "can_reply": network.style.can_reply})

    async def wall(self, _: Request, network: Network) -> Response:
        return wall_page(network)

    async def world(self, request: Request, network: Network) -> Response:
        act = msgspec.json.decode(await request.body(), type=Act)
        try:
            return _json(self._house.act(network, act), 201)
        except LookupError:
            return _error(404, "what this act changes is not there")

    async def garble(self, request: Request, network: Network) -> Response:
        self._house.garble(network, await request.body())
        return Response(status_code=204)

    async def open_account(self, request: Request, network: Network) -> Response:
        account = msgspec.json.decode(await request.body(), type=Account)
        self._house.keep(Line(network=network.style.name, account=account))
        return Response(status_code=204)

    async def close_account(self, request: Request, network: Network) -> Response:
        closed = Account(request.path_params["handle"], "", "")
        self._house.keep(Line(network=network.style.name, account=closed))
        return Response(status_code=204)

    async def fault(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._house.faults.clear()
        else:
            self._house.faults.add(msgspec.json.decode(await request.body(), type=Fault))
        return Response(status_code=204)


def _account(request: Request, network: Network) -> Person | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return network.accounts.get(token) if scheme.lower() == "bearer" else None


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _error(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)


async def _unreadable(_: Request, problem: Exception) -> Response:
    return _error(422, str(problem))


def app(networks: Networks) -> Starlette:
    """The ASGI application that shows `networks`."""
    doors = Doors(networks)
    first = next(iter(networks.networks))
    routes = [
        Route("/", lambda _: RedirectResponse(f"/{first}/")),
        Route("/_faults", doors.fault, methods=["POST", "DELETE"]),
        Route("/_world/{network}", doors.of("", doors.world), methods=["POST"]),
        Route("/_world/{network}/garble", doors.of("", doors.garble), methods=["POST"]),
        Route("/_world/{network}/accounts", doors.of("", doors.open_account), methods=["POST"]),
        Route("/_world/{network}/accounts/{handle}", doors.of("", doors.close_account), methods=["DELETE"]),
        Route("/{network}/events", doors.of("events", doors.events)),
        Route("/{network}/accounts/me", doors.of("me", doors.me)),
        Route("/{network}/posts", doors.of("posts", doors.say), methods=["POST"]),
        Route("/{network}/posts", doors.of("posts", doors.by_key), methods=["GET"]),
        Route("/{network}/posts/{id}", doors.of("posts", doors.post), methods=["GET"]),
        Route("/{network}/posts/{id}", doors.of("posts", doors.take_back), methods=["DELETE"]),
        Route("/{network}/", doors.of("", doors.wall)),
    ]
    return Starlette(routes=routes, exception_handlers={msgspec.MsgspecError: _unreadable, ValueError: _unreadable})


class _Server(uvicorn.Server):
    """uvicorn inside a larger program: it leaves the signals alone and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio turns Nagle's algorithm off: else each answer waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(100)
    return listener


@asynccontextmanager
async def serve_networks(
    port: int = 0, *, networks: Networks | None = None, journal: Path | None = None
) -> AsyncIterator[str]:
    """Serve on loopback while the block lasts; gives the world's address. Port 0: any free one."""
    house = networks or Networks(journal=journal)
    listener = _listen(port)
    # Its own logging set-up would change that of the web server in the same process.
    config = uvicorn.Config(app(house), lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=2)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.listening.wait()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        house.close()
        server.should_exit = True
        await serving
        listener.close()
