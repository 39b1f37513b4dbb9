"""What the house wrote down in English is said in French, with its names and numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ouidire.locale import stored, translator

SOURCE = Path(__file__).parents[2] / "src" / "ouidire"
SPOKEN = {"Permanent", "Retry", "Unclear", "Refused"}
PARTS = ("connectors", "notifiers", "listen", "inbox", "app.py")
FORMS = {"BadInput", "NotAllowed"}
FORM_PARTS = ("inbox", "people", "web", "store/members.py", "store/sources.py")
FR = translator("fr")


def sentences() -> Iterator[str]:
    """Every sentence that a connector, a notifier, the listener, an answer or a form may say, its places filled in."""
    for parts, names in ((PARTS, SPOKEN), (FORM_PARTS, FORMS)):
        for path in [file for part in parts for file in _files(SOURCE / part)]:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _called(node) in names and node.args:
                    yield from _filled(node.args[0])
    yield from (
        "a.csv is in UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”).",
        "smtp.example answered 550: no such user",
        "No mail server is set: give OUIDIRE_SMTP, like smtp://user:password@host:587.",
        "No sender is known: give OUIDIRE_MAIL_FROM, or a mail server whose user is a mail address.",
        "The line was cut before it arrived: nothing was said. Send it again.",
        "net.example cut the line: going away.",
    )


def _files(path: Path) -> list[Path]:
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _filled(said: ast.expr) -> Iterator[str]:
    """A literal, or an f-string with a number in each of its places; what is only passed on is somebody else's."""
    if isinstance(said, ast.Constant) and isinstance(said.value, str) and said.value:
        yield said.value
    elif isinstance(said, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.Constant) else _place(one) for one in said.values]
        if any(isinstance(one, ast.Constant) for one in said.values) and parts != ["7", " ", "7", "."]:
            yield "".join(map(str, parts))


def _place(one: ast.expr) -> str:
    """A part that is there only sometimes is left out; its other form is listed by hand."""
    return "" if isinstance(one, ast.FormattedValue) and isinstance(one.value, ast.IfExp) else "7"


@pytest.mark.parametrize("sentence", sorted(set(sentences())))
def test_every_sentence_that_may_be_stored_or_shown_has_its_french(sentence: str) -> None:
    assert stored.say(FR, sentence) != sentence
    assert "%(" not in stored.say(FR, sentence)


def test_a_sentence_within_a_sentence_is_said_too() -> None:
    said = "We could not find out whether it arrived: look on the site. bsky.social asks us to slow down."
    french = "Impossible de savoir si elle est arrivée\u00a0: regardez sur le site. bsky.social demande de ralentir."
    assert stored.say(FR, said) == french


def test_names_and_numbers_stay_and_signs_in_them_break_nothing() -> None:
    said = "a%(host)s.example refused (418): I'm a 100% teapot (really)"
    assert stored.say(FR, said) == "a%(host)s.example a refusé (418)\u00a0: I'm a 100% teapot (really)"


def test_what_nobody_wrote_down_is_shown_as_it_is() -> None:
    assert stored.say(FR, "Something else entirely.") == "Something else entirely."
    assert stored.say(FR, "") == ""
    assert stored.say(translator("en"), "x.example cut the line.") == "x.example cut the line."


def test_a_connectors_own_words_come_in_its_own_french() -> None:
    said = "Bluesky needs “identifier”: Your handle."
    french = stored.say(FR, said, {"Your handle.": "Votre identifiant."})
    assert french.endswith("Votre identifiant.")
