"""What notifiers are opened with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ouidire.notifiers.broadcaster import Broadcaster


class Http(Protocol):
    """The one HTTP client, as far as a notifier needs it. Raises `Retry` or `Permanent`."""

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> object:
        """Send the request; comes back when a good answer was read."""
        ...


@dataclass(frozen=True, slots=True)
class NotifierContext:
    """`smtp` is a URL, empty for no mail; `mail_from` empty: the user of that server.

    `webhook_secrets` are the signing secrets by target; a target without one gets no signature.
    `require_public` raises `Permanent` for an address that is not public; None where any may be called.
    `push_key` are 32 bytes of our own, from which the key of web push is made; `contact` is where its services may
    ask who we are (mailto:… or https://…).
    """

    broadcaster: Broadcaster = field(default_factory=Broadcaster)
    http: Http | None = None
    smtp: str = ""
    mail_from: str = ""
    webhook_secrets: Mapping[str, str] = field(default_factory=dict)
    require_public: Callable[[str], Awaitable[None]] | None = None
    push_key: bytes = b""
    contact: str = ""
