"""Mail over a real SMTP line, with the troubles mail servers have."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ouidire.errors import Permanent, Retry
from ouidire.notifiers.context import NotifierContext
from ouidire.notifiers.email import EmailNotifier, MailServer, compose, why_not

from .servers import MailBox, closed_port, message, smtp_server

CLAIRE = "claire@cafe-lune.example"


def notifier(box: MailBox, url: str = "") -> EmailNotifier:
    return EmailNotifier(MailServer.parse(url or box.url()), "ouidire@cafe-lune.example")


async def test_a_mail_says_the_same_in_text_and_html() -> None:
    async with smtp_server(MailBox()) as box:
        await notifier(box).send(message(), CLAIRE)
    (mail,) = box.mails
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Trente minutes d’attente" in text.get_content()
    assert "Trente minutes d’attente" in html.get_content()
    assert text.get_content().splitlines()[-1] == "http://127.0.0.1:8765/enter/abc?to=c1&then=1"
    assert 'href="http://127.0.0.1:8765/enter/abc?to=c1&amp;then=1"' in html.get_content()


async def test_a_mail_says_who_it_is_for_and_that_a_program_wrote_it() -> None:
    async with smtp_server(MailBox()) as box:
        await notifier(box).send(message(to_name='Léa "la patronne"\n, Durand'), CLAIRE)
    (mail,) = box.mails
    assert mail["To"].addresses[0].display_name == 'Léa "la patronne" , Durand'
    assert mail["To"].addresses[0].addr_spec == CLAIRE
    assert mail["From"].addresses[0].display_name == "Ouïdire"
    assert mail["Subject"] == "Une cliente attend depuis trente minutes"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "fr"
    assert mail["Date"].datetime == datetime(2026, 11, 21, 15, 26, tzinfo=UTC)


async def test_two_messages_go_over_one_line() -> None:
    async with smtp_server(MailBox()) as box:
        mailer = notifier(box)
        await asyncio.gather(*(mailer.send(message(id=f"d{n}"), CLAIRE) for n in range(5)))
        assert sorted(box.ids) == ["d0", "d1", "d2", "d3", "d4"]
        assert len(box.lines) == 1
        await mailer.aclose()


async def test_a_line_that_was_closed_is_opened_again() -> None:
    async with smtp_server(MailBox()) as box:
        mailer = notifier(box)
        await mailer.send(message(id="d1"), CLAIRE)
        box.lines[0].abort()  # type: ignore[attr-defined]
        await mailer.send(message(id="d2"), CLAIRE)
        assert box.ids == ["d1", "d2"]
        assert len(box.lines) == 2


async def test_after_goodbye_a_new_line_is_opened() -> None:
    async with smtp_server(MailBox()) as box:
        mailer = notifier(box)
        await mailer.send(message(id="d1"), CLAIRE)
        await mailer.aclose()
        await mailer.aclose()
        await mailer.send(message(id="d2"), CLAIRE)
        assert box.ids == ["d1", "d2"]


async def test_an_old_line_that_is_said_to_be_closing_is_tried_once_more_on_a_new_one() -> None:
    async with smtp_server(MailBox()) as box:
        mailer = notifier(box)
        await mailer.send(message(id="d1"), CLAIRE)
        box.answers = ["421 4.4.2 Idle for too long"]
        await mailer.send(message(id="d2"), CLAIRE)
        assert box.ids == ["d1", "d2"]
        assert len(box.lines) == 2


async def test_a_server_that_asks_to_wait_is_waited_for_and_then_takes_the_same_id() -> None:
    async with smtp_server(MailBox(answers=["451 4.7.1 Greylisted, come back"])) as box:
        mailer = notifier(box)
        with pytest.raises(Retry, match=r"451: 4\.7\.1 Greylisted, come back"):
            await mailer.send(message(), CLAIRE)
        await mailer.send(message(), CLAIRE)
        assert box.ids == [message().id]
        assert len(box.lines) == 1


async def test_an_address_nobody_has_is_for_good_and_in_the_servers_words() -> None:
    async with smtp_server(MailBox(refused={CLAIRE: "550 5.1.1 No such person here"})) as box:
        mailer = notifier(box)
        with pytest.raises(Permanent, match=r"550: 5\.1\.1 No such person here"):
            await mailer.send(message(), CLAIRE)
        await mailer.send(message(id="d2"), "tom@cafe-lune.example")
        assert box.ids == ["d2"]


async def test_a_full_mailbox_is_tried_again_later() -> None:
    async with smtp_server(MailBox(refused={CLAIRE: "452 4.2.2 Mailbox full"})) as box:
        with pytest.raises(Retry, match="452"):
            await notifier(box).send(message(), CLAIRE)


async def test_a_message_refused_for_its_content_is_for_good() -> None:
    async with smtp_server(MailBox(answers=["554 5.7.1 Looks like spam"])) as box:
        with pytest.raises(Permanent, match="Looks like spam"):
            await notifier(box).send(message(), CLAIRE)


async def test_a_server_that_hangs_up_in_the_middle_is_asked_again_on_a_new_line() -> None:
    async with smtp_server(MailBox(answers=["hang up"])) as box:
        mailer = notifier(box)
        with pytest.raises(Retry, match="cannot be reached now"):
            await mailer.send(message(), CLAIRE)
        await mailer.send(message(), CLAIRE)
        assert box.ids == [message().id]
        assert len(box.lines) == 2


async def test_a_server_that_is_down_is_waited_for_until_it_is_up() -> None:
    box = MailBox(port=closed_port())
    mailer = notifier(box)
    with pytest.raises(Retry, match="localhost cannot be reached now"):
        await mailer.send(message(), CLAIRE)
    async with smtp_server(box):
        await mailer.send(message(), CLAIRE)
        assert box.ids == [message().id]


async def test_a_server_that_is_too_busy_to_say_hello_is_waited_for() -> None:
    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 4.3.2 Too many lines\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(busy, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Retry, match="421"):
            await notifier(MailBox(), f"smtp://127.0.0.1:{port}").send(message(), CLAIRE)


async def test_a_send_that_is_given_up_leaves_a_clean_line_for_the_next() -> None:
    stuck, go_on = asyncio.Event(), asyncio.Event()

    class Slow(MailBox):
        async def handle_DATA(self, *given: object) -> str:
            stuck.set()
            await go_on.wait()
            return await super().handle_DATA(*given)  # type: ignore[arg-type]

    async with smtp_server(Slow()) as box:
        mailer = notifier(box)
        sending = asyncio.create_task(mailer.send(message(id="d1"), CLAIRE))
        await stuck.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        go_on.set()
        await mailer.send(message(id="d2"), CLAIRE)
        assert box.ids[-1] == "d2"


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_user_and_password_come_from_the_address() -> None:
    async with smtp_server(MailBox(), auth=True) as box:
        await notifier(box, box.url(user="ouidire%40lune.example:p%40ss%2Fword@")).send(message(), CLAIRE)
        assert box.logins == [(b"ouidire@lune.example", b"p@ss/word")]
        with pytest.raises(Permanent, match="535"):
            await notifier(box, box.url(user="ouidire:wrong@")).send(message(), CLAIRE)
        assert len(box.mails) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody else knows, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    began = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, began, began + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def known(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.usefixtures("known")
async def test_smtps_speaks_tls_from_the_first_byte(tls: ssl.SSLContext) -> None:
    async with smtp_server(MailBox(), tls=tls) as box:
        await notifier(box, box.url("smtps")).send(message(), CLAIRE)
        assert box.ids == [message().id]


@pytest.mark.usefixtures("known")
async def test_starttls_is_used_where_it_is_offered(tls: ssl.SSLContext) -> None:
    async with smtp_server(MailBox(), starttls=tls) as box:
        server = MailServer("localhost", box.port, "", "", tls=False, starttls=None)
        await EmailNotifier(server, CLAIRE).send(message(), CLAIRE)
        assert box.secure == [True]


async def test_a_certificate_nobody_knows_is_for_good(tls: ssl.SSLContext) -> None:
    async with smtp_server(MailBox(), tls=tls) as box:
        with pytest.raises(Permanent, match="certificate"):
            await notifier(box, box.url("smtps")).send(message(), CLAIRE)
    async with smtp_server(MailBox(), starttls=tls) as box:
        server = MailServer("localhost", box.port, "", "", tls=False, starttls=True)
        with pytest.raises(Permanent, match="certificate"):
            await EmailNotifier(server, CLAIRE).send(message(), CLAIRE)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_a_password_is_not_said_on_a_line_that_could_be_overheard() -> None:
    async with smtp_server(MailBox(), auth=True) as box:
        server = MailServer("localhost", box.port, "ouidire", "p@ss/word", tls=False, starttls=True)
        with pytest.raises(Permanent, match="STARTTLS"):
            await EmailNotifier(server, CLAIRE).send(message(), CLAIRE)
        assert box.logins == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost:2525", MailServer("localhost", 2525, "", "", tls=False, starttls=False)),
        ("smtp://u:p@[::1]:2525", MailServer("::1", 2525, "u", "p", tls=False, starttls=False)),
        ("smtp://u%40h:p@mail.example:587", MailServer("mail.example", 587, "u@h", "p", tls=False, starttls=True)),
        ("smtp://u:p@mail.example", MailServer("mail.example", 587, "u", "p", tls=False, starttls=True)),
        ("smtp://relay.lan", MailServer("relay.lan", 25, "", "", tls=False, starttls=None)),
        ("smtps://u:p@mail.example", MailServer("mail.example", 465, "u", "p", tls=True, starttls=False)),
    ],
)
def test_the_address_says_how_to_speak(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server


@pytest.mark.parametrize("url", ["mail.example:587", "http://mail.example", "smtp://", "smtp://h:port", "smtp://[::1"])
def test_what_is_no_mail_server_is_said_before_anything_is_sent(url: str) -> None:
    assert "mail server" in why_not(NotifierContext(smtp=url, mail_from=CLAIRE))


def test_mail_needs_a_server_and_a_sender() -> None:
    assert "OUIDIRE_SMTP" in why_not(NotifierContext())
    assert "OUIDIRE_MAIL_FROM" in why_not(NotifierContext(smtp="smtp://localhost:2525"))
    assert why_not(NotifierContext(smtp="smtp://localhost:2525", mail_from=CLAIRE)) == ""
    assert why_not(NotifierContext(smtp="smtp://claire%40cafe-lune.example:p@mail.example")) == ""


@pytest.mark.parametrize("target", ["", "claire", "claire@x\r\nBcc: all@x", "a b@c.fr", "<claire@x.fr>", "@"])
def test_what_is_no_mail_address_is_for_good(target: str) -> None:
    with pytest.raises(Permanent, match="is not a mail address"):
        compose(message(), CLAIRE, target)


def test_a_subject_cannot_bring_in_a_header() -> None:
    mail = compose(message(subject="Trente minutes\r\nBcc: all@example"), CLAIRE, CLAIRE)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Trente minutes Bcc: all@example"


def test_a_name_or_subject_without_end_is_cut() -> None:
    mail = compose(message(subject="x" * 5000, to_name="y" * 5000), CLAIRE, CLAIRE)
    assert mail["Subject"] == "x" * 199 + "…"
    assert max(map(len, mail.as_bytes().splitlines())) < 998


def test_this_machine_is_known_by_any_of_its_names() -> None:
    assert ip_address("127.0.0.53").is_loopback
    assert MailServer.parse("smtp://u:p@127.0.0.53").starttls is False
