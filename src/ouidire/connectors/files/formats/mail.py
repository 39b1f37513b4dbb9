"""A mail (`.eml`): what a review site's notice quotes, where that can be seen; else the mail's own words."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC
from email.message import EmailMessage
from email.utils import getaddresses

from ouidire.connectors.files.formats import Format, Piece, Row
from ouidire.connectors.files.hosts import network_of
from ouidire.connectors.files.plain import text_of
from ouidire.errors import Ignore

_HEADER = re.compile(rb"\A(?:From |[A-Za-z][A-Za-z-]*: ?[^\n]*\n(?:[ \t][^\n]*\n|[A-Za-z][A-Za-z-]*: ?[^\n]*\n)*)")
_MARKS = (b"from:", b"date:", b"subject:", b"received:", b"mime-version:", b"message-id:")
_SITES = frozenset(("google", "tripadvisor", "thefork", "yelp", "trustpilot", "booking", "facebook", "pagesjaunes"))
_QUOTED = re.compile(r"[“«\"]\s*([^“”«»\"]{15,5000}?)\s*[”»\"]", re.S)
_DRAWN = re.compile(r"★{1,5}☆{0,4}|⭐{1,5}")
_SHARE = re.compile(
    r"(?:not[eé]\w*|rating|rated|bewertung|puntuaci[oó]n|valoraci[oó]n|score|avis|review|stars?|[eé]toiles?)\D{0,20}"
    r"(\d(?:[.,]\d)?\s*(?:/|sur|out of|von|de|of)\s*(?:5|10))",
    re.I,
)
_STARS = re.compile(r"\b([1-5])[\s-]*(?:stars?|[eé]toiles?|sternen?|estrellas)\b", re.I)
_WHO = re.compile(
    r"(?:^|[.:!,]\s+)([^\n.:!,]{2,60}?)\s+(?:has |just |vient de |a |hat |ha )?"
    r"(?:left|wrote|posted|reviewed|laiss[eé]r?|publi[eé]r?|[eé]crit|d[eé]pos[eé]r?|hinterlassen|geschrieben|eine|"
    r"dejado|escrito|publicado)\b",
    re.I | re.M,
)


def recognises(piece: Piece) -> bool:
    """Bytes that begin with headers of a mail, two of the usual ones among them."""
    if not isinstance(piece, bytes):
        return False
    head = _HEADER.match(piece.lstrip(b"\xef\xbb\xbf\r\n").replace(b"\r\n", b"\n")[:20_000])
    return head is not None and sum(mark in head[0].lower() for mark in _MARKS) >= 2


def rows(piece: Piece) -> Iterator[Row]:
    """Raises `Ignore` when it has no words."""
    mail = email.message_from_bytes(piece.lstrip(b"\xef\xbb\xbf\r\n"), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    name, address = _sender(mail)
    text, subject = _words(mail), _header(mail, "subject")
    common = {"created_at": _date(mail), "id": _header(mail, "message-id").strip("<> ")}
    site = network_of(address.rpartition("@")[2])
    if site in _SITES and (quoted := _quoted(f"{subject}\n{text}", site)):
        yield {**common, **quoted}
    elif text or subject:
        yield common | {"author": address, "author_name": name, "title": subject, "text": text, "network": "mail"}
    else:
        raise Ignore("There is no text")


def _quoted(text: str, site: str) -> Row | None:
    """The longest words in quotes, how many stars and whose; None when nothing is quoted."""
    said = max(_QUOTED.findall(text), key=len, default="")
    if not said:
        return None
    stars = _DRAWN.search(text)
    share, count = _SHARE.search(text), _STARS.search(text)
    rating = stars[0] if stars else share[1] if share else count[1] if count else ""
    who = _WHO.search(text.replace(said, ""))
    return {"text": said, "rating": rating, "author_name": who[1].strip() if who else "", "network": site}


def _words(mail: EmailMessage) -> str:
    try:
        part = mail.get_body(preferencelist=("plain", "html"))
        content: object = part.get_content() if part is not None else ""
    except (LookupError, ValueError, TypeError, AttributeError, KeyError):  # an unknown code page, a broken part
        part, content = None, str(mail.get_payload() or "")
    if not isinstance(content, str):
        return ""
    is_html = part is not None and part.get_content_type() == "text/html"
    words: str = text_of(content) if is_html else content.replace("\r\n", "\n").strip()
    return words


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(" ".join(str(mail.get(name, "")).split()))
    except (ValueError, TypeError, IndexError, AttributeError):  # the parser of headers breaks at some of them
        return ""


def _sender(mail: EmailMessage) -> tuple[str, str]:
    found = [one for one in getaddresses([_header(mail, "from")]) if "@" in one[1]]
    return (found[0][0], found[0][1].lower()) if found else ("", "")


def _date(mail: EmailMessage) -> str:
    try:
        moment = getattr(mail.get("date"), "datetime", None)
    except (ValueError, TypeError, IndexError, OverflowError):
        moment = None
    if moment is None:
        return _header(mail, "date")
    return str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat())


FORMAT = Format(name="mail", title="Mail", recognises=recognises, rows=rows, is_about_us=True)
