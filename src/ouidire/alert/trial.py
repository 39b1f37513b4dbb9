"""A test event: what somebody sends to see whether it arrives."""

from __future__ import annotations

from ouidire import clock
from ouidire.domain.member import Member
from ouidire.locale import translator
from ouidire.notifiers.base import Message

KIND = "test"


def message(member: Member, event_id: str, base_url: str) -> Message:
    """In the member's language; it speaks of nobody."""
    speak = translator(member.language)
    return Message(
        id=event_id,
        to_name=member.name,
        subject=speak.gettext("A test from Ouïdire"),
        body=speak.gettext("If you read this, the line is good. Nothing happened, and nobody waits."),
        link=base_url,
        language=member.language,
        written_at=clock.now(),
        facts={"kind": KIND},
    )
