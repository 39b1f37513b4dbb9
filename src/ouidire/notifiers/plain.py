"""A message as plain values: the body of a webhook, the data of a browser event."""

from __future__ import annotations

from typing import Any

from ouidire.notifiers.base import Message


def as_data(message: Message) -> dict[str, Any]:
    """The message's fields; the moment in ISO 8601 with its zone."""
    return {
        "id": message.id,
        "subject": message.subject,
        "body": message.body,
        "link": message.link,
        "language": message.language,
        "written_at": message.written_at.isoformat(),
        "facts": dict(message.facts),
    }
