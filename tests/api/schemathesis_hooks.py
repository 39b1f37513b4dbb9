"""Loaded by schemathesis' own command: each request gets a good key of its own."""

from __future__ import annotations

from typing import Any

import schemathesis

from tests.api.test_schemathesis import _fresh_key


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    _fresh_key(case)
