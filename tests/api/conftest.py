"""A house with a program let in, and a caller for it."""

from __future__ import annotations

from tests.web.conftest import _quick_passwords, address, house  # noqa: F401 - fixtures
