"""Every screen, in one list, for whatever looks at all of them (axe, reflow, pictures). A new page is one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ouidire import clock
from ouidire.clock import HandClock
from ouidire.domain.ids import new_id
from ouidire.domain.item import Author, Item
from ouidire.domain.member import Role
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match, PlaceCandidate
from ouidire.domain.question import AnswerKind
from ouidire.domain.source import Source
from ouidire.domain.watch import Watch
from ouidire.inbox import act, answer, ask, read
from ouidire.people import begin, invite, pairing
from ouidire.store import members, organisations, pauses, phones, refused, sources, states, tokens, watches
from ouidire.store.refused import Refused
from ouidire.store.tokens import TokenKind
from tests.web import asking
from tests.web.house import House
from tests.web.test_absence_page import hear
from tests.web.test_imports import TABLE, bring_in, read_to_the_end

HERE, MORNING, NEW = "here", "morning", "new"
OWNER, MANAGER, CALM, ENDED, NOBODY = "owner", "manager", "calm", "ended", ""
"""Whose eyes: people of Maison Delorière; the owner of a business where nobody waits; a phone whose pairing was ended;
somebody at the door."""


@dataclass(frozen=True, slots=True)
class Screen:
    """`path` may name what `furnish` returns, in braces; `house` is MORNING for one after a bad night, NEW for one that
    is not set up.

    `fill` is what is typed there first, by selector, and `press` what is pressed then: the screen is what answers.
    One that is not `quick` is looked at only by the `long` tests.
    """

    name: str
    path: str
    who: str = OWNER
    status: int = 200
    house: str = HERE
    fill: tuple[tuple[str, str], ...] = ()
    press: str = ""
    is_quick: bool = True


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
    Screen("conversation, read otherwise", "{waiting}?do=read", MANAGER),
    Screen("conversation, hand over", "{talk}?do=hand"),
    Screen("conversation, more", "{waiting}?do=more"),
    Screen("conversation, which place", "{unplaced}"),
    Screen("questions", "/questions"),
    Screen("a question, for a manager", "/questions/{question}", MANAGER),
    Screen("a question, answered, and a word more", "/questions/{answered}"),
    Screen("alerts", "/alerts"),
    Screen("listening", "/listening"),
    Screen("listening, a new one", "/listening?watch=new"),
    Screen("listening, a rule", "/listening?watch={ruled}"),
    Screen(
        "listening, a rule refused",
        "/listening?watch={ruled}",
        fill=(("#f-rule", "attente (pain OU"),),
        press="form.form button.primary",
        is_quick=False,
    ),
    Screen("left aside", "/listening/aside"),
    Screen("left aside, nothing", "/listening/aside", CALM, is_quick=False),
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
    Screen("now, after a bad night", "/", house=MORNING),
    Screen("wake", "/wake"),
    Screen("an import, which column is which", "/imports/{draft}"),
    Screen("places, a list before it is added", "/places/import/{list}"),
    Screen("now, after a bad night, for a manager", "/", MANAGER, house=MORNING, is_quick=False),
    Screen("questions, none", "/questions", CALM, is_quick=False),
    Screen("a question, not about us", "/questions/{refused}", is_quick=False),
    Screen("sources, after a bad night", "/sources", house=MORNING, is_quick=False),
    Screen("conversation, later", "{waiting}?do=later", MANAGER, is_quick=False),
    Screen("alerts, for a manager", "/alerts", MANAGER, is_quick=False),
    Screen("alerts, none so far", "/alerts", CALM, is_quick=False),
    Screen("sources, none so far", "/sources", CALM, is_quick=False),
    Screen(
        "wake, refused",
        "/wake",
        fill=(("#f-bot", "nobody"), ("#f-chat", "me")),
        press="#add-telegram button.primary",
        is_quick=False,
    ),
    Screen("imports", "/imports", is_quick=False),
    Screen("imports, none so far", "/imports", CALM, is_quick=False),
    Screen("import a file, the door", "/imports/new", is_quick=False),
    Screen("an import, done", "/imports/{imported}", is_quick=False),
    Screen("bring something in", "/share", MANAGER, is_quick=False),
    Screen("bring something in, which place", "/share", is_quick=False),
    Screen("a feed, its address", "/sources/new/rss", is_quick=False),
    Screen(
        "a feed, which of a site",
        "/sources/new/rss",
        fill=(("#f-s-address", "{site}"),),
        press="form.form button.primary",
        is_quick=False,
    ),
    Screen(
        "a feed, looked at",
        "/sources/new/rss",
        fill=(("#f-s-address", "{site}/feed"),),
        press="form.form button.primary",
        is_quick=False,
    ),
    Screen(
        "a feed, not one",
        "/sources/new/rss",
        fill=(("#f-s-address", "ftp://guide.example"),),
        press="form.form button.primary",
        is_quick=False,
    ),
    Screen("places, bring a list", "/places/import", is_quick=False),
    Screen("settings, for a manager", "/settings", MANAGER, is_quick=False),
    Screen(
        "settings, a code for a phone", "/settings", press="form[action^='/settings/phones#'] button", is_quick=False
    ),
    Screen(
        "settings, an invitation",
        "/settings",
        fill=(("form[action='/settings/invite'] [name=place]", ""),),
        press="form[action='/settings/invite'] button",
        is_quick=False,
    ),
    Screen(
        "settings, an invitation for nowhere",
        "/settings",
        press="form[action='/settings/invite'] button",
        is_quick=False,
    ),
    Screen("health", "/settings/health", is_quick=False),
    Screen("programs", "/settings/programs", is_quick=False),
    Screen(
        "programs, one let in",
        "/settings/programs",
        fill=(("#f-name", "La caisse"), ("[name=scope]", "")),
        press="form[action='/settings/programs'] button.primary",
        is_quick=False,
    ),
    Screen("pair this phone", "/pair/{pairing}", NOBODY, is_quick=False),
    Screen("pair, a used code", "/pair/used", NOBODY, 410, is_quick=False),
    Screen("this phone is signed out", "/", ENDED, 401, is_quick=False),
)

WAITING = (
    "@deloriere_na Trente minutes d'attente dans votre boutique de Montréal, et des gens arrivés après moi sont servis "
    "avant moi. Mathis, votre vendeur, n'a pas levé les yeux."
)
ENGLISH = "Terrible service at Maison Delorière in Yorkville, Toronto. So rude, I left without buying anything."
ANSWER = "Bonjour Nadia, vous avez raison d'être fâchée. Nous venons vers vous."


LIST = """nom;rue;code postal;ville;latitude;longitude
Boutique Laurier;Avenue Laurier Ouest;H2T 2N7;Montréal;45.5189;-73.5942
Boutique Sherbrooke;;H3G 1K4;Montréal;-73.5824;45.4973
Boutique rue Crescent;rue Crescent;H3G 2B2;Montréal;;
;rue sans nom;;Québec;;
"""
"""Rows of every fate: new, swapped, known already, and without a name."""


RULE = '(attente OU queue) PRÈS/8 (boutique OU savon*) SAUF "fait main" langue:fr'


def furnish(house: House) -> dict[str, str]:
    """A house with something of everything in it; what the paths of the screens name."""
    house.app.address = lambda: "http://192.168.1.20:8765"
    past = _brought(house)
    leave_aside(house)
    house.hear(WAITING, minutes_ago=6)
    first = _conversation(house)
    house.hear("Quel accueil glacial rue Crescent, chez Maison Delorière ! Une honte.", author="louise", minutes_ago=50)
    house.hear(ENGLISH, author="kate", minutes_ago=30)
    past |= _asked(house)
    with house.app.store.transaction() as tx:
        card = next(one for one in read.now_view(tx, house.manager).waiting if one.conversation_id != first)
        act.take(tx, house.manager, card.conversation_id)
        act.note(tx, house.manager, card.conversation_id, "Elle attendait près de la vitrine. Thé offert.")
        answer.send(tx, house.manager, card.conversation_id, ANSWER, key=house.app.key)
        act.mute_author(tx, house.owner, _kate(tx, house))
        sources.went_deaf(tx, house.source_id, "bsky.social cut the line.", clock.now() - timedelta(hours=14))
        ruled = Watch(new_id(), house.owner.organisation_id, None, rule=RULE)
        watches.add(tx, ruled)
        sources.add(tx, house.app.store, Source("s-2", house.owner.organisation_id, "files", "avis-2025.csv"))
        return past | {
            "pairing": pairing.offer(tx, house.stranger),
            "waiting": f"/c/{first}",
            "talk": f"/c/{card.conversation_id}",
            "ruled": ruled.id,
            "place": organisations.places(tx, house.owner)[0].id,
            "invitation": invite.invite(tx, house.owner, Role.PLACE_MANAGER, [house.crescent.id]),
            "alert": tokens.issue(
                tx, TokenKind.ALERT_LINK, clock.now() + timedelta(days=1), member_id=house.manager.id,
                organisation_id=house.owner.organisation_id, facts={"conversation_id": first},
            ),
        }  # fmt: skip


def _asked(house: House) -> dict[str, str]:
    """Questions: one that waits, one about a place that is not known, and two that were answered."""
    with house.app.store.reading() as tx:
        places = organisations.places(tx, house.owner)
    waits = asking.ask(house, asking.SPARE, Ask.ABOUT_US, *places, author="asked")
    above = asking.ask(house, "La boutique du haut est fermée, Delorière.", Ask.ABOUT_US, *places, author="above")
    other = asking.ask(house, asking.SPARE, Ask.ABOUT_US, *places, author="other")
    where = asking.ask(house, "Qui ouvre, Delorière Montréal ? Je suis devant.", Ask.WHICH_PLACE, *places, author="q")
    with house.app.store.transaction() as tx:
        ask.answer(tx, house.owner, above, AnswerKind.PLACE, house.crescent.id)
        ask.answer(tx, house.owner, other, AnswerKind.NOT_OURS)
        stands = read.question_view(tx, house.owner, where).conversation_id
    return {"question": waits, "answered": above, "refused": other, "unplaced": f"/c/{stands}"}


NEARLY = (
    "Le central de Quimper est fermé, quelqu'un sait si Delorière reprend les locaux ?",
    "Delorière, c'est le nom de famille de ma prof de maths. Merci à Mathis, votre vendeur.",
)


def leave_aside(house: House) -> None:
    """Two posts that were nearly about Maison Delorière."""
    places = [house.crescent.id]
    with house.app.store.transaction() as tx:
        for number, text in enumerate(NEARLY, 1):
            author = Author(f"did:plc:aside{number}", f"aside{number}.bsky.social", "Malo")
            one = Item(
                connector="bluesky", uri=f"at://did:plc:aside{number}/app.bsky.feed.post/{number}", author=author,
                text=text, written_at=clock.now() - timedelta(hours=number), url=f"https://bsky.app/aside{number}",
                languages=("fr",),
            )  # fmt: skip
            start = text.index("Delorière")
            evidence = (
                Evidence(EvidenceKind.NAME, "Delorière", start, start + 9, weight=1.4),
                Evidence(EvidenceKind.HABIT, "", place_id=house.crescent.id, weight=0.3),
                Evidence(EvidenceKind.SHARED, "37", weight=-2.2),
                Evidence(EvidenceKind.ODD, "maths" if "maths" in text else "locaux", weight=-0.9),
            )
            candidates = tuple(PlaceCandidate(place_id, 0.1) for place_id in places)
            match = Match(house.owner.organisation_id, None, None, evidence, 0.28, candidates)
            refused.put(tx, [Refused(one, match)], clock.now())


def _brought(house: House) -> dict[str, str]:
    """A file that was imported, one that waits for a word about its columns, and a list of places that was sent in."""
    browser = house.browser(house.owner)
    done = bring_in(browser, "avis-2024.csv", TABLE)
    browser.post(done, **{"c-text": "Commentaire", "c-created_at": "Publié le", "c-rating": "Note"})
    read_to_the_end(house)
    draft = bring_in(browser, "avis-2025.csv", TABLE.replace("2025", "2024"))
    browser.get("/places/import")
    answer = browser.client.post("/places/import", data={"csrf": browser.token, "pasted": LIST})
    named = {"imported": done, "draft": draft, "list": answer.url.path}
    return {name: path.rpartition("/")[2] for name, path in named.items()}


def trouble(house: House) -> None:
    """A house after a bad night: the machine slept, a source is deaf, the clock is wrong, the disk is nearly full, and
    it was restored from a backup."""
    with house.app.store.transaction() as tx:
        pauses.begin(tx, clock.now(), clock.now() - timedelta(days=2))
        states.put(tx, states.CLOCK, "10800")
        deaf = Source("s-deaf", house.owner.organisation_id, "mastodon", "Mastodon", {"instance": "mastodon.example"})
        sources.add(tx, house.app.store, deaf)
        sources.advance(tx, deaf.id, "{}", clock.now() - timedelta(hours=14), 3, 0, 0)
        sources.went_deaf(tx, deaf.id, "mastodon.example cut the line.", clock.now() - timedelta(hours=14))
    with clock.running(HandClock(clock.now() - timedelta(hours=6))) as hand:
        assert isinstance(hand, HandClock)
        hear(house)
        hand.advance(hours=5, minutes=30)
        hear(house, WAITING, ENGLISH, ago=timedelta(hours=4))
    house.app.is_disk_low = True


def ended(house: House) -> str:
    """The session of a phone of the manager's whose pairing was ended."""
    with house.app.store.transaction() as tx:
        session = pairing.pair(tx, pairing.offer(tx, house.manager), "iPhone Safari/605")
        assert session
        found = phones.of_session(tx, session)
        assert found
        pairing.revoke(tx, house.manager, found.id)
    return session


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
