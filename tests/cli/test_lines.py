"""What the terminal shows: anyone may look on, and strangers write to it."""

from __future__ import annotations

import io
from datetime import timedelta

import msgspec
from rich.console import Console

from ouidire import clock
from ouidire.cli.lines import Lines, tame
from ouidire.clock import HandClock
from ouidire.domain.absence import Absence, Cause
from ouidire.domain.enrichment import Reading
from ouidire.domain.mention import Mention, MentionState
from ouidire.locale import translator
from ouidire.store.mentions import Heard
from tests.builders import NOW, item, reading

TEXT = "Léa m'ignore\x1b]0;à moi\x07 \u202edepuis une heure"


def printed(what: Reading | None) -> str:
    out = io.StringIO()
    lines = Lines(Console(file=out, width=300), translator("fr"))
    mention = Mention("m1", "o1", "x1", None, MentionState.OURS, (), NOW, is_news=True)
    lines.console.print(lines.heard(Heard(mention, item(TEXT), what, is_gone=False), "Lune"))
    return out.getvalue()


def test_an_employee_is_not_named_on_the_terminal_be_it_read_or_not() -> None:
    assert "Léa" not in printed(reading(TEXT, staff=["Léa"]))
    assert "m'ignore" in printed(reading(TEXT, staff=["Léa"]))
    assert "Léa" not in printed(None)


def test_an_absence_is_a_sentence_on_this_machines_clock() -> None:
    out = io.StringIO()
    night = Absence("a", "s", NOW - timedelta(hours=5), NOW, Cause.AWAY, caught_up_at=NOW)
    with clock.running(HandClock(NOW)):
        event = {"event": "absence", "source": "Bluesky", **msgspec.to_builtins(night)}
        Lines(Console(file=out, width=300), translator("fr")).event(None, "info", event)
    assert "retour" in out.getvalue()
    assert "Bluesky · Sourd " in out.getvalue()
    assert out.getvalue().rstrip().endswith("rattrapé.")


def test_a_post_commands_no_terminal() -> None:
    said = printed(reading(TEXT))
    assert not {"\x1b", "\x07", "\u202e"} & set(said)
    family = "une famille : 👨\u200d👩\u200d👧, à deux\nlignes"
    assert tame(family) == family
