"""Another role, other places, a colleague who leaves: and what nobody may do."""

from __future__ import annotations

import pytest

from ouidire.domain.conversation import ConversationState
from ouidire.domain.member import Role
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.inbox import act
from ouidire.people import invite, signin, team
from ouidire.store import alerts, conversations, members
from ouidire.store.engine import Store
from tests import builders
from tests.builders import World

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def test_a_colleague_gets_another_role_and_other_places(store: Store, world: World) -> None:
    with store.transaction() as tx:
        team.change(tx, world.headquarters, world.viewer.id, Role.PLACE_MANAGER, [world.yorkville.id])
        now = members.get(tx, world.viewer.id)
    assert (now.role, now.place_ids) == (Role.PLACE_MANAGER, (world.yorkville.id,))


def test_what_they_have_in_hand_at_a_place_that_is_no_longer_theirs_waits_again(store: Store, world: World) -> None:
    said = builders.said(store, world, place=world.crescent)
    with store.transaction() as tx:
        act.take(tx, world.manager, said.conversation_id)
        team.change(tx, world.owner, world.manager.id, Role.PLACE_MANAGER, [world.crescent.id, world.yorkville.id])
        assert conversations.get(tx, said.conversation_id).state is ConversationState.OURS
        team.change(tx, world.owner, world.manager.id, Role.PLACE_MANAGER, [world.yorkville.id])
        one = conversations.get(tx, said.conversation_id)
    assert (one.state, one.assignee_id) == (ConversationState.WAITING, None)


def test_who_leaves_is_signed_out_told_of_nothing_and_has_nothing_in_hand(store: Store, world: World) -> None:
    said = builders.said(store, world, place=world.crescent)
    with store.transaction() as tx:
        session = signin.open_session(tx, world.manager)
        alerts.add_route(tx, builders.route(world.manager))
        act.take(tx, world.manager, said.conversation_id)
        team.leave(tx, world.headquarters, world.manager.id)
        assert signin.member_of_session(tx, session) is None
        assert world.manager.id not in {one.id for one in members.colleagues(tx, world.owner)}
        assert world.manager.id not in {one.member_id for one in alerts.routes(tx, world.owner)}
        one = conversations.get(tx, said.conversation_id)
    assert (one.state, one.assignee_id) == (ConversationState.WAITING, None)


def test_a_house_keeps_an_owner(store: Store, world: World) -> None:
    with store.transaction() as tx:
        with pytest.raises(BadInput):
            team.leave(tx, world.owner, world.owner.id)
        with pytest.raises(BadInput):
            team.change(tx, world.owner, world.owner.id, Role.HEADQUARTERS, [])
        team.change(tx, world.owner, world.headquarters.id, Role.OWNER, [])
        team.leave(tx, world.owner, world.owner.id)
        assert [one.id for one in members.colleagues(tx, world.manager) if one.role is Role.OWNER] == [
            world.headquarters.id
        ]


@pytest.mark.parametrize("to", [Role.OWNER, Role.VIEWER])
def test_headquarters_make_no_owner_and_unmake_none(store: Store, world: World, to: Role) -> None:
    whom = world.manager if to is Role.OWNER else world.owner
    with store.transaction() as tx:
        with pytest.raises(NotAllowed):
            team.change(tx, world.headquarters, whom.id, to, [world.crescent.id])
        with pytest.raises(NotAllowed):
            team.leave(tx, world.headquarters, world.owner.id)


def test_a_manager_changes_nobody_and_nobody_changes_a_stranger(store: Store, world: World) -> None:
    other = builders.world(store, "Charlie")
    with store.transaction() as tx:
        for asker, wrong in ((world.manager, NotAllowed), (other.owner, NotFound)):
            with pytest.raises(wrong):
                team.change(tx, asker, world.viewer.id, Role.HEADQUARTERS, [])
            with pytest.raises(wrong):
                team.leave(tx, asker, world.viewer.id)


def test_a_manager_needs_a_place_and_only_one_of_the_house(store: Store, world: World) -> None:
    other = builders.world(store, "Charlie")
    with store.transaction() as tx:
        for places in ([], [other.crescent.id]):
            with pytest.raises(BadInput):
                team.change(tx, world.owner, world.viewer.id, Role.PLACE_MANAGER, places)


def test_one_is_called_what_one_wants_but_not_nothing(store: Store, world: World) -> None:
    with store.transaction() as tx:
        team.rename(tx, world.viewer, "  Inès   (salle) ")
        assert members.get(tx, world.viewer.id).name == "Inès (salle)"
        for name in ("  ", "x" * 101):
            with pytest.raises(BadInput):
                team.rename(tx, world.viewer, name)


@pytest.mark.parametrize("leaves", [True, False])
def test_an_invitation_ends_with_the_right_to_invite(store: Store, world: World, leaves: bool) -> None:
    with store.transaction() as tx:
        secret = invite.invite(tx, world.headquarters, Role.HEADQUARTERS, [])
        if leaves:
            team.leave(tx, world.owner, world.headquarters.id)
        else:
            team.change(tx, world.owner, world.headquarters.id, Role.VIEWER, [world.crescent.id])
        with pytest.raises(NotAllowed):
            invite.accept(tx, secret, email="x@y.example", name="X", password="une longue phrase", language="fr")
