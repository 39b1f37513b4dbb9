"""`ouidire doctor`: looks at everything and says what is wrong and what to do. No secret is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import Console
from rich.markup import escape

from ouidire import __version__, clock
from ouidire.app import App
from ouidire.care import health
from ouidire.cli.lines import tame
from ouidire.domain.absence import sum_up
from ouidire.domain.source import Source, SourceState
from ouidire.errors import OuidireError
from ouidire.locale import Translator, stored, translator
from ouidire.locale import absences as absence_words
from ouidire.locale.absences import Teller
from ouidire.locale.labels import HEALTH, HEALTH_TODO, N_
from ouidire.settings import Settings
from ouidire.store import absences, facts, organisations, sources, states, subscriptions, work
from ouidire.store.engine import Tx
from ouidire.web import tiles

SECRET = ("store", "smtp", "metrics_token")
SET = "(set)"
A_WEEK = timedelta(days=7)
MOST_ABSENCES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is for programs, `said` and `todo` for people."""

    is_well: bool
    said: str
    todo: str = ""
    code: str = ""


async def look(settings: Settings, console: Console, speak: Translator | None = None, *, as_json: bool = False) -> bool:
    """Print every finding; True when all is well."""
    speak = speak or translator("en")
    found = [one async for one in _findings(settings, speak)]
    well = all(one.is_well for one in found)
    if as_json:
        console.print_json(json.dumps(_for_programs(settings, found, well), ensure_ascii=False))
        return well
    console.print(f"Ouïdire {__version__}, Python {sys.version.split()[0]}")
    _print_settings(settings, console, speak)
    for finding in found:
        mark = "[green]✓[/green]" if finding.is_well else "[yellow]![/yellow]"
        console.print(f" {mark} {escape(tame(finding.said))}", soft_wrap=True)
        if finding.todo and not finding.is_well:
            console.print(f"   → {escape(tame(finding.todo))}", soft_wrap=True)
    return well


def _for_programs(settings: Settings, found: list[Finding], well: bool) -> dict[str, object]:
    lines = [{"code": one.code, "well": one.is_well, "said": one.said, "todo": one.todo} for one in found]
    return {"release": __version__, "well": well, "findings": lines, "settings": dict(_shown(settings))}


def _shown(settings: Settings) -> Iterator[tuple[str, str]]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        yield f"OUIDIRE_{name.upper()}", SET if name in SECRET and value else str(value)


def _print_settings(settings: Settings, console: Console, speak: Translator) -> None:
    about = type(settings).model_fields
    for (shown, value), (name, field) in zip(_shown(settings), about.items(), strict=True):
        origin = speak.gettext("given") if name in settings.model_fields_set else speak.gettext("default")
        told = speak.gettext("(set)") if value == SET else value
        line = f"   {shown} = {escape(told)}  ({origin})  [dim]{escape(speak.gettext(str(field.description)))}[/dim]"
        console.print(line, soft_wrap=True)


async def _findings(settings: Settings, speak: Translator) -> AsyncIterator[Finding]:
    try:
        app = App.open(settings)
    except OuidireError as error:
        yield Finding(False, str(error), code="store")
        return
    try:
        for one in await app.store.read(lambda _: health.look(settings, app.store, thoroughly=True)):
            yield said(one, speak)
        for finding in await app.store.read(_house, speak):
            yield finding
        if settings.tiles:
            wrong = tiles.trouble(settings)
            well = speak.gettext(N_("The map takes its tiles from the address in OUIDIRE_TILES."))
            yield Finding(not wrong, stored.say(speak, wrong) if wrong else well, code="tiles")
    except OuidireError as error:  # so damaged that it cannot even be looked at
        yield Finding(False, str(error), code="store")
    finally:
        await app.close()


def said(one: health.Finding, speak: Translator) -> Finding:
    """A finding in words."""
    todo = HEALTH_TODO.get(one.code, "")
    told = speak.gettext(HEALTH[one.code]) % one.values
    return Finding(one.is_well, told, speak.gettext(todo) if todo else "", one.code)


def _house(tx: Tx, speak: Translator) -> list[Finding]:
    say = speak.gettext
    count = organisations.count(tx)
    found = [
        Finding(True, say(N_("%(n)s business(es) set up.")) % {"n": count}, code="house")
        if count
        else Finding(False, say(N_("No business is set up: open the set-up page.")), code="no_house")
    ]
    if facts.paused(tx):
        found.append(said(health.Finding("paused", False), speak))
    for source in sources.listening(tx):
        found.append(_source(source, speak))
        found += _hub(tx, source, speak)
        for gap in sources.gaps(tx, source.id):
            values = {"name": source.name, "since": _minute(gap.since), "until": _minute(gap.until)}
            text = say(N_("%(name)s: not heard from %(since)s to %(until)s.")) % values
            found.append(Finding(False, f"{text} {stored.say(speak, gap.because)}", code="gap"))
    found += _absences(tx, speak)
    for stage, because, number in work.aside(tx):
        text = say(N_("%(n)s message(s) were set aside by the stage %(stage)s: %(because)s"))
        values = {"n": str(number), "stage": stage, "because": because}
        found.append(Finding(False, text % values, say(HEALTH_TODO["aside"]), "aside"))
    return found


def _source(source: Source, speak: Translator) -> Finding:
    name = source.name
    if source.state is SourceState.DEAF:
        because = stored.say(speak, source.because)
        values = {"name": name, "since": _minute(source.deaf_since or clock.now()), "because": because}
        return Finding(False, speak.gettext(N_("%(name)s is deaf since %(since)s: %(because)s")) % values, code="deaf")
    values = {"name": name, "heard": str(source.heard)}
    heard = speak.gettext(N_("%(name)s: %(heard)s events heard.")) % values
    return Finding(True, heard + _rhythm(source, speak), code="hears")


def _absences(tx: Tx, speak: Translator) -> Iterator[Finding]:
    """A wrong clock, and when a source was away in the last week."""
    behind = states.clock_behind(tx)
    if behind is not None:
        todo = N_("Set it by network time; until then we go by the networks' and erase nothing.")
        yield Finding(False, absence_words.wrong_clock(speak, behind), speak.gettext(todo), "wrong_clock")
    teller = Teller(speak, "", clock.now())
    for source in sources.listening(tx):
        for one in absences.recent(tx, [source.id], clock.now() - A_WEEK)[:MOST_ABSENCES]:
            if (summary := sum_up([one])) is not None:
                yield Finding(not one.is_lost, f"{source.name}: {teller.absence(summary)}", code="absence")


def _rhythm(source: Source, speak: Translator) -> str:
    """When what is polled is asked next, and how often it speaks; never its address, which may hold a key."""
    said = ""
    if source.due_at:
        said += " " + speak.gettext(N_("Next look: %(at)s.")) % {"at": _minute(source.due_at)}
    if source.usual_s and source.spoke_at:
        values = {"hours": f"{source.usual_s / 3600:.1f}", "last": _minute(source.spoke_at)}
        said += " " + speak.gettext(N_("It speaks about every %(hours)s h, last %(last)s.")) % values
    return said


def _hub(tx: Tx, source: Source, speak: Translator) -> Iterator[Finding]:
    known = subscriptions.get(tx, source.id)
    if known is None:
        return
    values = {"hub": known.hub, "until": _minute(known.until) if known.until else "", "state": str(known.state)}
    if known.until and known.holds(clock.now()):
        yield Finding(True, speak.gettext(N_("The hub %(hub)s calls us until %(until)s.")) % values, code="hub")
    else:
        text = speak.gettext(N_("The hub %(hub)s does not call us (%(state)s); the source is asked instead.")) % values
        yield Finding(True, f"{text} {known.because}".rstrip(), code="hub")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
