"""Writes docs/reference/ from the code: python scripts/reference.py (or `make docs`).

`pages()` gives every page's text; tests/docs/test_reference.py fails when a page on disk differs from it.
"""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
from pydantic.fields import FieldInfo
from sqlalchemy import Table
from typer.models import ArgumentInfo, CommandInfo, OptionInfo

import ouidire.notifiers
from ouidire.api.main import build
from ouidire.api.problems import KINDS, MEDIA_TYPE, TYPE
from ouidire.api.schema import described, operations
from ouidire.cli.main import app
from ouidire.connectors import registry
from ouidire.connectors.manifest import Manifest, Setting
from ouidire.domain.enrichment import Urgency
from ouidire.domain.mention import EvidenceKind
from ouidire.domain.program import Scope
from ouidire.enrich.rules import Rule, rules
from ouidire.guard.rules import Rule as GuardRule
from ouidire.guard.rules import rulebook
from ouidire.home import OLDER
from ouidire.locale.labels import ACT, EVIDENCE, RULE, SCOPE, URGENCY
from ouidire.match.given import OSM_TAGS, PlaceGiven, PostGiven
from ouidire.match.pipeline import MOST_FOLLOWED, Decider, Decision, EvidenceOut, encode, world_of
from ouidire.settings import Settings
from ouidire.store.schema import metadata

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
WRITTEN = "<!-- Written by scripts/reference.py (make docs). Change the code, not this page. -->"

TABLES = {
    "absence": "when a source heard nothing, how far it is caught up, and what came meanwhile",
    "alert": "the telling of one incident; its version grows with the incident",
    "author_habit": "of which place an author has spoken before, how often, and when last",
    "calm": "a member's wish for one calm message a day about a place",
    "calm_day": "one day's sending of such a wish, claimed with a lease",
    "channel": "a member's own way of being woken; the address is locked",
    "context_word": "how often a word stood in posts that were an organisation's, and in posts that were not",
    "conversation": "one visit, from the first message until it is put right",
    "delivery": "one sending (or not) of one alert to one member, with why",
    "correction": "what a member said one line of a reading means, or that it was right",
    "drop": "input that could not be used, counted by reason, with a sample",
    "edge": "why a mention stands in its story and its conversation",
    "enrichment": "what one reader understood of one revision of a mention",
    "followed": "items and authors whose next words are listened for, until when",
    "gap": "a stretch of time that a network could not replay for us",
    "heard_change": "which watches and places have changed lately, for whoever listens to catch up with",
    "import": "a file that a member brought in; read once, undone as a whole",
    "incident": "what a detector found; one open row per scope and kind",
    "item": "one public message as its network gave it",
    "member": "a person who signs in",
    "member_place": "the places that a manager or a viewer is for",
    "mention": "an item that speaks of an organisation, with the evidence",
    "muted_author": "an author whom an organisation no longer wants to hear",
    "note": "what a member wrote down about a conversation",
    "notice": "a word to who runs the house about a source: it is deaf, it hears again",
    "organisation": "who uses Ouïdire; owns all rows that carry its id",
    "phone": "a device that was paired, and what ended that",
    "place": "a business location that people talk about",
    "program": "software that asks the API for a member; of its token only a digest",
    "question": "what a member is asked about one mention, and the answer",
    "received": "a network's call, kept before it was answered, until what it brought is committed",
    "refused": "posts that were nearly about an organisation and were left aside, for a day",
    "reply": "what we answer in public; claimed once",
    "request_key": "what a program was answered under its own key, for 24 hours",
    "route": "who is told, of which place, from which gravity on, by what",
    "search_text": "folded text for search, with and without names of people",
    "silence": "when alerts of a place rest, and why",
    "source": "a connector set up, with its cursor and its health",
    "state": "small facts of the house, by name",
    "story": "what spread from one item",
    "subscription": "a hub's promise to call us about one source, until when",
    "token": "secrets handed out, as digests: set-up, invitation, alert link, session",
    "tombstone": "hashes of what was deleted at its source, so that a replay does not bring it back",
    "watch": "what to look for, for an organisation or one of its places",
    "work": "what a stage still has to do, claimed with a lease",
}
"""One line a table; a table without a line here is an error, and so is a line without a table."""


def pages() -> dict[str, str]:
    """File name in docs/reference/ → its whole text."""
    makers: Mapping[str, Callable[[], Iterable[str]]] = {
        "settings.md": settings,
        "cli.md": commands,
        "connectors.md": connectors,
        "notifiers.md": notifiers,
        "match.md": matching,
        "tables.md": tables,
        "reading-rules.md": reading_rules,
        "guard-rules.md": guard_rules,
        "api.md": api,
    }
    made = {name: _page(maker()) for name, maker in makers.items()}
    titles = {name: text.split("\n", 3)[2].removeprefix("# ") for name, text in made.items()}
    return made | {"README.md": _page(_index(titles)), "openapi.json": json.dumps(DOCUMENT, indent=1) + "\n"}


def _page(lines: Iterable[str]) -> str:
    return "\n".join([WRITTEN, "", *lines]).rstrip() + "\n"


def _index(titles: Mapping[str, str]) -> Iterable[str]:
    yield "# Reference"
    yield ""
    yield "Written from the code, and held to it by a test."
    yield ""
    for name, title in titles.items():
        yield f"- [{title}]({name})"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(_cell(one) for one in row) + " |"
    yield ""


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


# --- settings --------------------------------------------------------------------------------------------------------


def settings() -> Iterable[str]:
    yield "# Settings"
    yield ""
    yield "Read from the environment, or from a file `ouidire.env` in the folder where `ouidire` is started."
    yield "The environment wins over the file, and a command's own option over both."
    yield "`ouidire doctor` prints what is set, without secrets."
    yield ""
    rows = ((f"`OUIDIRE_{name.upper()}`", _default(one), one.description) for name, one in _fields())
    yield from _table(("variable", "default", "meaning"), rows)


def _fields() -> Iterable[tuple[str, FieldInfo]]:
    return Settings.model_fields.items()


def _default(one: FieldInfo) -> str:
    if one.default_factory is not None:  # differs from machine to machine: the page names Linux's
        return f"`{OLDER}`"
    return "(empty)" if one.default in ("", None) else f"`{one.default}`"


# --- commands --------------------------------------------------------------------------------------------------------


def commands() -> Iterable[str]:
    yield "# Commands"
    yield ""
    yield "Errors are one sentence, in the system's language where it is French or English."
    yield ""
    exits = (
        ("0", "done; or told to end (SIGTERM, a closed terminal), and ended in order"),
        ("1", "an error that the sentence explains; `doctor`: something is not well"),
        ("2", "wrong usage"),
        ("3", "corruption of our own: nothing goes on before it is mended"),
        ("130", "ended by Ctrl-C, in order"),
    )
    yield from _table(("exit code", "means"), exits)
    yield ""
    for command in app.registered_commands:
        yield from _command(command)


def command_name(command: CommandInfo) -> str:
    assert command.callback is not None
    return command.name or command.callback.__name__.replace("_", "-")


def _command(command: CommandInfo) -> Iterable[str]:
    assert command.callback is not None
    rows = [_parameter(name, *one) for name, one in _parameters(command.callback)]
    wanted = [name.strip("`") for name, is_needed, _ in rows if is_needed]
    options = " [OPTIONS]" if len(wanted) < len(rows) else ""
    yield f"## ouidire {command_name(command)}"
    yield ""
    yield inspect.cleandoc(command.callback.__doc__ or "")
    yield ""
    yield f"    ouidire {command_name(command)}{options}{''.join(f' {one}' for one in wanted)}"
    yield ""
    if rows:
        yield from _table(("what", "meaning"), ((name, meaning) for name, _, meaning in rows))


def _parameters(callback: Callable[..., Any]) -> Iterable[tuple[str, tuple[type, ArgumentInfo | OptionInfo]]]:
    for name, hint in get_type_hints(callback, include_extras=True).items():
        about = [one for one in getattr(hint, "__metadata__", ()) if isinstance(one, ArgumentInfo | OptionInfo)]
        if about:
            yield name, (get_args(hint)[0], about[0])


def _parameter(name: str, kind: type, about: ArgumentInfo | OptionInfo) -> tuple[str, bool, str]:
    """How it is written, whether it must be given, what it means."""
    if isinstance(about, ArgumentInfo):
        return f"`{name.upper()}`", True, about.help or ""
    flags = ", ".join(about.param_decls or (f"--{name.replace('_', '-')}",))
    return f"`{flags} {_value(kind)}`", False, about.help or ""


def _value(kind: type) -> str:
    said = str(kind)
    return "PATH" if "Path" in said else "INTEGER" if "int" in said else "TEXT"


# --- connectors and notifiers ----------------------------------------------------------------------------------------


def connectors() -> Iterable[str]:
    quality = tomllib.loads(files("ouidire.connectors").joinpath("quality.toml").read_text("utf-8"))
    yield "# Connectors"
    yield ""
    yield "From each folder's `manifest.toml`, and from `src/ouidire/connectors/quality.toml`."
    yield ""
    for name in registry.names():
        yield from _connector(registry.manifest(name), quality[name])


def _connector(about: Manifest, quality: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    yield f"## {about.title}"
    yield ""
    yield f"`{about.name}`, see [its page](../../src/ouidire/connectors/{about.name}/README.md)."
    yield ""
    yield from _table(("", ""), _facts(about))
    if about.settings:
        rows = ((f"`{name}`", _filled(one), one.help) for name, one in about.settings.items())
        yield from _table(("setting", "is", "meaning"), rows)
    for level, lines in quality.items():
        yield f"**{level}**: " + "; ".join(f"{name} {said}" for name, said in lines.items())
        yield ""


READS = {"stream": "as a stream", "poll": "by asking", "file": "a file, once", "none": "nothing"}


def _facts(about: Manifest) -> Iterable[tuple[str, object]]:
    rate = about.reply_rate
    yield "hears", READS[about.reads]
    if about.calls:
        yield "is called", "by the network, where this house has a public address"
    yield "answers", "yes" if about.replies else "no"
    if about.replies:
        yield "longest reply", f"{about.max_reply_length} {about.unit}" if about.max_reply_length else "no limit"
        yield "most replies", f"{rate.count} in {rate.per_s} s" if rate else "no limit"
    yield "may be learnt from", "yes" if about.may_learn else "no"
    yield "health may be inferred", "yes" if about.may_infer_health else "no"
    yield "may be kept", f"{about.may_store_days} days" if about.may_store_days else "as long as the post exists"
    yield "terms", f"{about.terms_source}, read on {about.terms_read_on}"


def _filled(one: Setting) -> str:
    words = [one.type, "required" if one.required else ""]
    words.append("has a default" if one.default else "")
    return ", ".join(word for word in words if word)


def notifiers() -> Iterable[str]:
    yield "# Notifiers"
    yield ""
    yield "How our people are told: each file of `src/ouidire/notifiers/` that opens one."
    yield ""
    yield from _table(("notifier", "what it does"), notifier_lines())


def notifier_lines() -> Iterable[tuple[str, str]]:
    for found in pkgutil.iter_modules(ouidire.notifiers.__path__):
        module = import_module(f"ouidire.notifiers.{found.name}")
        if hasattr(module, "open_notifier"):
            yield f"`{module.NAME}`", (module.__doc__ or "").strip()


# --- matching for pipelines ------------------------------------------------------------------------------------------

PLACE_FIELDS: Mapping[str, str] = {
    "id": "unique in the file; the same stands in the decisions",
    "organisation": "places with the same one belong together; without: the place is an organisation by itself",
    "name": "what people call it",
    "aliases": "nicknames, other spellings",
    "handles": "accounts on networks, with or without `@`",
    "street": "without the number, as people say it",
    "district": "quarter, borough",
    "town": "as on a map",
    "postcode": "text or number",
    "country": "ISO 3166, two letters; without: that of the largest town of this name",
    "lat": "degrees north",
    "lon": "degrees east",
    "category": "`restaurant`, `bar`, `bakery`, `pharmacy`, `hotel`, `clothes` …",
}
POST_FIELDS: Mapping[str, str] = {
    "id": "the same stands in the decisions",
    "text": "what was written; the first 20,000 characters are read",
    "author": "handle of who wrote it",
    "lang": "ISO 639, where the network says it",
    "created_at": "RFC 3339; without a zone: UTC; without: now",
    "lat": "where it was written, degrees north",
    "lon": "degrees east",
    "venue": "the `id` of a place that the network itself attached (a check-in, a review page)",
    "in_reply_to": "the `id` of a post that came before it in the stream",
}
DECISION_FIELDS: Mapping[str, str] = {
    "post_id": "always text",
    "organisation_id": "the place's `organisation`, or its `id` where it has none",
    "place_id": "null: about the organisation, at a place that is not known",
    "p": "how sure that is, of 1: organisation and place together; of the organisation alone where the place is null",
    "candidates": "places that may be meant, the likeliest first",
    "evidence": "what speaks for it and against it",
}
EVIDENCE_FIELDS: Mapping[str, str] = {
    "kind": "one of the kinds below",
    "found": "in the post's own words",
    "start": "first character in `text`; -1: it does not stand there",
    "end": "the character after the last",
    "place_id": "the one place that it speaks for or against; null: all of them",
    "weight": "by how much it moved the log-odds; below 0: against",
}


def matching() -> Iterable[str]:
    """scripts/match.md, with its tables and with what its example gives."""
    page = Path(__file__).with_name("match.md").read_text("utf-8")
    kinds = ((f"`{kind}`", EVIDENCE[kind] % {"found": "…"}) for kind in EvidenceKind)
    parts = {
        "places": _given(PLACE_FIELDS, PlaceGiven),
        "posts": _given(POST_FIELDS, PostGiven),
        "decisions": _decided(DECISION_FIELDS, Decision),
        "evidence": _decided(EVIDENCE_FIELDS, EvidenceOut),
        "kinds": _table(("kind", "means"), kinds),
        "tags": [", ".join(f"`{tag}`" for tag in OSM_TAGS)],
        "followed": [f"{MOST_FOLLOWED:,}"],
        "written": (f"    {line}" for line in _example(page)),
    }
    for name, lines in parts.items():
        page = page.replace(f"{{{name}}}", "\n".join(lines))
    yield page


def _example(page: str) -> Iterable[str]:
    """The decisions about the posts of the page's example."""
    places, posts = (
        [(n, line.strip().encode()) for n, line in enumerate(block.strip("\n").splitlines(), 1)]
        for block in re.findall(r"^`\w+\.jsonl`:\n\n((?: {4}.*\n)+)", page, re.M)
    )
    given = [(n, msgspec.json.decode(line, type=PlaceGiven)) for n, line in places]
    decider = Decider(world_of(given), datetime(2026, 10, 17, 20, tzinfo=UTC))
    yield from (encode(one).decode() for one in decider.decide(posts)[0])


def _given(meanings: Mapping[str, str], struct: type) -> Iterable[str]:
    needed = {one.name for one in msgspec.structs.fields(struct) if one.required}
    _must_be_all(meanings, struct)
    rows = ((f"`{name}`", "yes" if name in needed else "", meaning) for name, meaning in meanings.items())
    yield from _table(("field", "needed", "meaning"), rows)


def _decided(meanings: Mapping[str, str], struct: type) -> Iterable[str]:
    _must_be_all(meanings, struct)
    yield from _table(("field", "meaning"), ((f"`{name}`", meaning) for name, meaning in meanings.items()))


def _must_be_all(meanings: Mapping[str, str], struct: type) -> None:
    names = [one.name for one in msgspec.structs.fields(struct)]
    if names != list(meanings):
        raise SystemExit(f"scripts/reference.py: {struct.__name__} has {names}, and {list(meanings)} are told.")


# --- tables ----------------------------------------------------------------------------------------------------------


def tables() -> Iterable[str]:
    yield "# Tables"
    yield ""
    yield "From `src/ouidire/store/schema.py`. Ids are UUIDv7 text, moments are UTC."
    yield "An arrow names the table that a column points to; a column marked ○ may be empty."
    yield ""
    if set(TABLES) != set(metadata.tables):
        odd = sorted(set(TABLES) ^ set(metadata.tables))
        raise SystemExit(f"scripts/reference.py: TABLES and the schema differ in {', '.join(odd)}.")
    for name, table in sorted(metadata.tables.items()):
        yield from _one_table(name, table)


def _one_table(name: str, table: Table) -> Iterable[str]:
    yield f"## {name}"
    yield ""
    yield TABLES[name][0].upper() + TABLES[name][1:] + "."
    yield ""
    yield ", ".join(_column(one) for one in table.columns)
    yield ""


def _column(one: Any) -> str:
    keys = [f" → {key.column.table.name}" for key in one.foreign_keys]
    return f"`{one.name}`{''.join(keys)}{' (key)' if one.primary_key else ''}{' ○' if one.nullable else ''}"


# --- rules -----------------------------------------------------------------------------------------------------------


def reading_rules() -> Iterable[str]:
    every = rules().rules
    yield "# Rules of reading"
    yield ""
    yield f"The {len(every)} rules of `src/ouidire/enrich/rules.toml`, in their order."
    yield "Each is one idea in one language: the act and the urgency that its words speak for,"
    yield "and how often that is right when it speaks alone."
    yield "The numbers are the authors' estimates, not measurements. The words that fired stand beside every message."
    yield ""
    yield from _table(("rule", "language", "means", "act", "urgency", "marks"), (_reading_rule(one) for one in every))
    yield "*denial does not cancel it*: “no”, “sans” before the words change nothing."
    yield "*fades*: urgent only while it lasts. *decides the act*: alone, before complaints, not before threats."
    yield ""
    counted = Counter(one.urgency for one in every)
    said = "; ".join(f"{int(one)} ({URGENCY[one]}): {counted[one]}" for one in sorted(Urgency, reverse=True))
    yield f"Rules by urgency: {said}."
    yield ""
    yield "## Cues"
    yield ""
    yield "Words that are grave only in a text that the readers find urgent, at least so likely (last column)."
    yield "They name the matter and the words; they decide no act."
    yield ""
    rows = ((f"`{c.name}`", c.language, RULE.get(c.name, c.name), int(c.urgency), c.asks_reader) for c in rules().cues)
    yield from _table(("cue", "language", "means", "urgency", "from"), rows)


def _reading_rule(one: Rule) -> tuple[object, ...]:
    marks = (
        "" if one.deniable else "denial does not cancel it",
        "fades" if one.fades else "",
        "decides the act" if one.wins else "",
    )
    return (
        f"`{one.name}`",
        one.language,
        RULE.get(one.name, one.name),
        f"{ACT[one.act]} ({one.act_p:.2f})",
        f"{int(one.urgency)} {URGENCY[one.urgency]} ({one.urgency_p:.2f})",
        ", ".join(mark for mark in marks if mark),
    )


def guard_rules() -> Iterable[str]:
    yield "# Rules of the guard"
    yield ""
    yield "From `src/ouidire/guard/rules.toml`, applied in this order to every reply, on every path out."
    yield "A reply to which one of them objects is not sent."
    yield "All objections are shown at once, with the words they point at."
    yield ""
    yield from _table(("rule", "for", "what", "source", "read"), (_guard_rule(one) for one in rulebook().rules))


def _guard_rule(one: GuardRule) -> tuple[object, ...]:
    who = "every network" if one.who == "*" else one.who
    return f"`{one.name}`", who, one.what, one.source, one.read_on


# --- the API ---------------------------------------------------------------------------------------------------------

DOCUMENT = described(build(lambda: None))  # type: ignore[arg-type, return-value]


def api() -> Iterable[str]:
    yield "# API"
    yield ""
    yield "Every operation of `/api/v1`. The same for programs: [openapi.json](openapi.json) (OpenAPI 3.1),"
    yield "also at `/api/v1/openapi.json` of a running house. How to begin: [use the API](../howto/use-the-api.md)."
    yield ""
    yield "## Scopes"
    yield ""
    yield from _table(("scope", "a program with it may"), ((f"`{one.value}`", SCOPE[one.value]) for one in Scope))
    for tag in DOCUMENT["tags"]:
        yield f"## {tag['name'].capitalize()}"
        yield ""
        yield tag["description"]
        yield ""
        rows = (_operation(*one) for one in operations(DOCUMENT) if one[2]["tags"] == [tag["name"]])
        yield from _table(("operation", "scope", "what it does", "may be narrowed by, or takes"), rows)
    yield "## Problems"
    yield ""
    yield f"Each answer that is not what was asked for is `{MEDIA_TYPE}` (RFC 9457)."
    yield f"`type` is `{TYPE}` and one of these; they are promised."
    yield ""
    yield from _table(
        ("type", "status", "says"), ((f"`{name}`", status, says) for name, (status, says) in KINDS.items())
    )


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> tuple[object, ...]:
    scope = "".join(f"`{one}`" for one in operation["security"][0]["token"]) or "any"
    asked = [f"`{one['name']}`" for one in operation.get("parameters", ()) if one.get("in") == "query"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    fields = DOCUMENT["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
    return (
        f"`{method.upper()} {path}`",
        scope,
        operation["description"],
        ", ".join(asked + [f"`{one}`" for one in fields]),
    )


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = pages()
    for stray in {file.name for file in FOLDER.glob("*.md")} - set(written):
        (FOLDER / stray).unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, "utf-8")
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
