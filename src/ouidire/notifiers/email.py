"""Tells a person by mail, over one line to the mail server that stays open between two messages."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from ouidire.errors import OuidireError, Permanent, Retry
from ouidire.notifiers.base import Message, Notifier
from ouidire.notifiers.context import NotifierContext
from ouidire.notifiers.mail_page import mail_page

NAME = "email"
TIMEOUT_S = 20.0
MAX_SUBJECT = 200
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. `starttls` None: when the server offers it."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool | None

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """From smtp://user:password@host:587 or smtps://…; user and password percent-encoded. Raises `Permanent`.

        A password never travels in the clear: with one, STARTTLS is required, but for a server on this very machine.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise Permanent(f"The mail server's address cannot be read ({error}).") from error
        if parts.scheme not in ("smtp", "smtps") or not host:
            raise Permanent("The mail server's address looks like smtp://user:password@host:587 or smtps://….")
        user, password, tls = unquote(parts.username or ""), unquote(parts.password or ""), parts.scheme == "smtps"
        starttls = False if tls or _is_this_machine(host) else (True if password else None)
        return cls(host, port or (465 if tls else 587 if user else 25), user, password, tls, starttls)


def why_not(context: NotifierContext) -> str:
    if not context.smtp:
        return "No mail server is set: give OUIDIRE_SMTP, like smtp://user:password@host:587."
    try:
        server = MailServer.parse(context.smtp)
    except Permanent as error:
        return str(error)
    try:
        _address("", context.mail_from or server.user)
    except Permanent:
        return "No sender is known: give OUIDIRE_MAIL_FROM, or a mail server whose user is a mail address."
    return ""


def open_notifier(context: NotifierContext) -> Notifier:
    server = MailServer.parse(context.smtp)
    return EmailNotifier(server, context.mail_from or server.user)


class EmailNotifier:
    """`target` is a mail address. One message at a time, over one line."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._turn = asyncio.Lock()
        self._line: aiosmtplib.SMTP | None = None

    async def send(self, message: Message, target: str) -> None:
        """Raises `Retry` (no line, 4xx) or `Permanent` (5xx, not an address, not our server), as the server said it."""
        mail = compose(message, self._sender, target)
        async with self._turn:
            try:
                await self._hand_over(mail)
            except (aiosmtplib.SMTPException, OSError, ValueError) as error:
                raise self._what_next(error) from error

    async def aclose(self) -> None:
        """Say goodbye to the server; the next `send` would open a new line."""
        line, self._line = self._line, None
        if line and line.is_connected:
            try:
                await line.quit()
            except (aiosmtplib.SMTPException, OSError):
                line.close()

    async def _hand_over(self, mail: EmailMessage) -> None:
        if self._line and self._line.is_connected:
            try:
                return await self._say(self._line, mail)
            except (aiosmtplib.SMTPException, OSError) as error:
                # Servers hang up on a quiet line; only a fresh one can tell whether there is trouble.
                if not _was_cut(error):
                    raise
        self._line = await self._connect()
        return await self._say(self._line, mail)

    async def _say(self, line: aiosmtplib.SMTP, mail: EmailMessage) -> None:
        try:
            await line.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise error.recipients[0] from error
        except BaseException as error:
            # A line left in the middle of a word would take the next message for the rest of this one.
            if not isinstance(error, aiosmtplib.SMTPResponseException) or _was_cut(error):
                line.close()
            raise

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        line = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.tls,
            start_tls=server.starttls,
            local_hostname="localhost" if _is_this_machine(server.host) else None,
            timeout=TIMEOUT_S,
        )
        await line.connect()
        return line

    def _what_next(self, error: Exception) -> OuidireError:
        host = self._server.host
        if isinstance(error, aiosmtplib.SMTPResponseException):
            said = f"{host} answered {error.code}: {' '.join(error.message.split())[:300]}"
            return Permanent(said) if 500 <= error.code < 600 else Retry(said)
        for cause in (error, error.__cause__):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return Permanent(f"{host} does not show a certificate we can trust: {cause.verify_message}.")
        if isinstance(error, OSError):
            return Retry(f"{host} cannot be reached now ({error}).")
        return Permanent(f"{host} cannot take this mail: {error}")


def compose(message: Message, sender: str, target: str) -> EmailMessage:
    """The mail: text and the same as HTML; its id is the message's. Raises `Permanent` when `target` is no address."""
    mail = EmailMessage()
    mail["From"] = _address("Ouïdire", sender)
    mail["To"] = _address(message.to_name, target)
    mail["Subject"] = _one_line(message.subject, MAX_SUBJECT)
    mail["Date"] = format_datetime(message.written_at)
    mail["Message-ID"] = f"<{message.id}@ouidire>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{message.body.strip()}\n\n{message.link}\n")
    mail.add_alternative(mail_page(message), subtype="html")
    # Not before: setting the content throws away every header that begins with Content-.
    mail["Content-Language"] = message.language
    return mail


def _address(name: str, address: str) -> Address:
    try:
        return Address(_one_line(name, MAX_NAME), addr_spec=address)
    except (MessageError, ValueError, IndexError) as error:
        raise Permanent(f"“{address[:100]}” is not a mail address.") from error


def _one_line(text: str, most: int) -> str:
    """A header's words: no line end may bring in another header, and a server takes at most 998 bytes a line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _was_cut(error: BaseException) -> bool:
    """Has the server hung up (421), or the line broken?"""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code == aiosmtplib.SMTPStatus.domain_unavailable
    return isinstance(error, OSError)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
