"""Loaded by schemathesis' own command: each request gets a good key of its own."""

from __future__ import annotations

from typing import Any

import schemathesis

from ouidire.domain.ids import new_id
from tests.api.test_schemathesis import is_good_key


@schemathesis.hook
def before_call(_context: Any, case: Any, kwargs: Any) -> None:
    if is_good_key((case.headers or {}).get("Idempotency-Key")):
        kwargs["headers"] = {**(kwargs.get("headers") or {}), "Idempotency-Key": new_id()}
