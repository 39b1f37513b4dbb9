"""`ouidire hear`: live mentions in the terminal, for a name and nothing else; nothing is kept."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ouidire.app import App
from ouidire.cli.lines import Lines, tame
from ouidire.cli.starting import log_to
from ouidire.domain.ids import new_id
from ouidire.domain.place import Place
from ouidire.errors import BadInput
from ouidire.locale import Translator
from ouidire.match.checks import refuse
from ouidire.match.towns import find_town
from ouidire.people.begin import Beginning, begin, first_watch
from ouidire.settings import Settings
from ouidire.store import mentions
from ouidire.store.engine import Tx


async def hear(
    settings: Settings, console: Console, speak: Translator, name: str, near: str, handles: tuple[str, ...]
) -> None:
    """Until interrupted; the whole flow runs on a store in a temporary folder. Raises `BadInput`."""
    said = _beginning(name, near, handles)
    refuse(first_watch(said))
    with tempfile.TemporaryDirectory(prefix="ouidire-hear-", ignore_cleanup_errors=True) as folder:
        own = {"home": Path(folder), "store": "", "key_file": None, "sample": False, "smtp": ""}
        own["listen_bluesky"] = True  # what else would be heard
        here = settings.model_copy(update=own)
        lines = Lines(console, speak)
        log_to(lines, here)
        app = App.open(here)
        try:
            await app.store.run(begin, said)
            _attach(app, lines)
            console.print(speak.gettext("Listening for “%(name)s”; Ctrl-C ends it.") % {"name": name}, style="dim")
            await app.run()
        except asyncio.CancelledError:
            pass
        finally:
            await app.close()


def _beginning(name: str, near: str, handles: tuple[str, ...]) -> Beginning:
    towns = find_town(near) if near else []
    if near and not towns:
        raise BadInput(f"We know no town called “{near}”: write it as on a map, or leave --near out.")
    town = towns[0] if towns else None
    place = Place(
        id=new_id(),
        organisation_id=new_id(),
        name=name,
        town=town.name if town else "",
        country=town.country if town else "FR",
        time_zone=town.time_zone if town else "Europe/Paris",
    )
    return Beginning(name, place, handles, "fr", "hear@localhost", "hear", new_id())


def _attach(app: App, lines: Lines) -> None:
    async def worked(stage: str, subjects: list[str]) -> None:
        if stage == "enrich":
            for text in await app.store.read(_shown, lines, subjects):
                lines.console.print(text, soft_wrap=True)

    app.on_worked.append(worked)


def _shown(tx: Tx, lines: Lines, mention_ids: list[str]) -> list[Text]:
    """Each mention as three lines: what was said, why it matched, how it was read."""
    shown = []
    for mention_id in mention_ids:
        heard = mentions.get(tx, mention_id)
        if heard.reading is None:
            continue
        text = Text(f"\n{tame(heard.item.author.handle or heard.item.author.uri)}  ", style="bold")
        text.append(f"{tame(heard.item.url)}\n", style="dim")
        text.append(f"  {lines.words(heard)}\n")
        text.append(f"  ↳ {lines.why(heard)}\n", style="cyan")
        text.append(f"  ↳ {lines.read(heard)}", style="yellow")
        shown.append(text)
    return shown
