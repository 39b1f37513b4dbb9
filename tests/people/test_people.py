"""How a business begins, and how its members come in and leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ouidire.clock import HandClock
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member, Role
from ouidire.domain.place import Place
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.people import begin, invite, signin
from ouidire.people.begin import Beginning
from ouidire.store import alerts, members, organisations, schema, watches
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, World

PASSWORD = "fournée de 16 h 30"

pytestmark = pytest.mark.usefixtures("hand_clock")


def beginning(**other: str) -> Beginning:
    place = Place(new_id(), new_id(), "La Mie", town="Rennes")
    made = Beginning("La Mie", place, ("lamie",), "fr", "Marie@La-Mie.fr", "Marie", PASSWORD)
    return replace(made, **other)


@pytest.fixture
def owner(sqlite_store: Store) -> Member:
    with sqlite_store.transaction() as tx:
        return begin.begin(tx, beginning())


def test_a_business_begins_with_a_place_a_watch_and_an_owner_who_is_told(store: Store) -> None:
    with store.transaction() as tx:
        owner = begin.begin(tx, beginning())
        assert members.get(tx, owner.id) == owner
        assert [one.name for one in organisations.places(tx, owner)] == ["La Mie"]
        (watch,) = watches.of(tx, owner)
        assert (watch.names, watch.handles) == (("La Mie",), ("lamie",))
        assert {(one.notifier, one.min_gravity) for one in alerts.routes(tx, owner)} == {("browser", 1), ("email", 2)}
        assert owner.sees_names(organisations.places(tx, owner)[0].id)


@pytest.mark.parametrize("wrong", [{"name": "  "}, {"email": "marie"}, {"password": "court"}])
def test_what_cannot_be_is_refused_and_leaves_nothing(sqlite_store: Store, wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput), sqlite_store.transaction() as tx:
        begin.begin(tx, beginning(**wrong))
    with sqlite_store.reading() as tx:
        assert organisations.count(tx) == 0


def test_only_the_last_setup_token_counts_and_none_is_given_once_set_up(sqlite_store: Store) -> None:
    with sqlite_store.transaction() as tx:
        first, second = begin.setup_token(tx), begin.setup_token(tx)
        rows = tx.execute(schema.token.select()).all()
        assert first != second
        assert len(rows) == 1
        begin.begin(tx, beginning())
        assert begin.setup_token(tx) is None


def test_who_signs_in_is_known_by_mail_in_any_case_and_password(store: Store) -> None:
    with store.transaction() as tx:
        owner = begin.begin(tx, beginning())
        assert signin.sign_in(tx, " marie@la-mie.FR ", PASSWORD) == owner
        for email, password in (("marie@la-mie.fr", "autre mot de passe"), ("paul@la-mie.fr", PASSWORD), ("", "")):
            with pytest.raises(NotAllowed, match="do not go together"):
                signin.sign_in(tx, email, password)


def test_a_mail_address_is_one_person_whatever_its_case(sqlite_store: Store, owner: Member) -> None:
    with pytest.raises(BadInput, match="already signs in"), sqlite_store.transaction() as tx:
        members.add(tx, replace(owner, id=new_id(), email="MARIE@la-mie.fr"), "", NOW)


def test_a_session_lasts_until_it_is_ended_expires_or_its_member_leaves(
    sqlite_store: Store, owner: Member, hand_clock: HandClock
) -> None:
    with sqlite_store.transaction() as tx:
        secret, other = signin.open_session(tx, owner), signin.open_session(tx, owner)
        assert signin.member_of_session(tx, secret) == owner
        assert signin.member_of_session(tx, "invented") is None
        signin.sign_out(tx, secret)
        assert signin.member_of_session(tx, secret) is None
        assert signin.member_of_session(tx, other) == owner
        members.leave(tx, owner, owner.id, NOW)
        assert signin.member_of_session(tx, other) is None
        with pytest.raises(NotAllowed):
            signin.sign_in(tx, owner.email, PASSWORD)


def test_a_session_is_over_after_thirty_days(sqlite_store: Store, owner: Member, hand_clock: HandClock) -> None:
    with sqlite_store.transaction() as tx:
        secret = signin.open_session(tx, owner)
        hand_clock.advance(days=29)
        assert signin.member_of_session(tx, secret) is not None
        hand_clock.advance(days=1)
        assert signin.member_of_session(tx, secret) is None


def test_a_new_password_needs_the_old_one_and_ends_all_sessions(sqlite_store: Store, owner: Member) -> None:
    with sqlite_store.transaction() as tx:
        secret = signin.open_session(tx, owner)
        with pytest.raises(NotAllowed):
            signin.change_password(tx, owner, "un faux mot de passe", "un nouveau mot de passe")
        assert signin.member_of_session(tx, secret) == owner
        with pytest.raises(BadInput):
            signin.change_password(tx, owner, PASSWORD, "court")
        signin.change_password(tx, owner, PASSWORD, "un nouveau mot de passe")
        assert signin.member_of_session(tx, secret) is None
        assert signin.sign_in(tx, owner.email, "un nouveau mot de passe") == owner


def test_a_password_is_stored_as_a_hash(sqlite_store: Store, owner: Member) -> None:
    with sqlite_store.reading() as tx:
        found = members.by_email(tx, owner.email)
    assert found is not None
    assert found[1].startswith("$argon2id$")
    assert PASSWORD not in found[1]


@pytest.fixture
def world(sqlite_store: Store) -> World:
    return builders.world(sqlite_store)


def accepted(store: Store, secret: str, email: str = "lea@x.fr", password: str = PASSWORD) -> Member:
    with store.transaction() as tx:
        return invite.accept(tx, secret, email=email, name="", password=password, language="fr")


def test_an_invitation_lets_one_person_in_once_with_its_role(sqlite_store: Store, world: World) -> None:
    with sqlite_store.transaction() as tx:
        secret = invite.invite(tx, world.headquarters, Role.PLACE_MANAGER, [world.crescent.id])
    came = accepted(sqlite_store, secret)
    assert (came.role, came.place_ids, came.name) == (Role.PLACE_MANAGER, (world.crescent.id,), "lea@x.fr")
    with sqlite_store.reading() as tx:
        assert members.get(tx, came.id) == came
        assert len(alerts.routes(tx, came)) == 2
    with pytest.raises(NotAllowed, match="used already"):
        accepted(sqlite_store, secret, "paul@x.fr")


@pytest.mark.parametrize(("email", "password"), [("lea", PASSWORD), ("lea@x.fr", "court")])
def test_a_mistake_does_not_use_the_invitation_up(sqlite_store: Store, world: World, email: str, password: str) -> None:
    with sqlite_store.transaction() as tx:
        secret = invite.invite(tx, world.owner, Role.HEADQUARTERS, [])
    with pytest.raises(BadInput):
        accepted(sqlite_store, secret, email, password)
    with pytest.raises(BadInput, match="already signs in"):
        accepted(sqlite_store, secret, world.manager.email)
    assert accepted(sqlite_store, secret).role is Role.HEADQUARTERS


def test_an_invitation_is_over_after_a_week(sqlite_store: Store, world: World, hand_clock: HandClock) -> None:
    with sqlite_store.transaction() as tx:
        secret = invite.invite(tx, world.owner, Role.OWNER, [])
    hand_clock.advance(days=7)
    with pytest.raises(NotAllowed):
        accepted(sqlite_store, secret)


@pytest.mark.parametrize(
    ("asker", "role", "places", "error"),
    [
        ("manager", Role.VIEWER, ["crescent"], NotAllowed),
        ("viewer", Role.VIEWER, ["crescent"], NotAllowed),
        ("headquarters", Role.OWNER, [], NotAllowed),
        ("owner", Role.PLACE_MANAGER, [], BadInput),
        ("owner", Role.VIEWER, [], BadInput),
        ("owner", Role.PLACE_MANAGER, ["elsewhere"], BadInput),
    ],
)
def test_nobody_gives_away_more_than_they_have(
    sqlite_store: Store, world: World, asker: str, role: Role, places: list[str], error: type[Exception]
) -> None:
    elsewhere = builders.world(sqlite_store, "Charlie").crescent
    ids = [elsewhere.id if name == "elsewhere" else getattr(world, name).id for name in places]
    with pytest.raises(error), sqlite_store.transaction() as tx:
        invite.invite(tx, getattr(world, asker), role, ids)


def test_members_are_listed_by_name_and_who_left_is_not(sqlite_store: Store, world: World) -> None:
    with sqlite_store.transaction() as tx:
        members.leave(tx, world.owner, world.viewer.id, NOW)
        names = [one.name for one in members.colleagues(tx, world.owner)]
        assert names == sorted(one.name for one in world.members if one is not world.viewer)
        with pytest.raises(NotFound):
            members.get(tx, world.viewer.id)
        members.change(tx, world.owner, world.manager.id, Role.VIEWER, [world.yorkville.id])
        changed = members.get(tx, world.manager.id)
        assert (changed.role, changed.place_ids) == (Role.VIEWER, (world.yorkville.id,))
