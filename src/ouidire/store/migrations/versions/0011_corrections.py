"""what members say of readings"""

import sqlalchemy as sa
from alembic import op

from ouidire.store.schema import Json, Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrichment", sa.Column("meant", Json, nullable=True))
    op.create_table(
        "correction",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(36), nullable=False),
        sa.Column("mention_id", sa.String(36), nullable=False),
        sa.Column("member_id", sa.String(36), nullable=False),
        sa.Column("judged", sa.String(10), nullable=False),
        sa.Column("aspect", sa.String(16), nullable=False),
        sa.Column("read", sa.String(20), nullable=False),
        sa.Column("meant", sa.String(20), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_correction_organisation_id"),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_correction_mention_id"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_correction_member_id"),
        sa.UniqueConstraint("mention_id", "judged", "aspect", name="uq_correction_mention_id_judged_aspect"),
    )
    op.create_index("ix_correction_recent", "correction", ["organisation_id", "at"])
