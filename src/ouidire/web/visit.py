"""One request: who asks, in which language, with which form; and the page that answers it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ouidire import clock
from ouidire.app import App
from ouidire.domain.member import Member
from ouidire.domain.phone import Phone
from ouidire.errors import NotAllowed, Retry
from ouidire.inbox import read
from ouidire.locale import Translator, choose, translator
from ouidire.locale.labels import N_
from ouidire.people import pairing, signin
from ouidire.store import organisations, phones
from ouidire.store.engine import Tx
from ouidire.web import cookies, pages
from ouidire.web.demo_door import DemoDoor
from ouidire.web.words import Words

SPEEDS = {"lapse": N_("In a few minutes"), "real": N_("In real time")}

SAID: Mapping[str, str] = {
    "kept": N_("Saved."),
    "gone": N_("Removed."),
    "noted": N_("Noted."),
    "sent": N_("Your answer is on its way."),
    "waits": N_("Your answer is kept. It leaves when the owner says so, because this house was restored."),
    "on-site": N_("Your text is kept here; post it on the site now."),
    "taken": N_("You have it in hand."),
    "corrected": N_("Noted. It counts at once, and we learn from it where the network allows it."),
    "read-again": N_("Taken back. What was read counts again."),
    "handed": N_("Handed over."),
    "later": N_("It comes back when you said."),
    "closed": N_("Closed."),
    "opened": N_("Open again."),
    "ours": N_("Understood: about you. It stands in your inbox now."),
    "not-ours": N_("Understood: not about you."),
    "muted": N_("You will hear nothing more from this author."),
    "place": N_("The place is set."),
    "asked-again": N_("Taken back."),
    "taught": N_("Understood; it counts from now on."),
    "welcome": N_("Welcome. This is what we listen for; complete it when you like."),
    "unmuted": N_("This author is heard again, from now on."),
    "left": N_("This person can no longer sign in; what they had in hand waits for somebody."),
    "ended": N_("Ended: this program is let in no more."),
    "undone": N_("Taken apart."),
    "judged": N_("Thank you, noted."),
    "password": N_("The new password holds."),
    "revoked": N_("This phone is signed out and is woken no more."),
    "paired": N_("This phone is paired. Now say how it shall wake you."),
    "calm": N_("Once a day, then."),
    "tested": N_("It answers: the line is good."),
    "connected": N_("Connected."),
    "importing": N_("The file is being read; what is found appears here."),
    "sending": N_("What waited is sent now."),
    "dropped": N_("Nothing of it was sent; the answers went back to whoever wrote them."),
    "import-paused": N_("Stopped. What was read so far is kept."),
    "import-resumed": N_("Going on where it stopped."),
    "brought-in": N_("Saved. It can be answered here; you post the answer on the site."),
    "paused": N_("Paused. Nothing is heard there until you say so."),
    "resumed": N_("Listening again."),
    "place-closed": N_("This place is closed: it is not watched any more; what was said about it stays."),
    "place-opened": N_("This place is open again, and is watched."),
    "places-added": N_("The places are added."),
    "removed": N_("Removed. What it brought stays with your conversations."),
}
"""What a page says once after something was done; the address carries the key, never the words."""


class SignInNeeded(Exception):
    """Nobody is signed in, and this page is somebody's."""


class PhoneEnded(SignInNeeded):
    """This phone was paired and is not any more; `form` is what it sent, where that was read already."""

    def __init__(self, phone: Phone, form: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.phone, self.form = phone, form


@dataclass(frozen=True, slots=True)
class Visit:
    """`bound_to` is the secret that the forms of this visitor are bound to; `is_fresh` says it was just made.

    `phone` is the device that this browser was paired as, paired still or not.
    """

    app: App
    request: Request
    demo: DemoDoor | None
    someone: Member | None
    session: str
    bound_to: str
    is_fresh: bool
    phone: Phone | None = None

    @property
    def member(self) -> Member:
        """Who is signed in. Raises `SignInNeeded` when nobody is, `PhoneEnded` when it was a paired phone."""
        if self.someone is None and self.phone is not None:
            raise PhoneEnded(self.phone)
        if self.someone is None:
            raise SignInNeeded
        return self.someone

    @property
    def t(self) -> Translator:
        if self.someone is not None:
            return translator(self.someone.language)
        return translator(choose(self.request.headers.get("accept-language", "")))

    @property
    def words(self) -> Words:
        return Words(self.t, clock.now())

    @property
    def key(self) -> bytes:
        return self.app.store.box.derive("forms")

    @property
    def wants_part(self) -> bool:
        """Asked for by htmx: the part alone, not the page around it."""
        return self.request.headers.get("hx-request") == "true"

    def show(self, template: str, tx: Tx | None = None, status: int = 200, **values: object) -> HTMLResponse:
        """The page; `tx` (when the caller has one open) also answers how many people wait and whose house this is."""
        everything = self._frame(tx) | values
        response = HTMLResponse(pages.render(self.t.language, template, everything), status_code=status)
        if self.is_fresh:
            cookies.give(self.request, response, cookies.FORM, self.bound_to)
        return response

    def go(self, path: str, said: str = "") -> RedirectResponse:
        """After something was done: off to a page that may be reloaded without doing it again."""
        path, _, part = cookies.safe_next(path).partition("#")
        if said:
            path += ("&" if "?" in path else "?") + f"said={said}"
        return RedirectResponse(path + (f"#{part}" if part else ""), status_code=303)

    def _frame(self, tx: Tx | None) -> dict[str, Any]:
        said = SAID.get(self.request.query_params.get("said", ""), "")
        frame: dict[str, Any] = {
            "w": self.words, "me": self.someone, "csrf": cookies.form_token(self.key, self.bound_to),
            "path": self.request.url.path, "section": "/" + self.request.url.path.split("/")[1],
            "said": self.t.gettext(said) if said else "", "waiting": 0, "organisation": "", "demo": None,
            "goes_on": self.request.query_params.get("said", "") == "welcome",
            "errors": pages.Blanks(), "error": "", "open_notifiers": frozenset(self.app.notifiers),
        }  # fmt: skip
        if tx is not None and self.someone is not None:
            frame |= self._house(tx, self.someone)
        return frame

    def _house(self, tx: Tx, member: Member) -> dict[str, Any]:
        house = organisations.get(tx, member.organisation_id)
        return {
            "waiting": read.waiting_count(tx, member),
            "organisation": house.name,
            "demo": self._switch() if house.is_demo else None,
        }

    def _switch(self) -> pages.DemoSwitch | None:
        if self.demo is None:
            return None
        speeds = [(key, self.t.gettext(words)) for key, words in SPEEDS.items()]
        return pages.DemoSwitch(self.demo.members(), speeds, self.demo.speed)


def visit(request: Request) -> Visit:
    """Who asks: the session's member, if the session is good and they have not left."""
    app: App = request.app.state.house
    session = cookies.read(request, cookies.SESSION)
    someone, phone = None, None
    if session:
        with app.store.reading() as tx:
            someone, phone = signin.member_of_session(tx, session), phones.of_session(tx, session)
    if someone is not None and phone is not None and request.method == "GET" and pairing.is_due(phone, clock.now()):
        with suppress(Retry), app.store.transaction() as tx:  # a store in trouble keeps nobody from reading
            pairing.seen(tx, phone, session)
    form = cookies.read(request, cookies.FORM)
    bound_to = session if someone else form or cookies.fresh()
    return Visit(app, request, request.app.state.demo, someone, session, bound_to, not someone and not form, phone)


@dataclass(frozen=True, slots=True)
class Filled:
    """What came in a form; a field that was not sent is empty."""

    fields: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    files: Mapping[str, UploadFile]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def raw(self, name: str) -> str:
        """As typed, with its spaces: passwords, texts."""
        return self.fields.get(name, "")

    def several(self, name: str) -> tuple[str, ...]:
        return self.lists.get(name, ())


async def filled(request: Request, visit: Annotated[Visit, Depends(visit)]) -> Filled:
    """The form, if it is from a page of ours and of this visitor. Raises `NotAllowed` otherwise."""
    if not cookies.comes_from_here(request, visit.app.settings.public_url):
        raise NotAllowed(visit.t.gettext("This form came from another site; nothing was done."))
    is_known = visit.someone is not None or visit.phone is not None  # nobody else fills the disk with a file
    form = await request.form(max_files=int(is_known), max_fields=400)
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if not cookies.is_form_token(visit.key, visit.bound_to, fields.get("csrf", "")):
        if visit.someone is None and visit.phone is not None:
            raise PhoneEnded(visit.phone, fields)
        raise NotAllowed(visit.t.gettext("This page was open for too long; load it again. Nothing was done."))
    lists = {name: tuple(v for v in form.getlist(name) if isinstance(v, str)) for name in fields}
    files = {name: value for name, value in form.items() if isinstance(value, UploadFile)}
    return Filled(fields, lists, files)


def configuring(visit: Annotated[Visit, Depends(visit)]) -> Visit:
    """A visit of somebody who may set things up. Raises `NotAllowed` for the others."""
    if not visit.member.may_configure:
        raise NotAllowed(visit.t.gettext("Only the owner and headquarters set this up."))
    return visit


def answering(visit: Annotated[Visit, Depends(visit)]) -> Visit:
    """A visit of somebody who may act on conversations. Raises `NotAllowed` for who only reads."""
    if not visit.member.may_answer:
        raise NotAllowed(visit.t.gettext("Your role reads along; it does not answer."))
    return visit


def let_in(visit: Visit, tx: Tx, member: Member, response: Response) -> None:
    """A fresh session for this member; the one before, if any, ends."""
    session = signin.open_session(tx, member)
    if visit.session:
        signin.sign_out(tx, visit.session)
        pairing.carry(tx, member, visit.session, session)
    cookies.give(visit.request, response, cookies.SESSION, session)


Anyone = Annotated[Visit, Depends(visit)]
Configuring = Annotated[Visit, Depends(configuring)]
Answering = Annotated[Visit, Depends(answering)]
Form = Annotated[Filled, Depends(filled)]
