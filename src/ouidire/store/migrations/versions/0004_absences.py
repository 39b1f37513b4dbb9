"""absences, what came meanwhile, and notices"""

import sqlalchemy as sa
from alembic import op

from ouidire.store.schema import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _key(name: str, of: str = "", *, null: bool = False) -> "sa.Column[str]":
    references = [sa.ForeignKey(f"{of}.id")] if of else []
    return sa.Column(name, sa.String(36), *references, nullable=null)


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.String(36), primary_key=True),
        _key("source_id", "source"),
        sa.Column("since", Moment(timezone=True), nullable=False),
        sa.Column("until", Moment(timezone=True), nullable=False),
        sa.Column("cause", sa.String(8), nullable=False),
        sa.Column("position", Moment(timezone=True)),
        sa.Column("caught_up_at", Moment(timezone=True)),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("lost_until", Moment(timezone=True)),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_absence_recent", "absence", ["source_id", "until"])
    op.create_table(
        "notice",
        sa.Column("id", sa.String(36), primary_key=True),
        _key("organisation_id", "organisation"),
        _key("source_id", "source"),
        _key("member_id", "member"),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=False),
        _key("absence_id", null=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("notifier", sa.String(20), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", Moment(timezone=True), nullable=False),
        sa.Column("claimed_until", Moment(timezone=True)),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(timezone=True), nullable=False),
        sa.Column("sent_at", Moment(timezone=True)),
        sa.Column("error", sa.Text(), nullable=False),
        sa.UniqueConstraint("source_id", "since", "kind", "member_id", "notifier", "target"),
    )
    op.create_index("ix_notice_source_id", "notice", ["source_id"])
    op.create_index("ix_notice_due", "notice", ["state", "due_at"])
    op.add_column("incident", _key("absence_id", null=True))
    op.add_column("mention", _key("absence_id", null=True))
    meanwhile = sa.text("absence_id IS NOT NULL")
    op.create_index(
        "ix_mention_meanwhile", "mention", ["absence_id"], sqlite_where=meanwhile, postgresql_where=meanwhile
    )
