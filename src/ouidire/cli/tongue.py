"""Which language the terminal speaks, and how it says everything: help, questions, errors."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping
from typing import Any

import typer

from ouidire.locale import LANGUAGES, Translator, translator

PLAIN = ("C", "POSIX")


def speak() -> Translator:
    """The system's language where we know it; else English."""
    return translator(language(os.environ, _of_windows()))


def language(environ: Mapping[str, str], windows: str = "") -> str:
    """What the usual variables ask for, in their usual order; `windows` is what that system says where none does.

    >>> language({"LANG": "fr_CA.UTF-8"}), language({"LANG": "C.UTF-8"}), language({"LANG": "de_DE"})
    ('fr', 'en', 'en')
    """
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or windows or "C"
    if named.split(".")[0] in PLAIN:
        return "en"
    wishes = [*environ.get("LANGUAGE", "").split(":"), named]
    short = (one.replace("-", "_").partition("_")[0].lower() for one in wishes)
    return next((one for one in short if one in LANGUAGES), "en")


def _of_windows() -> str:
    """What Windows shows its own words in, e.g. `fr_FR`; empty elsewhere."""
    if sys.platform != "win32":
        return ""
    import ctypes

    return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")


def translate_help(command: Any, t: Translator) -> None:
    """Say the help of a command, of its options and of the commands below it in the language of `t`."""
    for one in (command, *getattr(command, "params", ())):
        if getattr(one, "help", None):
            one.help = t.gettext(plain(one.help))
    for below in getattr(command, "commands", {}).values():
        translate_help(below, t)


def plain(words: str) -> str:
    """A help text on one line, as the catalogue has it."""
    return " ".join(words.split())


def help_texts(app: typer.Typer) -> list[str]:
    """Every line of help of the commands, for the catalogue."""
    found: list[str] = []

    class Kept(Translator):
        def gettext(self, msgid: str) -> str:
            found.append(msgid)
            return msgid

    translate_help(typer.main.get_command(app), Kept("en", {}))
    return list(dict.fromkeys(found))
