"""HTML as plain words."""

from __future__ import annotations

import time

from ouidire.connectors.markup import MAX_HTML, addressed_in, hashtags_in, links_in, plain


def test_paragraphs_stay_apart_and_links_and_pictures_are_noted() -> None:
    found = plain(
        '<p>La fournée de <b>16 h 30</b> est&nbsp;sortie&nbsp;!</p><p>Voir <a href="/carte">la carte</a> '
        '<img src="pain.jpg" alt="Une miche"></p><ul><li>seigle</li><li>blé</li></ul><script>evil()</script>'
        "<style>p{}</style>",
        "https://levain.example/blog/",
    )
    assert found.text == "La fournée de 16 h 30 est sortie !\nVoir la carte Une miche\nseigle\nblé"
    assert found.links == ("https://levain.example/carte",)
    assert found.has_picture


def test_a_counting_pixel_is_no_picture_and_a_script_is_no_link() -> None:
    found = plain('<img src="x.gif" width="1"><a href="javascript:alert(1)">a</a><a href="mailto:a@b">b</a>')
    assert (found.links, found.has_picture) == ((), False)


def test_what_is_no_html_is_the_text_it_is() -> None:
    for text in ("3 < 4 et 5 > 4", "<", "a & b", "<<<>>>", "</p>", "<!--", "<![CDATA[x]]>", "<a href='http://[::1'>x"):
        plain(text, "https://levain.example/")
    assert plain("Prix : 3 < 4 € & plus").text == "Prix : 3 < 4 € & plus"


def test_html_made_to_be_slow_is_read_in_a_moment() -> None:
    began = time.process_time()
    for bad in (
        "<a",
        "<div>",
        "<!",
        "<!--",
        "&#",
        "<a href=",
        '<a href="',
        "<a '",
        "<script>",
        "<object>",
        "<img alt='>",
        "&amp",
    ):
        plain(bad * MAX_HTML, "https://levain.example/")
        plain("<a " + bad * MAX_HTML + ">", "https://levain.example/")
    assert time.process_time() - began < 5


def test_signs_in_plain_text_are_found() -> None:
    assert links_in("voir https://levain.example/a et http://x.example)") == (
        "https://levain.example/a",
        "http://x.example)",
    )
    assert hashtags_in("#Pain et a#b, #16h30") == ("Pain", "16h30")
    assert addressed_in("@levain. et a@b.example") == ("levain",)
