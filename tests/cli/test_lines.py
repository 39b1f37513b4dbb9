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
from ouidire.domain.mention import Evidence, EvidenceKind, Mention, MentionState
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


def test_why_a_post_matched_is_one_line_that_commands_no_terminal() -> None:
    evidence = (
        Evidence(EvidenceKind.NAME, "Lune\x1b[2J", 0, 4, weight=2.0),
        Evidence(EvidenceKind.NAME, "Lune\x1b[2J", 9, 13, weight=2.0),
        Evidence(EvidenceKind.COMMON, "Lune", weight=-1.0),
    )
    mention = Mention("m1", "o1", "x1", None, MentionState.OURS, evidence, NOW, is_news=True)
    why = Lines(Console(), translator("en")).why(Heard(mention, item(TEXT), None, is_gone=False))
    assert why == "your name stands in the text: “Lune [2J”; “Lune” is an ordinary word, too"


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
