"""Left aside: what was nearly about us and was not kept, why, and one tap for where that was wrong."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock, flow
from ouidire.inbox import aside
from ouidire.store import conversations, mentions, organisations, refused
from ouidire.store.engine import Tx
from ouidire.web.visit import Configuring, Form, Visit

router = APIRouter(prefix="/listening/aside")


@router.get("")
def left_aside(visit: Configuring) -> Response:
    with visit.app.store.reading() as tx:
        return visit.show(
            "aside.html",
            tx,
            aside=aside.left_aside(tx, visit.member),
            places=organisations.places(tx, visit.member),
            is_on=visit.app.sample is not None,
        )


@router.post("/{refused_id}/ours")
async def about_us(visit: Configuring, refused_id: str, form: Form) -> Response:
    """It becomes a mention, is read at once, and off to its conversation."""
    key = await visit.app.store.run(_bring_in, visit, refused_id)
    visit.app.wake()
    await asyncio.to_thread(_understand, visit)
    conversation_id = await visit.app.store.read(_conversation, visit, key)
    return visit.go(f"/c/{conversation_id}" if conversation_id else "/listening/aside", "ours")


def _bring_in(tx: Tx, visit: Visit, refused_id: str) -> str:
    connector = refused.get(tx, visit.member, refused_id).item.connector
    return aside.about_us(
        tx,
        visit.member,
        refused_id,
        clock.now(),
        first_stage=flow.STAGES[0].name,
        retain_days=visit.app.retain_days(connector),
    )


def _understand(visit: Visit) -> None:
    for stage in flow.STAGES:
        flow.work_once(visit.app.store, stage, f"{visit.app.worker}:aside")


def _conversation(tx: Tx, visit: Visit, key: str) -> str:
    heard = mentions.by_item_key(tx, visit.member.organisation_id, key)
    stands = conversations.standing(tx, heard.mention.id) if heard else None
    return stands.conversation_id if stands else ""
