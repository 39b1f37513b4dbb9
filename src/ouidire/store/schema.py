"""The tables, as SQLAlchemy Core sees them. Migrations make them; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite keeps it without its zone, we never do."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A moment without a zone was about to be stored: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[Any]:
    return Column("id", String(36), primary_key=True)


def _of(table: str, *, null: bool = False, index: bool = False, **kw: Any) -> Column[Any]:
    return Column(f"{table}_id", String(36), ForeignKey(f"{table}.id", **kw), nullable=null, index=index)


_MEANWHILE = text("absence_id IS NOT NULL")

organisation = Table(
    "organisation",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("is_demo", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Moment, nullable=False),
    Column("paused_at", Moment),
    Column("restored_from", Moment),
)

place = Table(
    "place",
    metadata,
    _id(),
    _of("organisation", index=True),
    Column("name", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("town", Text, nullable=False),
    Column("postcode", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("radius_m", Integer, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("listing_ids", Json, nullable=False),
    Column("quiet_start", String(5)),
    Column("quiet_end", String(5)),
    Column("hours", Json),
    Column("quiet_when_closed", Boolean, nullable=False, server_default=text("false")),
    Column("closed_at", Moment),
    Column("category", Text, nullable=False, server_default=""),
    *(
        Column(name, Json, nullable=False, server_default=text("'[]'"))
        for name in ("landmarks", "products", "roles", "languages")
    ),
)

member = Table(
    "member",
    metadata,
    _id(),
    _of("organisation", index=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(8), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("left_at", Moment),
)

member_place = Table(
    "member_place",
    metadata,
    Column("member_id", String(36), ForeignKey("member.id"), primary_key=True),
    Column("place_id", String(36), ForeignKey("place.id"), primary_key=True),
)

token = Table(
    "token",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("organisation_id", String(36), ForeignKey("organisation.id")),
    Column("member_id", String(36), ForeignKey("member.id"), index=True),
    Column("facts", Json, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

program = Table(
    "program",
    metadata,
    _id(),
    _of("organisation", index=True),
    _of("member"),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("hint", String(16), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("last_used_at", Moment),
)

request_key = Table(
    "request_key",
    metadata,
    Column("program_id", String(36), ForeignKey("program.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("asked", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", Moment, nullable=False, index=True),
)

watch = Table(
    "watch",
    metadata,
    _id(),
    _of("organisation", index=True),
    _of("place", null=True),
    *(
        Column(name, Json, nullable=False)
        for name in ("names", "aliases", "handles", "hashtags", "links", "required", "excluded", "near")
    ),
    Column("former", Json, nullable=False, server_default=text("'[]'")),
    Column("rule", Text, nullable=False, server_default=""),
)

source = Table(
    "source",
    metadata,
    _id(),
    _of("organisation", null=True, index=True),
    Column("connector", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("settings", Json, nullable=False),
    Column("secrets", LargeBinary),
    Column("listens", Boolean, nullable=False),
    Column("cursor", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("last_heard_at", Moment),
    Column("deaf_since", Moment),
    Column("because", Text, nullable=False),
    Column("heard", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("own_uri", Text, nullable=False, server_default=""),
    Column("can_reply", Boolean, nullable=False, server_default=text("false")),
    Column("due_at", Moment),
    Column("usual_s", Float),
    Column("spoke_at", Moment),
    Column("note", Text, nullable=False, server_default=""),
)

subscription = Table(
    "subscription",
    metadata,
    Column("source_id", String(36), ForeignKey("source.id"), primary_key=True),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("until", Moment),
    Column("because", Text, nullable=False),
    Column("missed", Integer, nullable=False),
)

received = Table(
    "received",
    metadata,
    _id(),
    _of("source", index=True),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
)

import_ = Table(
    "import",
    metadata,
    Column("source_id", String(36), ForeignKey("source.id"), primary_key=True),
    _of("organisation", index=True),
    _of("member", null=True),
    Column("format", String(40), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("is_draft", Boolean, nullable=False),
    Column("undo_at", Moment),
    Column("undone_at", Moment),
    Column("takes_spoken", Boolean, nullable=False, server_default=text("false")),
    Column("removed", BigInteger, nullable=False, server_default=text("0")),
    Column("spared", BigInteger, nullable=False, server_default=text("0")),
)

drop = Table(
    "drop",
    metadata,
    Column("stage", String(20), primary_key=True),
    Column("source_id", String(36), primary_key=True),
    Column("reason", String(200), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("sample", Text, nullable=False),
    Column("last_at", Moment, nullable=False),
)

gap = Table(
    "gap",
    metadata,
    _id(),
    _of("source", index=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("because", Text, nullable=False),
)

absence = Table(
    "absence",
    metadata,
    _id(),
    _of("source"),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("cause", String(8), nullable=False),
    Column("position", Moment),
    Column("caught_up_at", Moment),
    Column("because", Text, nullable=False),
    Column("lost_until", Moment),
    Column("heard", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Index("ix_absence_recent", "source_id", "until"),
)

muted_author = Table(
    "muted_author",
    metadata,
    Column("organisation_id", String(36), ForeignKey("organisation.id"), primary_key=True),
    Column("author_key", Text, primary_key=True),
    Column("member_id", String(36), nullable=False),
    Column("muted_at", Moment, nullable=False),
)

item = Table(
    "item",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("connector", Text, nullable=False),
    Column("author_key", Text, nullable=False, index=True),
    Column("author_handle", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("facts", Json, nullable=False),
    Column("revision", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("gone_at", Moment),
    Column("retain_until", Moment, index=True),
    Column("import_id", String(36), index=True),
)

mention = Table(
    "mention",
    metadata,
    _id(),
    _of("organisation"),
    _of("item", index=True),
    _of("place", null=True),
    _of("watch", null=True, ondelete="SET NULL"),
    Column("state", String(10), nullable=False),
    Column("evidence", Json, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("is_news", Boolean, nullable=False),
    Column("is_own", Boolean, nullable=False),
    Column("counted_at", Moment),
    Column("enrichment_id", String(36)),
    Column("absence_id", String(36)),
    Column("p", Float, nullable=False, server_default=text("1")),
    Column("candidates", Json, nullable=False, server_default=text("'[]'")),
    UniqueConstraint("organisation_id", "item_id"),
    Index("ix_mention_recent", "organisation_id", "first_seen_at"),
    Index("ix_mention_meanwhile", "absence_id", sqlite_where=_MEANWHILE, postgresql_where=_MEANWHILE),
)

question = Table(
    "question",
    metadata,
    _id(),
    _of("organisation"),
    Column("mention_id", String(36), ForeignKey("mention.id"), nullable=False, unique=True),
    Column("ask", String(12), nullable=False),
    Column("candidates", Json, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("answer", String(10)),
    _of("place", null=True),
    Column("answered_by", String(36), ForeignKey("member.id")),
    Column("answered_at", Moment),
    Index("ix_question_open", "organisation_id", "answered_at", "asked_at"),
)

context_word = Table(
    "context_word",
    metadata,
    Column("organisation_id", String(36), ForeignKey("organisation.id"), primary_key=True),
    Column("word", Text, primary_key=True),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

author_habit = Table(
    "author_habit",
    metadata,
    Column("organisation_id", String(36), ForeignKey("organisation.id"), primary_key=True),
    Column("author_key", Text, primary_key=True),
    Column("place_id", String(36), ForeignKey("place.id"), primary_key=True),
    Column("times", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)

refused = Table(
    "refused",
    metadata,
    _id(),
    _of("organisation"),
    Column("item_key", Text, nullable=False, index=True),
    Column("author_key", Text, nullable=False, index=True),
    Column("item", Json, nullable=False),
    Column("p", Float, nullable=False),
    Column("candidates", Json, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("refused_at", Moment, nullable=False),
    Index("ix_refused_recent", "organisation_id", "refused_at"),
)

enrichment = Table(
    "enrichment",
    metadata,
    _id(),
    _of("organisation"),
    _of("mention"),
    Column("reader", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("sentiment", String(10), nullable=False),
    Column("act", String(20), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("reading", Json, nullable=False),
    Column("meant", Json),
    UniqueConstraint("mention_id", "reader", "revision"),
)

correction = Table(
    "correction",
    metadata,
    _id(),
    _of("organisation"),
    _of("mention"),
    _of("member"),
    Column("judged", String(10), nullable=False),
    Column("aspect", String(16), nullable=False),
    Column("read", String(20), nullable=False),
    Column("meant", String(20), nullable=False),
    Column("reader", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("mention_id", "judged", "aspect"),
    Index("ix_correction_recent", "organisation_id", "at"),
)

search_text = Table(
    "search_text",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("mention_id", String(36), ForeignKey("mention.id"), nullable=False, unique=True),
    _of("organisation", index=True),
    Column("clear", Text, nullable=False),
    Column("masked", Text, nullable=False),
)

work = Table(
    "work",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("stage", String(20), nullable=False),
    Column("subject_id", String(36), nullable=False),
    _of("organisation"),
    Column("state", String(8), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("claimed_by", String(40)),
    Column("tries", Integer, nullable=False),
    Column("because", Text, nullable=False),
    UniqueConstraint("stage", "subject_id"),
    Index("ix_work_due", "stage", "state", "due_at"),
)

followed = Table(
    "followed",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    _of("organisation"),
    _of("place", null=True),
    Column("kind", String(8), nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    UniqueConstraint("key", "organisation_id", "kind"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("gone_at", Moment, nullable=False),
)

story = Table(
    "story",
    metadata,
    _id(),
    _of("organisation"),
    Column("root_key", Text, nullable=False, index=True),
    Column("first_relay_at", Moment),
    UniqueConstraint("organisation_id", "root_key"),
)

conversation = Table(
    "conversation",
    metadata,
    _id(),
    _of("organisation"),
    _of("place", null=True),
    Column("author_key", Text, nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("outcome", String(16)),
    Column("assignee_id", String(36), ForeignKey("member.id")),
    Column("gravity", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("later_until", Moment),
    Column("because", Text, nullable=False),
    Index("ix_conversation_state", "organisation_id", "state", "updated_at"),
)

edge = Table(
    "edge",
    metadata,
    Column("mention_id", String(36), ForeignKey("mention.id"), primary_key=True),
    _of("organisation"),
    _of("story", index=True),
    _of("conversation", index=True),
    Column("kind", String(12), nullable=False),
    Column("because", Text, nullable=False),
    Column("to_mention_id", String(36)),
    Column("undone_at", Moment),
)

note = Table(
    "note",
    metadata,
    _id(),
    _of("organisation"),
    _of("conversation", index=True),
    _of("member"),
    Column("text", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
)

reply = Table(
    "reply",
    metadata,
    _id(),
    _of("organisation"),
    _of("conversation", index=True),
    _of("mention"),
    _of("member"),
    _of("source", null=True),
    Column("text", Text, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("clearance", Json),
    Column("claimed_until", Moment),
    Column("written_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("seen_at", Moment),
    Column("uri", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Index("ix_reply_uri", "uri"),
)

incident = Table(
    "incident",
    metadata,
    _id(),
    _of("organisation"),
    _of("place", null=True),
    _of("conversation", index=True),
    Column("kind", String(10), nullable=False),
    Column("scope", Text, nullable=False),
    Column("gravity", Integer, nullable=False),
    Column("because", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("mentions", Integer, nullable=False),
    Column("absence_id", String(36)),
    Column("mention_id", String(36)),
    Index(
        "uq_incident_open",
        "organisation_id",
        "scope",
        "kind",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

route = Table(
    "route",
    metadata,
    _id(),
    _of("organisation", index=True),
    _of("member"),
    _of("place", null=True),
    Column("min_gravity", Integer, nullable=False),
    Column("notifier", String(20), nullable=False),
    Column("target", Text, nullable=False),
)

silence = Table(
    "silence",
    metadata,
    _id(),
    _of("organisation", index=True),
    _of("place", null=True),
    Column("until", Moment, nullable=False),
    Column("because", Text, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    _id(),
    _of("organisation"),
    _of("incident"),
    Column("version", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("gravity", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("incident_id"),
)

delivery = Table(
    "delivery",
    metadata,
    _id(),
    _of("organisation"),
    _of("alert", index=True),
    Column("version", Integer, nullable=False),
    _of("member"),
    Column("route_id", String(36)),
    Column("notifier", String(20), nullable=False),
    Column("target", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("because", String(20), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("tries", Integer, nullable=False),
    Column("sent_at", Moment),
    Column("made_at", Moment, nullable=False),
    Column("error", Text, nullable=False),
    Column("judgement", String(10)),
    UniqueConstraint("alert_id", "version", "member_id", "notifier", "target"),
    Index("ix_delivery_due", "state", "due_at"),
    Index("ix_delivery_recent", "organisation_id", "made_at"),
)

notice = Table(
    "notice",
    metadata,
    _id(),
    _of("organisation"),
    _of("source", index=True),
    _of("member"),
    Column("kind", String(10), nullable=False),
    Column("since", Moment, nullable=False),
    Column("absence_id", String(36)),
    Column("because", Text, nullable=False),
    Column("notifier", String(20), nullable=False),
    Column("target", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("tries", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("error", Text, nullable=False),
    UniqueConstraint("source_id", "since", "kind", "member_id", "notifier", "target"),
    Index("ix_notice_due", "state", "due_at"),
)

phone = Table(
    "phone",
    metadata,
    _id(),
    _of("organisation"),
    _of("member", index=True),
    Column("name", Text, nullable=False),
    Column("session", String(64), nullable=False, unique=True),
    Column("paired_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

channel = Table(
    "channel",
    metadata,
    _id(),
    _of("organisation"),
    _of("member"),
    Column("kind", String(12), nullable=False),
    Column("shown", Text, nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("key", String(64), nullable=False, index=True),
    Column("is_private", Boolean, nullable=False),
    Column("device", String(64), nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
    Column("tried_at", Moment),
    Column("lost_at", Moment),
    Column("trouble", Text, nullable=False),
    UniqueConstraint("member_id", "key"),
)

calm = Table(
    "calm",
    metadata,
    _id(),
    _of("organisation"),
    _of("member"),
    _of("place"),
    Column("hour", String(5), nullable=False),
    Column("notifier", String(20), nullable=False),
    Column("target", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("member_id", "place_id"),
)

calm_day = Table(
    "calm_day",
    metadata,
    _id(),
    _of("calm", ondelete="CASCADE"),
    Column("day", String(10), nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("tries", Integer, nullable=False),
    Column("sent_at", Moment),
    Column("error", Text, nullable=False),
    UniqueConstraint("calm_id", "day"),
    Index("ix_calm_day_due", "state", "due_at"),
)

heard_change = Table(
    "heard_change",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(10), nullable=False),
    Column("subject_id", String(36), primary_key=True),
)

state = Table(
    "state",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
