"""`ouidire backup`, `ouidire restore`, `ouidire export`: the house into a file, back from it, and out to a person."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ouidire import clock
from ouidire.care import backup as backups
from ouidire.care import export as exports
from ouidire.care import restore as restores
from ouidire.care.archive import SUFFIX, Archive
from ouidire.care.copies import before_migration
from ouidire.domain.member import Member, Role
from ouidire.errors import BadInput
from ouidire.locale import Translator
from ouidire.settings import Settings
from ouidire.store import members, organisations
from ouidire.store.engine import Store, Tx
from ouidire.store.secrets import SecretBox

SHORTEST = 12
"""Characters of a passphrase that locks a key."""


def take(
    settings: Settings, console: Console, speak: Translator, file: Path | None, *, with_key: bool, with_imports: bool
) -> None:
    """One file with the whole store, while the house may run. Raises `BadInput`."""
    target = _target(settings, file)
    asked = backups.Asked(with_imports, _new_passphrase(speak.gettext("Passphrase for the key: ")) if with_key else "")
    with _store(settings) as store, _bar(console) as progress:
        task = progress.add_task(speak.gettext("rows"), total=None)
        manifest = backups.backup(
            store, settings, target, asked, lambda done, of: progress.update(task, completed=done, total=of)
        )
    values = {"rows": manifest.rows, "file": target, "mb": f"{target.stat().st_size / 1e6:.1f}"}
    console.print(speak.gettext("%(rows)d rows in %(file)s (%(mb)s MB).") % values, soft_wrap=True, markup=False)
    if not with_key:
        words = speak.gettext(
            "The key is not in it: keep a copy of %(key)s too, apart from the backup, or add --with-key."
        )
        console.print(words % {"key": settings.key_path}, style="dim", soft_wrap=True, markup=False)


def put_back(
    settings: Settings, console: Console, speak: Translator, file: Path, *, into: str, replace: bool, new_key: bool
) -> None:
    """Raises `BadInput` and changes nothing when the file or the store is not fit for it."""
    archive = Archive(file)
    archive.close()
    with _bar(console) as progress:

        def passphrase() -> str:
            progress.stop()
            try:
                return _ask(speak.gettext("Passphrase of the key: "))
            finally:
                progress.start()

        asked = restores.Asked(into, replace, new_key, passphrase)
        checked = progress.add_task(speak.gettext("checking"), total=max(1, archive.manifest.size))
        filled = progress.add_task(speak.gettext("rows"), total=max(1, archive.manifest.rows))
        done = restores.restore(
            settings,
            file,
            asked,
            restores.Progress(lambda n: progress.advance(checked, n), lambda n: progress.advance(filled, n)),
        )
        progress.update(filled, completed=max(1, archive.manifest.rows))
    for line in _outcome(done, speak):
        console.print(line, soft_wrap=True, markup=False)


def hand_out(settings: Settings, console: Console, speak: Translator, file: Path | None, email: str) -> None:
    """Everything of one organisation as `email` may see it; without one, as its owner. Raises `BadInput`."""
    target = file or Path(f"ouidire-export-{clock.now():%Y%m%d-%H%M}.zip")
    if target.exists():
        raise BadInput(f"There is a file at {target} already: give another name. Nothing was written.")
    with _store(settings) as store, _bar(console) as progress:
        with store.reading() as tx:
            member = _asker(tx, email)
        task = progress.add_task(speak.gettext("conversations"), total=None)
        part = target.with_name(f".{target.name}.part")
        try:
            count = exports.export(
                store, member, part, lambda done, of: progress.update(task, completed=done, total=of)
            )
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    values = {"n": count, "file": target, "name": member.name}
    words = speak.gettext("%(n)d conversations in %(file)s, as %(name)s may see them.")
    console.print(words % values, soft_wrap=True, markup=False)


def _outcome(done: restores.Restored, speak: Translator) -> Iterator[str]:
    manifest = done.manifest
    values = {"rows": manifest.rows, "at": f"{manifest.taken_at:%Y-%m-%d %H:%M} UTC", "release": manifest.release}
    yield speak.gettext("%(rows)d rows are back, as they were on %(at)s (Ouïdire %(release)s).") % values
    if done.buried:
        yield speak.gettext("%(n)d messages deleted at their source since then were removed again.") % {
            "n": done.buried
        }
    if done.set_aside:
        yield speak.gettext("What stood there before is kept in %(file)s.") % {"file": done.set_aside}
    if done.without_key:
        yield speak.gettext("Its key was left behind: connect the accounts again on the page of sources.")
    yield speak.gettext("Everybody signs in anew. Look at the people in the settings: who left since then is back.")
    yield speak.gettext(
        "Nothing is sent until the owner says so on the page; what was said since the backup is heard again."
    )


def _asker(tx: Tx, email: str) -> Member:
    if email:
        found = members.by_email(tx, email)
        if found is None:
            raise BadInput(f"Nobody signs in with {email}.")
        return found[0]
    houses = organisations.every(tx)
    if len(houses) != 1:
        raise BadInput(f"There are {len(houses)} businesses in this store: say whose with --as MAIL-ADDRESS.")
    owners = [one for one in members.of_organisation(tx, houses[0].id) if one.role is Role.OWNER]
    return owners[0]


def _target(settings: Settings, file: Path | None) -> Path:
    if file is None:
        return backups.default_path(settings)
    if file.is_dir():
        return file / backups.default_path(settings).name
    return file if file.suffix else file.with_name(file.name + SUFFIX)


@contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    box = SecretBox.at(settings.key_path)
    store = Store.open(settings.store_url, box, before_migration(settings, box))
    try:
        yield store
    finally:
        store.close()


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def _new_passphrase(words: str) -> str:
    first = _ask(words)
    if len(first) < SHORTEST:
        raise BadInput(f"A passphrase needs at least {SHORTEST} characters: a sentence is good. Nothing was written.")
    if sys.stdin.isatty() and first != getpass.getpass(words):
        raise BadInput("The two are not the same; nothing was written.")
    return first


def _ask(words: str) -> str:
    """On a terminal unseen; else the first line of what is piped in."""
    return getpass.getpass(words) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
