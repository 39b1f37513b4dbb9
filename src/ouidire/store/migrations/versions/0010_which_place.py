"""what is known of a place, what is asked about a post, what the answers teach, what was left aside"""

import sqlalchemy as sa
from alembic import op

from ouidire.store.schema import Json, Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NONE = sa.text("'[]'")


def upgrade() -> None:
    op.add_column("place", sa.Column("category", sa.Text(), nullable=False, server_default=""))
    for name in ("landmarks", "products", "roles", "languages"):
        op.add_column("place", sa.Column(name, Json, nullable=False, server_default=NONE))
    op.add_column("watch", sa.Column("former", Json, nullable=False, server_default=NONE))
    op.add_column("watch", sa.Column("rule", sa.Text(), nullable=False, server_default=""))
    op.add_column("mention", sa.Column("p", sa.Float(), nullable=False, server_default=sa.text("1")))
    op.add_column("mention", sa.Column("candidates", Json, nullable=False, server_default=NONE))
    op.add_column("incident", sa.Column("mention_id", sa.String(36), nullable=True))
    _questions()
    _lessons()
    _refused()
    op.create_table(
        "heard_change",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("number", "subject_id", name="pk_heard_change"),
    )


def _questions() -> None:
    op.create_table(
        "question",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(36), nullable=False),
        sa.Column("mention_id", sa.String(36), nullable=False),
        sa.Column("ask", sa.String(12), nullable=False),
        sa.Column("candidates", Json, nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("answer", sa.String(10), nullable=True),
        sa.Column("place_id", sa.String(36), nullable=True),
        sa.Column("answered_by", sa.String(36), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_question"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_question_organisation_id"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_question_mention_id"),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_question_place_id"),
        sa.ForeignKeyConstraint(["answered_by"], ["member.id"], name="fk_question_answered_by"),
        sa.UniqueConstraint("mention_id", name="uq_question_mention_id"),
    )
    op.create_index("ix_question_open", "question", ["organisation_id", "answered_at", "asked_at"])


def _lessons() -> None:
    op.create_table(
        "context_word",
        sa.Column("organisation_id", sa.String(36), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "word", name="pk_context_word"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_context_word_organisation_id"),
    )
    op.create_table(
        "author_habit",
        sa.Column("organisation_id", sa.String(36), nullable=False),
        sa.Column("author_key", sa.Text(), nullable=False),
        sa.Column("place_id", sa.String(36), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "author_key", "place_id", name="pk_author_habit"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_author_habit_organisation_id"),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name="fk_author_habit_place_id"),
    )


def _refused() -> None:
    op.create_table(
        "refused",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(36), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("author_key", sa.Text(), nullable=False),
        sa.Column("item", Json, nullable=False),
        sa.Column("p", sa.Float(), nullable=False),
        sa.Column("candidates", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("refused_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refused"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_refused_organisation_id"),
    )
    op.create_index("ix_refused_item_key", "refused", ["item_key"])
    op.create_index("ix_refused_author_key", "refused", ["author_key"])
    op.create_index("ix_refused_recent", "refused", ["organisation_id", "refused_at"])
