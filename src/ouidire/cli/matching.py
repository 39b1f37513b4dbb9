"""`ouidire match`: places and posts in, decisions out, as JSON lines for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ouidire import clock
from ouidire.cli.lines import tame
from ouidire.errors import BadInput
from ouidire.locale import Translator
from ouidire.match.given import Remark, batches, read_places
from ouidire.match.pipeline import Decider, World, encode, world_of

SHOWN = 20
"""So many bad lines are named; the others are counted."""

STDIN = Path("-")


@dataclass(slots=True)
class _Told:
    """What is said of single lines, on the error stream: the first ones, then their number."""

    console: Console
    speak: Translator
    left_out: int = 0
    _said: int = 0

    def remark(self, file: str, one: Remark) -> None:
        self.left_out += one.left_out
        self._said += 1
        if self._said <= SHOWN:
            words = {name: tame(value) for name, value in one.values.items()}
            sentence = self.speak.gettext(one.sentence) % words
            line = self.speak.gettext("%(file)s, line %(line)s: %(what)s.") % {
                "file": file, "line": one.line, "what": sentence,
            }  # fmt: skip
            self.console.print(line, style="yellow", markup=False, soft_wrap=True)
        elif self._said == SHOWN + 1:
            said = self.speak.gettext("More such lines follow; they are only counted.")
            self.console.print(said, style="yellow", markup=False)


def match(console: Console, speak: Translator, places: Path, posts: Path, out: Path | None) -> None:
    """Write a decision for each post that is about one of `places`; `console` writes to the error stream.

    Raises `BadInput` when there is no place or not one post that can be read. A bad line is said and left out.
    """
    told = _Told(console, speak)
    world = _world(told, places)
    decider, done = Decider(world, clock.now()), _Done()
    began = clock.steady()
    with _input(posts) as stream, _output(out) as sink, _bar(console) as bar:
        task = bar.add_task(speak.gettext("posts"), total=_size(posts), posts=0)
        for lines in batches(stream):
            _decide(decider, lines, sink, told, done, "stdin" if posts == STDIN else posts.name)
            bar.update(task, completed=done.bytes, posts=done.posts)
        if told.left_out and not done.posts:
            raise BadInput(f"Not one post of {posts} could be read.")
    done.bad, done.seconds = told.left_out, clock.steady() - began
    for said in _summary(speak, done):
        console.print(said, style="dim", markup=False, soft_wrap=True)


def _summary(speak: Translator, done: _Done) -> Iterator[str]:
    read = speak.ngettext("%(num)s post read in %(span)s s.", "%(num)s posts read in %(span)s s.", done.posts)
    yield read % {"num": done.posts, "span": f"{done.seconds:.1f}"}
    made = speak.ngettext("%(num)s decision written.", "%(num)s decisions written.", done.decisions)
    yield made % {"num": done.decisions}
    if done.bad:
        left_out = speak.ngettext("%(num)s line left out.", "%(num)s lines left out.", done.bad)
        yield left_out % {"num": done.bad}


@dataclass(slots=True)
class _Done:
    posts: int = 0
    bytes: int = 0
    decisions: int = 0
    bad: int = 0
    seconds: float = 0.0


def _world(told: _Told, places: Path) -> World:
    given, remarks = read_places(places)
    world = world_of(given)
    for one in (*remarks, *world.remarks):
        told.remark(places.name, one)
    if not world.places:
        raise BadInput(f"There is no place in {places.name} that can be looked for.")
    number = world.organisations
    found = told.speak.ngettext("%(num)s place", "%(num)s places", len(world.places)) % {"num": len(world.places)}
    houses = told.speak.ngettext("%(num)s organisation", "%(num)s organisations", number) % {"num": number}
    told.console.print(f"{found} · {houses}", style="dim", markup=False)
    told.left_out = 0
    return world


def _decide(
    decider: Decider, lines: Sequence[tuple[int, bytes | None]], sink: BinaryIO, told: _Told, done: _Done, name: str
) -> None:
    decisions, remarks, count = decider.decide(lines)
    sink.write(b"".join([encode(one) + b"\n" for one in decisions]))
    sink.flush()  # who reads along waits for it
    for one in remarks:
        told.remark(name, one)
    done.posts += count
    done.decisions += len(decisions)
    done.bytes += sum(len(line) + 1 for _, line in lines if line is not None)


def _size(posts: Path) -> int | None:
    return None if posts == STDIN else posts.stat().st_size


@contextmanager
def _input(posts: Path) -> Iterator[BinaryIO]:
    if posts == STDIN:
        yield sys.stdin.buffer
        return
    if not posts.is_file():
        raise BadInput(f"There is no file at {posts}.")
    with posts.open("rb") as opened:
        yield opened


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    """Standard output; or a file that stands there under its name when all of it is written."""
    if out is None:
        try:
            yield sys.stdout.buffer
        except BrokenPipeError:  # who read along has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("wb") as opened:
            yield opened
        part.replace(out)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description} {task.fields[posts]:,}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
