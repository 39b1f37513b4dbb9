"""What we ask of a Bluesky server (XRPC), signed in with an app password."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import msgspec

from ouidire.connectors.bluesky.mapping import split_uri
from ouidire.connectors.http import Http, Refused, is_loopback
from ouidire.errors import Permanent, Retry

STALE = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing"})
ABSENT = frozenset({"RecordNotFound"})
AWAY = ABSENT | {"RepoNotFound", "RepoDeactivated", "RepoTakendown", "RepoSuspended"}

_NOT_THERE = re.compile(r"could not (find|locate)", re.IGNORECASE)


class Ref(msgspec.Struct, frozen=True):
    """A strong reference: the address of a record and the hash of what it says."""

    uri: str
    cid: str


class Record(msgspec.Struct, frozen=True):
    uri: str
    value: dict[str, Any]
    cid: str = ""


class _Resolved(msgspec.Struct):
    did: str


class _Service(msgspec.Struct):
    id: str = ""
    serviceEndpoint: Any = ""  # noqa: N815


class DidDocument(msgspec.Struct):
    """What a DID's document says about where its posts lie."""

    service: list[_Service] = []

    @property
    def home(self) -> str:
        """The server with the posts; empty when the document names none."""
        for service in self.service:
            if service.id.endswith("#atproto_pds") and isinstance(service.serviceEndpoint, str):
                return service.serviceEndpoint.rstrip("/")
        return ""


class Session(msgspec.Struct, frozen=True):
    did: str
    accessJwt: str  # noqa: N815 the network's own name
    handle: str = ""
    didDoc: DidDocument | None = None  # noqa: N815


class Client:
    """One account on one server. The session lives in memory and is made again when it has expired."""

    def __init__(self, http: Http, *, service: str, directory: str, identifier: str, app_password: str) -> None:
        self._http = http
        self._service = service.rstrip("/")
        self._directory = directory.rstrip("/")
        self._identifier = identifier.removeprefix("@")
        self._app_password = app_password
        self._session: Session | None = None

    async def sign_in(self) -> Session:
        """A fresh session. Raises `Permanent` with what to do when the credentials are missing or wrong."""
        if not self._identifier or not self._app_password:
            raise Permanent("To answer on Bluesky, give your handle and an app password.")
        try:
            answer = await self._http.request(
                "POST",
                f"{self._service}/xrpc/com.atproto.server.createSession",
                json={"identifier": self._identifier, "password": self._app_password},
            )
        except Refused as error:
            raise Permanent(
                f"Bluesky does not accept the app password of {self._identifier} ({error}). "
                "Make a new one under Settings, Privacy and security, App passwords, and connect the account again."
            ) from error
        self._session = answer.json(Session)
        return self._session

    async def session(self) -> Session:
        return self._session or await self.sign_in()

    def _home(self, session: Session) -> str:
        """The server that keeps our account. A large service lets in at one address and keeps accounts at others,
        and only the keeper knows at once what it was told."""
        home = session.didDoc.home if session.didDoc else ""
        trusted = home.startswith("https://") or (is_loopback(home) and is_loopback(self._service))
        return home if home and trusted else self._service

    async def create(self, collection: str, rkey: str, record: dict[str, Any]) -> None:
        """Write a record at exactly `rkey`; where one stands already the server refuses.

        Raises as `Http.request(speaks=True)` does.
        """
        session = await self.session()
        body = {"repo": session.did, "collection": collection, "rkey": rkey, "record": record}
        try:
            return await self._create(session, body)
        except Refused as error:
            if error.status != 401 and error.code not in STALE:
                raise
        # The server says that it did nothing, so saying it again cannot say it twice.
        return await self._create(await self.sign_in(), body)

    async def _create(self, session: Session, body: dict[str, Any]) -> None:
        url = f"{self._home(session)}/xrpc/com.atproto.repo.createRecord"
        headers = {"Authorization": f"Bearer {session.accessJwt}"}
        await self._http.request("POST", url, headers=headers, json=body, speaks=True)

    async def own(self, collection: str, rkey: str) -> Record | None:
        """Our own record at `rkey`, asked of our own server; None: it is surely not there."""
        session = await self.session()
        # An account that is suspended may still hold the record: only "no such record" is a no.
        return await self._get(self._home(session), session.did, collection, rkey, absent=ABSENT)

    async def record(self, uri: str) -> Record | None:
        """Anyone's record: from our server, else from the one where its author lives; None: it is not there."""
        did, collection, rkey = split_uri(uri)
        found = await self._get(self._service, did, collection, rkey)
        if found is not None:
            return found
        home = await self._home_of(did)
        if not home or home == self._service:
            return None
        return await self._get(home, did, collection, rkey, public_only=not is_loopback(self._directory))

    async def did_of(self, handle: str) -> str:
        """The DID behind a handle; empty when nobody knows now."""
        url = f"{self._service}/xrpc/com.atproto.identity.resolveHandle"
        try:
            return (await self._http.request("GET", url, params={"handle": handle})).json(_Resolved).did
        except (Retry, Permanent):
            return ""

    async def _get(
        self,
        server: str,
        did: str,
        collection: str,
        rkey: str,
        *,
        public_only: bool = False,
        absent: frozenset[str] = AWAY,
    ) -> Record | None:
        asked = {"repo": did, "collection": collection, "rkey": rkey}
        try:
            answer = await self._http.request(
                "GET", f"{server}/xrpc/com.atproto.repo.getRecord", params=asked, public_only=public_only
            )
        except Refused as error:
            unknown = absent is AWAY and error.code == "InvalidRequest" and _NOT_THERE.search(str(error))
            if error.code in absent or unknown:
                return None
            raise
        return answer.json(Record)

    async def _home_of(self, did: str) -> str:
        """The server where `did` keeps its posts; empty when nobody knows."""
        document = self._document_url(did)
        if not document:
            return ""
        url, strange = document
        try:
            return (await self._http.request("GET", url, public_only=strange)).json(DidDocument).home
        except Permanent:
            return ""

    def _document_url(self, did: str) -> tuple[str, bool] | None:
        """Where the DID's document lies, and whether that address was chosen by a stranger."""
        if did.startswith("did:plc:"):
            return f"{self._directory}/{quote(did, safe=':')}", False
        if did.startswith("did:web:"):
            host = did.removeprefix("did:web:").replace("%3A", ":")
            return f"https://{quote(host, safe=':.-')}/.well-known/did.json", True
        return None
