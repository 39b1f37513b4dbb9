"""Chatter in any amount: what people who do not speak of us say, the same for the same seed, and never twice.

A post is a walk through lists of fragments. Its number, stirred by the seed, chooses one of each, so that the first
nineteen million posts of a language all differ, and post number n costs the same whatever came before it.
"""

from __future__ import annotations

import asyncio
import math
from base64 import b32encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import NamedTuple

import msgspec

from ouidire.demo.rig import Rig

AUTHORS = 5_000


class Chat(NamedTuple):
    author: str
    text: str
    lang: str


def _list(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


_FRENCH = tuple(
    _list(fragments)
    for fragments in (
        """
        Ce matin
        Hier soir
        À midi pile
        Juste avant l’orage
        En sortant du métro
        Pendant la pause
        Au retour du marché
        Sans prévenir personne
        Comme tous les jeudis
        Entre deux averses
        Depuis le balcon
        Pour la troisième fois
        Au moment de partir
        À la surprise générale
        Après le café
        Sous un ciel de traîne
        Au fond du jardin
        Quand tout le monde dormait
        Avec un peu de retard
        En plein brouillard
        Dans la file d’attente
        À l’heure du goûter
        Malgré le vent
        Un dimanche de plus
        Par le plus grand des hasards
        À la lueur du téléphone
        Avant la cloche
        Tout doucement
        """,
        """
        ma voisine du quatrième
        le chat de la loge
        mon petit frère
        la prof de solfège
        un monsieur en manteau jaune
        toute la chorale
        notre facteur
        la cousine de Nantes
        un pigeon très sûr de lui
        le chien du fleuriste
        mon ancien colocataire
        la bibliothécaire
        un groupe de randonneurs
        la petite du rez-de-chaussée
        le conducteur du tramway
        une dame avec un violoncelle
        mon grand-père
        l’apprenti menuisier
        la gardienne
        un goéland
        mon équipe de handball
        le maraîcher
        la stagiaire
        mon dentiste
        le voisin trompettiste
        une troupe de collégiens
        la présidente du club d’échecs
        mon ficus, ou presque,
        """,
        """
        a perdu ses clés
        a retrouvé un vieux vélo
        a repeint les volets en bleu
        a raté une mayonnaise
        a gagné un jambon à la tombola
        a récité un poème entier
        a planté douze tulipes
        a réparé la radio
        a oublié son parapluie
        a photographié la brume
        a lancé un concours de tartes
        a appris trois accords
        a rangé toute la cave
        a crié au génie
        a dormi debout
        a sorti les patins
        a adopté une tortue
        a compté les péniches
        a cousu un rideau
        a battu son record
        a renversé un bocal de lentilles
        a relu tout un roman
        a déclaré forfait
        a chanté faux avec conviction
        a fabriqué un nichoir
        a traversé à la nage
        a mis du sel dans le gâteau
        a demandé son chemin à un cygne
        """,
        """
        près du vieux pont
        derrière la gare
        au bord du canal
        dans la cour de l’école
        sur le toit
        à côté du lavoir
        au marché couvert
        dans l’ascenseur
        sous les platanes
        au bout de la jetée
        devant la mairie
        dans le dernier wagon
        au milieu du rond-point
        au gymnase
        dans la salle des fêtes
        chez le coiffeur
        au sommet de la colline
        dans l’atelier
        au premier rang
        dans le parc
        sur la place
        à la piscine
        au carrefour des quatre vents
        dans la cage d’escalier
        près de la fontaine
        au fond du bus
        dans le hall
        à la bibliothèque
        """,
        """
        et personne n’a rien dit.
        et j’en ris encore.
        et c’était très bien comme ça.
        et il a fallu tout recommencer.
        et le soleil est revenu.
        et on a applaudi.
        et voilà, c’est l’automne.
        et je note l’idée.
        et la journée était sauvée.
        et le quartier en parle déjà.
        et ma sœur ne me croit pas.
        et tout le monde a repris du thé.
        et je n’ai même pas de photo.
        et ça m’a rappelé l’enfance.
        et la pluie a choisi ce moment.
        et on ne saura jamais pourquoi.
        et j’ai manqué mon arrêt.
        et le train est parti sans nous.
        et la lune s’est levée.
        et franchement, chapeau.
        et je vote pour recommencer.
        et le pire, c’est que ça marche.
        et il y avait même de la musique.
        et les cloches ont sonné.
        et il est déjà tard.
        et demain on verra.
        et c’est tout pour aujourd’hui.
        et on s’est regardés longtemps.
        et j’ai souri bêtement.
        et je vous raconterai la suite.
        et le vent a tout emporté.
        et ça ne m’étonne même plus.
        """,
    )
)

_ENGLISH = tuple(
    _list(fragments)
    for fragments in (
        """
        This morning
        Last night
        Right before the rain
        On the way home
        During the second coffee
        For the third time this week
        Against all advice
        Around noon
        While nobody was looking
        Just after the bell
        In the middle of a meeting
        Somewhere between two naps
        Under a very grey sky
        As usual on Thursdays
        With the confidence of a cat
        Out of nowhere
        Before sunrise
        At the worst possible time
        After the storm
        On a whim
        Quietly
        In record time
        By pure luck
        On the longest day of the year
        With no warning at all
        Between trains
        Once again
        In thick fog
        """,
        """
        my upstairs neighbour
        the dog next door
        my little brother
        a man in a yellow coat
        the whole choir
        our postwoman
        a very confident pigeon
        my old flatmate
        the librarian
        a group of hikers
        the tram driver
        a lady with a cello
        my grandfather
        the carpenter’s apprentice
        a seagull
        my handball team
        the new intern
        my dentist
        the trumpet player downstairs
        a class of ten-year-olds
        the president of the chess club
        my houseplant, more or less,
        the night nurse
        a retired sailor
        the piano tuner
        my aunt from the coast
        the beekeeper
        half of my street
        """,
        """
        lost the keys
        found an old bicycle
        painted the shutters blue
        ruined a perfectly good soup
        won a ham in a raffle
        recited an entire poem
        planted twelve tulips
        fixed the radio
        forgot an umbrella
        photographed the mist
        started a pie contest
        learned three chords
        tidied the whole cellar
        fell asleep standing up
        brought out the skates
        adopted a tortoise
        counted every barge
        sewed a curtain
        beat a personal best
        spilled a jar of lentils
        reread a whole novel
        gave up gracefully
        sang off key with conviction
        built a birdhouse
        swam all the way across
        put salt in the cake
        asked a swan for directions
        named every star wrong
        """,
        """
        near the old bridge
        behind the station
        by the canal
        in the schoolyard
        on the roof
        beside the wash house
        in the covered market
        in the lift
        under the plane trees
        at the end of the pier
        in front of the town hall
        in the last carriage
        in the middle of the roundabout
        at the gym
        in the village hall
        at the hairdresser’s
        on top of the hill
        in the workshop
        in the front row
        in the park
        on the square
        at the pool
        at the crossroads
        in the stairwell
        near the fountain
        at the back of the bus
        in the lobby
        at the library
        """,
        """
        and nobody said a word.
        and I am still laughing.
        and honestly it was fine.
        and we had to start over.
        and then the sun came out.
        and everyone clapped.
        and that is how autumn begins.
        and I am taking notes.
        and the day was saved.
        and the street is already talking.
        and my sister does not believe me.
        and there was more tea.
        and I have no picture to prove it.
        and it took me back twenty years.
        and of course it started to rain.
        and we will never know why.
        and I missed my stop.
        and the train left without us.
        and the moon came up.
        and frankly, hats off.
        and I vote we do it again.
        and the worst part is that it works.
        and there was even music.
        and the bells rang.
        and now it is late.
        and tomorrow we shall see.
        and that is all for today.
        and we looked at each other for a while.
        and I smiled like a fool.
        and I will tell you the rest some day.
        and the wind took everything.
        and nothing surprises me any more.
        """,
    )
)

DISTINCT = math.prod(len(fragments) for fragments in _FRENCH)
"""How many posts of one language differ from each other."""

# Prime, and no factor of DISTINCT: steps of this size visit every combination before any comes twice.
_STRIDE = 15_485_863


def chat(number: int, seed: int = 0) -> Chat:
    """Post `number` of the chatter that `seed` makes."""
    lang, lists = ("fr", _FRENCH) if number % 2 == 0 else ("en", _ENGLISH)
    at = (number // 2 * _STRIDE + seed * 7_368_787) % DISTINCT
    parts = []
    for fragments in lists:
        at, chosen = divmod(at, len(fragments))
        parts.append(fragments[chosen])
    opening, who, did, where, ending = parts
    return Chat(
        f"voix{(number * 2_654_435_761 + seed) % AUTHORS:04d}", f"{opening}, {who} {did} {where}, {ending}", lang
    )


def chats(count: int, seed: int = 0) -> Iterator[Chat]:
    """The first `count` posts."""
    return (chat(number, seed) for number in range(count))


async def pour(rig: Rig, network: str, count: int, *, per_s: float = math.inf, seed: int = 0) -> None:
    """Let `count` posts be written on `network`, at most `per_s` a second."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, (author, text, lang) in enumerate(chats(count, seed)):
        if math.isfinite(per_s):
            await asyncio.sleep(max(0.0, began + number / per_s - loop.time()))
        await rig.post(network, author=author, text=text, lang=lang)


_SPOKEN_OF = (
    "{} : {}",
    "Encore passé chez {} aujourd’hui. {}",
    "{1} Sinon, quelqu’un connaît {0} ?",
    "Just left {}. {}",
    "{1} Also, {0} was lovely.",
    "Trente minutes d’attente chez {}. {}",
)


def jetstream_lines(
    count: int,
    seed: int = 0,
    *,
    mention_every: int = 0,
    names: Sequence[str] = (),
    lookalike_every: int = 0,
    start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    step_us: int = 1_000,
) -> Iterator[bytes]:
    """`count` events as Bluesky's Jetstream sends them, without a line end, `step_us` apart from `start` on.

    Of each twenty, about seventeen are posts (two of them replies), two reposts and one a deletion. Each
    `mention_every`-th is a post that names one of `names` in turn; each `lookalike_every`-th hides one inside a longer
    word, which is no mention. 0: none.
    """
    random, began = Random(seed), int(start.timestamp() * 1_000_000)
    for number in range(count):
        author, text, lang = chat(number, seed)
        about = _about(number, mention_every, lookalike_every, names)
        if about:
            text = _SPOKEN_OF[number % len(_SPOKEN_OF)].format(about, text)
        moment = began + number * step_us
        commit = _post(text, lang, moment, random) if about else _commit(text, lang, moment, random)
        did = _did(author)
        yield msgspec.json.encode({"did": did, "time_us": moment, "kind": "commit", "commit": commit})


def _about(number: int, mention_every: int, lookalike_every: int, names: Sequence[str]) -> str:
    if names and mention_every and number % mention_every == mention_every - 1:
        return names[number // mention_every % len(names)]
    if names and lookalike_every and number % lookalike_every == lookalike_every - 1:
        hidden = names[number // lookalike_every % len(names)]
        return "néo" + "".join(hidden.split()).lower() + "isme"
    return ""


def _commit(text: str, lang: str, moment: int, random: Random) -> dict[str, object]:
    chance = random.randrange(20)
    if chance == 0:
        key = tid(moment - random.randrange(10**9))
        return {"rev": tid(moment), "operation": "delete", "collection": "app.bsky.feed.post", "rkey": key}
    if chance <= 2:
        subject = _subject(moment - random.randrange(10**9), random)
        record = {"$type": "app.bsky.feed.repost", "createdAt": _iso(moment), "subject": subject}
        return _created("app.bsky.feed.repost", record, moment)
    return _post(text, lang, moment, random, is_reply=chance <= 4)


def _post(text: str, lang: str, moment: int, random: Random, *, is_reply: bool = False) -> dict[str, object]:
    record: dict[str, object] = {"$type": "app.bsky.feed.post", "createdAt": _iso(moment), "langs": [lang]}
    if is_reply:
        parent = _subject(moment - random.randrange(10**9), random)
        record["reply"] = {"parent": parent, "root": parent}
    record["text"] = text
    return _created("app.bsky.feed.post", record, moment)


def _created(collection: str, record: Mapping[str, object], moment: int) -> dict[str, object]:
    key = tid(moment)
    return {
        "rev": key,
        "operation": "create",
        "collection": collection,
        "rkey": key,
        "record": record,
        "cid": _cid(moment),
    }


def _subject(moment: int, random: Random) -> dict[str, str]:
    did = _did(f"voix{random.randrange(AUTHORS):04d}")
    return {"cid": _cid(moment), "uri": f"at://{did}/app.bsky.feed.post/{tid(moment)}"}


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=AUTHORS)
def _did(handle: str) -> str:
    return "did:plc:" + b32encode(sha256(handle.encode()).digest()[:15]).decode().lower()


def _cid(moment: int) -> str:
    return "bafyrei" + b32encode(sha256(moment.to_bytes(8, "big")).digest()).decode().lower().rstrip("=")


_TID = "234567abcdefghijklmnopqrstuvwxyz"


def tid(moment: int) -> str:
    """The record key that AT Protocol makes of a time in microseconds: 13 letters that sort as the times do.

    >>> tid(0), tid(1_000_000) < tid(1_000_001)
    ('2222222222222', True)
    """
    value = moment << 10
    return "".join(_TID[value >> shift & 31] for shift in range(60, -1, -5))
