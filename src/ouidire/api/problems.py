"""What went wrong, as RFC 9457 has it: a stable `type`, a title, and our own sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ouidire.errors import BadInput, NotAllowed, NotFound, OuidireError, Permanent, Retry
from ouidire.locale import Translator, choose, stored, translator
from ouidire.locale.labels import N_

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:ouidire:problem:"

KINDS: Mapping[str, tuple[int, str]] = {
    "unreadable": (400, N_("This is not JSON that we can read.")),
    "no-token": (401, N_("A token is needed, and this is none that is let in.")),
    "no-scope": (403, N_("This program was not let do that.")),
    "not-allowed": (403, N_("This member may not do that.")),
    "not-found": (404, N_("There is no such thing for this member.")),
    "wrong-method": (405, N_("This address does not know this method.")),
    "only-json": (406, N_("Only JSON is spoken here.")),
    "not-possible": (409, N_("This cannot be done as things stand.")),
    "in-progress": (409, N_("The same request is being answered just now.")),
    "too-large": (413, N_("The body is too large.")),
    "not-json": (415, N_("The body must be JSON.")),
    "invalid": (422, N_("Something in the request cannot be used.")),
    "objected": (422, N_("The guard objects: nothing was sent.")),
    "key-reused": (422, N_("This key was used for another request.")),
    "too-many": (429, N_("Too many calls at once.")),
    "broken": (500, N_("Something of ours broke; it was written to the log.")),
    "busy": (503, N_("The house is busy; ask again in a moment.")),
}
"""The end of each `type`, its status and its title. They are promised: programs decide by them."""


class Fault(BaseModel):
    """One thing that is wrong in the request."""

    where: str = Field(description="Where it stands, e.g. `body.text` or `query.limit`.", examples=["query.limit"])
    why: str = Field(description="What is wrong with it.", examples=["Input should be less than or equal to 200"])


class ObjectionOut(BaseModel):
    """Why something may not be said, and the words it is about."""

    model_config = ConfigDict(from_attributes=True)

    rule: str = Field(
        description="The rule's name; see the reference of guard rules.", examples=["no_gesture_for_silence"]
    )
    why: str = Field(description="The reason, in a sentence.")
    start: int = Field(description="Where the words begin in the text; -1 when no words are meant.")
    end: int = Field(description="Where the words end.")


class Problem(BaseModel):
    """RFC 9457 problem details. Decide by `type`; `title` and `detail` are for people."""

    type: str = Field(description="Stable name of the kind of problem.", examples=[TYPE + "not-found"])
    title: str = Field(description="The kind of problem, in a sentence.")
    status: int = Field(description="The HTTP status once more.", examples=[404])
    detail: str = Field("", description="What happened here and what to do, in a sentence.")
    errors: list[Fault] = Field(default_factory=list, description="With `invalid`: each thing that is wrong.")
    objections: list[ObjectionOut] = Field(default_factory=list, description="With `objected`: each reason.")
    scope: str = Field("", description="With `no-scope`: the scope that is missing.")


class Refused(Exception):
    """This request ends with a problem."""

    def __init__(self, kind: str, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail or kind)
        self.kind, self.detail, self.headers, self.more = kind, detail, dict(headers or {}), more


def speaks(request: Request) -> Translator:
    """The language that the request asks for; English when it names none."""
    wished = request.headers.get("accept-language", "")
    return translator(choose(wished) if wished else "en")


def answer(request: Request, refused: Refused) -> Response:
    """The problem in the caller's language."""
    t = speaks(request)
    status, title = KINDS[refused.kind]
    said = {
        "type": TYPE + refused.kind,
        "title": t.gettext(title),
        "status": status,
        "detail": stored.say(t, refused.detail),
        **refused.more,
    }
    body = msgspec.json.encode(said)
    headers = {"Content-Language": t.language, "Vary": "Accept-Language", **refused.headers}
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


@contextmanager
def as_things_stand() -> Iterator[None]:
    """What is refused herein was well said, but does not fit how things stand."""
    try:
        yield
    except BadInput as error:
        raise Refused("not-possible", str(error)) from error


def of_error(error: OuidireError) -> Refused:
    """What one of our own errors is to a program."""
    if isinstance(error, Retry):
        return Refused("busy", headers={"Retry-After": str(max(1, round(error.after_s or 1)))})
    kinds = ((NotFound, "not-found"), (NotAllowed, "not-allowed"), (BadInput, "invalid"), (Permanent, "invalid"))
    kind = next((kind for one, kind in kinds if isinstance(error, one)), "broken")
    return Refused(kind, "" if kind == "broken" else str(error))
