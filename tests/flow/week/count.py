"""The ledger of a week: what was written, said and told, against what the store and the peers have in the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select

from ouidire.store import work
from ouidire.store.engine import Tx
from ouidire.store.schema import delivery, edge, gap, incident, mention, reply
from tests.flow.faults.count import Count
from tests.flow.week.house import Week


def counts(week: Week, doctor: str, graves: Sequence[str]) -> list[Count]:
    """Every line that must hold. `doctor` is what the doctor says, `graves` what the owner had to hear of at once."""
    kept, wanted = week.kept(), week.wanted
    with week.store.reading() as tx:
        return [
            Count("mentions lost", 0, len(wanted - kept)),
            Count("mentions kept twice", 0, len([n for n in kept.values() if n > 1])),
            Count("mentions that nobody wrote, or back from the dead", 0, len(kept.keys() - wanted.keys())),
            *_understood(week, tx),
            *_told(week, tx, graves),
            *_answered(week, tx),
            Count("gaps that the doctor does not say", 0, _unsaid_gaps(tx, doctor)),
        ]


def _understood(week: Week, tx: Tx) -> list[Count]:
    placed = Counter(tx.execute(select(edge.c.mention_id)).scalars())
    ours = set(tx.execute(select(mention.c.id).where(mention.c.organisation_id == week.organisation_id)).scalars())
    return [
        Count("mentions in no conversation or in two", 0, len([one for one in ours if placed[one] != 1])),
        Count("work rows left", 0, sum(work.waiting(tx).values())),
        Count("set aside by a stage", 0, len(list(work.aside(tx)))),
    ]


def _told(week: Week, tx: Tx, graves: Sequence[str]) -> list[Count]:
    rows = tx.execute(select(delivery).where(delivery.c.organisation_id == week.organisation_id)).all()
    sent = [row for row in rows if row.state == "sent"]
    once = Counter((row.alert_id, row.version, row.member_id, row.notifier, row.target) for row in sent)
    got = {"email": week.box.ids, "webhook": week.hook.ids}
    this_week = [row for row in sent if row.notifier in got and row.made_at >= week.began]
    return [
        Count("deliveries still due", 0, len([row for row in rows if row.state in ("due", "sending")])),
        Count("deliveries that failed", 0, len([row for row in rows if row.state == "failed"])),
        Count("two ids for one alert, version, member, way", 0, len([n for n in once.values() if n > 1])),
        Count("sent and never arrived", 0, len([r for r in this_week if r.id not in got[r.notifier]])),
        Count("grave ones not told by exactly one mail", 0, len(_not_once(graves, _mails(week)))),
        Count("grave ones not told by exactly one webhook", 0, len(_not_once(graves, _calls(week)))),
        Count("calm messages", 1, week.calm_messages()),
    ]


def _not_once(graves: Iterable[str], got: Iterable[tuple[str, str]]) -> list[str]:
    """The grave ones that were not told under exactly one id; `got` are ids and what was read."""
    read = {told_id: _plain(words) for told_id, words in got}
    return [text for text in graves if sum(_plain(text) in words for words in read.values()) != 1]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _mails(week: Week) -> list[tuple[str, str]]:
    bodies = ((str(mail["Message-ID"]), mail.get_body(("plain",))) for mail in week.box.mails)
    return [(told_id, body.get_content()) for told_id, body in bodies if body is not None]


def _calls(week: Week) -> list[tuple[str, str]]:
    return [
        (told_id, json.loads(body)["body"]) for told_id, (_, body) in zip(week.hook.ids, week.hook.got, strict=True)
    ]


def _answered(week: Week, tx: Tx) -> list[Count]:
    said = {row.id: row for row in tx.execute(select(reply).where(reply.c.state == "sent")) if row.id in week.spoken}
    return [
        Count("answers spoken twice", 0, len([n for n in week.spoken.values() if n > 1])),
        Count("answers that do not stand once", 0, len([r for r in week.answers if week.stands_on_network(r) != 1])),
        Count("answers of which we do not know", 0, len([r for r in said.values() if not r.uri])),
    ]


def _unsaid_gaps(tx: Tx, doctor: str) -> int:
    rows = tx.execute(select(gap.c.since, gap.c.until)).all()
    return len([row for row in rows if f"{row.since:%Y-%m-%d %H:%M} UTC" not in doctor])


def table(week: Week, engines: str, found: list[Count], took_s: float) -> str:
    """What a person reads in the end."""
    with week.store.reading() as tx:
        incidents = tx.execute(select(func.count()).select_from(incident)).scalar_one()
    mails, calls = week.box.ids, week.hook.ids
    rows: list[tuple[str, object]] = [
        ("mentions written, of them deleted", f"{len(week.said)}, {len(week.gone)}"),
        ("kills", ", ".join(week.kills)),
        ("incidents", incidents),
        ("mails, of them again under their own id", f"{len(mails)}, {len(mails) - len(set(mails))}"),
        ("webhooks, of them again under their own id", f"{len(calls)}, {len(calls) - len(set(calls))}"),
        ("answers on the networks", len(week.spoken)),
        ("feed asked: sent, nothing new", f"{week.feed.answers[200]}, {week.feed.answers[304]}"),
    ]
    rows += [(one.what, one.found) for one in found]
    lines = [f"  {what:<52} {value}" for what, value in rows]
    return "\n".join(["", f"a week on {engines}, {took_s:.0f} s", *lines])
