"""programs that ask for a member, and what they were answered under their keys"""

import sqlalchemy as sa
from alembic import op

from ouidire.store.schema import Json, Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "program",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(36), nullable=False),
        sa.Column("member_id", sa.String(36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_program"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_program_organisation_id"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_program_member_id"),
        sa.UniqueConstraint("digest", name="uq_program_digest"),
    )
    op.create_index("ix_program_organisation_id", "program", ["organisation_id"])
    op.create_table(
        "request_key",
        sa.Column("program_id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("asked", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "key", name="pk_request_key"),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name="fk_request_key_program_id"),
    )
    op.create_index("ix_request_key_made_at", "request_key", ["made_at"])
