"""what an alert told, and indexes for what is forgotten"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("gravity", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE alert SET gravity = (SELECT gravity FROM incident WHERE incident.id = alert.incident_id)")
    op.create_index("ix_conversation_author_key", "conversation", ["author_key"])
    op.create_index("ix_story_root_key", "story", ["root_key"])
