"""`ouidire`: the commands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ouidire import __version__
from ouidire.cli import doctor as doctors
from ouidire.cli import hearing, importing, passwords, starting
from ouidire.errors import Corrupt, OuidireError
from ouidire.locale import Translator, choose, translator
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
    app()


def _speak() -> Translator:
    """The terminal's language: what LANG says; English for the plain C locale."""
    wished = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "C"
    tag = wished.split(".")[0].replace("_", "-")
    return translator("en" if tag in ("C", "POSIX") else choose(tag))


def _settings(home: Path | None, **more: object) -> Settings:
    given: dict[str, Any] = {name: value for name, value in {"home": home, **more}.items() if value is not None}
    return Settings(**given)


@contextmanager
def _plainly() -> Iterator[None]:
    """Our own errors are sentences for people, not tracebacks."""
    try:
        yield
    except Corrupt as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(3) from error
    except OuidireError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def up(
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="Address of the web page.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the web page; 0: any free one.")] = None,
) -> None:
    """Start everything in one process: listen, understand, tell, and serve the page."""
    with _plainly():
        asyncio.run(starting.up(_settings(home, host=host, port=port), console, _speak(), begin_demo=False))


@app.command()
def demo(
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="Address of the web page.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the web page; 0: any free one.")] = None,
) -> None:
    """See a day: the pretended world plays on a page of its own; nothing of yours is touched."""
    with _plainly():
        asyncio.run(starting.up(_settings(home, host=host, port=port), console, _speak(), begin_demo=True))


@app.command()
def hear(
    name: Annotated[str, typer.Argument(help="The name to listen for.")],
    near: Annotated[str, typer.Option(help="The town of the place.")] = "",
    handle: Annotated[list[str] | None, typer.Option(help="An account of yours, without @; may be repeated.")] = None,
    jetstream: Annotated[str | None, typer.Option(help="Another Jetstream server.")] = None,
) -> None:
    """Print live mentions of a name, with why they matched and how they were read. Nothing is kept."""
    with _plainly():
        asyncio.run(
            hearing.hear(_settings(None, jetstream=jetstream), console, _speak(), name, near, tuple(handle or ()))
        )


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
            asyncio.run(importing.take_back(settings, console, _speak(), file, everything=everything))
        elif preview:
            asyncio.run(importing.preview(settings, console, _speak(), file, pairs, place))
        else:
            asyncio.run(importing.read_file(settings, console, _speak(), file, pairs, place))


@app.command()
def passwd(
    email: Annotated[str, typer.Argument(help="The member's mail address.")],
    home: Home = None,
) -> None:
    """Give a member a new password; their open sessions end."""
    with _plainly():
        passwords.passwd(_settings(home), console, email)


@app.command()
def doctor(home: Home = None) -> None:
    """Look at everything and say what is wrong and what to do."""
    with _plainly():
        if not asyncio.run(doctors.look(_settings(home), console)):
            raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)
