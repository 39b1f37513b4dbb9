import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from ouidire.locale import labels, po_path, translator

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from messages import updated  # noqa: E402

TABLES = [name for name in dir(labels) if name.isupper() and isinstance(getattr(labels, name), dict)]


def kept() -> dict[str | tuple[str, ...], Message]:
    with po_path("fr").open("rb") as file:
        return {one.id: one for one in read_po(file, locale="fr") if one.id}


def forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_every_word_of_the_code_has_its_french_and_no_french_word_is_left_over() -> None:
    said = {one.id for one in updated("fr") if one.id}
    assert said == set(kept()), "run scripts/messages.py"


def test_nothing_is_untranslated_and_nothing_is_guessed() -> None:
    assert [one.id for one in kept().values() if one.fuzzy or not forms(one) or not all(forms(one))] == []


def test_every_translation_has_the_places_of_its_original() -> None:
    places = re.compile(r"%\(\w+\)[sd]")
    for msgid, message in kept().items():
        originals = [msgid] if isinstance(msgid, str) else list(msgid)
        wanted = set(places.findall(originals[-1]))
        for form in forms(message):
            extra = set(places.findall(form)) - wanted
            assert not extra, f"{msgid}: {extra}"
        assert set(places.findall(forms(message)[-1])) == wanted, msgid


def test_french_has_its_spaces_before_double_signs() -> None:
    wrong = [
        form for one in kept().values() for form in forms(one) if re.search(r"[^\s\u00a0\u202f:/][!?;»]| [!?;:»]", form)
    ]
    assert wrong == []


def test_french_says_vous() -> None:
    wrong = [form for one in kept().values() for form in forms(one) if re.search(r"\b(tu|toi|ton|tes)\b", form)]
    assert wrong == []


OTHER_NAMES = {
    r"courriels?|e-mails?|courriers? électroniques?": "mail",
    r"mots?-dièse|mots?-clics?": "hashtag",
    r"employés?|salariés?|collaborateurs?": "personnel",
    r"entreprises?|établissements?|enseignes?": "commerce",
    r"magasins?|points? de vente": "lieu",
    r"boîte de réception|messagerie": "boîte",
    r"notifications?": "alerte",
    r"login|identification|authentification": "se connecter",
}
"""What else a thing might be called, and what it is called here."""
THEIR_NAMES = re.compile(
    "Fiche d’établissement|« Notifications »|Enseigne=".replace("« ", "«\u00a0").replace(" »", "\u00a0»")
)
"""What others call their own pages and columns."""


def test_french_calls_a_thing_by_one_name() -> None:
    for one in kept().values():
        for form in forms(one):
            for other, name in OTHER_NAMES.items():
                assert not re.search(rf"\b(?:{other})\b", THEIR_NAMES.sub("", form), re.I), f"{form!r}: we say “{name}”"


def test_french_has_curly_apostrophes_and_takes_nobody_for_a_man() -> None:
    for one in kept().values():
        for form in forms(one):
            assert not re.search(r"\w'\w", form), form
            assert not re.search(r"\bvous (?:êtes )?(?:seul|prévenu|connecté|invité|inscrit|prêt)s?\b", form), form


@pytest.mark.parametrize("table", [name for name in TABLES if not name.endswith(("_TONE", "_ICON"))])
def test_every_label_is_translated(table: str) -> None:
    speak = translator("fr")
    same = {"Sources", "discrimination", "latitude", "longitude", "probable", "improbable"}
    for words in getattr(labels, table).values():
        assert not words or words in same or speak.gettext(words) != words, words


def test_one_and_none_are_singular_in_french_and_none_is_plural_in_english() -> None:
    assert translator("fr").ngettext("%(num)s relay", "%(num)s relays", 0) == "%(num)s relais"
    assert translator("fr").ngettext("%(num)s message", "%(num)s messages", 0) == "%(num)s message"
    assert translator("en").ngettext("%(num)s message", "%(num)s messages", 0) == "%(num)s messages"


def test_an_unknown_language_is_spoken_in_english() -> None:
    assert translator("tlh").gettext("Places") == "Places"


def test_the_check_of_the_catalogue_passes() -> None:
    command = [sys.executable, ROOT / "scripts" / "messages.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
