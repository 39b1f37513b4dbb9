"""an organisation whose sending waits for a person's word after a restore"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("organisation", sa.Column("restored_from", sa.DateTime(timezone=True), nullable=True))
