"""The flow: what happens to a message, in order. Read me first.

    networks ─▶ listen ─▶ match ─▶ enrich ─▶ relate ─▶ detect ─▶ alert ─▶ people
                            │ keep                                  │ deliver
                            ▼                                       ▼
                   mentions + cursor + work rows            deliveries, at least once

`hear` is the hot path: one batch in memory, one commit for what concerns somebody. Everything after it is taken from
work rows by `STAGES`, each a plain function of a transaction and one subject; each says what the next stage is to
look at. A row is done in the transaction that does its work, so that being killed anywhere only means doing it again.

Where `match` asks instead of deciding, `keep` writes the question beside the mention. What is only perhaps about us is
read and goes no further; a member's answer sends it through the stages, and `learn` takes in what it teaches.
What was read in haste, in a storm, is read again when it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from ouidire import clock
from ouidire.alert import step as alert
from ouidire.detect import step as detect
from ouidire.domain.absence import Away
from ouidire.domain.item import Batch
from ouidire.enrich import step as enrich
from ouidire.errors import Corrupt, Ignore, NotFound, Retry
from ouidire.match import learn
from ouidire.relate import step as relate
from ouidire.store import absences, incidents, keep, mentions, questions, work
from ouidire.store.engine import Store, Tx
from ouidire.store.keep import Found, Kept
from ouidire.store.refused import Refused
from ouidire.store.work import Work

log = structlog.get_logger()

Step = Callable[[Tx, Sequence[str]], Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Stage:
    """`run(tx, subject_ids)` does the work and gives each one's subjects for `then`; `takes` says what a subject is."""

    name: str
    takes: str
    run: Step
    then: str | None


def one_by_one(step: Callable[[Tx, str], Sequence[str]]) -> Step:
    return lambda tx, subject_ids: [step(tx, subject_id) for subject_id in subject_ids]


STAGES = (
    Stage(mentions.READS, takes="mention", run=enrich.step, then="relate"),
    Stage("relate", takes="mention", run=one_by_one(relate.step), then="detect"),
    Stage("detect", takes="mention", run=one_by_one(detect.step), then=incidents.TELLS),
    Stage(incidents.TELLS, takes="incident", run=one_by_one(alert.step), then=None),
    Stage(questions.TEACHES, takes="question", run=one_by_one(learn.step), then=None),
    Stage(mentions.READS_AGAIN, takes="mention", run=enrich.again, then="relate"),
)

AT_ONCE = 32


def warm() -> None:
    """Load what the stages load at first use."""
    enrich.warm()


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a source is heard: as its connector reads (`mode`), kept for `retain_days`; `away`: when the house slept."""

    mode: str
    retain_days: int
    away: Away | None = None


def hear(
    tx: Tx, source_id: str, batch: Batch, found: Sequence[Found], how: Hearing, left_aside: Sequence[Refused] = ()
) -> Kept:
    """Commit what a batch brought: mentions, deletions, the first stage's work and the cursor, together.

    A source that had been absent is so no longer: what was missed is caught up with, and said. `left_aside` was nearly
    about somebody: it is kept for a day, to be looked at.
    """
    at = clock.now()
    return keep.keep(
        tx,
        source_id,
        batch,
        found,
        at,
        first_stage=STAGES[0].name,
        retain_days=how.retain_days,
        absence=absences.meet(tx, source_id, batch, at, how.mode, how.away),
        left_aside=left_aside,
    )


def work_once(store: Store, stage: Stage, worker: str) -> list[str]:
    """Claim a handful of a stage's rows and do them; returns the subjects that were claimed.

    All are done in one transaction. When one of them fails, the others must not suffer: then each gets its own.
    """
    at = clock.now()
    with store.transaction() as tx:
        claimed = work.claim(tx, stage.name, worker, at, AT_ONCE)
    if not claimed:
        return []
    try:
        with store.transaction() as tx:
            _do(tx, stage, claimed, worker, at)
    except (Corrupt, Retry):
        raise
    except Exception:
        for one in claimed:
            _do_alone(store, stage, one, worker, at)
    return [one.subject_id for one in claimed]


def _do(tx: Tx, stage: Stage, claimed: Sequence[Work], worker: str, at: datetime) -> None:
    """The work and the end of its rows, together. A row that another worker has taken over meanwhile is left to it."""
    ours = [one for one in claimed if work.done(tx, one, worker)]
    given = stage.run(tx, [one.subject_id for one in ours])
    if stage.then is not None:
        next_ones = [(subject, one.organisation_id) for one, some in zip(ours, given, strict=True) for subject in some]
        work.add(tx, stage.then, next_ones, at)


def _do_alone(store: Store, stage: Stage, one: Work, worker: str, at: datetime) -> None:
    try:
        with store.transaction() as tx:
            _do(tx, stage, [one], worker, at)
    except (Corrupt, Retry):  # ours or the store's trouble, not this message's: the lease brings the row back
        raise
    except (Ignore, NotFound) as error:
        log.info("dropped", stage=stage.name, subject=one.subject_id, because=str(error))
        with store.transaction() as tx:
            work.done(tx, one, worker)
    except Exception as error:  # a bug of ours on one message must not stop the others: it is kept for a person
        log.warning("failed", stage=stage.name, subject=one.subject_id, error=repr(error), tries=one.tries + 1)
        with store.transaction() as tx:
            work.failed(tx, one, f"{type(error).__name__}: {error}", at, None)
