"""What a notifier is: one way to reach one of our people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ouidire.errors import Permanent


class Lost(Permanent):
    """The other side says that this address is no more: forget it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One alert as it goes to one member, already in their language and masked for them.

    `id` is the delivery's id and the same at every try, so that a receiver can drop the second.
    `link` leads to the conversation; sent to the member's own address, it lets them in, once.
    `facts` are plain values for programs (webhook). `brief` may stand on a lock screen: no words of a customer and no
    name. `waiting`: how many people wait for this member now.
    """

    id: str
    to_name: str
    subject: str
    body: str
    link: str
    language: str
    written_at: datetime
    facts: Mapping[str, str | int | float | bool | None]
    brief: str = ""
    waiting: int = 0


class Notifier(Protocol):
    """Sends messages; knows nothing of alerts."""

    async def send(self, message: Message, target: str) -> None:
        """Hand `message` to `target` (a mail address, a URL); again is allowed. Raises `Retry` or `Permanent`."""
        ...

    async def aclose(self) -> None:
        """Let go of lines that are open."""
        ...
