from ouidire.match.aside import Aside


def test_it_knows_the_newest_by_item_and_by_author() -> None:
    aside = Aside(2, [("n:1", "n:ann"), ("n:2", "n:ann"), ("n:3", "n:bob")])
    assert len(aside) == 2
    assert [aside.holds(key) for key in ("n:1", "n:2", "n:3")] == [False, True, True]
    assert aside.holds_author("n:ann")
    aside.add("n:4", "n:bob")
    assert not aside.holds_author("n:ann")
    assert aside.holds_author("n:bob")


def test_an_item_left_aside_for_two_is_known_until_the_second_leaves() -> None:
    aside = Aside(2, [("n:1", "n:ann"), ("n:1", "n:ann")])
    aside.add("n:2", "n:bob")
    assert aside.holds("n:1")
    aside.add("n:3", "n:bob")
    assert not aside.holds("n:1")
