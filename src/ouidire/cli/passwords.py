"""`ouidire passwd`: for whoever has the store in hand."""

from __future__ import annotations

import getpass
import sys

from rich.console import Console

from ouidire.care.copies import before_migration
from ouidire.cli.lines import tame
from ouidire.errors import BadInput
from ouidire.locale import Translator
from ouidire.locale.labels import N_
from ouidire.people.signin import set_password
from ouidire.settings import Settings
from ouidire.store import members
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox


def passwd(settings: Settings, console: Console, speak: Translator, email: str) -> None:
    """Asks twice on a terminal, reads one line otherwise. Raises `BadInput` for an unknown address or a short word."""
    box = SecretBox.at(settings.key_path)
    store = Store.open(settings.store_url, box, before_migration(settings, box))
    try:
        with store.reading() as tx:
            found = members.by_email(tx, email)
        if found is None:
            raise BadInput(f"Nobody signs in with {email}.")
        new = _ask(speak)
        with store.transaction() as tx:
            set_password(tx, found[0].id, new)
        said = speak.gettext("%(name)s signs in with the new password from now on; open sessions were ended.")
        console.print(said % {"name": tame(found[0].name)}, markup=False, soft_wrap=True)
    finally:
        store.close()


def _ask(speak: Translator) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, second = (getpass.getpass(f"{speak.gettext(one)} ") for one in (N_("New password:"), N_("Once more:")))
    if first != second:
        raise BadInput("The two are not the same; nothing was changed.")
    return first
