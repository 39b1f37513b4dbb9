"""imports: what was brought in from files, by whom, and which messages came with each"""

import sqlalchemy as sa
from alembic import op

import ouidire.store.schema

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Moment = ouidire.store.schema.Moment


def upgrade() -> None:
    op.create_table(
        "import",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("member_id", sa.String(length=36), nullable=True),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("begun_at", Moment(timezone=True), nullable=False),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.Column("undo_at", Moment(timezone=True), nullable=True),
        sa.Column("undone_at", Moment(timezone=True), nullable=True),
        sa.Column("takes_spoken", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("removed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("spared", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_import_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_import_organisation_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_import_source_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_import")),
    )
    op.create_index("ix_import_organisation_id", "import", ["organisation_id"])
    op.add_column("item", sa.Column("import_id", sa.String(length=36), nullable=True))
    op.create_index("ix_item_import_id", "item", ["import_id"])
    # What the release before imported can be undone too: the key of such an item begins with "files:" and its source.
    op.execute("UPDATE item SET import_id = substr(key, 7, 36) WHERE connector = 'files' AND key LIKE 'files:%'")
    op.execute(
        "INSERT INTO import (source_id, organisation_id, format, size_bytes, digest, begun_at, is_draft) "
        "SELECT id, organisation_id, 'table', 0, '', COALESCE(last_heard_at, CURRENT_TIMESTAMP), false "
        "FROM source WHERE connector = 'files' AND organisation_id IS NOT NULL"
    )
