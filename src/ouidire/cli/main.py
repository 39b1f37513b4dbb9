"""`ouidire`: the commands."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from ouidire import __version__
from ouidire.cli import (
    backing_up,
    ending,
    evaluating,
    explaining,
    hearing,
    importing,
    matching,
    passwords,
    reading,
    starting,
    tongue,
)
from ouidire.cli import doctor as doctors
from ouidire.cli import places as listing
from ouidire.cli.places import Asked
from ouidire.errors import BadInput, Corrupt, OuidireError
from ouidire.evaluation.bench import POSTS
from ouidire.evaluation.world import Half
from ouidire.locale import Translator, stored
from ouidire.settings import Settings

app = typer.Typer(
    name="ouidire",
    help="Hears what is said in public about a business, and brings it to the person who can put it right.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
console = Console(highlight=False)

Home = Annotated[Path | None, typer.Option("--home", help="Folder of the store, the key and the local sample.")]


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an old console, or a pipe, may lack a letter: it gets a ? for it
            stream.reconfigure(errors="replace")
    command = typer.main.get_command(app)
    tongue.translate_help(command, _speak())
    command(prog_name="ouidire")


def _speak() -> Translator:
    """The terminal's language."""
    return tongue.speak()


def _settings(home: Path | None, **more: object) -> Settings:
    given: dict[str, Any] = {name: value for name, value in {"home": home, **more}.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        shown = "…" if name in doctors.SECRET else repr(wrong["input"])
        raise BadInput(f"The setting OUIDIRE_{name.upper()} cannot be used: {shown}. {wrong['msg']}.") from error


@contextmanager
def _plainly() -> Iterator[None]:
    """Our own errors are sentences for people, not tracebacks."""
    try:
        yield
    except Corrupt as error:
        _say(error)
        raise typer.Exit(3) from error
    except OuidireError as error:
        _say(error)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _say(error: OuidireError) -> None:
    console.print(stored.say(_speak(), str(error)), style="red", markup=False, soft_wrap=True)


@app.command()
def up(
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="Address of the web page.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the web page; 0: any free one.")] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="Let phones of the local network in; shows a code that pairs one.")
    ] = False,
    phone_of: Annotated[
        str | None, typer.Option(help="With --lan: the mail address of the member whose phone is paired.")
    ] = None,
) -> None:
    """Start everything in one process: listen, understand, tell, and serve the page."""
    with _plainly():
        settings = _settings(home, host=host, port=port, lan=lan or None)
        ending.run(starting.up(settings, console, _speak(), begin_demo=False, phone_of=phone_of))


@app.command()
def demo(
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="Address of the web page.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the web page; 0: any free one.")] = None,
) -> None:
    """See a day: the pretended world plays on a page of its own; nothing of yours is touched."""
    with _plainly():
        ending.run(starting.up(_settings(home, host=host, port=port), console, _speak(), begin_demo=True))


@app.command()
def hear(
    name: Annotated[str, typer.Argument(help="The name to listen for.")],
    near: Annotated[str, typer.Option(help="The town of the place.")] = "",
    handle: Annotated[list[str] | None, typer.Option(help="An account of yours, without @; may be repeated.")] = None,
    jetstream: Annotated[str | None, typer.Option(help="Another Jetstream server.")] = None,
) -> None:
    """Print live mentions of a name, with why they matched and how they were read. Nothing is kept."""
    with _plainly():
        ending.run(
            hearing.hear(_settings(None, jetstream=jetstream), console, _speak(), name, near, tuple(handle or ()))
        )


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="What somebody wrote, between quotes.")] = "",
    post: Annotated[str, typer.Option(help="Instead: the address of a post that the house has, or its id.")] = "",
    author: Annotated[str, typer.Option(help="Who wrote it, e.g. @nadia.")] = "",
    lang: Annotated[str, typer.Option(help="Its language, e.g. fr.")] = "",
    at: Annotated[str, typer.Option(help="Where it was written: latitude,longitude.")] = "",
    when: Annotated[str, typer.Option(help="When, e.g. 2026-10-17T15:26+02:00; without: now.")] = "",
    reply_to: Annotated[str, typer.Option(help="The address of the post that it answers.")] = "",
    places: Annotated[
        Path | None, typer.Option(help="Places from a .csv, .jsonl or .geojson, instead of those of the house.")
    ] = None,
    home: Home = None,
) -> None:
    """Say of a post which business and which place it is about, how sure that is, why, and what would change it."""
    with _plainly():
        asked = explaining.Asked(text, author, lang, at, when, reply_to, post, places)
        ending.run(explaining.explain(_settings(home), console, _speak(), asked))


@app.command()
def match(
    places: Annotated[Path, typer.Option(help="Whom to look for: a .csv, .jsonl or .geojson of places.")],
    posts: Annotated[Path, typer.Option(help="Posts, one JSON object a line; - reads the standard input.")],
    out: Annotated[Path | None, typer.Option(help="Where to write; without: to the standard output.")] = None,
) -> None:
    """For pipelines: which of many places each post is about, as JSON lines. Nothing is kept, no house is needed."""
    with _plainly():
        matching.match(Console(stderr=True, highlight=False), _speak(), places, posts, out)


@app.command("read")
def read_(
    text: Annotated[str, typer.Argument(help="What was written, between quotes.")] = "",
    jsonl: Annotated[
        bool,
        typer.Option("--jsonl", help="For pipelines: posts on the standard input, readings on the standard output."),
    ] = False,
    fast: Annotated[bool, typer.Option("--fast", help="The first reader alone, as in a storm.")] = False,
) -> None:
    """Say what a text means: its mood, what is judged, what it asks for, its urgency, and because of which words."""
    with _plainly():
        errors = Console(stderr=True, highlight=False)
        second = None if fast else reading.second_reader(errors)
        if jsonl:
            reading.stream(errors, sys.stdin.buffer, second)
        else:
            reading.say(console, _speak(), text, second)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="An archive or export, .csv, .json, .parquet, .eml; also as .zip, .tar or .gz.")
    ],
    home: Home = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="Which column is which: text=Comment; may be repeated.")
    ] = None,
    place: Annotated[str, typer.Option(help="The place that all of it is about; without: what speaks of you.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Show what would be kept; keep nothing.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was imported from this file.")] = False,
    everything: Annotated[
        bool, typer.Option("--everything", help="With --undo: also the conversations in which you wrote.")
    ] = False,
) -> None:
    """Read exported posts from a file: progress is shown, and an interrupted import goes on where it was."""
    with _plainly():
        settings, pairs = _settings(home), tuple(columns or ())
        if undo:
            ending.run(importing.take_back(settings, console, _speak(), file, everything=everything))
        elif preview:
            ending.run(importing.preview(settings, console, _speak(), file, pairs, place))
        else:
            ending.run(importing.read_file(settings, console, _speak(), file, pairs, place))


@app.command()
def places(
    file: Annotated[Path, typer.Argument(help="A list of places: CSV, JSON, GeoJSON or OpenStreetMap’s XML.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would become of each row; add nothing.")
    ] = False,
    column: Annotated[
        list[str] | None, typer.Option(help="What a column means, e.g. Enseigne=name; may be repeated.")
    ] = None,
    country: Annotated[str, typer.Option(help="Country where the list does not say it, e.g. FR.")] = "",
    zone: Annotated[str, typer.Option(help="Clock of the towns that we do not know, e.g. America/Toronto.")] = "",
    swapped: Annotated[str, typer.Option(help="Coordinates that look swapped: swap, keep or leave out.")] = "",
    far: Annotated[str, typer.Option(help="Coordinates far from their town: keep, town or leave out.")] = "",
    names: Annotated[
        bool, typer.Option("--names", help="Listen for the name of each place too, beside its town.")
    ] = False,
    only: Annotated[
        str, typer.Option(help="Of an extract, the rows that bear one of these names, e.g. MIE,LULU.")
    ] = "",
    home: Home = None,
) -> None:
    """Add the places of a list at once: each row's fate is shown, and nothing is added while one is unclear."""
    with _plainly():
        asked = Asked(tuple(column or ()), country.upper(), zone, swapped, far, names, preview, only)
        ending.run(listing.read_list(_settings(home), console, _speak(), file, asked))


@app.command("eval")
def evaluate(
    what: Annotated[
        evaluating.What, typer.Argument(help="What is measured: match, which place is meant; reading, what is meant.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the public data; default: OUIDIRE_DATA, else ../shared/data.")
    ] = None,
    half: Annotated[Half, typer.Option(help="The half that nothing was trained on, or the other.")] = Half.TEST,
    posts: Annotated[int, typer.Option(help="How many posts are made and judged.")] = POSTS,
    json: Annotated[bool, typer.Option("--json", help="Every figure, for machines.")] = False,
) -> None:
    """Measure how well posts are placed, or read, on public sets, with counts and intervals."""
    with _plainly():
        evaluating.WHAT[what](console, _speak(), data, half, posts, as_json=json)


@app.command()
def names(
    file: Annotated[Path, typer.Argument(help="A list of brands: name-suggestion-index, or one on each line.")],
    home: Home = None,
) -> None:
    """Say what a chain is also called, from a list of brands; nothing is taken over by itself."""
    with _plainly():
        ending.run(listing.propose(_settings(home), console, _speak(), file))


@app.command()
def passwd(
    email: Annotated[str, typer.Argument(help="The member's mail address.")],
    home: Home = None,
) -> None:
    """Give a member a new password; their open sessions end."""
    with _plainly():
        passwords.passwd(_settings(home), console, _speak(), email)


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; default: a name of its own in `backups`.")] = None,
    home: Home = None,
    with_key: Annotated[bool, typer.Option(help="Put the key in too, locked with a passphrase.")] = False,
    with_imports: Annotated[bool, typer.Option(help="Put copies of imported files in too.")] = False,
) -> None:
    """Write the whole store into one file, as it is at one moment; the house may be up meanwhile."""
    with _plainly():
        backing_up.take(_settings(home), console, _speak(), file, with_key=with_key, with_imports=with_imports)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup, or a copy made before a migration.")],
    home: Home = None,
    into: Annotated[str, typer.Option(help="Another store: sqlite:///FILE or postgresql://…")] = "",
    replace: Annotated[bool, typer.Option(help="Back up what is there, then replace it.")] = False,
    new_key: Annotated[bool, typer.Option(help="Go on without the key of the backup.")] = False,
) -> None:
    """Put a backup back, whole or not at all, on either engine. Nothing is sent until a person confirms."""
    with _plainly():
        settings = _settings(home)
        backing_up.put_back(settings, console, _speak(), file, into=into, replace=replace, new_key=new_key)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="A ZIP; default: a name of its own here.")] = None,
    home: Home = None,
    as_: Annotated[str, typer.Option("--as", help="Mail address of who asks; default: the owner.")] = "",
) -> None:
    """Everything of one business for a person: a page to read, JSON lines and CSV."""
    with _plainly():
        backing_up.hand_out(_settings(home), console, _speak(), file, as_)


@app.command()
def doctor(
    home: Home = None,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Look at everything and say what is wrong and what to do."""
    with _plainly():
        if not asyncio.run(doctors.look(_settings(home), console, _speak(), as_json=json)):
            raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)
