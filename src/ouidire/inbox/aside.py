"""What was left aside: nearly about us, as a member sees it, and their word that it was about us."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ouidire.domain.enrichment import Span
from ouidire.domain.member import Member
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, PlaceCandidate, found_at
from ouidire.errors import NotFound
from ouidire.inbox import read
from ouidire.inbox.teach import teach
from ouidire.store import keep, mentions, organisations, refused
from ouidire.store.engine import Tx
from ouidire.store.keep import Found
from ouidire.store.refused import LeftAside

SHOWN = 60


@dataclass(frozen=True, slots=True)
class AsideView:
    """One message that was not kept. `text` is masked where the member may not see names; spans index it."""

    id: str
    network: str
    author_name: str
    author_handle: str
    text: str
    url: str
    language: str
    written_at: datetime
    p: float
    candidates: tuple[PlaceCandidate, ...]
    evidence: tuple[Evidence, ...]
    spans: tuple[Span, ...]
    hidden: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Aside:
    """`total` messages of the last day were nearly about us; `shown` are the newest of them."""

    total: int
    shown: tuple[AsideView, ...]


def left_aside(tx: Tx, member: Member) -> Aside:
    """What was nearly about the member's organisation in the last day; nothing for who does not see all its places."""
    found = refused.of(tx, member)
    known = read.names_known_to(tx, member)
    return Aside(len(found), tuple(_view(one, member, known) for one in found[:SHOWN]))


def view_of(tx: Tx, member: Member, one: LeftAside) -> AsideView:
    """One of them by itself. Raises `NotFound` when it is not this member's to see."""
    return _view(refused.get(tx, member, one.id), member, read.names_known_to(tx, member))


def about_us(tx: Tx, member: Member, refused_id: str, at: datetime, *, first_stage: str, retain_days: int) -> str:
    """One tap: it was about us after all. It becomes a mention like any other, and teaches; gives the key of its item.

    Where the organisation has several places, which one is meant is not known. Raises `NotFound` when it is gone.
    """
    one = refused.get(tx, member, refused_id)
    places = organisations.places(tx, member)
    said = replace(
        one.match,
        place_id=places[0].id if len(places) == 1 else None,
        evidence=(*one.match.evidence, Evidence(EvidenceKind.PASTED, "")),
        p=1.0,
        ask=Ask.NOTHING,
    )
    if not keep.bring_in(tx, Found(one.item, said), at, first_stage=first_stage, retain_days=retain_days):
        raise NotFound("This message is not kept any more.")
    if (heard := mentions.by_item_key(tx, member.organisation_id, one.item.key)) is not None:
        teach(tx, member.organisation_id, heard.mention.id, about_us=True, place_id=said.place_id)
    return one.item.key


def _view(one: LeftAside, member: Member, known: Iterable[str]) -> AsideView:
    item, evidence = one.item, one.match.evidence
    text, spans = item.text, found_at(evidence)
    hidden: tuple[Span, ...] = ()
    if not member.sees_names(None):
        text, _, hidden = read.masked(item.text, (), known)
        evidence, spans = _masked(item.text, evidence, known)
    return AsideView(
        id=one.id,
        network=item.said_on or item.network,
        author_name=item.author.name,
        author_handle=item.author.handle,
        text=text,
        url=item.url,
        language=next(iter(item.languages), ""),
        written_at=item.written_at,
        p=one.match.p,
        candidates=one.match.candidates,
        evidence=evidence,
        spans=spans,
        hidden=hidden,
    )


def _masked(
    text: str, evidence: Sequence[Evidence], known: Iterable[str]
) -> tuple[tuple[Evidence, ...], tuple[Span, ...]]:
    """The reasons without those words that name somebody, and where the others stand in the masked text."""
    kept: list[Evidence] = []
    spans: list[Span] = []
    for one in evidence:
        moved = read.masked(text, [(one.start, one.end)], known)[1] if one.start >= 0 else ()
        spans += moved if found_at([one]) else ()
        kept.append(one if one.start < 0 or moved else replace(one, found=read.MASK))
    return tuple(kept), tuple(spans)
