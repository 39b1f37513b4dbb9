"""Sources: what is heard, since when, how well; never a secret of theirs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from ouidire.api.door import Asker, Asks, needs, router
from ouidire.api.shapes import Id, Moment, Out, Page, Paged
from ouidire.domain.program import Scope
from ouidire.domain.source import SourceState
from ouidire.errors import NotFound
from ouidire.inbox import read
from ouidire.inbox.views import SourceLine
from ouidire.store import sources
from ouidire.store.engine import Tx

routes = router("/sources", "sources")


class GapOut(Out):
    """A stretch of time that could not be heard, nor caught up with."""

    since: Moment
    until: Moment
    because: str


class SourceOut(Out):
    """A connector set up, with its health. A deaf source says since when and why."""

    id: str = Field(validation_alias="source_id")
    name: str
    connector: str = Field(examples=["bluesky"])
    state: SourceState
    listens: bool = Field(description="False: an account that is only used to answer.")
    can_reply: bool
    last_heard_at: Moment | None
    deaf_since: Moment | None
    because: str = Field(description="Why it hears nothing; empty when it does.")
    heard: int = Field(description="Every event it brought, of use to us or not.")
    kept: int
    dropped: int = Field(description="Input that could not be used; the reasons stand under `drops`.")
    gaps: list[GapOut]


class DropOut(Out):
    """Input that could not be used, counted by reason."""

    stage: str
    reason: str
    count: int


class Drops(Out):
    items: list[DropOut]


@routes.get("", **needs(Scope.LISTENING_READ))
def list_sources(asker: Asks, wanted: Annotated[Paged, Query()]) -> Page[SourceOut]:
    """The organisation's sources and the public streams, newest first, with their health."""
    with asker.reading() as tx:
        every = read.source_lines(tx, asker.member)
    return asker.page_of_all(every, wanted, lambda one: one.source_id, SourceOut.model_validate)


@routes.get("/{source_id}", **needs(Scope.LISTENING_READ))
def get_source(asker: Asks, source_id: Id) -> SourceOut:
    """One source."""
    with asker.reading() as tx:
        return SourceOut.model_validate(_mine(tx, asker, source_id))


@routes.get("/{source_id}/drops", **needs(Scope.LISTENING_READ))
def list_drops(asker: Asks, source_id: Id) -> Drops:
    """What could not be used of a source: the twenty most frequent reasons, most frequent first."""
    with asker.reading() as tx:
        found = read.drops(tx, asker.member, source_id)
    return Drops(items=[DropOut(stage=stage, reason=reason, count=count) for stage, reason, count in found])


@routes.post("/{source_id}/pause", response_model=SourceOut, **needs(Scope.LISTENING_WRITE))
def pause_source(asker: Asks, source_id: Id) -> Response:
    """Hear nothing there until somebody says so. A stream that others hear too cannot be paused."""

    def pause(tx: Tx) -> SourceOut:
        sources.pause(tx, asker.member, _mine(tx, asker, source_id).source_id)
        return SourceOut.model_validate(_mine(tx, asker, source_id))

    return asker.once(pause)


@routes.post("/{source_id}/resume", response_model=SourceOut, **needs(Scope.LISTENING_WRITE))
def resume_source(asker: Asks, source_id: Id) -> Response:
    """Listen there again."""

    def resume(tx: Tx) -> SourceOut:
        sources.resume(tx, asker.member, _mine(tx, asker, source_id).source_id)
        return SourceOut.model_validate(_mine(tx, asker, source_id))

    return asker.once(resume)


def _mine(tx: Tx, asker: Asker, source_id: str) -> SourceLine:
    found = next((one for one in read.source_lines(tx, asker.member) if one.source_id == source_id), None)
    if found is None:
        raise NotFound("There is no such source.")
    return found
