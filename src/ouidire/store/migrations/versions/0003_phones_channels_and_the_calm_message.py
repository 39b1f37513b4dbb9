"""phones, channels and the calm message"""

import sqlalchemy as sa
from alembic import op

import ouidire.store.schema

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calm",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("place_id", sa.String(length=36), nullable=False),
        sa.Column("hour", sa.String(length=5), nullable=False),
        sa.Column("notifier", sa.String(length=20), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("made_at", ouidire.store.schema.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_calm_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_calm_organisation_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_calm_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calm")),
        sa.UniqueConstraint("member_id", "place_id", name=op.f("uq_calm_member_id_place_id")),
    )
    op.create_table(
        "channel",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("made_at", ouidire.store.schema.Moment(timezone=True), nullable=False),
        sa.Column("tried_at", ouidire.store.schema.Moment(timezone=True), nullable=True),
        sa.Column("lost_at", ouidire.store.schema.Moment(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_channel_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_channel_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("member_id", "key", name=op.f("uq_channel_member_id_key")),
    )
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_device"), ["device"], unique=False)
        batch_op.create_index(batch_op.f("ix_channel_key"), ["key"], unique=False)

    op.create_table(
        "phone",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("paired_at", ouidire.store.schema.Moment(timezone=True), nullable=False),
        sa.Column("seen_at", ouidire.store.schema.Moment(timezone=True), nullable=False),
        sa.Column("revoked_at", ouidire.store.schema.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_phone_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_phone_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone")),
        sa.UniqueConstraint("session", name=op.f("uq_phone_session")),
    )
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_member_id"), ["member_id"], unique=False)

    op.create_table(
        "calm_day",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("calm_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", ouidire.store.schema.Moment(timezone=True), nullable=False),
        sa.Column("claimed_until", ouidire.store.schema.Moment(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", ouidire.store.schema.Moment(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["calm_id"], ["calm.id"], name=op.f("fk_calm_day_calm_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calm_day")),
        sa.UniqueConstraint("calm_id", "day", name=op.f("uq_calm_day_calm_id_day")),
    )
    with op.batch_alter_table("calm_day", schema=None) as batch_op:
        batch_op.create_index("ix_calm_day_due", ["state", "due_at"], unique=False)
