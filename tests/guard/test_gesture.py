"""A gesture is fine; a gesture for a review, its change or silence is not (Google, FTC 16 CFR 465, L.121-4)."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ouidire.guard import Limits, review

from .drafts import GOOD, KEY, NOW

TIED = [
    "Si vous supprimez votre avis, nous vous offrons le dessert.",
    "Si vous acceptiez de modifier votre commentaire, un geste commercial vous attend.",
    "Nous vous offrons un café en échange d’un avis 5 étoiles.",
    "Un bon d'achat de 10 € contre le retrait de votre publication.",
    "Une remise de 10 % pour tout avis déposé sur Google !",
    "Laissez-nous un avis et recevez un cadeau.",
    "Merci de modifier votre avis. Nous vous rembourserons.",
    "Nous vous remboursons dès que votre avis est supprimé.",
    "Dès la suppression de votre message, vous serez remboursé.",
    "Pourriez-vous retirer votre post ? Le prochain repas est gratuit.",
    "Le dessert est offert si vous n’en parlez pas.",
    "Un avoir vous attend, en échange de votre discrétion.",
    "Une RE\u0301DUCTION vous attend si vous effacez ce tweet.",
    "Si tu changes ta note, on t'offre un café.",
    "Nous vous offrons un verre ; gardez cela pour vous.",
    "Mettez à jour votre avis et nous vous remboursons 15 euros.",
    "Re\u00admise de 5 € si vous effacez votre a\u200bvis.",
    "If you remove your review, we will refund you.",
    "We'd love to give you a voucher in exchange for a five-star review.",
    "Please update your review and the next coffee is on us.",
    "Get a free dessert for every review!",
    "Once your comment is deleted we will send the gift card.",
    "We will refund you as soon as the post has been taken down.",
    "Leave us a good review and enjoy a 10% discount.",
    "Dinner is on the house if you delete that tweet.",
    "Here is a coupon. Please don't post about this.",
    "A complimentary meal, provided we can keep this between us; provided no reviews.",
]

FREE = [
    "Nous avons remboursé votre repas hier et vous présentons nos excuses.",
    "Merci pour votre avis. Le dessert vous sera offert à votre prochaine visite.",
    "Merci d’avoir pris le temps de laisser un avis. Nous vous avons remboursé.",
    "Merci d'avoir partagé votre avis, nous vous offrons un café avec plaisir.",
    "Si vous changez d’avis, nous vous remboursons sous quatorze jours.",
    "Si vous nous écrivez en message privé, nous vous rembourserons aussitôt.",
    "Écrivez-nous un message avec votre numéro de commande : nous vous remboursons.",
    "Nous avons retiré le vin de votre note et vous offrons le café.",
    "Par contre, votre avis nous aide : le remboursement est parti.",
    "Après lecture de votre commentaire, nous vous avons remboursé.",
    "Ne publiez pas votre numéro de carte ici ; le remboursement est en cours.",
    "Pourriez-vous corriger votre avis ? Nous fermons à 23 h, pas à 21 h.",
    "Si vous laissez votre numéro en message privé, nous organisons un geste.",
    "Thank you for leaving a review. We have refunded your meal.",
    "Thanks for your honest review, the dessert is on us next time.",
    "Thank you for taking the time to write a review; your refund is on its way.",
    "If you send us a direct message, we will refund you today.",
    "After reading your review we refunded the order.",
    "Please feel free to update your review at any time.",
    "Once the order is updated, your refund follows.",
    "Please don't share your card number here, the refund is under way.",
]


def objected(text: str) -> set[str]:
    draft = replace(GOOD, connector="files", text=text, limits=Limits())
    return {objection.rule for objection in review(draft, key=KEY, now=NOW).objections}


@pytest.mark.parametrize("text", TIED)
def test_a_gesture_with_a_string_attached_is_stopped(text: str) -> None:
    assert objected(text) == {"gesture_condition"}


@pytest.mark.parametrize("text", FREE)
def test_a_gesture_without_strings_passes(text: str) -> None:
    assert objected(text) == set()


@pytest.mark.parametrize(
    "text", ["si vous " * 2500, "avis " * 4000, "if you remove " * 1400, "a" * 20_000, "a." * 10_000, "tak" * 7000]
)
def test_the_longest_text_is_read_at_once(text: str) -> None:
    began = time.perf_counter()
    objected(text)
    assert time.perf_counter() - began < 2
