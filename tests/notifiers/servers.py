"""Real servers on loopback for the notifiers: SMTP (aiosmtpd) and HTTP (uvicorn), both in the test's own loop."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from ouidire.notifiers.base import Message


def message(**fields: Any) -> Message:
    given = {
        "id": "0193-delivery",
        "to_name": "Claire",
        "subject": "Une cliente attend depuis trente minutes",
        "body": "« Trente minutes d’attente, servis après les autres. »\n\nBoutique de la rue Crescent",
        "link": "http://127.0.0.1:8765/enter/abc?to=c1&then=1",
        "language": "fr",
        "written_at": datetime(2026, 11, 21, 15, 26, tzinfo=UTC),
        "facts": {"gravity": 3, "place": "Crescent", "first": True, "score": 0.9, "theme": None},
    }
    return Message(**{**given, **fields})


@dataclass
class MailBox:
    """What an SMTP server answers (`answers`, one a message, then 250) and what it took."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    lines: list[asyncio.BaseTransport] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, opts: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            answer = self.answers.pop(0)
            if answer == "hang up":
                server.transport.abort()
            return answer
        self.secure.append(session.ssl is not None)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def login(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: LoginPassword) -> AuthResult:
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"p@ss/word", handled=False)

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"])[1:].partition("@")[0] for mail in self.mails]

    def url(self, scheme: str = "smtp", user: str = "") -> str:
        return f"{scheme}://{user}localhost:{self.port}"


class _Line(SMTP):
    """Counts the lines that were opened."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.lines.append(transport)
        super().connection_made(transport)


@asynccontextmanager
async def smtp_server(
    box: MailBox, *, auth: bool = False, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[MailBox]:
    def line() -> SMTP:
        return _Line(
            box,
            hostname="localhost",
            tls_context=starttls,
            authenticator=box.login if auth else None,
            auth_require_tls=False,
            auth_required=auth,
        )

    server = await asyncio.get_running_loop().create_server(line, "localhost", box.port, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        for open_line in box.lines:
            open_line.abort()


@dataclass
class HookServer:
    """What a webhook's receiver answers (`answers`, then 204) and what it got."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (part := await receive()).get("more_body") or part.get("body"):
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:
            self.got.append(({name.decode(): value.decode() for name, value in scope["headers"]}, body))
        headers = [(b"retry-after", b"7")] if status == 429 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"No such hook here." if status >= 400 else b""})

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for _, body in self.got]


@asynccontextmanager
async def hook_server(hook: HookServer) -> AsyncIterator[HookServer]:
    # Bound and listening before uvicorn starts: the first request waits in the backlog, nobody sleeps.
    door = socket.create_server(("127.0.0.1", 0))
    hook.url = f"http://127.0.0.1:{door.getsockname()[1]}/hook"
    server = uvicorn.Server(uvicorn.Config(hook, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield hook
    finally:
        server.should_exit = True
        await serving


def closed_port() -> int:
    """A port of this machine on which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])
