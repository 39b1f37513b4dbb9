"""Brings the catalogues in step with the code: `python scripts/messages.py` writes them, `--check` only tells.

Words come from templates (`_`, `ngettext`), from Python (`gettext`, `ngettext`, `N_`), from the errors that a page
shows to people, from the sentences of the guard, from the help of the commands, and from what each setting means.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po

from ouidire.cli.main import app
from ouidire.cli.tongue import help_texts
from ouidire.guard.checks import SENTENCES
from ouidire.locale import LANGUAGES, po_path
from ouidire.settings import Settings

SOURCE = Path(__file__).parents[1] / "src" / "ouidire"
KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
SPOKEN = {"BadInput": None, "NotAllowed": None, "NotFound": None}
"""Errors whose text a page or the API shows."""
SPEAKERS = ("cli", "people", "inbox", "past", "web", "api")
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.i18n", "trimmed": "true"}}

Message = str | tuple[str, ...]


def found() -> Iterator[tuple[str, Message]]:
    """Every message and the file it stands in, relative to the package."""
    for name, _line, message, _comments, _context in extract_from_dir(
        SOURCE, _METHODS, _OPTIONS, KEYWORDS, directory_filter=lambda folder: True
    ):
        yield name, message
    for part in SPEAKERS:
        for path in sorted((SOURCE / part).rglob("*.py")):
            for _line, message, _comments, _context in extract_from_file("python", path, keywords=SPOKEN):
                yield str(path.relative_to(SOURCE)), message
    for sentence in SENTENCES:
        yield "guard/checks.py", sentence
    for line in help_texts(app):
        yield "cli/main.py", line
    for about in Settings.model_fields.values():
        yield "settings.py", str(about.description)


def template() -> Catalog:
    catalog = Catalog(charset="utf-8")
    for name, message in sorted(found(), key=lambda one: one[0]):
        catalog.add(message, locations=[(name, 0)])
    return catalog


def updated(language: str) -> Catalog:
    """The catalogue of `language` with what the code says now: translations kept, orphans gone, new words empty."""
    with po_path(language).open("rb") as file:
        catalog = read_po(file, locale=language)
    made_at = catalog.creation_date
    catalog.update(template(), no_fuzzy_matching=True)
    catalog.creation_date = made_at  # else every run would be a change
    catalog.obsolete.clear()
    return catalog


def untranslated(catalog: Catalog) -> list[str]:
    forms = ((one.id, one.string if one.pluralizable else (one.string,)) for one in catalog if one.id)
    return [str(msgid) for msgid, strings in forms if not all(strings)]


def main() -> int:
    missing = 0
    for language in LANGUAGES:
        if not po_path(language).exists():
            continue
        catalog = updated(language)
        if "--check" not in sys.argv:
            with po_path(language).open("wb") as file:
                write_po(file, catalog, width=110, include_lineno=False, ignore_obsolete=True, sort_by_file=True)
        for message in untranslated(catalog):
            missing += 1
            print(f"{language}: no translation of {message!r}")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
