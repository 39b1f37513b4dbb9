"""`ouidire passwd`: for whoever has the store in hand."""

from __future__ import annotations

import getpass
import sys

from rich.console import Console

from ouidire.care.copies import before_migration
from ouidire.errors import BadInput
from ouidire.people.signin import set_password
from ouidire.settings import Settings
from ouidire.store import members
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox


def passwd(settings: Settings, console: Console, email: str) -> None:
    """Asks twice on a terminal, reads one line otherwise. Raises `BadInput` for an unknown address or a short word."""
    box = SecretBox.at(settings.key_path)
    store = Store.open(settings.store_url, box, before_migration(settings, box))
    try:
        with store.reading() as tx:
            found = members.by_email(tx, email)
        if found is None:
            raise BadInput(f"Nobody signs in with {email}.")
        new = _ask()
        with store.transaction() as tx:
            set_password(tx, found[0].id, new)
        console.print(f"{found[0].name} signs in with the new password from now on; open sessions were ended.")
    finally:
        store.close()


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, second = getpass.getpass("New password: "), getpass.getpass("Once more: ")
    if first != second:
        raise BadInput("The two are not the same; nothing was changed.")
    return first
