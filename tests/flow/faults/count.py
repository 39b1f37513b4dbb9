"""What is left after a kill story, counted from the store and from the peers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select

from ouidire.store.engine import Tx
from ouidire.store.schema import alert, conversation, delivery, edge, incident, item, member, mention, reply, source
from tests.flow.faults.driver import Driver
from tests.flow.faults.story import TOLD


@dataclass(frozen=True, slots=True)
class Count:
    """One line of the summary: what was expected and what was found."""

    what: str
    expected: object
    found: object


def counts(driver: Driver, tx: Tx) -> list[Count]:
    """Every line that must hold; equal on both sides when nothing was lost and nothing done twice."""
    return [*_heard(driver, tx), *_alerted(driver, tx), *_mailed(driver, tx), *_answered(driver, tx)]


def _heard(driver: Driver, tx: Tx) -> list[Count]:
    said = Counter(f"simulated:{uri}" for uri in driver.told.mentions)
    kept = Counter(tx.execute(select(item.c.key).join(mention, mention.c.item_id == item.c.id)).scalars())
    placed = Counter(tx.execute(select(edge.c.mention_id)).scalars())
    whole = (mention.c.enrichment_id.is_not(None), mention.c.counted_at.is_not(None))
    events = {name: network.seq for name, network in driver.networks.networks.items()}
    heard = {row.settings["network"]: row.heard for row in tx.execute(select(source).where(source.c.listens))}
    return [
        Count("mentions lost", 0, len(said - kept)),
        Count("mentions kept twice or not ours", 0, len(kept - said)),
        Count("mentions read and counted", len(said), _number(tx, mention, *whole)),
        Count("mentions in exactly one conversation", len(said), len([n for n in placed.values() if n == 1])),
        Count("conversations", len(said) - driver.told.goes_on, _number(tx, conversation)),
        Count("events heard, by network", events, heard),
    ]


def _alerted(driver: Driver, tx: Tx) -> list[Count]:
    grave = len(driver.told.complaints)
    told = tx.execute(
        select(incident.c.id, member.c.name, delivery.c.notifier)
        .join(alert, alert.c.id == delivery.c.alert_id)
        .join(incident, incident.c.id == alert.c.incident_id)
        .join(member, member.c.id == delivery.c.member_id)
        .where(delivery.c.state == "sent")
    ).all()
    per = Counter(one.id for one in told)
    return [
        Count("incidents", grave, _number(tx, incident)),
        Count("alerts", grave, _number(tx, alert)),
        Count("deliveries sent", grave * len(TOLD) * 2, len(told)),
        Count("each to whom, by what", 0, len(set(per) - {i for i in per if _to(told, i) == sorted(TOLD * 2)})),
    ]


def _to(told: object, incident_id: str) -> list[str]:
    return sorted(one.name for one in told if one.id == incident_id)  # type: ignore[attr-defined]


def _mailed(driver: Driver, tx: Tx) -> list[Count]:
    expected = set(tx.execute(select(delivery.c.id).where(delivery.c.notifier == "email")).scalars())
    got = Counter(driver.box.ids)
    addresses = {str(mail["Message-ID"]): str(mail["To"]) for mail in driver.box.mails}
    changed = [mail for mail in driver.box.mails if addresses[str(mail["Message-ID"])] != str(mail["To"])]
    return [
        Count("mails that never arrived", 0, len(expected - set(got))),
        Count("mails under an unknown id", 0, len(set(got) - expected)),
        Count("mails repeated to somebody else", 0, len(changed)),
    ]


def repeated_mails(driver: Driver) -> int:
    """How many mails came again under their own id: allowed, and dropped by the receiver's reader."""
    return sum(Counter(driver.box.ids).values()) - len(set(driver.box.ids))


def _answered(driver: Driver, tx: Tx) -> list[Count]:
    ours = {account.handle for _, account in driver.world.accounts}
    stands = Counter(
        p.text for n in driver.networks.networks.values() for p in n.latest(10**6) if p.author.handle in ours
    )
    rows = {row.id: row for row in tx.execute(select(reply))}
    sent = [row for row in rows.values() if row.state == "sent"]
    refused = [row for row in rows.values() if row.state == "refused"]
    theirs = select(conversation.c.id).where(conversation.c.state == "theirs")
    with_them = set(tx.execute(theirs).scalars())
    return [
        Count("replies decided", len(driver.answered), len(rows)),
        Count("replies sent or refused", len(rows), len(sent) + len(refused)),
        Count("replies refused without a reason", 0, len([r for r in refused if not r.because])),
        Count("sent replies that stand once", len(sent), len([r for r in sent if stands[r.text] == 1])),
        Count("refused replies that stand", 0, len([r for r in refused if stands[r.text]])),
        Count("sent replies without their address", 0, len([r for r in sent if not r.uri])),
        Count("sent replies spoken exactly once", len(sent), len([r for r in sent if driver.asked[r.id] == 1])),
        Count("refused replies ever spoken", 0, len([r for r in refused if driver.asked[r.id]])),
        Count("their word is next", len(sent), len([r for r in sent if r.conversation_id in with_them])),
    ]


def _number(tx: Tx, table: object, *where: object) -> int:
    return int(tx.execute(select(func.count()).select_from(table).where(*where)).scalar_one())  # type: ignore[arg-type]
