"""A draft that nothing objects to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ouidire.domain.member import Member, Role
from ouidire.guard import Draft, Limits

KEY = b"a key of thirty-two bytes, or so"
NOW = datetime(2026, 11, 21, 15, 26, tzinfo=UTC)
MEMBER = Member("m1", "o1", "claire@cafe-lune.example", "Claire", Role.PLACE_MANAGER, place_ids=("p1",))

GOOD = Draft(
    reply_id="r1",
    organisation_id="o1",
    member=MEMBER,
    source_id="s1",
    connector="bluesky",
    target_uri="at://did:plc:guest/app.bsky.feed.post/1",
    text="Nous sommes désolés de cette attente. Pouvez-vous nous dire à quelle heure vous êtes venu ?",
    decided_at=NOW - timedelta(seconds=2),
    limits=Limits(max_length=300, unit="graphemes", max_links=1, rate_count=3, rate_window_s=3600),
)
