"""Loaded by schemathesis' own command: it would send one key with several requests, which is refused, and rightly."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def before_load_schema(_context: Any, document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            kept = [
                one for one in operation.get("parameters", ()) if not one.get("$ref", "").endswith("/IdempotencyKey")
            ]
            operation["parameters"] = kept
