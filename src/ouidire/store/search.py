"""Search behind one function, over text folded by us: FTS5 on SQLite, `tsvector` (`simple`) on PostgreSQL.

Members who may not see names of employees search the masked text; a managed place's own text is searched in clear.
"""

from __future__ import annotations

from typing import Any

import regex
from sqlalchemy import Select, and_, func, literal, literal_column, or_, select, text

from ouidire.domain.member import Member
from ouidire.domain.mention import MentionState
from ouidire.store.engine import Tx
from ouidire.store.schema import mention, search_text

_WORD = regex.compile(r"[\p{L}\p{Nd}]+")
"""What both engines call a word: other figures (Ⅳ, ½) are none to PostgreSQL, the underscore is none to SQLite."""
_LONGEST = 60
"""Letters of a word that are looked at: no engine indexes a word of two thousand."""


def searchable(folded: str) -> str:
    """Folded text as words alone: each engine would part "mais.oui", addresses and figures in a way of its own."""
    return " ".join(_words(folded))


def _words(folded: str) -> list[str]:
    return [word[:_LONGEST] for word in _WORD.findall(folded)]


def matching(tx: Tx, member: Member, query: str) -> Select[Any]:
    """A query for the ids of mentions this member may find by all words of `query` (folded as the text was).

    What is only perhaps about us is found by nobody.
    """
    words = _words(query)[:12]
    found = select(search_text.c.mention_id).join(mention, mention.c.id == search_text.c.mention_id)
    found = found.where(search_text.c.organisation_id == member.organisation_id, mention.c.state != MentionState.ASKED)
    if not words:
        return found.where(literal(False))
    if not member.sees_all_places:
        found = found.where(mention.c.place_id.in_(member.place_ids))
    named = [place_id for place_id in member.place_ids if member.sees_names(place_id)]
    with_words = _sqlite if tx.dialect.name == "sqlite" else _postgres
    if member.sees_names(None):
        return found.where(with_words("clear", words))
    if not named:
        return found.where(with_words("masked", words))
    in_named = and_(mention.c.place_id.in_(named), with_words("clear", words))
    return found.where(or_(with_words("masked", words), in_named))


def _sqlite(column: str, words: list[str]) -> Any:
    terms = " ".join(f'"{word}"*' for word in words)
    hits = text(f"SELECT mention_id FROM search_index WHERE search_index MATCH :terms_{column}").bindparams(  # noqa: S608
        **{f"terms_{column}": f"{column} : ({terms})"}
    )
    return search_text.c.mention_id.in_(hits.columns(literal_column("mention_id")))


def _postgres(column: str, words: list[str]) -> Any:
    terms = " & ".join(f"{word}:*" for word in words)
    vector = func.to_tsvector(literal_column("'simple'"), search_text.c[column])
    return vector.op("@@")(func.to_tsquery(literal_column("'simple'"), terms))
