"""Every screen, in one list, for whatever looks at all of them (axe, reflow, pictures). A new page is one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ouidire import clock
from ouidire.domain.member import Role
from ouidire.domain.source import Source
from ouidire.inbox import act, answer, read
from ouidire.people import begin, invite
from ouidire.store import members, organisations, sources, tokens
from ouidire.store.tokens import TokenKind
from tests.web.house import House

HERE, NEW = "here", "new"
OWNER, MANAGER, CALM, NOBODY = "owner", "manager", "calm", ""
"""Whose eyes: people of Maison Delorière; the owner of a business where nobody waits; somebody at the door."""


@dataclass(frozen=True, slots=True)
class Screen:
    """`path` may name what `furnish` returns, in braces; `house` is NEW for a house that is not set up."""

    name: str
    path: str
    who: str = OWNER
    status: int = 200
    house: str = HERE


SCREENS = (
    Screen("now, someone waits", "/"),
    Screen("now, for a manager", "/", MANAGER),
    Screen("now, calm", "/", CALM),
    Screen("inbox", "/inbox"),
    Screen("inbox, with us", "/inbox?state=ours", MANAGER),
    Screen("inbox, nothing found", "/inbox?q=zzzz"),
    Screen("conversation", "{talk}", MANAGER),
    Screen("conversation, masked", "{talk}"),
    Screen("conversation, answer", "{waiting}?do=answer", MANAGER),
    Screen("conversation, note", "{waiting}?do=note", MANAGER),
    Screen("conversation, hand over", "{talk}?do=hand"),
    Screen("conversation, more", "{waiting}?do=more"),
    Screen("alerts", "/alerts"),
    Screen("listening", "/listening"),
    Screen("listening, a new one", "/listening?watch=new"),
    Screen("places", "/places"),
    Screen("a place", "/places/{place}"),
    Screen("a new place", "/places/new"),
    Screen("sources", "/sources"),
    Screen("connect a network", "/sources/new/bluesky"),
    Screen("import a file", "/sources/new/files"),
    Screen("settings", "/settings"),
    Screen("sign in", "/signin", NOBODY),
    Screen("join", "/join/{invitation}", NOBODY),
    Screen("an alert's link", "/a/{alert}", NOBODY),
    Screen("not found", "/nothing-here", OWNER, 404),
    Screen("offline", "/offline", NOBODY),
    Screen("set up", "/setup?token={setup}", NOBODY, house=NEW),
    Screen("set up, my business", "/setup?token={setup}&for=business", NOBODY, house=NEW),
)

WAITING = (
    "@deloriere_na Trente minutes d'attente dans votre boutique de Montréal, et des gens arrivés après moi sont servis "
    "avant moi. Mathis, votre vendeur, n'a pas levé les yeux."
)
ENGLISH = "Terrible service at Maison Delorière in Yorkville, Toronto. So rude, I left without buying anything."
ANSWER = "Bonjour Nadia, vous avez raison d'être fâchée. Nous venons vers vous."


def furnish(house: House) -> dict[str, str]:
    """A house with something of everything in it; what the paths of the screens name."""
    house.hear(WAITING, minutes_ago=6)
    first = _conversation(house)
    house.hear("Quel accueil glacial rue Crescent, chez Maison Delorière ! Une honte.", author="louise", minutes_ago=50)
    house.hear(ENGLISH, author="kate", minutes_ago=30)
    with house.app.store.transaction() as tx:
        card = next(one for one in read.now_view(tx, house.manager).waiting if one.conversation_id != first)
        act.take(tx, house.manager, card.conversation_id)
        act.note(tx, house.manager, card.conversation_id, "Elle attendait près de la vitrine. Thé offert.")
        answer.send(tx, house.manager, card.conversation_id, ANSWER, key=house.app.key)
        act.mute_author(tx, house.owner, _kate(tx, house))
        sources.went_deaf(tx, house.source_id, "bsky.social cut the line.", clock.now() - timedelta(hours=14))
        sources.add(tx, house.app.store, Source("s-2", house.owner.organisation_id, "files", "avis-2025.csv"))
        return {
            "waiting": f"/c/{first}",
            "talk": f"/c/{card.conversation_id}",
            "place": organisations.places(tx, house.owner)[0].id,
            "invitation": invite.invite(tx, house.owner, Role.PLACE_MANAGER, [house.crescent.id]),
            "alert": tokens.issue(
                tx, TokenKind.ALERT_LINK, clock.now() + timedelta(days=1), member_id=house.manager.id,
                organisation_id=house.owner.organisation_id, facts={"conversation_id": first},
            ),
        }  # fmt: skip


def speak(house: House, language: str) -> None:
    """Everybody reads in this language from now on."""
    with house.app.store.transaction() as tx:
        for one in (house.owner, house.manager, house.stranger):
            members.set_language(tx, one, language)


def _conversation(house: House) -> str:
    with house.app.store.reading() as tx:
        return read.now_view(tx, house.manager).waiting[0].conversation_id


def _kate(tx: begin.Tx, house: House) -> str:
    return next(c.first.mention_id for c in read.now_view(tx, house.owner).waiting if "Terrible" in c.first.text)


def address(screen: Screen, roots: Mapping[str, str], named: Mapping[str, str]) -> str:
    return roots[screen.house] + screen.path.format_map(named)
