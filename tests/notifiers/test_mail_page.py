"""The HTML of a mail: what strangers wrote stays text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from ouidire.notifiers.mail_page import mail_page

from .servers import message


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_what_a_stranger_wrote_stays_text() -> None:
    nasty = '<script>alert(1)</script><img src=x onerror="x"> {{ 7*7 }} & "fin"'
    tags = Tags(mail_page(message(subject=nasty, body=nasty)))
    assert not tags.attributes("script")
    assert not tags.attributes("img")
    assert "49" not in mail_page(message(body=nasty))


def test_the_page_says_its_language_and_leaves_colours_to_the_reader() -> None:
    page = mail_page(message())
    assert Tags(page).attributes("html") == [{"lang": "fr"}]
    assert {"name": "color-scheme", "content": "light dark"} in Tags(page).attributes("meta")
    assert "background" not in page
    assert page.count("<h1") == 1


def test_paragraphs_stay_paragraphs() -> None:
    assert len(Tags(mail_page(message(body="un\n\ndeux\nencore\n \ntrois", link=""))).attributes("p")) == 3


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "data:text/html,x", " https://x"])
def test_only_a_web_address_becomes_a_link(link: str) -> None:
    assert not Tags(mail_page(message(link=link))).attributes("a")


def test_the_link_arrives_whole() -> None:
    link = 'https://lune.example/enter/a"b?x=1&y=2'
    assert Tags(mail_page(message(link=link, language="en"))).attributes("a")[0]["href"] == link
    assert "Open the conversation" in mail_page(message(link=link, language="en"))
