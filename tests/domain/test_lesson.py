from __future__ import annotations

from ouidire.domain.lesson import POSTS, Lessons, learnable


def test_links_handles_numbers_and_names_are_not_counted() -> None:
    text = "Panne de box chez Free depuis 3 jours @kevin https://x.fr/a. Réponse de Marie-Anne Dupont ? SAV injoignable"
    assert learnable(text) == {"panne", "box", "jours", "reponse", "injoignable"}


def test_tens_of_posts_are_enough_and_no_word_decides_alone() -> None:
    words = {POSTS: (30, 30), "fibre": (20, 0), "wifi": (15, 1), "speech": (0, 25), "today": (10, 10), "once": (1, 0)}
    lessons = Lessons({"free": words})
    ours, theirs = lessons.lean("free", {"fibre", "wifi"}), lessons.lean("free", {"speech"})
    assert ours.together > 2 > 0 > -1 > theirs.together
    assert abs(lessons.lean("free", {"today", "once"}).together) < 0.1
    assert all(abs(weight) <= 2 for _, weight in ours.words)
    assert lessons.lean("other", {"fibre"}).together == 0


def test_a_name_that_is_nearly_never_ours_is_believed_less() -> None:
    lessons = Lessons({"free": {POSTS: (5, 55)}, "lulu": {POSTS: (3, 0)}})
    assert lessons.lean("free", ()).rate < -1
    assert lessons.lean("lulu", ()).rate == 0, "three posts say nothing yet"
