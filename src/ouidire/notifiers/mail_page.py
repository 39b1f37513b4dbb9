"""The HTML half of a mail: readable without images, by a screen reader, on a dark screen."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ouidire.locale import translator
from ouidire.notifiers.base import Message

OPEN_IT = "Open the conversation"


def mail_page(message: Message) -> str:
    """`message` as a page. What people wrote stays text, whatever it contains; only a web address becomes a link."""
    return _template().render(
        subject=message.subject,
        language=message.language,
        paragraphs=[part for part in re.split(r"\n\s*\n", message.body.strip()) if part],
        link=message.link if message.link.startswith(("https://", "http://")) else "",
        open_it=translator(message.language).gettext(OPEN_IT),
    )


@cache
def _template() -> Template:
    loader = PackageLoader("ouidire.notifiers", "")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("mail_page.html")
