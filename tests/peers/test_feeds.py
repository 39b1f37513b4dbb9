"""Real feeds and a real hub: feedparser's own two thousand feeds, and `flask-websub`."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tarfile
import textwrap
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import uvicorn

from ouidire import clock
from ouidire.app import App
from ouidire.connectors.http import Http
from ouidire.connectors.markup import plain
from ouidire.connectors.rss.document import NotAFeed, read
from ouidire.connectors.rss.mapping import Heard, item
from ouidire.domain.ids import new_id
from ouidire.domain.item import is_storable
from ouidire.domain.source import Source, SourceState
from ouidire.errors import Ignore
from ouidire.settings import Settings
from ouidire.store import mentions, sources, subscriptions
from ouidire.store.engine import Store
from ouidire.web.main import build
from tests import builders
from tests.connectors.rss.contract import entry, rss

pytestmark = pytest.mark.peers
ADDRESS = "https://guide.example/feed"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """feedparser's source archive, from the registry that pip is set to."""
    folder = tmp_path_factory.mktemp("feedparser")
    asked = ["download", "-q", "--no-deps", "--no-binary", "feedparser", "feedparser", "-d", str(folder)]
    done = subprocess.run([sys.executable, "-m", "pip", *asked], capture_output=True, text=True, check=False)
    archives = list(folder.glob("feedparser-*.tar.gz"))
    if not archives:
        pytest.skip(f"feedparser's source archive cannot be had: {done.stderr.strip()[-200:]}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("feedparser-*/tests"))


def test_two_thousand_real_feeds_are_read_and_none_of_them_breaks_us(corpus: Path) -> None:
    counted: Counter[str] = Counter()
    heard = Heard(clock.now())
    for file in sorted(corpus.rglob("*.xml")):
        well = "well-formed" if "wellformed" in file.parts else "other"
        counted[f"{well} files"] += 1
        try:
            feed = read(file.read_bytes(), "application/xml", ADDRESS)
        except NotAFeed:
            counted[f"{well}, no feed"] += 1
            continue
        counted["damaged"] += bool(feed.damage)
        counted["dropped"] += len(feed.dropped)
        for one in feed.entries:
            with suppress(Ignore):
                found = item(one, feed, ADDRESS, heard)
                counted["items"] += 1
                counted["dated"] += found.written_at < heard.at
                assert is_storable(found.text), file
                assert is_storable(found.uri), file
                assert found.written_at.tzinfo, file
                assert len(found.uri.encode()) < 2_000, file
                assert not re.search(r"</?(?:p|a|div|script)\b[^>]*>", found.text) or "sanitize" not in file.parts, file
    print(dict(counted))
    assert counted["well-formed files"] > 1_500
    assert counted["well-formed, no feed"] <= 10
    assert counted["items"] > 500
    assert counted["dated"] > 25
    assert counted["dropped"] == 0


def test_what_real_feeds_say_is_what_we_hear(corpus: Path) -> None:
    """The archive says beside each feed what a reader should find: titles (without what is dangerous), links, ids."""
    expects = re.compile(rb"^Expect:.*entries\[0\]\['(title|link|id|author)'\] == u?'([^'<&]*)'\s*$", re.MULTILINE)
    differs, same = [], 0
    for file in sorted((corpus / "wellformed").rglob("*.xml")):
        body = file.read_bytes()
        wanted = expects.search(body)
        if wanted is None or file.name.startswith("http_"):  # those need headers of their server
            continue
        feed = read(body, "application/xml", ADDRESS)
        name, value = wanted[1].decode(), wanted[2].decode("unicode_escape").split()
        one = feed.entries[0]
        ours = plain(one.title).text if name == "title" and one.title_is_html else str(getattr(one, name))
        same += ours.split() == value
        if ours.split() != value:
            differs.append(f"{file.parent.name}/{file.name}: {ours!r}, not {wanted[2]!r}")
    print(same, differs)
    assert same >= 55
    # Of an author in two parts we take the name; a relative id is made absolute.
    assert {one.partition(":")[0].rpartition("/")[2] for one in differs} <= {
        "entry_author_map_author.xml",
        "entry_id_with_attributes.xml",
    }


# --- the hub -----------------------------------------------------------------------------------------------------

HUB = """
    import pathlib, sys, tempfile, threading
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
    from celery import Celery
    from flask import Flask, Response
    from flask_websub.hub import Hub, SQLite3HubStorage
    feed = pathlib.Path(sys.argv[1])
    class Server(ThreadingMixIn, WSGIServer): daemon_threads = True
    class Quiet(WSGIRequestHandler):
        def log_message(self, *a): pass
    app = Flask("hub"); app.config["PUBLISH_SUPPORTED"] = True
    celery = Celery("hub", broker="memory://", backend="cache+memory://")
    celery.conf.update(worker_hijack_root_logger=False)
    hub = Hub(SQLite3HubStorage(str(feed.with_name("hub.db"))), celery, SIGNATURE_ALGORITHM="sha256", BACKOFF_BASE=0.2,
              MAX_ATTEMPTS=3, HUB_MIN_LEASE_SECONDS=5, HUB_DEFAULT_LEASE_SECONDS=3600, HUB_MAX_LEASE_SECONDS=864000)
    app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
    server = make_server("127.0.0.1", 0, app, Server, Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    @app.route("/feed.xml")
    def feed_xml():
        links = f'<{base}/hub>; rel="hub", <{base}/feed.xml>; rel="self"'
        return Response(feed.read_bytes(), content_type="application/rss+xml", headers={"Link": links})
    work = dict(pool="threads", concurrency=2, loglevel="ERROR", without_heartbeat=True, without_gossip=True,
                without_mingle=True)
    threading.Thread(target=lambda: celery.Worker(**work).start(), daemon=True).start()
    print(base, flush=True); server.serve_forever()
"""


@dataclass
class RealHub:
    url: str
    feed: Path

    def publish(self) -> None:
        form = urlencode({"hub.mode": "publish", "hub.topic": f"{self.url}/feed.xml"}).encode()
        urllib.request.urlopen(f"{self.url}/hub", data=form, timeout=10).close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RealHub]:
    pytest.importorskip("flask_websub", reason="flask-websub is not installed (make peers)")
    feed, script = tmp_path / "feed.xml", tmp_path / "hub.py"
    script.write_text(textwrap.dedent(HUB))
    feed.write_bytes(rss(entry(1, "Autrefois, chez Delorière.", clock.now() - timedelta(days=3))))
    process = subprocess.Popen([sys.executable, str(script), str(feed)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url.startswith("http"):
            pytest.skip("the hub does not start here")
        yield RealHub(url, feed)
    finally:
        process.terminate()
        process.wait(10)


async def test_a_real_hub_takes_our_request_asks_back_and_brings_what_is_new_within_seconds(
    sqlite_store: Store, tmp_path: Path, hub: RealHub
) -> None:
    world = builders.world(sqlite_store)
    config = uvicorn.Config("", host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    given = {"home": tmp_path, "listen_bluesky": False, "sample": False, "public_url": base, "inside": True}
    app = App(Settings(**given, _env_file=None), sqlite_store, Http())  # type: ignore[arg-type]
    config.app = build(app)
    source = Source(new_id(), world.organisation.id, "rss", "Le Guide", {"address": f"{hub.url}/feed.xml"})
    with sqlite_store.transaction() as tx:
        sources.pause(tx, world.owner, world.stream.id)
        sources.add(tx, sqlite_store, source)
    running = [asyncio.create_task(server.serve([listening])), asyncio.create_task(app.run())]

    def is_promised() -> bool:
        with sqlite_store.reading() as tx:
            known = subscriptions.get(tx, source.id)
            return known is not None and known.holds(clock.now())

    def is_heard() -> bool:
        with sqlite_store.reading() as tx:
            key = f"rss:{hub.url}/feed.xml#urn:2"
            return mentions.by_item_key(tx, world.organisation.id, key) is not None

    try:
        async with asyncio.timeout(60):
            while not is_promised():
                await asyncio.sleep(0.05)
            fresh = entry(2, "Trente minutes d’attente chez Delorière.", clock.now())
            hub.feed.write_bytes(rss(fresh, entry(1, "Autrefois, chez Delorière.", clock.now() - timedelta(days=3))))
            began = asyncio.get_running_loop().time()
            await asyncio.to_thread(hub.publish)
            while not is_heard():
                await asyncio.sleep(0.02)
            print(f"heard {asyncio.get_running_loop().time() - began:.2f} s after it was published")
            with sqlite_store.reading() as tx:
                assert sources.get(tx, source.id).state is SourceState.HEARING
            await app.remove_source(world.owner, source.id)
    finally:
        server.should_exit = True
        running[1].cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await app.http.aclose()
