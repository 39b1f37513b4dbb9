"""Channel: a member's own way of being woken, beside the mail and the open page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChannelKind(StrEnum):
    NTFY = "ntfy"
    TELEGRAM = "telegram"
    OTHER = "other"
    PUSH = "push"

    @property
    def notifier(self) -> str:
        """The notifier that speaks to it."""
        return "webpush" if self is ChannelKind.PUSH else "apprise"


@dataclass(frozen=True, slots=True)
class Channel:
    """`shown` names it without its secret; the address itself is unlocked only to send.

    `is_private`: its member says that nobody else reads it. `device` is the digest of the session that a browser was
    signed in with when it asked to be woken; when that session ends, so does the waking. `lost_at`: the other side said
    that it is gone. `trouble` is why the last try failed; empty after a good one.
    """

    id: str
    organisation_id: str
    member_id: str
    kind: ChannelKind
    shown: str
    made_at: datetime
    is_private: bool = False
    device: str = ""
    tried_at: datetime | None = None
    lost_at: datetime | None = None
    trouble: str = ""

    @property
    def lets_in(self) -> bool:
        """May an alert carry a link there that signs its reader in? A browser that is woken is signed in already."""
        return self.is_private and self.kind is not ChannelKind.PUSH
