"""Reply: what we answer in public. Claimed once; an unclear outcome is asked about, never repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReplyState(StrEnum):
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    UNCLEAR = "unclear"
    REFUSED = "refused"
    ON_SITE = "on_site"
    """We cannot answer there by program; the member answers on the site with the text on the clipboard."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`uri` is the reply's own address on the network once it stands there; `because` says what went wrong."""

    id: str
    organisation_id: str
    conversation_id: str
    mention_id: str
    member_id: str
    source_id: str | None
    text: str
    state: ReplyState
    written_at: datetime
    sent_at: datetime | None = None
    uri: str = ""
    url: str = ""
    because: str = ""
