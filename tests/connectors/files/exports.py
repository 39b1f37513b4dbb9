"""Exports as the networks make them, invented: what each says is ours, only their shapes are theirs."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

STARS = ("ONE", "TWO", "THREE", "FOUR", "FIVE")


def google_review(n: int, text: str = "", reply: str = "", stars: str = "TWO") -> dict[str, Any]:
    """A review as Takeout writes it."""
    review: dict[str, Any] = {
        "reviewer": {"displayName": f"Cliente {n}", "isAnonymous": False},
        "starRating": stars,
        "comment": text or f"Trente minutes d’attente, visite {n}.",
        "createTime": f"2025-0{1 + n % 9}-12T10:00:00.000000Z",
        "updateTime": f"2025-0{1 + n % 9}-12T10:00:00.000000Z",
        "name": f"accounts/117/locations/456/reviews/AbFvOq{n}",
    }
    if reply:
        review["reviewReply"] = {"comment": reply, "updateTime": f"2025-0{1 + n % 9}-13T09:00:00Z"}
    return review


def google(*reviews: dict[str, Any]) -> str:
    return json.dumps({"reviews": list(reviews)}, ensure_ascii=False, indent=2)


def own_reviews() -> str:
    """What Takeout has of the reviews that the account's owner wrote about others."""
    about = {
        "google_maps_url": "https://maps.example/1",
        "five_star_rating_published": 4,
        "review_text_published": "Bon",
    }
    one = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.3, 48.8]}, "properties": about}
    return json.dumps({"type": "FeatureCollection", "features": [one]})


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return path


def tweet(n: int, text: str, **more: Any) -> dict[str, Any]:
    """A post as an archive of X wraps it."""
    one = {
        "id": str(1000 + n),
        "id_str": str(1000 + n),
        "created_at": "Sat Sep 20 10:00:00 +0000 2025",
        "full_text": text,
        "lang": "fr",
        "entities": {"urls": [{"url": "https://t.co/a", "expanded_url": "https://lune.example/menu"}]},
    }
    return {"tweet": one | more}


def x_archive(path: Path, *tweets: dict[str, Any], part: str = "tweets") -> Path:
    account = {"account": {"username": "cafelune", "accountId": "7", "accountDisplayName": "Café Lune"}}
    direct = {"dmConversation": {"messages": [{"messageCreate": {"text": "Secret", "senderId": "1"}}]}}
    return zipped(
        path,
        {
            "data/account.js": f"window.YTD.account.part0 = {json.dumps([account])}",
            "data/direct-messages.js": f"window.YTD.direct_messages.part0 = {json.dumps([direct])}",
            f"data/{part}.js": f"window.YTD.{part}.part0 = {json.dumps(list(tweets), ensure_ascii=False, indent=2)}",
            "data/deleted-tweets.js": "window.YTD.deleted_tweets.part0 = "
            + json.dumps([tweet(99, "Regretté", deleted_at="Sun Sep 21 10:00:00 +0000 2025")]),
            "data/tweets_media/1.jpg": b"\xff\xd8\xff",
            "Your archive.html": "<!doctype html><html>…</html>",
        },
    )


def note(n: int, content: str, **more: Any) -> dict[str, Any]:
    """An activity as Mastodon keeps it in an outbox."""
    actor = "https://piaf.example/users/chloe"
    address = f"{actor}/statuses/{n}"
    one = {
        "id": address,
        "type": "Note",
        "published": f"2025-09-20T10:00:{n % 60:02}Z",
        "url": f"https://piaf.example/@chloe/{n}",
        "content": content,
        "contentMap": {"fr": content},
        "inReplyTo": None,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [],
    }
    return {
        "id": f"{address}/activity",
        "type": "Create",
        "actor": actor,
        "published": one["published"],
        "to": (one | more)["to"],
        "cc": [],
        "object": one | more,
    }


def outbox(*activities: dict[str, Any]) -> str:
    context = ["https://www.w3.org/ns/activitystreams", {"items": ["as:items"]}]
    frame = {"@context": context, "id": "outbox.json", "type": "OrderedCollection", "totalItems": len(activities)}
    return json.dumps(frame | {"orderedItems": list(activities)}, ensure_ascii=False)


NOTICE = """\
From: Google Business Profile <businessprofile-noreply@google.com>
To: contact@lune.example
Subject: =?utf-8?q?Nadia_a_laiss=C3=A9_un_avis_sur_Caf=C3=A9_Lune?=
Date: Sat, 20 Sep 2025 12:00:00 +0200
Message-ID: <notice-1@google.example>
MIME-Version: 1.0
Content-Type: text/html; charset="utf-8"

<html><head><style>p {color: red}</style></head><body><p>Nadia a laissé un avis</p><p>★★☆☆☆</p>
<p>« Trente minutes d’attente et un café froid. »</p><p>Répondre</p></body></html>
"""

LETTER = """\
From: "Karim B." <karim@mail.example>
Subject: Votre terrasse
Date: Sun, 21 Sep 2025 09:30:00 +0000
Message-ID: <letter-1@mail.example>
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: 8bit

Bonjour, la terrasse du Café Lune était fermée hier, dommage.
"""
