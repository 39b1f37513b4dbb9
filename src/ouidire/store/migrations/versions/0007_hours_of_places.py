"""hours of places, and places that have closed"""

import sqlalchemy as sa
from alembic import op

from ouidire.store.schema import Json, Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("place", sa.Column("hours", Json, nullable=True))
    op.add_column(
        "place", sa.Column("quiet_when_closed", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.add_column("place", sa.Column("closed_at", Moment, nullable=True))
