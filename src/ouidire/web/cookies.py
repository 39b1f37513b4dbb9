"""Cookies by scheme, the token each form carries, and where a form may come from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

SESSION = "ouidire"
FORM = "ouidire-form"
SETUP = "ouidire-setup"
_HOST = "__Host-"
_MONTH_S = 30 * 86_400
PHONE_S = 400 * 86_400
"""As long as browsers keep any cookie; how long a phone comes in is written in the store."""


def read(request: Request, name: str) -> str:
    return request.cookies.get(_named(request, name), "")


def give(request: Request, response: Response, name: str, value: str, lasts_s: int = _MONTH_S) -> None:
    """HttpOnly, SameSite=Lax; over https also Secure, under a name that no other host can set."""
    response.set_cookie(
        _named(request, name),
        value,
        max_age=lasts_s,
        httponly=True,
        samesite="lax",
        secure=_is_https(request),
        path="/",
    )


def take(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(_named(request, name), path="/", httponly=True, samesite="lax", secure=_is_https(request))


def fresh() -> str:
    return secrets.token_urlsafe(24)


def form_token(key: bytes, bound_to: str) -> str:
    """The token of every form of one session (or, before signing in, of one visitor): useless in another."""
    return hashlib.blake2b(bound_to.encode(), key=key, digest_size=24, person=b"form").hexdigest()


def is_form_token(key: bytes, bound_to: str, given: str) -> bool:
    return bool(bound_to) and hmac.compare_digest(form_token(key, bound_to).encode(), given.encode())


def comes_from_here(request: Request, public_url: str) -> bool:
    """Does the form come from a page of ours? Browsers name the origin; what names none is no browser's form."""
    origin = request.headers.get("origin") or request.headers.get("referer")
    if not origin:
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    ours = {request.headers.get("host", "")}
    if public_url:
        ours.add(urlsplit(public_url).netloc)
    return urlsplit(origin).netloc in ours


def safe_next(path: str, otherwise: str = "/") -> str:
    """`path` when it stays in this house, else `otherwise`: nobody is led elsewhere by a link to us."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path and path.isprintable()
    return path if is_local else otherwise


def is_secure(request: Request) -> bool:
    """Do browsers trust this line: https, or this very machine? Only then do they let a page wake its phone."""
    return _is_https(request) or request.url.hostname in ("localhost", "127.0.0.1", "::1")


def _is_https(request: Request) -> bool:
    return request.url.scheme == "https"


def _named(request: Request, name: str) -> str:
    return _HOST + name if _is_https(request) else name
