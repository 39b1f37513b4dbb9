"""Who I am: the program, the member it acts for, and what it may."""

from __future__ import annotations

from pydantic import Field

from ouidire.api.door import Asks, needs, router
from ouidire.api.members import MemberOut
from ouidire.api.shapes import Moment, Out
from ouidire.domain.program import Scope

routes = router("/me", "me")


class ProgramOut(Out):
    """The program that asks. Its token is never told again."""

    id: str
    name: str = Field(description="What its member called it.", examples=["till"])
    hint: str = Field(description="How its token begins, to know it again.", examples=["ouid_x7Qa"])
    made_at: Moment
    expires_at: Moment = Field(description="From then on the token is refused.")


class Me(Out):
    """`scopes` are those that work now: given to the program, and within the member's role."""

    program: ProgramOut
    member: MemberOut
    scopes: list[Scope]


@routes.get("", **needs(None))
def who_am_i(asker: Asks) -> Me:
    """The program, its member and the scopes that work. Any token may ask: try yours here."""
    program, member = asker.program, asker.member
    return Me(
        program=ProgramOut.model_validate(program),
        member=MemberOut.model_validate(member),
        scopes=[scope for scope in program.scopes if program.may(member, scope)],
    )
