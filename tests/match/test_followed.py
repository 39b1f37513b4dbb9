from __future__ import annotations

from ouidire.match.followed import Followed, FollowedBy, FollowedKind


def test_a_key_may_be_followed_by_several_and_left_one_by_one() -> None:
    followed = Followed()
    followed.add("b:x", "two", "p", FollowedKind.ITEM)
    followed.add("b:x", "one", None, FollowedKind.AUTHOR)
    assert [e.organisation_id for e in followed.organisations("b:x")] == ["one", "two"]
    followed.discard("b:x", "one")
    assert followed.organisations("b:x") == (FollowedBy("two", "p", FollowedKind.ITEM),)
    followed.discard("b:x", "two")
    followed.discard("b:x", "two")
    assert (len(followed), "b:x" in followed, followed.organisations("b:x")) == (0, False, ())


def test_following_again_replaces_the_place() -> None:
    followed = Followed()
    followed.add("b:x", "o", None, FollowedKind.ITEM)
    followed.add("b:x", "o", "p", FollowedKind.ITEM)
    assert followed.organisations("b:x") == (FollowedBy("o", "p", FollowedKind.ITEM),)
    assert "x" in followed.uris
    assert "y" not in followed.uris
