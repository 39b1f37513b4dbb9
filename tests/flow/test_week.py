"""A week of a shopkeeper's house on one machine, hour by hour: sleeps, crashes, an upgrade, a backup and a restore.

The house is `ouidire up` in a process of its own, on a clock that the story holds: put to sleep by SIGSTOP, killed by
SIGKILL. It hears a Jetstream and the demo's networks, and tells by a mail server and a webhook, all real and on
loopback. Nothing of the story is written into its store but by the doors that people have.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select

from ouidire import clock
from ouidire.care.archive import Archive
from ouidire.care.backup import backup
from ouidire.care.copies import copies
from ouidire.care.restore import Asked, restore
from ouidire.cli.doctor import look as doctor
from ouidire.connectors.files.look import look
from ouidire.demo.networks import Account
from ouidire.domain.alert import Because, DeliveryState, Route
from ouidire.domain.ids import new_id
from ouidire.domain.imported import ImportState
from ouidire.domain.member import Role
from ouidire.domain.reply import ReplyState
from ouidire.domain.source import Source
from ouidire.inbox import read
from ouidire.inbox.views import NowView
from ouidire.locale import absences as told
from ouidire.locale import translator
from ouidire.past import begin
from ouidire.people import wake
from ouidire.store import alerts, imports, members, organisations, pauses, replies, sources, work
from ouidire.store.engine import Store, Tx
from ouidire.store.schema import alert, delivery, edge, incident, item, mention, organisation
from tests.flow.faults.points import MAIL_TAKEN, REPLY_TAKEN
from tests.flow.week.count import counts, table
from tests.flow.week.house import Week, at, entry, move_networks, open_week
from tests.upgrade.stores import Former, everything

RELEASE = "0.1.0"
OWNER = "bonjour@brasserie-vaugelade.example"
GAZOUILLE = "019b7674-8800-7b27-813e-c66031f59719"
"""Their account there, as the former release's store names it."""

HAPPY = "Brasserie Vaugelade, à La Défense : un délice, et une équipe adorable, visite {}"
UNHAPPY = "Brasserie Vaugelade, très déçu, le gâteau était sec, table {}"
GRAVE = "Brasserie Vaugelade : j'ai vu une souris courir dans la salle, table {} !"
WAITS = (
    "@brasserie_vaugelade Trente minutes que j’attends à la Brasserie Vaugelade, ticket {}, "
    "et des gens arrivés après moi sont servis avant."
)
SORRY = (
    "Bonjour, vous avez attendu trop longtemps et nous en sommes désolés. Votre table {} vous attend à l’accueil. "
    "La direction de la Brasserie Vaugelade"
)
PAST = "date;texte;note;auteur\n" + "".join(
    f"{day:02}/03/2026;Brasserie Vaugelade, déjeuner du {day} mars : service lent et accueil froid.;2;Client {day}\n"
    for day in range(1, 13)
)
BEGAN = at(18, 20)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("sqlite to postgres", marks=pytest.mark.postgres),
    ]
)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The stores of the week, empty: the one it begins in, and the one that the backup is put into on Thursday."""
    names = request.param.split(" to ")
    known = {"sqlite": f"sqlite:///{tmp_path / 'house' / 'ouidire.db'}"}
    if "postgres" in names:
        opened: Store = request.getfixturevalue("postgres_store")
        known["postgres"] = opened.engine.url.render_as_string(hide_password=False)
    return [known[name] for name in (names[0], names[-1])]


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_after_a_week_every_mention_is_there_once_and_every_promise_was_kept(
    urls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    home = tmp_path / "house"
    home.mkdir()
    async with open_week(home, urls, BEGAN, monkeypatch) as week:
        diary = Diary(week)
        for day in (
            diary.sunday_the_upgrade,
            diary.monday_an_ordinary_day,
            diary.monday_night_the_lid_is_closed,
            diary.tuesday_a_backup,
            diary.wednesday_three_crashes,
            diary.thursday_the_disk_dies,
            diary.friday_the_past_and_a_feed,
            diary.saturday_the_clock_is_wrong,
            diary.sunday_the_calm_message,
        ):
            await day()
        is_well, said = await diary.doctor()
        graves = [text for text in week.said.values() if text.startswith((GRAVE[:30], WAITS[:30]))]
        found = counts(week, said, graves)
        with capsys.disabled():
            print(
                table(
                    week,
                    " → ".join(dict.fromkeys(url.partition(":")[0] for url in urls)),
                    found,
                    time.monotonic() - began,
                ),
            )
    assert is_well, said
    assert [one for one in found if one.expected != one.found] == []


def _rows(keys: Iterable[str]) -> list[str]:
    """What an import's messages are called, whichever import brought them."""
    return sorted(key.rpartition("/")[2] for key in keys)


def _backlog(tx: Tx) -> list[str]:
    held = (delivery.c.state == DeliveryState.HELD, delivery.c.because == Because.BACKLOG)
    return list(tx.execute(select(delivery.c.id).where(*held)).scalars())


class Diary:
    """One method a day. What a later day must still know stands in `self`."""

    def __init__(self, week: Week) -> None:
        self.week = week
        self.guide = ""

    async def sunday_the_upgrade(self) -> None:
        """The store of the former release is opened by today's: a copy is made, everything is there, work goes on."""
        week = self.week
        former = Former(RELEASE)
        former.put(week.settings.store_url, week.key)
        with week.store.transaction() as tx:
            move_networks(tx, week)
            tx.execute(organisation.update().values(is_demo=False))  # their own house, not a pretended one
        before = everything(week.store)
        week.close_store()
        await week.up()
        await week.alive()
        (copy,) = copies(week.settings)
        assert Archive(copy).manifest.revision == former.about["revision"], "no copy of it as it was"
        now = everything(week.store)
        for name in ("item", "mention", "conversation", "enrichment", "alert", "delivery", "reply", "note", "member"):
            was = before[name]
            same = [{key: row[key] for key in old} for old, row in zip(was, now[name], strict=True)]
            assert same == was, f"{name} is not what it was before the upgrade"
        await self._settle_in()
        await week.awake_until(at(18, 20, 30))
        await week.say(HAPPY.format(0), "dimanche")
        await week.settled()
        assert self.now().mentions_today >= 1, "after the upgrade work does not go on"

    async def _settle_in(self) -> None:
        """Whose house it is, their account on Gazouille, and one more way to be told."""
        week = self.week
        (owner,) = [row for row in everything(week.store)["member"] if row["email"] == OWNER]
        week.owner_id, week.organisation_id = owner["id"], owner["organisation_id"]
        for key, count in week.kept().items():
            assert count == 1
            week.said[key] = "before the week"
        secrets = week.read(lambda tx: sources.secrets(tx, week.store, GAZOUILLE))
        await week.rig.open_account(
            "gazouille", Account("brasserie_vaugelade", "Brasserie Vaugelade", secrets["token"])
        )
        with week.store.transaction() as tx:
            alerts.add_route(
                tx, Route(new_id(), week.organisation_id, week.owner_id, None, 1, "webhook", week.hook.url)
            )

    async def monday_an_ordinary_day(self) -> None:
        """Happy, unhappy and grave ones come; the owner is told once by each way; an answer goes out once."""
        week = self.week
        await week.awake_until(at(19, 12))
        await week.say(HAPPY.format(1), "lundi1")
        await week.say(UNHAPPY.format(2), "lundi2")
        grave = await week.say(GRAVE.format(3), "lundi3")
        asked = await week.say_on("gazouille", WAITS.format(4), "lundi4")
        await week.settled()
        assert self.told_of(grave) == ["browser", "email", "webhook"], "not told once by each way"
        text = SORRY.format(4)
        said = week.write_reply(asked, text)
        await week.until(lambda: week.state_of(said) == ReplyState.SENT, "the answer is said")
        assert (week.stands_on_network(text), week.spoken[said.id]) == (1, 1)

    async def monday_night_the_lid_is_closed(self) -> None:
        """The lid is closed from 2 h 10 to 7 h 40: what was written is replayed, counted, and said on the page."""
        week = self.week
        await week.awake_until(at(20, 2, 10))
        mails, ids = len(week.box.mails), set(week.hook.ids)
        await week.close_lid()
        week.hand.advance(hours=2)
        grave = await week.say(GRAVE.format(10), "nuit10")
        for n in range(11, 21):
            week.hand.advance(minutes=5)
            await week.say((UNHAPPY if n % 2 else HAPPY).format(n), f"nuit{n}")
        week.hand.advance(seconds=(at(20, 7, 40) - week.hand.at).total_seconds() - 2)
        assert week.kept() != week.wanted, "a machine that sleeps has heard something"
        await week.open_lid()
        await week.settled()
        view = self.now().absence
        assert view is not None
        said = told.Teller(translator("fr"), view.zone, week.hand.at).absence(view.summary).replace("\xa0", " ")
        assert said == "Sourd de 2 h 10 à 7 h 40, rattrapé."
        assert sum(view.came.values()) == 11, "the backlog is not counted"
        assert view.grave == 1
        assert self.told_of(grave) == ["browser", "email", "webhook"], "the grave one of the night is not told once"
        assert (len(week.box.mails) - mails, len(set(week.hook.ids) - ids)) == (1, 1), "the backlog was told as news"
        assert any(week.read(_backlog)), "what was only counted does not say why"

    async def tuesday_a_backup(self) -> None:
        """A backup at noon while the house is up; after it people write, delete, and are answered."""
        week = self.week
        await week.awake_until(at(20, 11, 50))
        asked = [await week.say_on("gazouille", WAITS.format(n), f"mardi{n}") for n in (30, 31, 32)]
        await week.settled()
        later, unsaid = SORRY.format(30), SORRY.format(31)
        self.said_after = week.write_reply(asked[0], later, due_at=at(20, 14))
        self.never_said = week.write_reply(asked[1], unsaid, due_at=at(20, 14))
        self.third = asked[2]
        self.file = week.home.parent / "tuesday.ouidire"
        await week.awake_until(at(20, 12))
        backup(week.store, week.settings, self.file)
        with week.store.transaction() as tx:  # this one is not said before the disk dies
            replies.refused(tx, self.never_said.id, "withdrawn")
        await week.awake_until(at(20, 14, 5))
        await week.until(lambda: week.state_of(self.said_after) == ReplyState.SENT, "the answer of two o'clock is said")
        self.new_reply = week.write_reply(asked[2], SORRY.format(32))
        await week.until(lambda: week.state_of(self.new_reply) == ReplyState.SENT, "the third is answered")
        await week.say(UNHAPPY.format(33), "mardi33")
        await week.say(GRAVE.format(34), "mardi34")
        self.deleted = next(key for key, text in week.said.items() if text == UNHAPPY.format(2))
        await week.take_back(self.deleted)
        await week.settled()
        assert self.deleted not in week.kept(), "deleted at its source and still here"

    async def wednesday_three_crashes(self) -> None:
        """Killed at a commit, with a mail under way and with an answer under way: nothing lost, nothing twice."""
        week = self.week
        await week.awake_until(at(21, 10))
        await week.down()
        week.hand.advance(minutes=1)
        await week.up("before commit: hear")
        await week.say(UNHAPPY.format(40), "mercredi40")
        await week.killed("before commit: hear")
        await week.say(GRAVE.format(41), "mercredi41")

        await week.up(MAIL_TAKEN)
        asked = await week.say_on("gazouille", WAITS.format(42), "mercredi42")
        await week.killed(MAIL_TAKEN)
        await week.say(HAPPY.format(43), "mercredi43")

        await week.up()
        await week.alive()
        await week.settled()
        await week.down()
        await week.up(REPLY_TAKEN)
        text = SORRY.format(42)
        said = week.write_reply(asked, text)
        await week.killed(REPLY_TAKEN)
        await week.up()
        await week.alive()
        await week.until(lambda: week.state_of(said) == ReplyState.SENT, "the answer is known to be said")
        await week.settled()
        assert (week.stands_on_network(text), week.spoken[said.id]) == (1, 1), "an answer was said twice"
        self.wednesdays = said

    async def thursday_the_disk_dies(self) -> None:
        """Tuesday's backup is put back: nothing leaves until the owner says so, nothing deleted returns."""
        week = self.week
        await week.awake_until(at(22, 9))
        await week.down()
        self._break_disk()
        week.hand.advance(hours=1)
        mails, calls = len(week.box.mails), len(week.hook.got)
        week.urls.pop(0)
        done = await asyncio.to_thread(restore, week.settings, self.file, Asked(replace=True))
        assert done.buried == 1, "the deletion after the backup was not applied"
        await week.up()
        await week.alive()
        await week.settled(is_paused=True)
        assert self.deleted not in week.kept(), "deleted after the backup, and back with it"
        grave = await week.say(GRAVE.format(50), "jeudi50")
        await week.until(lambda: week.state_of(self.said_after) == ReplyState.SENT, "the network says it has it")
        await week.until(lambda: week.state_of(self.never_said) == ReplyState.DUE, "the network says it has it not")
        await week.settled(is_paused=True)
        await week.alive()
        assert (len(week.box.mails), len(week.hook.got)) == (mails, calls), "told before the owner confirmed"
        assert week.stands_on_network(self.never_said.text) == 0, "an answer left before the owner confirmed"
        pause = week.read(lambda tx: pauses.of(tx, week.owner))
        assert pause is not None
        assert (pause.replies, pause.asked) == (1, 0)
        assert pause.alerts >= 3

        with week.store.transaction() as tx:
            for house in organisations.every(tx):  # the other business in this store says so too
                (owner,) = [one for one in members.of_organisation(tx, house.id) if one.role is Role.OWNER]
                pauses.send(tx, owner)
        await week.until(lambda: week.state_of(self.never_said) == ReplyState.SENT, "what is due is said")
        await week.settled()
        assert self.told_of(grave) == ["browser", "email", "webhook"]
        for one in (self.said_after, self.never_said, self.new_reply, self.wednesdays):
            assert (week.stands_on_network(one.text), week.spoken[one.id]) == (1, 1), f"not once: {one.text}"

    def _break_disk(self) -> None:
        """What stood in the store cannot be read any more; a server's is simply replaced."""
        week = self.week
        week.close_store()
        file = Path(week.settings.store_url.removeprefix("sqlite:///"))
        if file.exists():
            file.write_bytes(b"\xde\xad" * 50_000)

    async def friday_the_past_and_a_feed(self) -> None:
        """Old reviews are imported, undone, imported again; a guide's feed is heard, and asked in vain."""
        week = self.week
        await week.awake_until(at(23, 10))
        file = week.home.parent / "avis.csv"
        file.write_text(PAST, encoding="utf-8")
        before, told_before = week.kept(), len(week.box.mails)
        first = await self._import(file)
        came = week.kept() - before
        assert len(came) == 12
        with week.store.transaction() as tx:
            imports.take_back(tx, week.owner, first, clock.now(), takes_spoken=False)
        await week.until(lambda: self._state(first) is ImportState.UNDONE, "the import is undone")
        assert week.kept() == before, "an import that was undone has left something"
        second = await self._import(file)
        assert _rows(week.kept() - before) == _rows(came), "imported again it is not the same"
        assert second != first
        week.said |= dict.fromkeys(week.kept() - before, "the past")
        await week.settled()
        assert len(week.box.mails) == told_before, "the past was told as news"

        week.feed.entries.append(entry(0, "Brasserie Vaugelade : une adresse sûre.", at(20, 9)))
        week.said[f"rss:{week.feed.url}/feed#urn:0"] = "the guide"
        with week.store.transaction() as tx:
            guide = Source(new_id(), week.organisation_id, "rss", "Le Guide", {"address": f"{week.feed.url}/feed"})
            sources.add(tx, week.store, guide)
        self.guide = guide.id
        await week.settled()
        await week.awake_until(at(23, 18))
        week.feed.entries.append(entry(1, "Brasserie Vaugelade : service lent ce soir, très déçu.", week.hand.at))
        week.said[f"rss:{week.feed.url}/feed#urn:1"] = "the guide"
        await week.awake_until(at(23, 23))
        await week.settled()
        assert week.feed.answers[304] >= 1, "who has read the feed is sent it again"

    async def _import(self, file: Path) -> str:
        week, seen = self.week, look(file)
        with week.store.transaction() as tx:
            source_id = begin.draft(tx, week.store, week.owner, file, file, file.name, begin.digest_of(file), seen)
            its = sources.get(tx, source_id)
            settings = begin.settings_for(its, seen.proposed, its.settings.get("about", ""))
            imports.begin(tx, week.owner, source_id, settings, clock.now())
        await week.until(lambda: self._state(source_id) is ImportState.DONE, "the file is read")
        await week.until(lambda: not week.read(work.waiting), "it is understood")
        return source_id

    def _state(self, source_id: str) -> ImportState:
        return imports.state_of(*self.week.read(lambda tx: imports.get(tx, self.week.owner, source_id)))

    async def saturday_the_clock_is_wrong(self) -> None:
        """Three hours fast for some minutes, three hours slow for two hours, then right: nothing erased or stuck."""
        week = self.week
        await week.awake_until(at(24, 10))
        with week.store.transaction() as tx:
            tx.execute(item.update().where(item.c.gone_at.is_(None)).values(retain_until=at(24, 12)))
        try:
            week.hand.misset(hours=+3)
            week.hand.agreed()
            await week.alive()
            fast = await week.say(GRAVE.format(60), "samedi60")
            await week.settled()
            assert len(self.told_of(fast)) == 3, "a clock that is fast keeps somebody waiting"
        finally:
            with week.store.transaction() as tx:
                tx.execute(item.update().values(retain_until=at(24, 12).replace(year=2027)))
        week.hand.misset(hours=-6)
        week.hand.agreed()
        await week.alive()
        await week.until(lambda: self.now().clock_behind is not None, "the page says it is slow")
        slow = await week.say(GRAVE.format(61), "samedi61")
        await week.settled()
        assert len(self.told_of(slow)) == 3, "a clock that is slow keeps somebody waiting"
        await week.awake_until(at(24, 12))
        week.hand.misset(hours=+3)
        week.hand.agreed()
        await week.alive()
        await week.until(lambda: self.now().clock_behind is None, "the clock is right again")
        await week.say(HAPPY.format(62), "samedi62")
        await week.settled()

    async def sunday_the_calm_message(self) -> None:
        """Said once at 18 h on the place's clock, though the clocks went back in the night and the house began anew."""
        week = self.week
        await week.awake_until(at(24, 20))
        with week.store.transaction() as tx:
            place = organisations.places(tx, week.owner)[0]
            wake.wish_calm(tx, week.owner, place.id, "18:00", "email")
        await week.awake_until(at(25, 17, 55))
        assert week.calm_messages() == 0, "said before its hour"
        await week.awake_until(at(25, 18, 1))
        await week.until(lambda: week.calm_messages() > 0, "the calm message is said")
        await week.down()
        week.hand.advance(minutes=1)
        await week.up()
        await week.awake_until(at(25, 19))
        await week.say(HAPPY.format(70), "dimanche70")
        await week.settled()

    # --- what is asked ------------------------------------------------------------------------------------------------

    def now(self) -> NowView:
        return self.week.read(lambda tx: read.now_view(tx, self.week.owner))

    def told_of(self, key: str) -> list[str]:
        """By which ways the owner was told of this message."""
        query = (
            select(delivery.c.notifier)
            .join(alert, alert.c.id == delivery.c.alert_id)
            .join(incident, incident.c.id == alert.c.incident_id)
            .join(edge, edge.c.conversation_id == incident.c.conversation_id)
            .join(mention, mention.c.id == edge.c.mention_id)
            .join(item, item.c.id == mention.c.item_id)
            .where(item.c.key == key, delivery.c.state == DeliveryState.SENT)
        )
        return sorted(self.week.read(lambda tx: tx.execute(query).scalars().all()))

    async def doctor(self) -> tuple[bool, str]:
        """Is all well, and what the doctor says."""
        out = StringIO()
        return await doctor(self.week.settings, Console(file=out, width=400)), out.getvalue()
