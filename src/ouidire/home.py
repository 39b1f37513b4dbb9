"""Where the house keeps what is its own on this kind of machine, when nobody says otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

OLDER = "~/.local/share/ouidire"
"""Where every house was begun before each kind of machine had a place of its own; on Linux it is the place."""


def usual(platform: str, environ: Mapping[str, str]) -> str:
    """The folder where programs of this platform (`sys.platform`) keep a person's data; may begin with `~`.

    >>> usual("darwin", {})
    '~/Library/Application Support/Ouidire'
    """
    if platform == "win32":
        return environ.get("LOCALAPPDATA", "~\\AppData\\Local").rstrip("\\/") + "\\Ouidire"
    return "~/Library/Application Support/Ouidire" if platform == "darwin" else OLDER


def here() -> Path:
    """The usual folder on this machine; a house that was begun at the older place stays there."""
    new, older = Path(usual(sys.platform, os.environ)), Path(OLDER)
    return older if older.expanduser().exists() and not new.expanduser().exists() else new
