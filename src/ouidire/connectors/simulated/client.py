"""What is asked of a simulated network, and the shape of its answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ouidire.connectors.base import SourceContext
from ouidire.connectors.http import Http, Response
from ouidire.errors import Permanent, Unclear


class Missed(msgspec.Struct, frozen=True):
    """What fell out of the network's memory before we asked; unknown times are None."""

    since: datetime | None = None
    until: datetime | None = None


class Head(msgspec.Struct, frozen=True):
    """How far a page goes (`through`); `seq` is the newest event there is, `now` the network's clock."""

    now: datetime
    seq: int
    through: int
    missed: Missed | None = None


class Account(msgspec.Struct, frozen=True):
    handle: str
    can_reply: bool


class Posted(msgspec.Struct, frozen=True):
    id: str


class Found(msgspec.Struct, frozen=True):
    posts: list[Posted]


@dataclass(frozen=True, slots=True)
class Client:
    """One network, as seen with one token (empty: only to hear)."""

    url: str
    network: str
    token: str
    http: Http

    @classmethod
    def of(cls, context: SourceContext) -> Client:
        settings = context.settings
        return cls(settings["url"].rstrip("/"), settings["network"], context.secrets.get("token", ""), context.http)

    def post_uri(self, post_id: str) -> str:
        """The canonical address: where the network happens to listen does not change it."""
        return f"sim://{self.network}/{post_id}"

    def author_uri(self, handle: str) -> str:
        return f"sim://{self.network}/@{handle}"

    def post_url(self, post_id: str) -> str:
        return f"{self.url}/posts/{post_id}"

    def post_id(self, uri: str) -> str:
        """Raises `Permanent` when `uri` is not a post of this network."""
        prefix = self.post_uri("")
        if not uri.startswith(prefix):
            raise Permanent(f"{uri} is not on {self.network}; answer it with an account of its own network.")
        return uri.removeprefix(prefix)

    async def events(self, after: str, wait_s: float, timeout_s: float) -> tuple[Head, list[bytes]]:
        """What happened after `after`, at once or within `wait_s`, one event a line, undecoded.

        With no `after`: only where the present is.
        """
        params = {"after": after, "wait_s": f"{wait_s:g}"} if after else {}
        answer = await self.http.request("GET", f"{self.url}/events", params=params, timeout_s=timeout_s)
        head, *events = answer.body.split(b"\n")
        return replace(answer, body=head).json(Head), events

    async def me(self) -> Account:
        answer = await self.http.request("GET", f"{self.url}/accounts/me", headers=self._sign())
        return answer.json(Account)

    async def say(self, text: str, parent: str, key: str, timeout_s: float) -> Posted:
        """Raises `Unclear` whenever the network may have taken the words without telling us so."""
        headers = self._sign() | {"Idempotency-Key": key}
        said = {"text": text, "parent": parent}
        url = f"{self.url}/posts"
        answer = await self.http.request("POST", url, headers=headers, json=said, timeout_s=timeout_s, speaks=True)
        return _posted(answer)

    async def said(self, key: str) -> list[Posted]:
        url = f"{self.url}/posts"
        answer = await self.http.request("GET", url, headers=self._sign(), params={"key": key})
        return answer.json(Found).posts

    def _sign(self) -> dict[str, str]:
        if not self.token:
            raise Permanent(f"To answer on {self.network}, give the token of your account there.")
        return {"Authorization": f"Bearer {self.token}"}


def _posted(answer: Response) -> Posted:
    try:
        return answer.json(Posted)
    except Permanent as unreadable:
        # It said yes in words that we cannot read: our post may stand there.
        raise Unclear(str(unreadable)) from unreadable


def sample(raw: bytes) -> str:
    """The beginning of an event that we could not use."""
    return raw[:200].decode("utf-8", "replace")
