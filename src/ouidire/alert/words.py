"""What an alert says, in the language of who gets it, masked for who gets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ouidire.domain.alert import Delivery
from ouidire.domain.channel import Channel
from ouidire.domain.enrichment import mask
from ouidire.domain.incident import Incident, IncidentKind
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.locale import Translator, translator
from ouidire.locale.absences import clock_said, span
from ouidire.locale.labels import RULE
from ouidire.notifiers.base import Message
from ouidire.store.mentions import Heard

EXCERPT = 280


@dataclass(frozen=True, slots=True)
class Told:
    """What one delivery is about: `message` is the one that made it matter, gone or not; `at` is when it is told.

    `channel` is the member's own channel that it goes to, if it goes to one; `waiting`: how many people wait for them.
    """

    delivery: Delivery
    incident: Incident
    member: Member
    place: Place | None
    message: Heard
    at: datetime | None = None
    channel: Channel | None = None
    waiting: int = 0

    @property
    def goes_elsewhere(self) -> bool:
        """Is it read outside the member's own mail and pages? Then employees are masked for everybody.

        So on a member's own channels: what lights up a phone on a counter is read by who stands there.
        """
        return bool(self.delivery.target)

    @property
    def lets_in(self) -> bool:
        """May its link sign its reader in? Only at an address that is the member's own and read by nobody else."""
        return self.channel.lets_in if self.channel else not self.delivery.target


def message(told: Told, link: str) -> Message:
    """The words of one delivery. What was deleted at its source is not repeated."""
    speak = translator(told.member.language)
    where = told.place.name if told.place else speak.gettext("Place unknown")
    what = _what(told, speak)
    intro = _intro(told, speak, where)
    parts = (intro, _quote(told, speak), _counted(told, speak))
    return Message(
        id=told.delivery.id,
        to_name=told.member.name,
        subject=f"{where} · {what}",
        body="\n\n".join(part for part in parts if part),
        link=link,
        language=told.member.language,
        written_at=told.message.item.written_at,
        facts={
            "incident_id": told.incident.id,
            "kind": told.incident.kind,
            "gravity": told.incident.gravity,
            "because": told.incident.because,
            "conversation_id": told.incident.conversation_id,
            "place_id": told.incident.place_id,
            "place": told.place.name if told.place else None,
            "version": told.delivery.version,
            "late": told.incident.absence_id is not None,
        },
        brief=intro,
        waiting=told.waiting,
    )


def _what(told: Told, speak: Translator) -> str:
    if told.incident.kind is IncidentKind.RELAY:
        return speak.gettext("An unhappy message is being relayed")
    return speak.gettext(RULE.get(told.incident.because, "An unhappy customer"))


def _intro(told: Told, speak: Translator, where: str) -> str:
    moment = told.message.item.written_at
    local = told.place.local(moment) if told.place else moment
    time = clock_said(speak, local)
    values = {"where": where, "network": told.message.item.network.capitalize(), "time": time}
    if told.incident.absence_id is None or told.at is None:
        return speak.gettext("%(where)s: written on %(network)s at %(time)s.") % values
    values["age"] = span(speak, told.at - moment)
    return (
        speak.gettext(
            "%(where)s: written on %(network)s at %(time)s, %(age)s ago, while we could not hear. They may have left."
        )
        % values
    )


def _quote(told: Told, speak: Translator) -> str:
    if told.message.is_gone:
        return speak.gettext("Its author has deleted the message.")
    text = told.message.item.text
    if told.goes_elsewhere or not told.member.sees_names(told.incident.place_id):
        text = mask(text, told.message.named)
    short = text if len(text) <= EXCERPT else text[: EXCERPT - 1].rstrip() + "…"
    return speak.gettext("“%(text)s”") % {"text": short}


def _counted(told: Told, speak: Translator) -> str:
    if told.incident.mentions <= 1:
        return ""
    return speak.ngettext("%(n)d message so far.", "%(n)d messages so far.", told.incident.mentions) % {
        "n": told.incident.mentions
    }
