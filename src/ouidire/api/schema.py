"""The OpenAPI document: what the operations say, and what holds for every one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ouidire.api.door import LONGEST_KEY
from ouidire.api.problems import KINDS, MEDIA_TYPE, TYPE, Problem

ABOUT = """
What the house hears, understands and does, for programs: the same nouns as on the pages, masked for the member that
the program acts for.

* **Tokens** are made under Settings, Programs. Send `Authorization: Bearer ouid_…`. Cookies are not looked at.
* **Scopes** stand beside each operation under `security`. A token never may more than its member.
* **Lists** are newest first. `next` is the `cursor` of the following stretch; the header `Link` has its address.
* **Keys**: with `Idempotency-Key`, a POST is done once, and asked again within 24 hours gets the same answer.
* **Limits**: `RateLimit` says how many calls are left; `429` comes with `Retry-After`.
* **Problems** are RFC 9457. Decide by `type`.
* **In public** nothing is said without a person: `replies:send` is for a button that a person presses.
"""

TAGS: Mapping[str, str] = {
    "me": "The program and its member.",
    "conversations": "One visit each, until it is put right.",
    "mentions": "Single messages, with how they were read and why they are here.",
    "questions": "What only a member can know about a message.",
    "replies": "What is answered in public, after the guard's word and a person's decision.",
    "incidents": "What the detectors found.",
    "deliveries": "Who was told, by what, when, and why not.",
    "routes": "Who is told from now on.",
    "webhooks": "Programs that are told from now on.",
    "organisation": "The own organisation.",
    "places": "Where people meet the business.",
    "watches": "What is listened for.",
    "sources": "What is heard, and how well.",
    "members": "Who belongs to the house.",
}

_ALWAYS = (401, 403, 406, 429, 500, 503)
_RATE = {
    "RateLimit": {"description": "Calls left, and seconds until more.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "Calls a minute.", "schema": {"type": "string"}},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name of yours for this request, new for each. Sent again with the same request, it gets the same "
    "answer for 24 hours and does nothing again; with another request it is refused (`key-reused`).",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
}


def described(api: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if api.openapi_schema is None:
        made = get_openapi(
            title="Ouïdire",
            version="1",
            openapi_version="3.1.0",
            description=ABOUT.strip(),
            routes=api.routes,
            tags=[{"name": name, "description": words} for name, words in TAGS.items()],
            servers=[{"url": "/api/v1"}],
        )
        _complete(made)
        api.openapi_schema = made
    return api.openapi_schema


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, operation) of everything the API can do."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _complete(made: dict[str, Any]) -> None:
    parts = made["components"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    parts["schemas"] |= problem.pop("$defs", {}) | {"Problem": problem}
    for name in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(name, None)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of a program; it begins with `ouid_`."}
    }
    parts["parameters"] = {"IdempotencyKey": _KEY}
    parts["responses"] = {f"Problem{status}": _problem(status) for status in sorted({one for one, _ in KINDS.values()})}
    for _, method, operation in operations(made):
        _complete_one(method, operation)


def _complete_one(method: str, operation: dict[str, Any]) -> None:
    for response in operation["responses"].values():
        response["headers"] = dict(_RATE)
        response["description"] = (
            "Done." if response["description"] == "Successful Response" else response["description"]
        )
    operation["responses"].pop("422", None)
    if method == "post":
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
    statuses = {*_ALWAYS, 422}
    if any(one.get("in") == "path" for one in operation.get("parameters", ())):
        statuses.add(404)
    if method == "post":
        statuses.add(404)
    if method in {"post", "put", "patch"}:
        statuses.add(409)
    if method != "get":
        statuses.add(413)
    if "requestBody" in operation:
        statuses |= {400, 415}
    operation["responses"] |= {str(status): _part(status) for status in sorted(statuses)}


def _part(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/Problem{status}"}


def _problem(status: int) -> dict[str, Any]:
    kinds = [(kind, title) for kind, (one, title) in KINDS.items() if one == status]
    example = {"type": TYPE + kinds[0][0], "title": kinds[0][1], "status": status, "detail": ""}
    made: dict[str, Any] = {
        "description": " ".join(title for _, title in kinds),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    if status in (409, 429, 503):
        made["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return made
