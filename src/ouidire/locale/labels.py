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
    "suggestion": N_("a suggestion"),
    "information": N_("a piece of information"),
    "threat": N_("a threat"),
    "boycott": N_("a call to stay away"),
    "relay": N_("something passed on"),
    "offer": N_("an advertisement"),
    "other": N_("something else"),
}

ASPECT: Mapping[str, str] = {
    "service": N_("the service"),
    "staff": N_("the manner of the team"),
    "waiting": N_("the wait"),
    "product": N_("what you sell"),
    "price": N_("the price"),
    "cleanliness": N_("the cleanliness"),
    "place": N_("the place itself"),
    "availability": N_("what was missing"),
    "opening": N_("the opening hours and information"),
    "payment": N_("the payment"),
    "delivery": N_("the delivery"),
}

POLARITY: Mapping[str, str] = {
    "negative": N_("blamed"),
    "neutral": N_("neither praised nor blamed"),
    "positive": N_("praised"),
}

DETAIL: Mapping[str, str] = {
    "time": N_("when it was"),
    "sum": N_("a sum"),
    "first_person": N_("what they lived themselves"),
    "staff": N_("somebody of the team"),
    "picture": N_("a picture"),
    "check_in": N_("where they were"),
}
"""What a message tells of a visit."""

JUDGED: Mapping[str, str] = {
    "sentiment": N_("the mood"),
    "act": N_("what it is"),
    "urgency": N_("the urgency"),
    "aspect": N_("what is judged"),
}

UNSURE: Mapping[str, str] = {
    "close": N_("two readings are nearly as likely"),
    "mixed": N_("there is praise and blame in it"),
    "irony": N_("it may be ironic"),
    "short": N_("it says too little"),
    "language": N_("it is in a language that we read less well"),
}

URGENCY: Mapping[int, str] = {
    0: N_("can wait"),
    1: N_("today"),
    2: N_("someone is waiting now"),
    3: N_("someone may be in danger"),
}

SCOPE: Mapping[str, str] = {
    "conversations:read": N_("read what is said"),
    "conversations:write": N_("act on conversations: take, note, close"),
    "replies:send": N_("answer in public"),
    "listening:read": N_("see places and sources"),
    "listening:write": N_("change places and what is listened for"),
    "alerts:read": N_("see who was told"),
    "alerts:write": N_("change who is told"),
    "team:read": N_("see who works here"),
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

PLACE_STATE: Mapping[str, str] = {
    "needs": N_("Needs you"),
    "handled": N_("In hand"),
    "calm": N_("Calm"),
    "unknown": N_("We do not know: nobody listens"),
}

PLACE_STATE_TONE: Mapping[str, str] = {"needs": "needs", "handled": "handled", "calm": "right", "unknown": "unknown"}

PLACE_STATE_ICON: Mapping[str, str] = {"needs": "bell", "handled": "hand", "calm": "check", "unknown": "unknown"}

HOLIDAY: Mapping[str, str] = {
    "new_year": N_("New Year’s Day"),
    "good_friday": N_("Good Friday (Alsace, Moselle)"),
    "easter_monday": N_("Easter Monday"),
    "abolition_976": N_("Abolition of slavery (Mayotte)"),
    "labour_day": N_("Labour Day"),
    "victory": N_("Victory Day 1945"),
    "abolition_972": N_("Abolition of slavery (Martinique)"),
    "ascension": N_("Ascension Day"),
    "whit_monday": N_("Whit Monday"),
    "abolition_971": N_("Abolition of slavery (Guadeloupe)"),
    "abolition_973": N_("Abolition of slavery (French Guiana)"),
    "bastille": N_("National Day"),
    "assumption": N_("Assumption"),
    "all_saints": N_("All Saints’ Day"),
    "armistice": N_("Armistice 1918"),
    "abolition_974": N_("Abolition of slavery (Réunion)"),
    "christmas": N_("Christmas Day"),
    "st_stephen": N_("Saint Stephen’s Day (Alsace, Moselle)"),
}

PLACE_COLUMN: Mapping[str, str] = {
    "": N_("not used"),
    "name": N_("name of the place"),
    "number": N_("number in the street"),
    "street": N_("street, address"),
    "district": N_("district"),
    "postcode": N_("postcode"),
    "town": N_("town"),
    "country": N_("country"),
    "latitude": N_("latitude"),
    "longitude": N_("longitude"),
    "point": N_("latitude and longitude together"),
    "hours": N_("opening hours"),
    "zone": N_("time zone"),
    "listing": N_("identifier of the listing"),
    "aliases": N_("other names, nicknames"),
    "former": N_("former names"),
    "handles": N_("accounts on the networks"),
    "hashtags": N_("hashtags of the place"),
    "links": N_("addresses on the web"),
    "category": N_("kind of house"),
    "landmarks": N_("landmarks, stations near by"),
    "products": N_("products and dishes"),
    "roles": N_("roles of the staff"),
    "languages": N_("languages of the guests"),
}

CATEGORY: Mapping[str, str] = {
    "restaurant": N_("Restaurant, bistro"),
    "fast_food": N_("Fast food"),
    "cafe": N_("Café, tea room, ice cream"),
    "bar": N_("Bar, club"),
    "bakery": N_("Bakery, pastry, chocolate"),
    "pharmacy": N_("Pharmacy"),
    "hotel": N_("Hotel, guest house, camping"),
    "supermarket": N_("Supermarket, grocery"),
    "clothes": N_("Clothes, shoes, jewellery"),
    "hairdresser": N_("Hairdresser, beauty"),
    "bank": N_("Bank, insurance"),
    "telecom": N_("Telephone and internet"),
    "museum": N_("Museum, theatre, cinema, park"),
    "health": N_("Health care, optician"),
    "shop": N_("Another shop"),
}

FATE: Mapping[str, str] = {
    "new": N_("Will be added"),
    "same": N_("Already here"),
    "twice": N_("Twice in the list"),
    "unclear": N_("Unclear"),
    "left_out": N_("Left out"),
    "unusable": N_("Has no name"),
}

FATE_TONE: Mapping[str, str] = {
    "new": "right", "same": "unknown", "twice": "unknown", "unclear": "needs", "left_out": "unknown",
    "unusable": "needs",
}  # fmt: skip

FATE_ICON: Mapping[str, str] = {
    "new": "plus", "same": "check", "twice": "check", "unclear": "unknown", "left_out": "close", "unusable": "close",
}  # fmt: skip

DOUBT: Mapping[str, str] = {
    "swapped": N_("latitude and longitude look swapped"),
    "far": N_("coordinates far from the town"),
    "clock": N_("we do not know what time it is there"),
}

REMARK: Mapping[str, str] = {
    "from_town": N_("coordinates: the middle of its town"),
    "from_postcode": N_("coordinates: a neighbouring town with the same postcode"),
    "no_coordinates": N_("without coordinates: not on the map"),
    "bad_coordinates": N_("its coordinates cannot be; not used"),
    "unknown_town": N_("we do not know this town"),
    "no_town": N_("no town: posts that name one cannot tell it apart"),
    "hours_note": N_("its hours are not all understood; kept as written"),
    "clock_near": N_("its clock is that of the towns around"),
    "was_swapped": N_("latitude and longitude swapped"),
    "unknown_country": N_("we do not know this country"),
    "too_many": N_("more words in one column than can be kept: none of that column is used"),
    "no_words": N_("words of one letter, or of emoji alone, are not used"),
    "unknown_kind": N_("we do not know this kind of house"),
}

EVIDENCE: Mapping[str, str] = {
    "name": N_("your name stands in the text: “%(found)s”"),
    "alias": N_("a nickname of yours stands in the text: “%(found)s”"),
    "handle": N_("your account is named: %(found)s"),
    "hashtag": N_("your name stands there as a hashtag: %(found)s"),
    "link": N_("it links to you: %(found)s"),
    "listing": N_("it was written on your page of the network: %(found)s"),
    "locality": N_("a place around you is named: “%(found)s”"),
    "coordinates": N_("it was written at your place"),
    "required": N_("the word that you asked for is there: “%(found)s”"),
    "reply": N_("it answers a message of this conversation"),
    "quote": N_("it quotes a message of this conversation"),
    "repost": N_("it relays a message of this conversation"),
    "author": N_("its author is in an open conversation with you"),
    "revision": N_("its author changed the text"),
    "pasted": N_("one of you brought it here"),
    "former": N_("a name that you had before stands in the text: “%(found)s”"),
    "spelling": N_("your name stands there with a slip of the pen: “%(found)s”"),
    "short": N_("your name is there, but only for short: “%(found)s”"),
    "venue": N_("the network itself says where it was written: %(found)s"),
    "product": N_("something that you offer is named: “%(found)s”"),
    "context": N_("words that usually go with you stand there: “%(found)s”"),
    "language": N_("it is written in a language of your customers"),
    "open": N_("you were open at that moment, and its author speaks of being there"),
    "habit": N_("its author has spoken of this place before"),
    "alone": N_("you have only this one place"),
    "rule": N_("it fulfils the rule that you wrote"),
    "common": N_("“%(found)s” is an ordinary word, too"),
    "shared": N_("others bear this name, too: “%(found)s”"),
    "elsewhere": N_("a town is named in which you have no place: “%(found)s”"),
    "far": N_("it was written far from you"),
    "sisters": N_("several of your places fit as well"),
    "odd": N_("words that usually speak of something else stand there: “%(found)s”"),
    "wording": N_("people write so about a business: “%(found)s”"),
}
"""One reason why a post may be about us, or not, as a clause that can stand alone or in a row."""

EVIDENCE_BARE: Mapping[str, str] = {
    "listing": N_("it was written on your page of the network"),
    "venue": N_("the network itself says where it was written"),
    "product": N_("something that you offer is named"),
    "context": N_("words that usually go with you stand there"),
    "common": N_("your name is an ordinary word, too"),
    "shared": N_("others bear this name, too"),
    "elsewhere": N_("a town is named in which you have no place"),
    "odd": N_("words that usually speak of something else stand there"),
}
"""The same where it is not known which words."""

EVIDENCE_AGAINST: Mapping[str, str] = {
    "name": N_("“%(found)s” stands there, but hardly as your name"),
    "alias": N_("“%(found)s” stands there, but hardly as your nickname"),
    "hashtag": N_("the hashtag %(found)s stands there, but hardly as your name"),
    "locality": N_("“%(found)s” leads away from there"),
    "coordinates": N_("it was written somewhere else"),
    "rule": N_("it does not fulfil the rule that you wrote"),
    "language": N_("it is not written in a language of your customers"),
    "open": N_("you were closed at that moment"),
    "alone": N_("you have several places"),
    "wording": N_("people write so about something else: “%(found)s”"),
}
"""The same where it speaks against."""

RULED_OUT: Mapping[str, str] = {
    "word": N_("a word that you ruled out stands there: “%(found)s”"),
    "lack": N_("none of the words that you asked for stands there: “%(found)s”"),
}
"""What the owner's own words say against it."""

LOCALITY: Mapping[str, str] = {
    "street": N_("the street is named: %(found)s"),
    "landmark": N_("what stands beside it is named: %(found)s"),
    "district": N_("the district is named: %(found)s"),
    "postcode": N_("the postcode is given: %(found)s"),
    "town": N_("the town is named: %(found)s"),
}
"""A place around us, where it is known what it is to the place meant."""

STRENGTH: Mapping[str, str] = {"strong": N_("strong"), "some": N_("some"), "weak": N_("weak")}

SURE: Mapping[str, str] = {
    "almost_certain": N_("almost certain"),
    "probable": N_("probable"),
    "toss_up": N_("a toss-up"),
    "improbable": N_("improbable"),
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
    "backlog": N_("came while we could not hear: counted, not told one by one"),
    "restored": N_("dropped by the owner after a restore"),
    "not_ours": N_("one of you said first that it is not about you"),
}

JUDGEMENT: Mapping[str, str] = {"useful": N_("Useful"), "too_much": N_("Too much")}

NOTIFIER: Mapping[str, str] = {
    "browser": N_("on this page"),
    "email": N_("by mail"),
    "webhook": N_("by webhook"),
    "apprise": N_("by a channel of their own"),
    "webpush": N_("by waking their device"),
}

CHANNEL: Mapping[str, str] = {
    "ntfy": N_("By ntfy:"),
    "telegram": N_("By Telegram:"),
    "other": N_("By another service:"),
    "push": N_("On the device:"),
}
"""What a member's own ways of being woken are called."""

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

FORMAT: Mapping[str, str] = {
    "capture": N_("A capture of Bluesky"),
    "google_business": N_("Google Business Profile (Takeout)"),
    "mail": N_("Mails"),
    "mastodon": N_("Mastodon archive"),
    "table": N_("A table"),
    "x_v1": N_("X archive, or posts of X (v1.1)"),
    "x_v2": N_("Posts of X (v2)"),
}
"""What an import is, by the name of its format."""

COLUMN: Mapping[str, str] = {
    "text": N_("What was written"),
    "created_at": N_("The date"),
    "id": N_("Its number there"),
    "author": N_("The author’s account"),
    "author_name": N_("The author’s name"),
    "url": N_("The link"),
    "lang": N_("The language"),
    "in_reply_to": N_("What it answers"),
    "quotes": N_("What it quotes"),
    "reposts": N_("What it relays"),
    "lat": N_("The latitude"),
    "lon": N_("The longitude"),
    "rating": N_("The stars"),
    "network": N_("The site"),
    "listing_id": N_("The place’s number there"),
    "title": N_("The title"),
}
"""What the columns of an import are called."""

IMPORT: Mapping[str, str] = {
    "draft": N_("not begun"),
    "reading": N_("being read"),
    "stopped": N_("stopped"),
    "done": N_("read to the end"),
    "undoing": N_("being undone"),
    "undone": N_("undone"),
}

IMPORT_TONE: Mapping[str, str] = {
    "draft": "unknown", "reading": "handled", "stopped": "needs", "done": "right", "undoing": "handled",
    "undone": "unknown",
}  # fmt: skip

IMPORT_ICON: Mapping[str, str] = {
    "draft": "unknown", "reading": "clock", "stopped": "bell", "done": "check", "undoing": "undo", "undone": "undo",
}  # fmt: skip

SETTING: Mapping[str, str] = {
    "jetstream": N_("Servers to hear"),
    "service": N_("Server of your account"),
    "directory": N_("Directory of accounts"),
    "identifier": N_("Your handle"),
    "app_password": N_("App password"),
    "path": N_("The file"),
    "map": N_("Which column is which"),
    "about": N_("The place it is about"),
    "url": N_("Web address"),
    "address": N_("Address of the site"),
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
    "apprise": N_("not by their own channel"),
    "webpush": N_("not on their device"),
}
"""By what somebody was not told who was told otherwise."""

PLAIN_RULES = frozenset(
    {"question", "thanks", "wish", "no_wait", "rhetorical", "insulted", "boycott", "suggestion", "relay", "offer"}
)
"""Rules that say no more than the act itself; on a card they would repeat it."""

RULE: Mapping[str, str] = {
    "grave_words": N_("grave words"),
    "ill": N_("someone fell ill"),
    "allergy": N_("an allergy"),
    "danger": N_("a danger"),
    "assault": N_("an assault"),
    "minors": N_("children are concerned"),
    "violence_threat": N_("a threat of violence"),
    "pests": N_("vermin"),
    "foreign_body": N_("something that does not belong in food"),
    "weak_person": N_("someone frail is concerned"),
    "deadline": N_("it is wanted within hours"),
    "despair": N_("someone may be in despair"),
    "like_others": N_("it reads like messages that were urgent"),
    "discrimination": N_("discrimination"),
    "fraud": N_("a fraud"),
    "served_after_others": N_("others were served first"),
    "on_the_spot": N_("they are there right now"),
    "legal": N_("they speak of the law"),
    "press": N_("the press is named"),
    "blackmail": N_("blackmail"),
    "insulted": N_("anger"),
    "boycott": N_("a call to stay away"),
    "suggestion": N_("a suggestion"),
    "relay": N_("something heard from others"),
    "offer": N_("an offer"),
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
    N_("This way was removed, or the device is signed out."),
    N_("This is not an address of Apprise; it begins with a service, like ntfys:// or discord://."),
    N_("%(scheme)s:// is not used here: it %(why)s"),
    N_("would speak to the machine that Ouïdire runs on, not to you."),
    N_("would say the alert in public."),
    N_("has its own way here: use that."),
    N_("is a line between programs, not to a person."),
    N_("needs a part that is not installed here."),
    N_("%(scheme)s:// is no service that we know."),
    N_("%(scheme)s:// with “%(name)s” would read a file of this machine; leave it out."),
    N_("%(scheme)s:// is not encrypted; from here, only encrypted lines are used."),
    N_("This address of %(service)s is not complete; see %(address)s"),
    N_("%(service)s did not answer within %(n)s s."),
    N_("no answer"),
    N_("Apprise is not installed here."),
    N_("The browser did not say how it can be woken; try again."),
    N_("This browser can no longer be woken: it took its consent back, or was reset."),
    N_("You have %(n)s ways already; remove one first."),
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
    # feeds
    N_("%(host)s sends us from one address to the next without end."),
    N_("%(address)s is not a public web address."),
    N_("An address with a password in it is not kept; look for the feed's public address."),
    N_("The feed at %(host)s is larger than %(n)s MB; nothing of it was read."),
    N_("What stands at %(host)s is larger than %(n)s MB; nothing of it was read."),
    N_("%(host)s says that this feed is gone for good; it is not asked any more."),
    N_("%(host)s has no feed at this address any more (404)."),
    N_("%(host)s answered with a web page, not with a feed."),
    N_("%(host)s answered with something that is no feed."),
    N_("%(host)s answered with something that is no feed (%(why)s)."),
    N_("%(host)s answered with a web page that names no feed."),
    N_("The page at %(host)s names a feed that cannot be read: %(why)s"),
    N_("The answer is empty."),
    N_("No feed was found in the answer."),
    N_("The feed has moved to %(address)s; it is read there."),
    N_("The feed is damaged (%(why)s); what can be read of it is read."),
    N_("The feed says that it has come to its end."),
    N_("The remembered position is not one of this feed's; reading what it holds from the beginning."),
    N_("This house has no public address: nobody can call it."),
    N_("What was answered from this account stays; pause it instead."),
    # files
    N_("%(file)s cannot be opened: %(why)s."),
    N_("%(file)s is damaged or cut short (%(why)s); export it again."),
    N_("%(file)s is empty."),
    N_("%(file)s is in UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)."),
    N_("%(file)s is an old Excel workbook; save the sheet as “CSV UTF-8”."),
    N_("%(file)s is a workbook or a document; save the sheet as “CSV UTF-8”."),
    N_("%(file)s is damaged or cut short (%(why)s); export it again, a sheet as “CSV UTF-8”."),
    N_("%(file)s is locked with a password; unlock it first."),
    N_("%(file)s holds more than %(n)s files; take out the part with the posts."),
    N_("%(file)s unfolds to more than %(n)s times its size; unpack it yourself if you trust it."),
    N_("%(file)s holds only other archives; unpack it once and import those."),
    N_("%(file)s holds no posts that we know."),
    N_("%(file)s is a web page, not an export."),
    N_("Parquet files need one more library: install it with “pip install ouidire[parquet]”, or save as CSV."),
    N_("These are the reviews and places that you wrote or kept yourself, not what others say about you: in Takeout "
       "choose “Google Business Profile”."),
    N_("The first line does not name columns (%(why)s). Needed: %(names)s."),
    N_("The first line does not name the columns that we know (%(why)s). Needed: %(names)s. Possible: %(others)s."),
    # lists of places
    N_("This file is larger than %(n)s MB. Bring it in parts, for instance one region after another, "
       "or read it where it lies: ouidire places FILE --only NAME."),
    N_("This file holds more than %(n)s places. Say which are yours (--only NAME), or bring it in parts, "
       "for instance one region after another."),
    N_("None of the %(n)s rows of this file has that name. Is it spelled as in the file?"),
    N_("This is OpenStreetMap’s packed form (pbf). Export the places as .osm, GeoJSON or Overpass JSON."),
    N_("This XML is not OpenStreetMap’s: it should begin with “<osm”. A list of places is CSV or JSON."),
    N_("Line %(line)s cannot be read as XML (%(why)s). Is the file cut short?"),
    N_("Line %(line)s cannot be read as JSON (%(why)s). Is the file cut short?"),
    N_("This JSON holds no list of places: neither GeoJSON’s “features” nor an array of objects. "
       "Export the places as GeoJSON or CSV."),
    N_("This is a workbook or an archive. Save the sheet as CSV, and bring that file."),
    N_("This file is packed (gz). Unpack it, and bring what is inside."),
    N_("This file is not text. Save the list as CSV or GeoJSON, and bring that file."),
    N_("There is nothing in this file."),
    N_("There is no place in this file: not one row has a value."),
    N_("This is a web page, not a list. A list of places is CSV, JSON or OpenStreetMap’s XML."),
    N_("The first line should name at least two columns, such as “nom,adresse,code postal,ville”, "
       "separated by commas, semicolons or tabs."),
    N_("Line %(n)s cannot be read as CSV (%(why)s). Is a quotation mark missing?"),
    N_("This file begins like JSON but cannot be read as such (%(why)s)."),
    N_("Some rows are unclear: answer the questions above the list, then add the places."),
    N_("There is no new place in this list: nothing was added."),
    N_("Choose a file, or paste a list."),
    N_("This list waits here no more: bring it again."),
    N_("No column holds the names of the places: say which one does."),
    N_("“%(pair)s” does not say which column is which; write text=Comment, for instance."),
    N_("This disk has %(free)s MB free; with this file less than %(least)s MB would remain. Free some space, or read "
       "the file where it lies: ouidire import FILE."),
    N_("This very file was imported already, as “%(name)s”; undo that import first."),
    N_("This import has begun already."),
    N_("This import has not begun yet."),
    N_("A text has at most %(most)s characters; this one has %(n)s."),
    # why a post of a file is of no use
    N_("The date cannot be read"),
    N_("There is no text"),
    N_("Stars without a word: nothing to read"),
    N_("The rating is not a number from 1 to 5"),
    N_("%(column)s is not a number from %(low)s to %(high)s"),
    N_("Not a record of a table"),
    N_("%(n)s fields where the first line names %(wanted)s"),
    N_("Not a post"),
    N_("Not a JSON object"),
    N_("Not said in public"),
    N_("Deleted by its author"),
    N_("An error of the network, not a post"),
    N_("There is no post in it"),
    N_("The file ends in the middle of a post"),
    N_("A post longer than %(n)s MB"),
    N_("A line longer than %(n)s MB"),
    N_("A mail longer than %(n)s MB"),
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
    N_("The key of its address was left behind."),
    N_("Its hour was over before it could be sent."),
    N_("Only the owner decides what is sent after a restore."),
    # what people typed
    N_("A note has at most %(most)s characters; this one has %(n)s."),
    N_("A password needs at least %(least)s characters."),
    N_("Somebody already signs in with %(email)s."),
    N_("Nobody signs in with %(email)s."),
    N_("This stream is heard for other organisations too."),
    # the terminal
    N_("There is no file at %(file)s."),
    N_("Places come as .csv, .jsonl or .geojson; %(file)s is none of them."),
    N_("%(file)s cannot be read as GeoJSON (%(why)s)."),
    N_("Line %(line)s of %(file)s cannot be read as CSV: %(why)s."),
    N_("There is no place in %(file)s that can be looked for."),
    N_("Not one post of %(file)s could be read."),
    N_("%(file)s cannot be written: %(why)s."),
    N_("“%(said)s” is no moment; write it like 2026-10-17T15:26+02:00."),
    N_("“%(said)s” is no point; write latitude and longitude like 45.4983,-73.5776."),
    N_("Nobody signs in with %(email)s."),
    N_("We know no town called “%(town)s”: write it as on a map, or leave --near out."),
    N_("The address %(address)s cannot be used (%(why)s). Choose another with --port, e.g. --port 0."),
    N_("The setting %(name)s cannot be used: %(given)s. %(why)s."),
    N_("This watch looks for nothing; give it at least one name."),
    N_("In %(field)s, “%(word)s” has no letter and no digit: emoji and signs alone cannot be told apart in a post."),
    N_("In %(field)s there are %(n)s; %(most)s is the most. Keep those that people really write."),
    N_("“%(found)s” is not understood; write it like “Mo-Fr 9:00-12:00, 14:00-19:00; Sa 9:00-12:30”."),
    N_("Latitude and longitude look swapped: the other way round, they lie at %(town)s."),
    N_("This is no list of brands: it should be name-suggestion-index’s, or one brand on each line."),
    N_("There is “%(name)s” at this address already (%(id)s). Change one of the two: a name, a street."),
    N_("In %(field)s, “%(word)s” is too short to be recognised; write at least %(least)s letters or digits."),
    N_("The store at %(address)s cannot be opened: %(why)s"),
    N_("The folder of the store %(path)s cannot be made: %(why)s."),
    N_("OUIDIRE_STORE is %(given)s: expected sqlite:///FILE or postgresql://USER@HOST/DATABASE."),
    N_("OUIDIRE_STORE cannot be read: expected postgresql://USER@HOST:PORT/DATABASE."),
    N_("The key file %(path)s holds no key: put the right one back."),
    N_("The stored secrets were locked with another key: put the right key file back."),
    N_("The store was written by a newer release (its form is %(form)s): install that one, or restore."),
    N_("The store is damaged (%(why)s). Stop, and restore the last backup."),
    N_("The disk of the store is full (%(why)s). Free some space; nothing was lost, we try again."),
    N_("The store did not answer (%(why)s). We try again."),
    # what the doctor finds
    N_("The store opens (%(engine)s)."),
    N_("%(n)s MB are free in %(folder)s."),
    N_("The key file %(path)s is readable as %(mode)s; 600 is right."),
    N_("Mail can be sent."),
    N_("No mail is sent: OUIDIRE_SMTP is not set."),
    N_("Businesses set up: %(n)s."),
    N_("No business is set up: open the set-up page."),
    N_("%(source)s is deaf since %(since)s: %(why)s"),
    N_("%(source)s: %(state)s, %(heard)s events heard, %(kept)s kept."),
    N_("%(source)s: not heard from %(since)s to %(until)s. %(why)s"),
    N_("Messages set aside by the stage %(stage)s: %(n)s (%(why)s). The others went on; these are kept. Please report "
       "this fault with the log."),
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
