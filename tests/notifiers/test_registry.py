"""Which notifiers there are, and why one cannot be used."""

from __future__ import annotations

import pytest

from ouidire.errors import NotFound, Permanent
from ouidire.notifiers import registry
from ouidire.notifiers.context import NotifierContext


def test_notifiers_are_found_in_their_folder() -> None:
    assert registry.names() == ["apprise", "browser", "email", "webhook", "webpush"]


def test_mail_without_a_server_says_so() -> None:
    assert registry.why_not("browser", NotifierContext()) == ""
    assert "OUIDIRE_SMTP" in registry.why_not("email", NotifierContext())
    with pytest.raises(Permanent, match="OUIDIRE_SMTP"):
        registry.open("email", NotifierContext())


def test_a_notifier_nobody_has_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"pigeon.*browser, email, webhook, webpush"):
        registry.open("pigeon", NotifierContext())
