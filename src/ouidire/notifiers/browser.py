"""Tells the pages that are open. A page that is not open learns it from the inbox; nothing is sent twice for it."""

from __future__ import annotations

from ouidire.notifiers.base import Message, Notifier
from ouidire.notifiers.broadcaster import Broadcaster
from ouidire.notifiers.context import NotifierContext
from ouidire.notifiers.plain import as_data

NAME = "browser"


def why_not(context: NotifierContext) -> str:
    return ""


def open_notifier(context: NotifierContext) -> Notifier:
    return BrowserNotifier(context.broadcaster)


class BrowserNotifier:
    """`target` is the member's id."""

    def __init__(self, broadcaster: Broadcaster) -> None:
        self._broadcaster = broadcaster

    async def send(self, message: Message, target: str) -> None:
        """Publishes the event 'alert'; never fails, open page or not."""
        self._broadcaster.publish(target, "alert", as_data(message))

    async def aclose(self) -> None:
        """Holds nothing of its own."""
