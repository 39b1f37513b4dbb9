"""The inbox: three lists and no more."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.domain.conversation import ConversationState
from ouidire.domain.enrichment import Aspect
from ouidire.inbox import read
from ouidire.store import organisations, sources
from ouidire.web.visit import Anyone

router = APIRouter()

STATES = ("waiting", "ours", "theirs", "closed")


@router.get("/inbox")
def inbox(
    visit: Anyone, state: str = "waiting", place: str = "", network: str = "", about: str = "", q: str = ""
) -> Response:
    member = visit.member
    state = state if state in STATES else "waiting"
    aspect = Aspect(about) if about in tuple(Aspect) else None
    chosen = {"state": state, "place": place, "network": network, "about": aspect or "", "q": q[:200]}
    with visit.app.store.reading() as tx:
        found = read.cards(tx, member, (ConversationState(state),), place or None, network or None, q[:200], aspect)
        counted = read.state_counts(tx, member)
        places = [(one.id, one.name) for one in organisations.places(tx, member)]
        networks = sorted({one.settings.get("network", one.connector) for one in sources.of(tx, member)})
        return visit.show(
            "inbox.html",
            tx,
            cards=found,
            counts={one: counted.get(ConversationState(one), 0) for one in STATES},
            places=places,
            networks=networks,
            state=state,
            place_id=place,
            network=network,
            aspects=list(Aspect),
            aspect=aspect,
            query=q[:200],
            query_string=_query(chosen),
            links={one: _query(chosen | {"state": one}) for one in STATES},
        )


def _query(chosen: dict[str, str]) -> str:
    return urlencode({name: value for name, value in chosen.items() if value})
