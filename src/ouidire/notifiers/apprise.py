"""Tells a person by what is on their phone already: ntfy, Telegram, SMS gateways and a hundred others, by Apprise.

Apprise is imported at the first address, not before: most houses never need it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TypeVar

from ouidire.errors import OuidireError, Permanent, Retry
from ouidire.notifiers.base import Message, Notifier
from ouidire.notifiers.context import NotifierContext
from ouidire.notifiers.services import Service, open_service, scheme_of

T = TypeVar("T")

NAME = "apprise"
WITHIN_S = 20.0
AT_ONCE = 4
MOST = 1500
"""A message for the palm of a hand; every service takes this much."""

_STATUS = re.compile(r"\b(?:error|code|status)[=: ]+(\d{3})(?:\d\d)?\b")
"""The status of HTTP in what Apprise logs; ntfy's own codes are a status and two digits more."""


def why_not(context: NotifierContext) -> str:
    return "" if find_spec("apprise") else "Apprise is not installed here."


def open_notifier(context: NotifierContext) -> Notifier:
    return AppriseNotifier(context.require_public)


class AppriseNotifier:
    """`target` is an address of Apprise. Its calls block, so each has a thread, and its time.

    Only what takes headers (json, form, xml) carries the message's id; a chat service cannot drop the second.
    """

    def __init__(self, require_public: Callable[[str], Awaitable[None]] | None) -> None:
        self._require_public = require_public
        self._threads: ThreadPoolExecutor | None = None

    async def send(self, message: Message, target: str) -> None:
        """Raises `Retry` (unreachable, 429, 5xx, no answer in time) or `Permanent` (not an address, not let in)."""
        service = await self._on_thread(target, lambda: open_service(target))
        await self._hold_outside(service, target)
        trouble = await self._on_thread(target, lambda: _say(service, message))
        if trouble is not None:
            raise trouble

    async def aclose(self) -> None:
        """Let go of the threads; the next `send` would begin new ones."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)

    async def _hold_outside(self, service: Service, target: str) -> None:
        if self._require_public is None or not service.host:
            return
        if not service.is_encrypted:
            raise Permanent(f"{scheme_of(target)}:// is not encrypted; from here, only encrypted lines are used.")
        port = f":{service.plugin.port}" if service.plugin.port else ""
        await self._require_public(f"https://{service.host}{port}/")

    async def _on_thread(self, target: str, work: Callable[[], T]) -> T:
        self._threads = self._threads or ThreadPoolExecutor(AT_ONCE, thread_name_prefix="apprise")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(WITHIN_S):
                return await loop.run_in_executor(self._threads, work)
        except TimeoutError:
            raise Retry(f"{scheme_of(target)} did not answer within {WITHIN_S:.0f} s.") from None


def _say(service: Service, message: Message) -> OuidireError | None:
    """One blocking call of Apprise; what was wrong, in words of ours and without the address."""
    plugin, heard = service.plugin, _Reasons()
    for name, value in (("headers", {"Ouidire-Delivery": message.id}), ("click", message.link or None)):
        if hasattr(plugin, name):
            setattr(plugin, name, {**plugin.headers, **value} if isinstance(value, dict) else value)
    log = logging.getLogger("apprise")
    log.addHandler(heard)
    try:
        is_sent = plugin.notify(title=_title(message), body=_body(message), body_format="text")
    except Exception as error:  # a bug in one of its hundred files is a failed sending, no more
        return Retry(f"{service.name} cannot be reached now ({type(error).__name__}).")
    finally:
        log.removeHandler(heard)
    return None if is_sent else _what_next(service.name, heard.said)


def _what_next(name: str, said: str) -> OuidireError:
    found = _STATUS.search(said)
    status = int(found[1]) if found else 0
    if status in (401, 403):
        return Permanent(f"{name} does not let us in: {status}")
    if status == 429:
        return Retry(f"{name} asks us to slow down.")
    if 400 <= status < 500 and status != 408:
        return Permanent(f"{name} refused ({status}): no reason given")
    if status:
        return Retry(f"{name} is in trouble (it answered {status}).")
    return Retry(f"{name} cannot be reached now (no answer).")


def _title(message: Message) -> str:
    return " ".join(message.subject.split())[:200] or "Ouïdire"


def _body(message: Message) -> str:
    parts = [_short(message.body.strip()), message.link]
    return "\n\n".join(part for part in parts if part) or _title(message)


def _short(text: str) -> str:
    return text if len(text) <= MOST else text[: MOST - 1].rstrip() + "…"


class _Reasons(logging.Handler):
    """What Apprise logs on this very thread; it says in no other way what went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said += record.getMessage() + "\n"
