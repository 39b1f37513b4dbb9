"""Google Business Profile, as Takeout gives it: the reviews of one's business, and what the owner answered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ouidire.connectors.files.formats import Format, Piece, Row, texts, under

_STARS = re.compile(r"(STAR_RATING_)?(ONE|TWO|THREE|FOUR|FIVE|UNSPECIFIED)")
_TRANSLATED = re.compile(r"\(Translated by Google\).*?(?:\(Original\)\s*(?P<original>.+))?\Z", re.S)
NETWORK = "google"


def recognises(piece: Piece) -> bool:
    return bool(
        isinstance(piece, dict)
        and isinstance(piece.get("reviewer"), dict)
        and (_STARS.fullmatch(texts(piece, "starRating")) or "/reviews/" in texts(piece, "name"))
    )


def rows(piece: Piece) -> Iterator[Row]:
    """The review, and the owner's answer as ours. An anonymous reviewer stays one for each review."""
    name, reviewer = texts(piece, "name"), under(piece, "reviewer")
    review_id = texts(piece, "reviewId") or name.rpartition("/reviews/")[2]
    listing = name.partition("/locations/")[2].partition("/")[0]
    yield {
        "id": review_id,
        "text": original(texts(piece, "comment")),
        "created_at": texts(piece, "createTime") or texts(piece, "updateTime"),
        "author_name": "" if reviewer.get("isAnonymous") else texts(reviewer, "displayName"),
        "rating": texts(piece, "starRating"),
        "network": NETWORK,
        "listing_id": listing,
    }
    answer = under(piece, "reviewReply")
    if review_id and texts(answer, "comment"):
        yield {
            "id": f"{review_id}/reply",
            "text": original(texts(answer, "comment")),
            "created_at": texts(answer, "updateTime"),
            "in_reply_to": review_id,
            "network": NETWORK,
            "listing_id": listing,
            "ours": "1",
        }


def original(comment: str) -> str:
    """What was written, where Google put its own translation before or behind it."""
    before, mark, _ = comment.partition("(Translated by Google)")
    if mark and before.strip():
        return before.strip()
    found = _TRANSLATED.search(comment)
    return (found["original"] or comment).strip() if found else comment


FORMAT = Format(
    name="google_business",
    title="Google Business Profile (Takeout)",
    recognises=recognises,
    rows=rows,
    keys=frozenset({"reviews"}),
    is_about_us=True,
)
