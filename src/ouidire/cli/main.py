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
from ouidire.cli import doctor as doctors
from ouidire.cli import ending, hearing, importing, passwords, starting, tongue
from ouidire.errors import BadInput, Corrupt, OuidireError
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
) -> None:
    """Start everything in one process: listen, understand, tell, and serve the page."""
    with _plainly():
        ending.run(starting.up(_settings(home, host=host, port=port), console, _speak(), begin_demo=False))


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


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="JSON lines, CSV or a Jetstream capture; .gz too.")],
    home: Home = None,
) -> None:
    """Read exported posts from a file: progress is shown, and an interrupted import goes on where it was."""
    with _plainly():
        ending.run(importing.read_file(_settings(home), console, _speak(), file))


@app.command()
def passwd(
    email: Annotated[str, typer.Argument(help="The member's mail address.")],
    home: Home = None,
) -> None:
    """Give a member a new password; their open sessions end."""
    with _plainly():
        passwords.passwd(_settings(home), console, _speak(), email)


@app.command()
def doctor(home: Home = None) -> None:
    """Look at everything and say what is wrong and what to do."""
    with _plainly():
        if not asyncio.run(doctors.look(_settings(home), console, _speak())):
            raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)
