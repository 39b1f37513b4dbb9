"""What feeds of every kind say, as ours. The words are invented; the forms are those found in the wild."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ouidire.connectors.rss.document import MOST_OPEN, Feed, NotAFeed, read
from ouidire.connectors.rss.mapping import Heard, address_of, item
from ouidire.domain.item import Geo, Item
from ouidire.errors import Ignore

from .contract import entry, rss

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
URL = "https://guide.example/blog/feed.xml"
LATER = Heard(NOW)
FIRST = Heard(NOW, is_first=True)

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xml:lang="fr-CA"
 xmlns:georss="http://www.georss.org/georss"><title>Le Guide de Montréal</title><id>urn:guide</id>
<link rel="hub" href="https://hub.example/"/><link rel="self" href="https://guide.example/blog/feed.xml"/>
<link href="https://guide.example/"/>
<entry><id>tag:guide,2026:7</id><title type="html">Où manger &lt;em&gt;rue Crescent&lt;/em&gt; ?</title>
<link href="/2026/crescent"/><published>2026-11-25T08:30:00-02:00</published><updated>2026-11-25T11:00:00Z</updated>
<author><name>Nadia B.</name><uri>https://nadia.example/</uri></author>
<category term="Adresses"/><category term="à lire"/>
<georss:point>45.4983 -73.5776</georss:point><media:thumbnail url="https://guide.example/p.jpg"/>
<summary>Court.</summary><content type="html">&lt;p&gt;Chez &lt;a href="../carte"&gt;Maison Delorière&lt;/a&gt;,
trente minutes d’attente.&lt;/p&gt;&lt;p&gt;Dommage. #brunch @deloriere_na&lt;/p&gt;</content></entry></feed>"""

RDF = """<?xml version="1.0" encoding="iso-8859-1"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://guide.example/"><title>Caf\xe9s</title><link>https://guide.example/</link>
<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>
<item rdf:about="https://guide.example/1"><title>Un caf\xe9 serr\xe9</title><link>https://guide.example/1</link>
<dc:date>2026-11-24T10:00:00+01:00</dc:date><dc:creator>Paul</dc:creator></item></rdf:RDF>"""

JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Le Guide",
    "home_page_url": "https://guide.example/",
    "feed_url": "https://guide.example/feed.json",
    "language": "fr",
    "authors": [{"name": "La rédaction"}],
    "hubs": [{"type": "rssCloud", "url": "https://x.example"}, {"type": "WebSub", "url": "https://hub.example/"}],
    "items": [
        {
            "id": 42,
            "url": "https://guide.example/42",
            "external_url": "https://deloriere.example/",
            "title": "Delorière",
            "content_html": "<p>Très <b>bon</b></p>",
            "date_published": "2026-11-25T09:00:00+01:00",
            "tags": ["Montréal"],
            "attachments": [{"url": "https://guide.example/a.jpg", "mime_type": "image/jpeg"}],
        }
    ],
}


def parsed(body: str | bytes, kind: str = "application/xml") -> Feed:
    return read(body.encode() if isinstance(body, str) else body, kind, URL)


def only(feed: Feed, heard: Heard = LATER) -> Item:
    (one,) = feed.entries
    return item(one, feed, address_of(URL), heard)


def test_an_atom_entry_is_heard_with_all_that_it_says() -> None:
    feed = parsed(ATOM)
    assert (feed.title, feed.hub, feed.topic) == ("Le Guide de Montréal", "https://hub.example/", URL)
    one = only(feed)
    assert one.uri == f"{URL}#tag:guide,2026:7"
    assert one.text == (
        "Où manger rue Crescent ?\nChez Maison Delorière, trente minutes d’attente.\nDommage. #brunch @deloriere_na"
    )
    assert one.url == "https://guide.example/2026/crescent"
    assert one.written_at == datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
    assert (one.author.name, one.author.uri) == ("Nadia B.", f"{URL}#by:https://nadia.example/")
    assert one.links == ("https://guide.example/carte",)
    assert (one.addressed, one.hashtags) == (("deloriere_na",), ("Adresses", "brunch"))
    assert (one.languages, one.geo, one.has_picture) == (("fr-ca",), Geo(45.4983, -73.5776), True)


def test_an_old_rdf_feed_in_latin_1_is_heard_and_says_how_often_it_may_be_asked() -> None:
    feed = parsed(RDF.encode("iso-8859-1"))
    assert feed.wishes.least_s == 21_600
    one = only(feed)
    assert (one.text, one.author.name, feed.title) == ("Un café serré", "Paul", "Cafés")
    assert one.written_at == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_a_json_feed_is_heard_with_all_that_it_says() -> None:
    feed = parsed(json.dumps(JSON), "application/feed+json")
    assert (feed.hub, feed.topic, feed.home) == (
        "https://hub.example/", "https://guide.example/feed.json", "https://guide.example/",
    )  # fmt: skip
    one = only(feed)
    assert (one.uri, one.text, one.author.name) == (f"{URL}#42", "Delorière\nTrès bon", "La rédaction")
    assert (one.links, one.hashtags, one.has_picture) == (("https://deloriere.example/",), ("Montréal",), True)
    assert one.written_at == datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_what_rss_asks_of_who_polls_it_is_read() -> None:
    about = "<ttl>90</ttl><skipHours><hour>0</hour><hour>24</hour><hour>7</hour></skipHours>"
    about += "<skipDays><day>Sunday</day><day>monday</day></skipDays>"
    wishes = parsed(rss(about=about)).wishes
    assert (wishes.least_s, set(wishes.hours), set(wishes.weekdays)) == (5_400, {0, 7}, {6, 0})


@pytest.mark.parametrize(
    ("said", "written_at", "is_sure"),
    [
        ("Wed, 25 Nov 2026 10:00:00 GMT", NOW - timedelta(hours=2), True),
        ("Wed, 25 Nov 2026 12:02:00 GMT", NOW, True),
        ("2026-11-25", NOW, False),
        ("2026-11-20", datetime(2026, 11, 21, tzinfo=UTC), False),
        ("Thu, 26 Nov 2026 10:00:00 GMT", NOW, False),
        ("Thu, 01 Jan 1970 00:00:00 GMT", NOW, False),
        ("0001-01-01T00:00:00Z", NOW, False),
        ("hier", NOW, False),
        ("", NOW, False),
        ("Fri, 03 Mar 1995 10:00:00 GMT", datetime(1995, 3, 3, 10, tzinfo=UTC), True),
    ],
)
def test_a_time_is_believed_as_far_as_it_can_be(said: str, written_at: datetime, is_sure: bool) -> None:
    body = rss(entry(1, "Bonjour", None, more=f"<pubDate>{said}</pubDate>"))
    assert only(parsed(body)).written_at == written_at
    assert only(parsed(body)).imported is False
    assert only(parsed(body), FIRST).imported is not is_sure


def test_what_a_feed_holds_when_it_is_first_read_is_news_only_if_it_surely_is() -> None:
    fresh, old = NOW - timedelta(hours=1), NOW - timedelta(days=3)
    assert only(parsed(rss(entry(1, "Bonjour", fresh))), FIRST).is_news(NOW)
    assert not only(parsed(rss(entry(1, "Bonjour", old))), FIRST).is_news(NOW)
    assert not only(parsed(rss(entry(1, "Bonjour", None))), FIRST).is_news(NOW)
    assert only(parsed(rss(entry(1, "Bonjour", None))), LATER).is_news(NOW)


def test_an_entry_without_an_id_has_its_address_and_without_both_its_words() -> None:
    head, tail = "<rss version='2.0'><channel><title>G</title>", "</channel></rss>"
    by_link = parsed(f"{head}<item><title>A</title><link>https://guide.example/a</link></item>{tail}")
    assert only(by_link).uri == f"{URL}#https://guide.example/a"
    by_words = [only(parsed(f"{head}<item><title>{word}</title></item>{tail}")).uri for word in ("A", "A", "B")]
    assert by_words[0] == by_words[1] != by_words[2]
    with pytest.raises(Ignore):
        only(parsed(f"{head}<item><category>rien</category></item>{tail}"))


def test_a_revision_is_known_by_its_words_and_an_endless_id_is_shortened() -> None:
    one, other = (only(parsed(rss(entry(1, text, NOW)))) for text in ("Bon", "Moins bon"))
    assert one.uri == other.uri
    assert one.revision != other.revision
    long = only(parsed(rss(entry(1, "A", NOW).replace("urn:1", "é" * 5_000))))
    assert len(long.uri.encode()) < 300


def test_the_title_is_not_said_twice_and_a_key_in_the_address_is_not_repeated() -> None:
    twice = only(
        parsed(rss(entry(1, "Trente minutes d’attente, et froid", NOW, more="<title>Trente minutes…</title>")))
    )
    assert twice.text == "Trente minutes d’attente, et froid"
    assert "s3cret" not in address_of("HTTPS://Guide.Example?token=s3cret#x")
    assert address_of("HTTPS://Guide.Example") == "https://guide.example/"


def test_what_atom_says_is_gone_is_gone() -> None:
    gone = '<at:deleted-entry ref="urn:a&amp;b" when="2026-11-25T10:00:00Z"/><at:deleted-entry when="x" ref=\'urn:c\'/>'
    head = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>G</title>'
    )
    assert parsed(f"{head}{gone}</feed>").deleted == ["urn:a&b", "urn:c"]


def test_a_damaged_feed_is_read_as_far_as_it_goes_and_says_so() -> None:
    feed = parsed(rss(entry(1, "Bonjour", NOW), entry(2, "Bonsoir", NOW)).replace(b"</rss>", b"<item>"))
    assert "mismatched tag" in feed.damage or "no element" in feed.damage
    assert {one.id for one in feed.entries} >= {"urn:1", "urn:2"}


@pytest.mark.parametrize(
    ("body", "is_page"),
    [
        (b"", False),
        (b"   \n", False),
        (b"Bonjour", False),
        (b"\x00\x01\x02\xff", False),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", True),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html xmlns='y'><head/></html>", True),
        (b"<html>" + b"<a href='x'>" * 100_000, True),
        (b"{}", False),
        (b'{"version": "2", "items": []}', False),
        (b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 5_000, False),
        (b"<rss version='2.0'><channel>" + b"<a>" * (MOST_OPEN + 1), False),
        (b"<sitemapindex><sitemap/></sitemapindex>", False),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body: bytes, is_page: bool) -> None:
    with pytest.raises(NotAFeed) as caught:
        parsed(body, "")
    assert caught.value.is_page is is_page


def test_entities_that_would_fill_the_memory_or_read_our_files_expand_to_nothing() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    one = "<item><guid>1</guid><title>&l9;</title><description>&f;</description></item>"
    feed = parsed(f"{head}<rss version='2.0'><channel><title>G</title>{one}</channel></rss>")
    assert all(len(one.title) < 10_000 and "root:" not in one.body for one in feed.entries)
