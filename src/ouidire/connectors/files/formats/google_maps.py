"""Google Maps, as Takeout gives it: what somebody wrote about others. Known, so as to say that it is not it."""

from __future__ import annotations

from ouidire.connectors.files.formats import Format, Piece, under


def recognises(piece: Piece) -> bool:
    about = under(piece, "properties")
    return bool(
        isinstance(piece, dict)
        and piece.get("type") == "Feature"
        and {"five_star_rating_published", "google_maps_url", "Star Rating", "Google Maps URL"} & about.keys()
    )


FORMAT = Format(
    name="google_maps",
    title="Google Maps (Takeout)",
    recognises=recognises,
    rows=lambda piece: (),
    keys=frozenset({"features"}),
    refused=(
        "These are the reviews and places that you wrote or kept yourself, not what others say about you: "
        "in Takeout choose “Google Business Profile”."
    ),
)
