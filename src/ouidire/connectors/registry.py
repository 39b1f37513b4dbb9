"""Finds the connectors: every folder here that has a `manifest.toml`. Nothing lists them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import cast

from ouidire.connectors.base import Answer, Call, Hook, Look, Reader, Replier, SourceContext
from ouidire.connectors.manifest import Manifest, load
from ouidire.errors import Permanent


@cache
def names() -> tuple[str, ...]:
    """The names of all connectors, sorted."""
    folders = files("ouidire.connectors").iterdir()
    return tuple(sorted(f.name for f in folders if f.is_dir() and f.joinpath("manifest.toml").is_file()))


@cache
def manifest(name: str) -> Manifest:
    """Raises `Permanent` when there is no such connector."""
    if name not in names():
        raise Permanent(f"There is no connector called “{name}”; there are {', '.join(names())}.")
    return load(files("ouidire.connectors").joinpath(name, "manifest.toml"))


def may_learn(name: str) -> bool:
    """Do the network's terms allow to learn from what it brought? What is brought in by hand: nobody knows."""
    return name in names() and manifest(name).may_learn


def may_infer_health(name: str) -> bool:
    """Do the network's terms allow to say of an author that they are ill? Where nobody knows, they do not."""
    return name in names() and manifest(name).may_infer_health


def open_reader(name: str, context: SourceContext) -> Reader:
    """The part that hears. Raises `Permanent` when this connector cannot, or a required setting is missing."""
    about = manifest(name)
    if about.reads == "none":
        raise Permanent(f"{about.title} can be answered on, not heard.")
    return cast(Reader, import_module(f"ouidire.connectors.{name}.reader").open_reader(_completed(about, context)))


def open_replier(name: str, context: SourceContext) -> Replier | None:
    """The part that answers; None when one has to answer on the network's own site."""
    about = manifest(name)
    if not about.replies:
        return None
    return cast(Replier, import_module(f"ouidire.connectors.{name}.replier").open_replier(_completed(about, context)))


def open_hook(name: str, context: SourceContext) -> Hook | None:
    """The part that answers when the network calls us; None when this one does not call."""
    about = manifest(name)
    if not about.calls:
        return None
    return cast(Hook, import_module(f"ouidire.connectors.{name}.hook").open_hook(_completed(about, context)))


def farewell(name: str, call: Call) -> Answer:
    """What a call is answered when its source is paused or no longer here."""
    if not manifest(name).calls:
        return Answer(410)
    return cast(Answer, import_module(f"ouidire.connectors.{name}.hook").farewell(call))


async def look(name: str, context: SourceContext) -> Look:
    """What stands at what somebody typed, before it is kept. Raises `Retry` or `Permanent` with what to do."""
    about = manifest(name)
    module = import_module(f"ouidire.connectors.{name}.look")
    return cast(Look, await module.look(_completed(about, context)))


def _completed(about: Manifest, context: SourceContext) -> SourceContext:
    settings, secrets = about.complete(context.settings, context.secrets)
    return replace(context, settings=settings, secrets=secrets)
