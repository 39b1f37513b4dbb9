"""The door of every operation: who asks, how often, within which scope; then the work; then the answer's headers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.types import Message

from ouidire import clock
from ouidire.api import problems
from ouidire.api.limits import Buckets
from ouidire.api.problems import Refused
from ouidire.api.shapes import Page, Paged, page
from ouidire.app import App
from ouidire.domain.ids import digest
from ouidire.domain.member import Member
from ouidire.domain.program import Program, Scope
from ouidire.errors import OuidireError
from ouidire.locale import Translator
from ouidire.locale.labels import N_
from ouidire.people import programs as letting_in
from ouidire.store import programs, request_keys
from ouidire.store.engine import Tx
from ouidire.store.request_keys import Answered

R = TypeVar("R")
T = TypeVar("T")

log = structlog.get_logger()

LARGEST = 256 * 1024
LONGEST_KEY = 255
_ANY = frozenset({"*/*", "application/*", "application/json", problems.MEDIA_TYPE})

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def needs(scope: Scope | None) -> dict[str, Any]:
    """What an operation asks of a program: a scope, or (None) a token alone. An operation must say."""
    return {"openapi_extra": {"security": [{"token": [scope.value] if scope else []}]}}


class Operation(APIRoute):
    """One method of one address. Every call goes through the same door."""

    @property
    def scope(self) -> Scope | None:
        """What a program needs for it. Raises `KeyError` for an operation that does not say."""
        named = (self.openapi_extra or {})["security"][0]["token"]
        return Scope(named[0]) if named else None

    @property
    def parameters(self) -> set[str]:
        """The query parameters it knows."""
        found: set[str] = set()
        for one in self.dependant.query_params:
            fields = getattr(one.field_info.annotation, "model_fields", None)
            found |= set(fields) if fields else {one.alias}
        return found

    def get_route_handler(self) -> Handler:
        scope, inner = self.scope, super().get_route_handler()

        async def attend(request: Request) -> Response:
            return await _attend(self, scope, inner, request)

        return attend


def router(prefix: str, tag: str) -> APIRouter:
    """The operations of one noun."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Operation, generate_unique_id_function=lambda one: one.name)


class Keys:
    """The requests with a key that are being answered in this process just now."""

    def __init__(self) -> None:
        self._held: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def holding(self, program_id: str, key: str) -> Iterator[None]:
        """Raises `Refused` when the same key is being answered meanwhile."""
        if not key:
            yield
            return
        mine = (program_id, key)
        with self._lock:
            if mine in self._held:
                raise Refused("in-progress", headers={"Retry-After": "1"})
            self._held.add(mine)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(mine)


@dataclass(slots=True)
class Asker:
    """Who asks: a program for a member. `key` is its Idempotency-Key, `asked` the digest of what it sent."""

    house: App
    program: Program
    member: Member
    key: str
    asked: str
    status: int
    keys: Keys
    url: URL
    speaks: Translator
    headers: dict[str, str] = field(default_factory=dict)

    def page(self, found: Sequence[R], wanted: Paged, id_of: Callable[[R], str], shape: Callable[[R], T]) -> Page[Any]:
        """A stretch as the answer to this call; `found` holds one more than was wanted, where there is more."""
        made = page(found, wanted, id_of, shape)
        if made.next:
            following = self.url.include_query_params(cursor=made.next)
            self.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
        return made

    def page_of_all(
        self, every: Sequence[R], wanted: Paged, id_of: Callable[[R], str], shape: Callable[[R], T]
    ) -> Page[Any]:
        """Like `page`, of a list that is at hand as a whole."""
        after = wanted.stretch.after
        rest = [one for one in sorted(every, key=id_of, reverse=True) if not after or id_of(one) < after]
        return self.page(rest, wanted, id_of, shape)

    def reading(self) -> AbstractContextManager[Tx]:
        return self.house.store.reading()

    def once(self, work: Callable[[Tx], BaseModel | None]) -> Response:
        """Do `work` in a transaction; with a key, once: the key and its answer are committed with the work.

        A refused request keeps no key: nothing was done, and it may be sent again. `work` gives our own words and
        states, never what a customer wrote: their deletion must not have to look for it here (invariant 4).
        """
        with self.keys.holding(self.program.id, self.key), self.house.store.transaction() as tx:
            earlier = request_keys.claim(tx, self.program.id, self.key, self.asked, clock.now()) if self.key else None
            if earlier is not None:
                return self._again(earlier)
            body = _body(work(tx))
            if self.key:
                request_keys.answer(tx, self.program.id, self.key, self.status, body)
        self.house.wake()
        return _answer(self.status, body)

    async def once_outside(self, work: Callable[[str], Awaitable[BaseModel]]) -> Response:
        """Like `once` for what leaves the house: `work` gets an id that is the same for the same key.

        Killed before the answer is kept, it leaves a second time under that id, as all that we send.
        """
        with self.keys.holding(self.program.id, self.key):
            store = self.house.store
            if self.key:
                earlier = await store.read(request_keys.look, self.program.id, self.key, clock.now())
                if earlier is not None:
                    return self._again(earlier)
            body = _body(await work(digest(f"{self.program.id} {self.key}") if self.key else ""))
            if self.key:
                await store.run(_keep, self.program.id, self.key, self.asked, self.status, body)
            return _answer(self.status, body)

    def _again(self, earlier: Answered) -> Response:
        if earlier.asked != self.asked:
            raise Refused("key-reused", _OTHER_REQUEST)
        self.headers["Idempotency-Replayed"] = "true"
        return _answer(earlier.status, earlier.body)


_OTHER_REQUEST = N_("A new request needs a new Idempotency-Key; the same key gets the same answer for 24 hours.")
_NO_TOKEN = N_("Send “Authorization: Bearer ouid_…” with a token made under Settings, Programs; it may have ended.")
_NO_SCOPE = N_("Make a token with the scope that is missing; its member's role must allow it too.")


def _keep(tx: Tx, program_id: str, key: str, asked: str, status: int, body: str) -> None:
    if request_keys.claim(tx, program_id, key, asked, clock.now()) is None:
        request_keys.answer(tx, program_id, key, status, body)


def _body(made: BaseModel | None) -> str:
    return "" if made is None else made.model_dump_json()


def _answer(status: int, body: str) -> Response:
    return Response(body, status, media_type="application/json") if body else Response(status_code=status)


# --- a call, from the door to the answer ----------------------------------------------------------------------------


async def _attend(operation: Operation, scope: Scope | None, inner: Handler, request: Request) -> Response:
    headers: dict[str, str] = {}
    try:
        response = await _admit(operation, scope, inner, request, headers)
    except Exception as error:
        refused = _refusal(error)
        if refused.kind in ("broken", "busy"):
            log.error("api", path=request.url.path, method=request.method, exc_info=error)
        response = problems.answer(request, refused)
    response.headers.update(headers)
    return response


async def _admit(
    operation: Operation, scope: Scope | None, inner: Handler, request: Request, headers: dict[str, str]
) -> Response:
    """Whom, how often and within what comes before anything of the request is looked at."""
    house: App = request.app.state.house()
    program, member = await _identify(house, request)
    _count(house, request.app.state.buckets, program, headers)
    if scope is not None and not program.may(member, scope):
        raise Refused("no-scope", _NO_SCOPE, scope=scope.value)
    _look_at_headers(operation, request)
    body = await _read_body(request)
    asker = Asker(
        house=house,
        program=program,
        member=member,
        key=_key(request),
        asked=_asked(request, body),
        status=operation.status_code or 200,
        keys=request.app.state.keys,
        url=request.url,
        speaks=problems.speaks(request),
        headers=headers,
    )
    again = Request(request.scope, _replay(body))
    again.state.asker = asker
    return await inner(again)


async def _identify(house: App, request: Request) -> tuple[Program, Member]:
    """The program whose token stands in the header; cookies are not looked at, so that no page can ask by itself."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    found = None
    if kind.lower() == "bearer":
        found = await house.store.read(letting_in.asking, token.strip())
    if found is None:
        raise Refused("no-token", _NO_TOKEN, headers={"WWW-Authenticate": 'Bearer realm="ouidire"'})
    if letting_in.is_used_anew(found[0]):
        await house.store.run(programs.used, found[0].id, clock.now())
    return found


def _count(house: App, buckets: Buckets, program: Program, headers: dict[str, str]) -> None:
    """One call less (draft-ietf-httpapi-ratelimit-headers)."""
    most = house.settings.api_per_minute
    if not most:
        return
    left = buckets.take(program.id, most, clock.now())
    headers["RateLimit-Policy"] = f'"program";q={most};w=60'
    headers["RateLimit"] = f'"program";r={left.calls};t={left.wait_s}'
    if not left.is_let:
        raise Refused("too-many", headers={"Retry-After": str(left.wait_s)})


def _look_at_headers(operation: Operation, request: Request) -> None:
    accepted = [one.split(";")[0].strip().lower() for one in request.headers.get("accept", "*/*").split(",")]
    if not _ANY.intersection(accepted) and any(accepted):
        raise Refused("only-json")
    sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if operation.body_field is not None and sent != "application/json":
        raise Refused("not-json")
    unknown = sorted(set(request.query_params) - operation.parameters)
    if unknown:
        faults = [{"where": f"query.{name}"[:200], "why": "There is no such parameter."} for name in unknown]
        raise Refused("invalid", errors=faults)


async def _read_body(request: Request) -> bytes:
    """The whole body, if it is of a size that a person could have typed."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise Refused("too-large")
        parts.append(part)
    return b"".join(parts)


def _replay(body: bytes) -> Callable[[], Awaitable[Message]]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _key(request: Request) -> str:
    given = request.headers.get("idempotency-key") if request.method == "POST" else None
    if given is None:
        return ""
    key = given.strip()
    if not 1 <= len(key) <= LONGEST_KEY or not all(" " < one <= "~" for one in key):
        why = f"An Idempotency-Key has 1 to {LONGEST_KEY} visible letters of ASCII."
        raise Refused("invalid", errors=[{"where": "header.idempotency-key", "why": why}])
    return key


def _asked(request: Request, body: bytes) -> str:
    head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def _refusal(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, OuidireError):
        return problems.of_error(error)
    if isinstance(error, HTTPException) and error.status_code == 400:
        return Refused("unreadable")
    return Refused("broken")


def _invalid(error: RequestValidationError) -> Refused:
    """Every fault at once. An id that has no form of ours is one of something that is not there."""
    wrong = error.errors()
    if any(one["loc"][:1] == ("path",) for one in wrong):
        return Refused("not-found")
    if any(one["type"] == "json_invalid" for one in wrong):
        return Refused("unreadable")
    faults = [{"where": ".".join(map(str, one["loc"]))[:200], "why": one["msg"][:500]} for one in wrong]
    return Refused("invalid", errors=[_clean(fault) for fault in faults])


def _clean(fault: dict[str, str]) -> dict[str, str]:
    """What a caller sent may stand in it: no answer fails on their half of a letter."""
    return {name: value.encode("utf-8", "replace").decode() for name, value in fault.items()}


async def _asker(request: Request) -> Asker:
    asker: Asker = request.state.asker
    return asker


Asks = Annotated[Asker, Depends(_asker)]
