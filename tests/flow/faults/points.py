"""Where the house is killed: points in a child process, installed from outside; the product knows nothing of them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ouidire import flow
from ouidire.connectors.simulated.replier import SimulatedReplier
from ouidire.notifiers.email import EmailNotifier
from ouidire.store import alerts, replies
from ouidire.store.engine import Store, Tx

COMMITS = (
    *("hear", "enrich", "relate", "detect", "alert"),
    *("delivery claimed", "delivery sent", "reply claimed", "reply sent"),
)
"""The commits after which something is true that was not true before."""

MAIL_TAKEN, REPLY_TAKEN = "mail taken, not yet said so", "reply taken, not yet said so"
AT_PEERS = (MAIL_TAKEN, REPLY_TAKEN)
"""The other side has it and we do not know: only the peer can choose this moment."""

POINTS = (
    *(f"{when} commit: {what}" for what in COMMITS for when in ("before", "after")),
    "before the mail is sent",
    "before the reply is sent",
    *AT_PEERS,
)


class Trap:
    """Counts how often `point` is reached, and kills this very process the `nth` time; says so in `note` first."""

    def __init__(self, point: str, nth: int, note: Path) -> None:
        self._point, self._left, self._note = point, nth, note
        self._lock = threading.Lock()

    def reach(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._note.write_text(point)
                os.kill(os.getpid(), signal.SIGKILL)


_here = threading.local()


def install(trap: Trap) -> None:
    """Let every commit and every send of this process pass by `trap`."""
    _watch_commits(trap)
    flow.hear = _names(flow.hear, "hear", lambda kept: bool(kept.mention_ids))  # type: ignore[attr-defined]
    flow.STAGES = tuple(replace(stage, run=_names(stage.run, stage.name)) for stage in flow.STAGES)
    for module, what in ((alerts, "delivery"), (replies, "reply")):
        module.claim = _names(module.claim, f"{what} claimed", bool)  # type: ignore[attr-defined]
        module.sent = _names(module.sent, f"{what} sent")  # type: ignore[attr-defined]
    for door, method, point in (
        (EmailNotifier, "send", "before the mail is sent"),
        (SimulatedReplier, "reply", "before the reply is sent"),
    ):
        setattr(door, method, _announced(getattr(door, method), trap, point))


def _watch_commits(trap: Trap) -> None:
    transaction = Store.transaction

    @contextmanager
    def watched(self: Store) -> Iterator[Tx]:
        _here.name = ""
        with transaction(self) as tx:
            yield tx
            # Everything is written and nothing committed: the engine commits when this block is left.
            name = _here.name
            trap.reach(f"before commit: {name}")
        trap.reach(f"after commit: {name}")

    Store.transaction = watched  # type: ignore[method-assign]


def _names(
    function: Callable[..., Any], name: str, counts: Callable[[Any], bool] = lambda _: True
) -> Callable[..., Any]:
    """`function`, which tells its thread's transaction what it is about when its result `counts`."""

    def named(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if counts(result):
            _here.name = name
        return result

    return named


def _announced(send: Callable[..., Awaitable[Any]], trap: Trap, point: str) -> Callable[..., Awaitable[Any]]:
    async def announced(*args: Any, **kwargs: Any) -> Any:
        trap.reach(point)
        return await send(*args, **kwargs)

    return announced
