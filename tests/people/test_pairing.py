"""A phone is paired once, stays, and is ended: on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ouidire.clock import HandClock
from ouidire.domain.ids import digest
from ouidire.domain.member import Member
from ouidire.errors import BadInput, NotFound
from ouidire.people import pairing, signin, team, wake
from ouidire.store import channels, phones, retain, schema, tokens
from ouidire.store.engine import Store, Tx
from tests import builders
from tests.builders import NOW, World
from tests.notifiers.test_webpush import Device

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile Safari/604.1"
pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def paired(tx: Tx, one: Member, agent: str = IPHONE) -> str:
    session = pairing.pair(tx, pairing.offer(tx, one), agent)
    assert session is not None
    return session


def woken(tx: Tx, store: Store, one: Member, session: str) -> str:
    """This browser asked to be woken."""
    return wake.add(tx, store, one, wake.push(Device().subscription("https://push.example/1"), "iPhone", session), 2)


def test_a_code_pairs_one_phone_and_only_its_digest_is_kept(store: Store, world: World) -> None:
    with store.transaction() as tx:
        code = pairing.offer(tx, world.manager)
        assert pairing.look(tx, code) == world.manager
        session = pairing.pair(tx, code, IPHONE)
        assert session is not None
        assert pairing.pair(tx, code, IPHONE) is None
        assert signin.member_of_session(tx, session) == world.manager
        assert [one.name for one in phones.paired(tx, world.manager, NOW)] == ["iPhone · Safari"]
        stored = str(tx.execute(schema.token.select()).all()) + str(tx.execute(schema.phone.select()).all())
    assert code not in stored
    assert session not in stored


def test_a_code_is_for_ten_minutes_and_a_new_one_ends_the_one_before(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    with store.transaction() as tx:
        old, new = pairing.offer(tx, world.manager), pairing.offer(tx, world.manager)
        assert pairing.look(tx, old) is None
        hand_clock.advance(minutes=9, seconds=59)
        assert pairing.look(tx, new) == world.manager
        hand_clock.advance(seconds=1)
        assert pairing.pair(tx, new, IPHONE) is None


def test_a_phone_that_is_used_stays_and_one_that_is_not_goes(store: Store, world: World, hand_clock: HandClock) -> None:
    with store.transaction() as tx:
        session = paired(tx, world.manager)
        for _ in range(3):
            hand_clock.advance(days=170)
            phone = phones.of_session(tx, session)
            assert phone is not None
            assert pairing.is_due(phone, hand_clock.at)
            pairing.seen(tx, phone, session)
        assert signin.member_of_session(tx, session) is not None
        hand_clock.advance(days=181)
        assert signin.member_of_session(tx, session) is None
        retain.purge(tx, hand_clock.at + timedelta(days=30))
        assert phones.of_session(tx, session) is None


def test_ending_a_pairing_signs_out_and_wakes_no_more(store: Store, world: World) -> None:
    with store.transaction() as tx:
        session, other = paired(tx, world.manager), paired(tx, world.manager)
        woken(tx, store, world.manager, session)
        phone = phones.of_session(tx, session)
        assert phone is not None
        pairing.revoke(tx, world.manager, phone.id)
        assert signin.member_of_session(tx, session) is None
        assert signin.member_of_session(tx, other) is not None
        assert channels.of(tx, world.manager) == []
        gone = phones.of_session(tx, session)
        assert gone is not None
        assert gone.revoked_at == NOW


def test_who_ends_whose_pairing(store: Store, world: World) -> None:
    stranger = builders.world(store, "Levain").owner
    with store.transaction() as tx:
        session = paired(tx, world.manager)
        phone = phones.of_session(tx, session)
        assert phone is not None
        for nobody in (stranger, world.other_manager, world.viewer):
            assert phones.paired(tx, nobody, NOW) == []
            with pytest.raises(NotFound):
                pairing.revoke(tx, nobody, phone.id)
        pairing.revoke(tx, world.headquarters, phone.id)
        assert phones.paired(tx, world.manager, NOW) == []


def test_a_new_password_and_leaving_end_every_phone(store: Store, world: World) -> None:
    with store.transaction() as tx:
        of_manager, of_viewer = paired(tx, world.manager), paired(tx, world.viewer)
        device = woken(tx, store, world.manager, of_manager)
        code = pairing.offer(tx, world.manager)
        signin.set_password(tx, world.manager.id, "une autre phrase longue")
        team.leave(tx, world.owner, world.viewer.id)
        assert signin.member_of_session(tx, of_manager) is None
        assert signin.member_of_session(tx, of_viewer) is None
        assert pairing.look(tx, code) is None
        channel, _ = channels.to_send(tx, store, device, world.manager.id) or (None, "")
        assert channel is not None
        assert not tokens.is_alive(tx, channel.device, NOW)


def test_the_same_browser_goes_on_as_the_phone_it_was_and_wakes_one_member(store: Store, world: World) -> None:
    with store.transaction() as tx:
        before = paired(tx, world.manager)
        woken(tx, store, world.manager, before)
        now = signin.open_session(tx, world.manager)
        pairing.carry(tx, world.manager, before, now)
        assert [one.device for one in channels.of(tx, world.manager)] == [digest(now)]
        assert phones.of_session(tx, now) is not None
        colleague = signin.open_session(tx, world.viewer)
        pairing.carry(tx, world.viewer, now, colleague)
        assert channels.of(tx, world.manager) == []
        assert phones.of_session(tx, now) is None
        assert phones.of_session(tx, colleague) is None


def test_the_terminal_pairs_the_first_owner_or_who_is_named(store: Store, world: World) -> None:
    with store.transaction() as tx:
        assert pairing.offer_at_terminal(tx, None)[0] == world.owner
        assert pairing.offer_at_terminal(tx, world.viewer.email.upper())[0] == world.viewer
        with pytest.raises(BadInput, match="Nobody signs in with"):
            pairing.offer_at_terminal(tx, "nobody@nowhere.example")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (IPHONE, "iPhone · Safari"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120.0 Mobile Safari/537.36", "Android · Chrome"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0", "Android · Firefox"),
        ("Mozilla/5.0 (Linux; Android 13) SamsungBrowser/23.0 Chrome/115 Safari/537.36", "Android · Samsung Internet"),
        ("curl/8", ""),
    ],
)  # fmt: skip
def test_a_phone_is_called_what_it_is(agent: str, name: str) -> None:
    assert pairing.named(agent) == name
