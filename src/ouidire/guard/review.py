"""Every rule asked about one draft; the clearance when none objects."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from ouidire.domain.clearance import Clearance, Objection
from ouidire.errors import Corrupt
from ouidire.guard.checks import CHECKS
from ouidire.guard.draft import Draft, Verdict
from ouidire.guard.rules import Rulebook, rulebook
from ouidire.guard.seal import stamp


def review(draft: Draft, *, key: bytes, now: datetime, rules: Rulebook | None = None) -> Verdict:
    """A sealed clearance for exactly `draft`, or every reason why not.

    Needs no network and changes nothing; may be asked at each keystroke. Raises `Corrupt` for a rule or key of ours
    that cannot be applied: nothing is cleared then.
    """
    book = rules or rulebook()
    objections = tuple(_objections(draft, now, book))
    return Verdict(None if objections else _clear(draft, key, now, book.version), objections)


def _objections(draft: Draft, now: datetime, book: Rulebook) -> list[Objection]:
    found: list[Objection] = []
    for rule in book.rules:
        check = CHECKS.get(rule.check)
        if check is None:
            raise Corrupt(f"rules.toml asks for a check “{rule.check}” that does not exist.")
        if rule.concerns(draft.connector):
            found += check(draft, rule, now)
    return found


def _clear(draft: Draft, key: bytes, now: datetime, version: str) -> Clearance:
    unsealed = Clearance(
        reply_id=draft.reply_id,
        organisation_id=draft.organisation_id,
        member_id=draft.member.id,
        source_id=draft.source_id,
        target_uri=draft.target_uri,
        text=draft.text,
        rules=version,
        given_at=now.astimezone(UTC),
        seal="",
    )
    return replace(unsealed, seal=stamp(unsealed, key))
