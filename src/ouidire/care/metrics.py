"""The house in numbers, for Prometheus. Made from the store at each reading; no name, no address, no word of a post."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ouidire import __version__, clock
from ouidire.care import backup, health
from ouidire.care.disk import Disk
from ouidire.care.latency import Latency
from ouidire.settings import Settings
from ouidire.store import dump, facts
from ouidire.store.engine import Store, Tx

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text(settings: Settings, store: Store, latency: Latency) -> bytes:
    """The answer to a scrape, in Prometheus's text form."""
    from prometheus_client import CollectorRegistry, generate_latest  # two megabytes, which most houses never need

    registry = CollectorRegistry()
    registry.register(_Collector(settings, store, latency))
    return generate_latest(registry)


class _Collector:
    def __init__(self, settings: Settings, store: Store, latency: Latency) -> None:
        self._settings, self._store, self._latency = settings, store, latency

    def describe(self) -> list[Any]:
        """Nothing is promised before it is asked for: else the store would be read twice."""
        return []

    def collect(self) -> Iterator[Any]:
        with self._store.reading() as tx:
            yield from _sources(tx)
            yield from _work(tx)
            yield from _outcomes(tx)
            yield from _house(self._settings, self._store, tx)
        yield from _latency(self._latency)


def _sources(tx: Tx) -> Iterator[Any]:
    from prometheus_client.core import CounterMetricFamily

    labels = ["source", "connector"]
    heard = CounterMetricFamily("ouidire_heard", "Messages that a source brought.", labels=labels)
    kept = CounterMetricFamily("ouidire_kept", "Messages that were kept.", labels=labels)
    dropped = CounterMetricFamily("ouidire_dropped", "Input that could not be used.", labels=labels)
    lag = _gauge("ouidire_source_silent_seconds", "Time since a source last brought anything.", labels)
    deaf = _gauge("ouidire_source_deaf", "1 while a source hears nothing.", labels)
    for source_id, connector, state, n_heard, n_kept, n_dropped, last in facts.sources(tx):
        who = [source_id, connector]
        for family, value in ((heard, n_heard), (kept, n_kept), (dropped, n_dropped)):
            family.add_metric(who, value)
        deaf.add_metric(who, float(state == "deaf"))
        if last is not None:
            lag.add_metric(who, _age(last))
    yield from (heard, kept, dropped, lag, deaf)


def _work(tx: Tx) -> Iterator[Any]:
    rows = _gauge("ouidire_work_rows", "Work that a stage still has to do.", ["stage", "state"])
    oldest = _gauge("ouidire_work_oldest_seconds", "How long the oldest of it has been due.", ["stage", "state"])
    for stage, state, count, since in facts.waiting(tx):
        rows.add_metric([stage, state], count)
        oldest.add_metric([stage, state], _age(since))
    yield from (rows, oldest)


def _outcomes(tx: Tx) -> Iterator[Any]:
    deliveries = _gauge("ouidire_deliveries", "Alerts by what became of them.", ["notifier", "state"])
    for (notifier, state), count in facts.deliveries(tx).items():
        deliveries.add_metric([notifier, state], count)
    replies = _gauge("ouidire_replies", "Answers by what became of them.", ["state"])
    for state, count in facts.replies(tx).items():
        replies.add_metric([state], count)
    yield from (deliveries, replies)
    yield _one("ouidire_paused", "Organisations that send nothing until a person confirms a restore.", facts.paused(tx))


def _house(settings: Settings, store: Store, tx: Tx) -> Iterator[Any]:
    yield _one("ouidire_info", "This release.", 1, {"release": __version__, "engine": tx.dialect.name})
    yield _one("ouidire_store_bytes", "The store on its disk.", dump.size(tx))
    yield _one("ouidire_journal_bytes", "SQLite's journal beside it.", health.journal_bytes(store))
    yield _one("ouidire_memory_bytes", "What this process holds in memory.", health.memory_mb() * 1_000_000)
    free = Disk(settings.folder, settings.disk_free_mb).free_mb
    yield _one("ouidire_disk_free_bytes", "Free on the disk of the house.", free * 1_000_000)
    last = backup.last(tx)
    if last is not None:
        yield _one("ouidire_backup_age_seconds", "Since the last backup.", _age(last))


def _latency(latency: Latency) -> Iterator[Any]:
    from prometheus_client.core import HistogramMetricFamily

    about = "From a message's arrival to the alert that left, for first tellings, since this start."
    yield HistogramMetricFamily("ouidire_alert_seconds", about, buckets=latency.buckets(), sum_value=latency.total_s)


def _gauge(name: str, about: str, labels: list[str]) -> Any:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, about, labels=labels)


def _one(name: str, about: str, value: float, labels: Mapping[str, str] | None = None) -> Any:
    family = _gauge(name, about, list(labels or {}))
    family.add_metric(list((labels or {}).values()), value)
    return family


def _age(moment: datetime) -> float:
    return max(0.0, (clock.now() - moment).total_seconds())
