"""PostgreSQL's own lock for one running house: two with folders of their own must not both listen into one database."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import DBAPIError

from ouidire.errors import BadInput
from ouidire.store.engine import engine_for

_OURS = {"family": 0x6F7569, "number": 1}
_TAKE = text("SELECT pg_try_advisory_lock(:family, :number)")
_WHO = text(
    "SELECT coalesce(host(activity.client_addr), 'this machine'), activity.backend_start FROM pg_locks AS held"
    " JOIN pg_stat_activity AS activity ON activity.pid = held.pid WHERE held.locktype = 'advisory' AND held.granted"
    " AND held.classid = :family AND held.objid = :number"
).bindparams(bindparam("family"), bindparam("number"))


class Line:
    """A connection that holds the lock; the server takes it back when the connection ends, however it ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def release(self) -> None:
        self._connection.close()
        self._connection.engine.dispose()


def take(url: str) -> Line:
    """Raises `BadInput` when another house has it, or the server does not answer."""
    engine = engine_for(url).execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection = engine.connect()
    except DBAPIError as error:
        raise BadInput(f"The store cannot be reached: {error.orig}") from error
    if connection.execute(_TAKE, _OURS).scalar():
        return Line(connection)
    who = connection.execute(_WHO, _OURS).first()
    Line(connection).release()
    where = f", from {who[0]} since {who[1]:%Y-%m-%d %H:%M} UTC" if who else ""
    raise BadInput(
        f"Another Ouïdire, with a folder of its own, is up on this database{where}. Stop that one first: two would "
        "both listen, and hear everything twice. For a second house give another database with OUIDIRE_STORE."
    )
