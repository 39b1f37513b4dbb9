"""when a source is due, who calls us, and what was called"""

import sqlalchemy as sa
from alembic import op

from ouidire.store.schema import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("due_at", Moment()))
    op.add_column("source", sa.Column("usual_s", sa.Float()))
    op.add_column("source", sa.Column("spoke_at", Moment()))
    op.add_column("source", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "subscription",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("until", Moment()),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_subscription_source_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_subscription")),
    )
    op.create_table(
        "received",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_received_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received")),
    )
    op.create_index("ix_received_source_id", "received", ["source_id"])
