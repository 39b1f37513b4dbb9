"""What the page on the API shows works as it stands, line by line, against a real house."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.conftest import Scene
from tests.notifiers.servers import HookServer
from tests.web.house import House

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "use-the-api.md"
TELLS_STATUS = 'curl() { command curl -w "%{stderr}%{http_code}\\n" "$@"; echo; }\n'


def test_every_line_of_the_page_does_what_it_says(scene: Scene, house: House, address: str, hook: HookServer) -> None:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("no curl here")
    caller = scene.program(scene.alice.owner)
    lines = "".join(re.findall(r"^ {4}(.*\n)", PAGE.read_text("utf-8"), re.M))
    begun = lines.replace("HOUSE=http://127.0.0.1:8765", f"HOUSE={address}").replace("ouid_…", caller.token)
    script = TELLS_STATUS + begun.replace("https://till.example/ouidire", hook.url)
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert house.loop is not None
    asyncio.run_coroutine_threadsafe(scene.app.http.aclose(), house.loop).result(5)  # its lines belong to that loop

    told = [json.loads(one) for one in re.findall(r"^\{.*\}$", run.stdout, re.M)]
    assert run.stderr.split() == ["200"] * 6 + ["201", "200", "200", "201", "201"] + ["200"] * 4 + ["404"]
    assert told[0]["member"]["id"] == scene.alice.owner.id
    assert 'rel="next"' in run.stdout
    assert [one["text"] for one in told if "sent_at" in one] == [
        "Bonjour Nadia, nous sommes désolés : venez au comptoir, nous vous attendons."
    ]
    assert [one["arrived"] for one in told if "arrived" in one] == [True]
    assert told[-1]["title"] == "Rien de tel n’existe pour cette personne."
    assert len(hook.got) == 1
