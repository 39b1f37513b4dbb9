"""Write the next migration, from what the schema has and a migrated store has not: SENTENCE REVISION."""

import sys
import tempfile

from alembic import command
from sqlalchemy import create_engine

from ouidire.store import migrate

with tempfile.TemporaryDirectory() as folder:
    engine = create_engine(f"sqlite:///{folder}/next.db")
    migrate.upgrade(engine)
    settings = migrate.config()
    with engine.begin() as tx:
        settings.attributes["connection"] = tx
        command.revision(settings, sys.argv[1], autogenerate=True, rev_id=sys.argv[2])
