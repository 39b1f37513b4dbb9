"""What went wrong, said as what to do next.

The one who raises knows whether waiting helps; the stage that catches does what the error says.
Every message is a sentence for a person: what was wrong, where, and what to do.
"""

from __future__ import annotations


class OuidireError(Exception):
    """The root of our own errors; its text may be shown to a member."""


class Retry(OuidireError):
    """Wait, then do the same again (429, 5xx, a cut line, a locked database).

    `after_s` is how long the other side asked us to wait, or None when it did not say.
    """

    def __init__(self, message: str, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class Permanent(OuidireError):
    """Doing the same again cannot help (a revoked token, a wrong address): pause and tell a person."""


class Ignore(OuidireError):
    """This piece of input is unusable and nobody needs to act: drop it, count it, go on."""


class Unclear(OuidireError):
    """We spoke outward and do not know whether it arrived: ask the network, never repeat."""


class Corrupt(OuidireError):
    """We broke something of our own (an impossible row, a missing key): stop everything."""


class BadInput(OuidireError):
    """A person gave us something we cannot use; says what, where, and what to do."""


class NotAllowed(OuidireError):
    """This member may not do or see this."""


class NotFound(OuidireError):
    """There is no such thing for this member; deliberately the same answer as 'not yours'."""
