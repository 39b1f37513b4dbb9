from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ouidire.domain.item import Author, Gone, Item, ItemKind
from ouidire.domain.mention import EvidenceKind
from ouidire.match.followed import Followed, FollowedKind
from ouidire.match.hot import Candidate, sift
from ouidire.match.matcher import Matcher
from ouidire.match.window import OrphanWindow

from .bakery import NOW, Say

KEPT = "at://guest/complaint"


def following(uri: str = KEPT, kind: FollowedKind = FollowedKind.ITEM, place_id: str | None = "crescent") -> Followed:
    followed = Followed()
    followed.add(f"bluesky:{uri}", "mie", place_id, kind)
    return followed


def heard(
    items: Sequence[Item], matcher: Matcher, followed: Followed | None = None, window: OrphanWindow | None = None
) -> list[tuple[str, str | None, list[EvidenceKind]]]:
    found = sift(items, matcher, Followed() if followed is None else followed, NOW, window)
    signs = [[e.kind for e in c.match.evidence if e.kind is not EvidenceKind.WORDING] for c in found]
    return [(c.item.uri, c.match.place_id, of_it) for c, of_it in zip(found, signs, strict=True)]


def test_a_relay_without_text_is_heard(brand: Matcher, say: Say) -> None:
    relay = say(uri="at://guide/relay", kind=ItemKind.REPOST, reposted_uri=KEPT)
    assert heard([relay], brand, following()) == [("at://guide/relay", "crescent", [EvidenceKind.REPOST])]
    assert heard([relay], brand) == []


def test_a_reply_and_a_quote_without_our_name_are_heard(brand: Matcher, say: Say) -> None:
    reply = say("Merci, c’est réglé !", uri="at://r", parent_uri="at://ours", root_uri=KEPT)
    quote = say("Et voilà…", uri="at://q", quoted_uri=KEPT)
    assert heard([reply, quote], brand, following()) == [
        ("at://r", "crescent", [EvidenceKind.REPLY]),
        ("at://q", "crescent", [EvidenceKind.QUOTE]),
    ]


def test_a_replys_own_words_decide_the_place_before_its_thread_does(brand: Matcher, say: Say) -> None:
    reply = say("Non, c’était celle de Laval", uri="at://r", parent_uri=KEPT)
    assert heard([reply], brand, following()) == [("at://r", "laval", [EvidenceKind.LOCALITY, EvidenceKind.REPLY])]
    named = say("La Mie Bretonne quoi", uri="at://n", parent_uri=KEPT)
    assert heard([named], brand, following())[0][:2] == ("at://n", "crescent")


def test_an_edit_of_what_we_kept_is_heard_whatever_it_now_says(brand: Matcher, say: Say) -> None:
    edit = say("(modifié)", uri=KEPT, revision="2")
    assert heard([edit], brand, following()) == [(KEPT, "crescent", [EvidenceKind.REVISION])]


def test_a_followed_authors_football_post_leaves_no_trace(brand: Matcher, say: Say) -> None:
    followed = following("did:plc:guest", FollowedKind.AUTHOR)
    window = OrphanWindow()
    assert heard([say("Quel but de la 90e, incroyable match !")], brand, followed, window) == []
    assert len(window) == 0


def test_a_followed_author_who_names_the_street_or_us_is_heard(brand: Matcher, say: Say) -> None:
    followed = following("did:plc:guest", FollowedKind.AUTHOR)
    street = say("Retour rue Crescent : tout est réglé", uri="at://s")
    assert heard([street], brand, followed) == [("at://s", "crescent", [EvidenceKind.LOCALITY, EvidenceKind.AUTHOR])]
    elsewhere = say("Je passe à Laval demain", uri="at://e")
    assert heard([elsewhere], brand, followed) == [], "another of our places is not what the conversation is about"
    named = say("La Mie Bretonne a répondu", uri="at://n")
    [(uri, place_id, kinds)] = heard([named], brand, followed)
    assert (uri, place_id) == ("at://n", "crescent")
    assert {EvidenceKind.NAME, EvidenceKind.AUTHOR} <= set(kinds)


def test_a_reply_under_a_followed_author_is_not_the_author(brand: Matcher, say: Say) -> None:
    followed = following("did:plc:guest", FollowedKind.AUTHOR)
    assert (
        heard([say("rue Crescent", author=Author("did:plc:other"), parent_uri="did:plc:guest")], brand, followed) == []
    )


def test_the_same_uri_on_another_network_is_another_item(brand: Matcher, say: Say) -> None:
    assert heard([say("ok", connector="mastodon", parent_uri=KEPT)], brand, following()) == []


def test_a_child_later_in_the_same_batch_is_heard(brand: Matcher, say: Say) -> None:
    parent = say("La Mie Bretonne rue Crescent, bof", uri="at://p")
    child = say("Pareil pour nous", uri="at://c", parent_uri="at://p")
    assert [uri for uri, *_ in heard([parent, child], brand)] == ["at://p", "at://c"]


def test_a_child_seen_before_its_parent_waits_for_it_with_its_own_children(brand: Matcher, say: Say) -> None:
    window = OrphanWindow()
    child = say("Pareil pour nous", uri="at://c", parent_uri="at://p", root_uri="at://p")
    grandchild = say("Idem", uri="at://g", parent_uri="at://c")
    assert heard([grandchild, child], brand, window=window) == []
    parent = say("La Mie Bretonne rue Crescent, bof", uri="at://p")
    assert heard([parent], brand, window=window) == [
        ("at://p", "crescent", [EvidenceKind.NAME, EvidenceKind.ALIAS, EvidenceKind.LOCALITY]),
        ("at://c", "crescent", [EvidenceKind.REPLY]),
        ("at://g", "crescent", [EvidenceKind.REPLY]),
    ]
    assert len(window) == 0


def test_replies_in_a_circle_end(brand: Matcher, say: Say) -> None:
    window = OrphanWindow()
    one = say("un", uri="at://1", parent_uri="at://2")
    two = say("deux", uri="at://2", parent_uri="at://1", quoted_uri="at://p")
    assert heard([one, two], brand, window=window) == []
    found = heard([say("La Mie Bretonne", uri="at://p", parent_uri="at://1")], brand, window=window)
    assert [uri for uri, *_ in found] == ["at://p", "at://2", "at://1"]


def test_what_was_deleted_while_it_waited_does_not_come_back(brand: Matcher, say: Say) -> None:
    window = OrphanWindow()
    child = say("Pareil", uri="at://c", parent_uri="at://p")
    assert heard([child], brand, window=window) == []
    window.forget(Gone("bluesky", uri="at://c"))
    assert [uri for uri, *_ in heard([say("La Mie Bretonne", uri="at://p")], brand, window=window)] == ["at://p"]


def test_two_organisations_following_one_item_each_get_their_own(brand: Matcher, say: Say) -> None:
    followed = following()
    followed.add(f"bluesky:{KEPT}", "autre", None, FollowedKind.ITEM)
    found = sift([say("et alors ?", parent_uri=KEPT)], brand, followed, NOW)
    assert [(c.match.organisation_id, c.match.place_id) for c in found] == [("autre", None), ("mie", "crescent")]
    assert all(isinstance(c, Candidate) for c in found)


def test_time_goes_on_and_the_window_forgets(brand: Matcher, say: Say) -> None:
    window = OrphanWindow(max_age=timedelta(minutes=10))
    sift([say("Pareil", uri="at://c", parent_uri="at://p")], brand, Followed(), NOW, window)
    later = NOW + timedelta(minutes=11)
    sift([say("autre chose", uri="at://x", parent_uri="at://y")], brand, Followed(), later, window)
    assert len(window) == 1
    assert len(sift([say("La Mie Bretonne", uri="at://p")], brand, Followed(), later, window)) == 1
