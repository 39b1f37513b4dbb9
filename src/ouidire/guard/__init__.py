"""May this be said here, by us, so? The only maker of a `Clearance`, without which no replier sends."""

from ouidire.guard.draft import Draft, Limits, Verdict
from ouidire.guard.review import review
from ouidire.guard.rules import Rule, Rulebook, rulebook
from ouidire.guard.seal import covers, restore, to_fields

__all__ = [
    "Draft",
    "Limits",
    "Rule",
    "Rulebook",
    "Verdict",
    "covers",
    "restore",
    "review",
    "rulebook",
    "to_fields",
]
