"""What our values are called on a page: each enum member and rule name to its English words (msgids).

A value without a line here is shown by its own name, so that a new rule is never a broken page; a test lists them.
"""

from __future__ import annotations

from collections.abc import Mapping


def N_(msgid: str) -> str:  # noqa: N802 - the name the extractor knows
    """Marks a string for the catalogue; it is translated where it is shown."""
    return msgid


SENTIMENT: Mapping[str, str] = {
    "negative": N_("unhappy"),
    "neutral": N_("neither happy nor unhappy"),
    "positive": N_("happy"),
}

ACT: Mapping[str, str] = {
    "complaint": N_("a complaint"),
    "question": N_("a question"),
    "thanks": N_("a thank-you"),
    "threat": N_("a threat"),
    "information": N_("a piece of information"),
}

URGENCY: Mapping[int, str] = {
    0: N_("can wait"),
    1: N_("today"),
    2: N_("someone is waiting now"),
    3: N_("someone may be in danger"),
}

STATE: Mapping[str, str] = {
    "waiting": N_("Needs you"),
    "ours": N_("In hand"),
    "theirs": N_("With the customer"),
    "closed": N_("Closed"),
}

STATE_TONE: Mapping[str, str] = {"waiting": "needs", "ours": "handled", "theirs": "handled", "closed": "unknown"}

STATE_ICON: Mapping[str, str] = {"waiting": "bell", "ours": "hand", "theirs": "clock", "closed": "check"}

OUTCOME: Mapping[str, str] = {
    "put_right": N_("Put right, in their own words"),
    "by_member": N_("Put right, says the team"),
    "nothing_to_do": N_("Nothing to do"),
    "gone": N_("Deleted by its author"),
}

EVIDENCE: Mapping[str, str] = {
    "name": N_("the name “%(found)s”"),
    "alias": N_("the nickname “%(found)s”"),
    "handle": N_("your account %(found)s"),
    "hashtag": N_("the hashtag %(found)s"),
    "link": N_("a link to %(found)s"),
    "listing": N_("your page on the network (%(found)s)"),
    "locality": N_("the locality “%(found)s”"),
    "coordinates": N_("the position of the post"),
    "required": N_("the word “%(found)s”, which you asked for"),
    "reply": N_("it answers a message of this conversation"),
    "quote": N_("it quotes a message of this conversation"),
    "repost": N_("it relays a message of this conversation"),
    "author": N_("its author is in an open conversation with you"),
    "revision": N_("its author changed the text"),
    "pasted": N_("one of you brought it here"),
}

EDGE: Mapping[str, str] = {
    "first": N_("First message"),
    "reply": N_("An answer"),
    "quote": N_("Quotes the message"),
    "repost": N_("Relays the message"),
    "same_visit": N_("The same visit, it seems"),
}

INCIDENT: Mapping[str, str] = {
    "grave": N_("a message that matters by itself"),
    "relay": N_("someone carries it further"),
}

TOLD: Mapping[str, str] = {
    "due": N_("about to be told"),
    "sending": N_("being told"),
    "sent": N_("told"),
    "held": N_("held back"),
    "failed": N_("could not be reached"),
}

TOLD_TONE: Mapping[str, str] = {
    "due": "handled", "sending": "handled", "sent": "right", "held": "unknown", "failed": "needs",
}  # fmt: skip

TOLD_BECAUSE: Mapping[str, str] = {
    "first": N_("first time"),
    "grew": N_("it has grown since the last alert"),
    "no_route": N_("nobody asked to be told of this place"),
    "below_gravity": N_("less grave than what you asked to be told of"),
    "quiet_hours": N_("quiet hours of the place"),
    "not_news": N_("written too long ago to be news"),
    "not_addressable": N_("no address to reach them by"),
    "muted": N_("this author is muted"),
    "restored": N_("dropped by the owner after a restore"),
}

JUDGEMENT: Mapping[str, str] = {"useful": N_("Useful"), "too_much": N_("Too much")}

NOTIFIER: Mapping[str, str] = {
    "browser": N_("on this page"),
    "email": N_("by mail"),
    "webhook": N_("by webhook"),
}

REPLY: Mapping[str, str] = {
    "due": N_("about to be sent"),
    "sending": N_("being sent"),
    "sent": N_("sent"),
    "unclear": N_("we are asking the network whether it arrived"),
    "refused": N_("refused: nothing was said"),
    "on_site": N_("to be posted on the site by you"),
}

REPLY_TONE: Mapping[str, str] = {
    "due": "handled", "sending": "handled", "sent": "right", "unclear": "unknown", "refused": "needs",
    "on_site": "handled",
}  # fmt: skip

SOURCE: Mapping[str, str] = {
    "new": N_("about to listen"),
    "hearing": N_("listening"),
    "deaf": N_("deaf"),
    "paused": N_("paused"),
    "done": N_("read to the end"),
    "answers": N_("to answer"),
}

SOURCE_TONE: Mapping[str, str] = {
    "new": "unknown", "hearing": "right", "deaf": "needs", "paused": "unknown", "done": "right",
    "answers": "handled",
}  # fmt: skip

SOURCE_ICON: Mapping[str, str] = {
    "new": "clock", "hearing": "check", "deaf": "deaf", "paused": "pause", "done": "check",
    "answers": "reply",
}  # fmt: skip

ROLE: Mapping[str, str] = {
    "owner": N_("Owner"),
    "headquarters": N_("Headquarters"),
    "place_manager": N_("Manager of a place"),
    "viewer": N_("Reads only"),
}

LANGUAGE: Mapping[str, str] = {
    "fr": N_("French"), "en": N_("English"), "de": N_("German"), "es": N_("Spanish"), "it": N_("Italian"),
    "nl": N_("Dutch"), "pt": N_("Portuguese"), "ja": N_("Japanese"), "ko": N_("Korean"), "zh": N_("Chinese"),
    "ar": N_("Arabic"), "und": N_("a language we don't know"),
}  # fmt: skip

GRAVITY: Mapping[int, str] = {
    0: N_("everything"),
    1: N_("what is to be seen today"),
    2: N_("someone is waiting now"),
    3: N_("danger only"),
}

SETTING: Mapping[str, str] = {
    "jetstream": N_("Servers to hear"),
    "service": N_("Server of your account"),
    "directory": N_("Directory of accounts"),
    "identifier": N_("Your handle"),
    "app_password": N_("App password"),
    "path": N_("The file"),
    "url": N_("Web address"),
    "network": N_("Name of the network"),
    "token": N_("Token of your account"),
}
"""What a connector's settings are called on its form."""

WHY_NOT: Mapping[str, str] = {
    "": "",
    "no_source": N_("No account of yours is connected there: answer on the site, the text comes along."),
    "no_reply": N_("This network cannot be answered from here: answer on the site, the text comes along."),
    "gone": N_("Its author deleted the message: there is nothing left to answer."),
    "viewer": N_("Your role reads along; it does not answer."),
    "imported": N_("It was imported from a file: answer on the site, the text comes along."),
}

TOLD_BY: Mapping[str, str] = {
    "browser": N_("not on this page"),
    "email": N_("not by mail"),
    "webhook": N_("not by webhook"),
}
"""By what somebody was not told who was told otherwise."""

PLAIN_RULES = frozenset({"question", "thanks", "wish", "no_wait", "rhetorical"})
"""Rules that say no more than the act itself; on a card they would repeat it."""

RULE: Mapping[str, str] = {
    "ill": N_("someone fell ill"),
    "allergy": N_("an allergy"),
    "danger": N_("a danger"),
    "assault": N_("an assault"),
    "minors": N_("children are concerned"),
    "violence_threat": N_("a threat of violence"),
    "pests": N_("vermin"),
    "discrimination": N_("discrimination"),
    "fraud": N_("a fraud"),
    "served_after_others": N_("others were served first"),
    "on_the_spot": N_("they are there right now"),
    "legal": N_("they speak of the law"),
    "press": N_("the press is named"),
    "blackmail": N_("blackmail"),
    "waiting": N_("waiting"),
    "rude": N_("the welcome"),
    "dirty": N_("cleanliness"),
    "cold_food": N_("cold food"),
    "closed": N_("a closed door"),
    "refund": N_("money back"),
    "disappointed": N_("disappointment"),
    "question": N_("they ask something"),
    "resolved": N_("they say it is settled"),
    "thanks": N_("they say thank you"),
    "wish": N_("they wish for something"),
    "no_wait": N_("no waiting at all"),
    "rhetorical": N_("a question that is a reproach"),
}
"""Rules of reading, by name."""


EDGE_BECAUSE: Mapping[str, str] = {
    "first_message": N_("it begins the conversation"),
    "repeats": N_("it repeats a message of this conversation"),
    "quotes": N_("it quotes a message of this conversation"),
    "goes_on": N_("the same author goes on"),
    "answers": N_("somebody answers a message of this conversation"),
    "answers_us": N_("it answers what you said"),
    "same_author_same_visit": N_("the same author, about the same visit"),
    "parted_by_member": N_("one of you set it apart"),
}
"""Why a message was put into a conversation, by key."""

STORED = (
    N_("The remembered position is not one of Bluesky's; hearing from now on."),
    N_("The remembered position lies in the future; hearing from now on."),
    N_("We were away for longer than Jetstream remembers (about a day and a half)."),
    N_("The file is not the one that we began to read; reading it from its beginning."),
    N_("the network no longer remembers where we stopped"),
    N_("An unhappy customer"),
    N_("Paused by a member."),
    N_("No mail server is set: give OUIDIRE_SMTP, like smtp://user:password@host:587."),
    N_("No sender is known: give OUIDIRE_MAIL_FROM, or a mail server whose user is a mail address."),
    N_("The mail server's address cannot be read (%(why)s)."),
    N_("The mail server's address looks like smtp://user:password@host:587 or smtps://…."),
    N_("“%(address)s” is not a mail address."),
    N_("%(host)s answered %(status)s: %(said)s"),
    N_("%(host)s does not show a certificate we can trust: %(why)s."),
    N_("%(host)s cannot take this mail: %(why)s"),
    N_("There is no HTTP client here."),
    N_("%(address)s is not a web address."),
    N_("There is no notifier “%(name)s”; there are %(names)s."),
    # networks
    N_("%(host)s cannot be reached now (%(why)s)."),
    N_("%(host)s answered in a shape that we do not know (%(why)s)."),
    N_("%(host)s does not answer on its open line any more."),
    N_("%(host)s cut the line."),
    N_("%(host)s cut the line: %(said)s."),
    N_("%(host)s sent more than %(n)s bytes."),
    N_("%(host)s did not say whether it took our words (%(why)s)."),
    N_("%(host)s answered %(status)s and did not say whether it took our words."),
    N_("%(host)s asks us to slow down."),
    N_("%(host)s is in trouble (it answered %(status)s)."),
    N_("%(host)s does not let us in: %(said)s"),
    N_("%(host)s refused (%(status)s): %(said)s"),
    N_("no reason given"),
    N_("[Errno %(n)s] Name or service not known"),
    N_("[Errno %(n)s] Temporary failure in name resolution"),
    N_("[Errno %(n)s] Network is unreachable"),
    N_("[Errno %(n)s] Connection refused"),
    N_("All connection attempts failed"),
    N_("The address of %(host)s cannot be found now."),
    N_("%(address)s is not an address (%(why)s)."),
    N_("%(address)s is not an address that we can call (%(why)s)."),
    N_("%(address)s is not a websocket address (%(why)s)."),
    N_("%(address)s is not a public https address."),
    N_("%(host)s is not a public address."),
    N_("Nothing came for %(n)s s, not even a sign of life."),
    N_("There is no connector called “%(name)s”; there are %(names)s."),
    N_("%(network)s can be answered on, not heard."),
    N_("%(network)s cannot be answered from here."),
    N_("%(network)s needs “%(name)s”: %(help)s"),
    # Bluesky
    N_("To answer on Bluesky, give your handle and an app password."),
    N_("Bluesky does not accept the app password of %(handle)s (%(why)s). Make a new one under Settings, Privacy and "
       "security, App passwords, and connect the account again."),
    N_("Bluesky refused the reply: %(why)s"),
    N_("Another post of ours stands where this reply should."),
    N_("The message is not on Bluesky any more; there is nothing to answer."),
    N_("%(address)s is not the address of a post on Bluesky."),
    N_("This Jetstream server speaks in a way that we do not understand; trying the next."),
    N_("No Jetstream server is set."),
    N_("“%(address)s” is not a Jetstream server; it should begin with wss://."),
    # the demo world's networks
    N_("This clearance was given for an answer to another message; ask for a new one."),
    N_("%(network)s cannot be answered by program; answer on its site."),
    N_("%(address)s is not on %(network)s; answer it with an account of its own network."),
    N_("To answer on %(network)s, give the token of your account there."),
    # files
    N_("%(file)s cannot be opened: %(why)s."),
    N_("%(file)s is damaged or cut short (%(why)s); export it again."),
    N_("%(file)s is empty."),
    N_("%(file)s is in UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)."),
    N_("%(file)s is a workbook or an archive; save the sheet as “CSV UTF-8”."),
    N_("%(file)s is an old Excel workbook; save the sheet as “CSV UTF-8”."),
    N_("The first line does not name columns (%(why)s). Needed: %(names)s."),
    N_("The first line does not name the columns that we know (%(why)s). Needed: %(names)s. Possible: %(others)s."),
    # answers
    N_("The line was cut before it arrived: nothing was said. Send it again."),
    N_("We could not find out whether it arrived: look on the site. %(why)s"),
    N_("Its author deleted the message meanwhile: nothing was said."),
    N_("This network cannot be answered from here: answer on the site."),
    # after a restore
    N_("From before the restore: we ask the network whether it was said since."),
    N_("From before the restore: it waits for your word."),
    N_("Dropped after the restore: nothing was said. Send it again if it is still right."),
    N_("Connect this account again: its key was left behind."),
    N_("Only the owner decides what is sent after a restore."),
    # what people typed
    N_("A note has at most %(most)s characters; this one has %(n)s."),
    N_("A password needs at least %(least)s characters."),
    N_("Somebody already signs in with %(email)s."),
    N_("This stream is heard for other organisations too."),
)  # fmt: skip
"""Sentences that the house writes down in English, with their places; `stored.say` says them in another language."""


HEALTH: dict[str, str] = {
    "store": N_("The store opens (%(engine)s, %(mb)s MB)."),
    "whole": N_("The store was read from end to end and is whole."),
    "damaged": N_("The store is damaged: %(why)s"),
    "journal": N_("SQLite's journal has grown to %(mb)s MB."),
    "backup": N_("The last backup is %(age)s days old (%(at)s)."),
    "no_backup": N_("There is no backup yet."),
    "copies": N_("%(n)s copies made before a new release lie in %(folder)s."),
    "disk": N_("%(mb)s MB are free in %(folder)s."),
    "disk_low": N_("Only %(mb)s MB are free in %(folder)s: below %(least)s MB the sample, imports and backups stop."),
    "log": N_("The log takes %(mb)s MB of %(most)s at most."),
    "clock": N_("This machine's clock says %(now)s, but something was heard here at %(newest)s already."),
    "key": N_("The key is readable by its owner alone (%(file)s)."),
    "key_open": N_("The key %(file)s can be read by others (%(mode)s)."),
    "up": N_("Ouïdire is up: process %(pid)s since %(since)s, page %(address)s."),
    "mail": N_("Mail can be sent."),
    "no_mail": N_("No mail is sent: OUIDIRE_SMTP is not set."),
    "memory": N_("This process takes %(mb)s MB of memory."),
    "release": N_("Ouïdire %(release)s."),
    "work": N_("%(n)s messages are still to be understood, the oldest since %(span)s."),
    "no_work": N_("Everything that was heard is understood."),
    "aside": N_("%(n)s messages could not be understood and were set aside."),
    "paused": N_("After a restore nothing is sent until you say so."),
}
"""What a house finds when it looks at itself; the doctor and the page of health say the same."""

HEALTH_TODO: dict[str, str] = {
    "damaged": N_("Stop it, and restore the last backup with “ouidire restore FILE --replace”."),
    "journal": N_("Something has been reading for very long: stop other programs that have the store open."),
    "backup": N_("Take one: “ouidire backup”, and keep it on another disk."),
    "no_backup": N_("Take one: “ouidire backup”, and keep it on another disk."),
    "disk_low": N_("Free some space. Listening goes on, and nothing that was heard is lost."),
    "log": N_("Old logs can be removed; OUIDIRE_LOG_MB says how large one grows."),
    "clock": N_("Set the clock: times of posts and quiet hours are wrong until then."),
    "key_open": N_("Close it: chmod 600 on this file."),
    "aside": N_("Please report this fault with the log; the others went on, and these are kept."),
    "paused": N_("The page “Now” says what waits, and lets you send or drop it."),
}
"""What to do about a finding that is not well."""
