"""What the how-to pages show works as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ouidire.connectors.files.mapping import COLUMNS, NEEDED
from ouidire.connectors.files.reader import FileReader
from ouidire.connectors.http import Http
from ouidire.domain.item import Batch
from ouidire.match.rule_text import parse
from ouidire.notifiers.email import MailServer
from ouidire.notifiers.webhook import WebhookNotifier
from tests.notifiers.servers import HookServer, hook_server, message

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"
IMPORT = (HOWTO / "import-posts.md").read_text("utf-8")


def blocks(text: str) -> list[str]:
    """The indented blocks of a page, without their indent."""
    return [re.sub(r"^ {4}", "", block, flags=re.M) for block in re.findall(r"(?:^ {4}.*\n)+", text, re.M)]


def test_the_import_page_has_every_column_and_no_other() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (yes)? ?\|", IMPORT, re.M)
    told = {name: bool(needed) for names, needed in rows for name in re.findall(r"`(\w+)`", names)}
    assert sorted(told) == sorted(COLUMNS)
    assert sorted(name for name, needed in told.items() if needed) == sorted(NEEDED)


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
async def test_the_examples_of_the_import_page_can_be_imported(suffix: str, tmp_path: Path) -> None:
    table, lines = blocks(IMPORT.partition("## Examples")[2].partition("\n## ")[0])
    file = tmp_path / f"posts.{suffix}"
    file.write_text(table if suffix == "csv" else lines, "utf-8")

    batches: list[Batch] = [batch async for batch in FileReader(file, "source").read("")]

    assert [one for batch in batches for one in batch.dropped] == []
    assert ["La Mie Bretonne" in one.text for batch in batches for one in batch.items] == [True]


async def test_the_check_of_a_webhooks_signature_lets_ours_through_and_nothing_else() -> None:
    (check,) = re.findall(r"```python\n(.*?)```", (HOWTO / "alerts.md").read_text("utf-8"), re.S)
    page: dict[str, Any] = {}
    exec(check, page)
    http = Http()
    async with hook_server(HookServer()) as hook:
        await WebhookNotifier(http, {hook.url: "secret"}).send(message(), hook.url)
    await http.aclose()
    ((headers, body),) = hook.got
    signed, is_ours = headers["ouidire-signed"], page["is_from_ouidire"]
    assert is_ours("secret", signed, body)
    old = re.sub(r"t=\d+", lambda found: f"t={int(found[0][2:]) - 301}", signed)
    for secret, header, said in (
        ("other", signed, body), ("secret", signed, body + b" "), ("secret", old, body), ("secret", "", body),
        ("secret", "t=x,v1=é", body), ("secret", signed.partition(",")[0], body),
    ):  # fmt: skip
        assert not is_ours(secret, header, said)


def test_the_mail_servers_of_the_pages_can_be_read() -> None:
    pages = [*HOWTO.glob("*.md"), *HOWTO.parent.glob("quickstart*.md")]
    told = {one for page in pages for one in re.findall(r"OUIDIRE_SMTP=(\S+?)`?[,\s]", page.read_text("utf-8"))}
    assert told
    assert all(MailServer.parse(one).password for one in told)


def test_every_rule_of_its_page_can_be_read_and_its_french_means_the_same() -> None:
    page = (HOWTO / "rules.md").read_text("utf-8")
    rows = re.findall(r"^\| `(.+?)` \|.*\| `([^|]+)` \|$", page, re.M)
    assert len(rows) == 13
    for english, french in rows:
        shapes = {re.sub(r"[a-z]{3,}", "word", str(parse(rule))) for rule in (english, *french.split("`, `")[:1])}
        assert len(shapes) == 1, shapes
    assert parse("a OR b c NOT d") == parse("a OR (b AND c AND (NOT d))")
