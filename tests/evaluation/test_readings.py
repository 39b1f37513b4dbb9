"""The figures of `ouidire eval reading`, on posts few enough to count by hand."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from ouidire.evaluation import readings
from ouidire.evaluation.picked import CARE, REVIEWS, TWEETS, answers, hash_of, is_test, texts
from ouidire.evaluation.readings import LABELS, auc, calibrated, macro_f1, own, readable, staff

POST = "La sauce était froide et personne n’a répondu, numéro {}."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three invented sets as the public ones are written."""
    (tmp_path / REVIEWS / "reviews").mkdir(parents=True)
    rows = ["review", *(f'"{POST.format(n)}"' for n in range(40)), '""']
    (tmp_path / REVIEWS / "reviews" / "marseille_reviews.csv").write_text("\n".join(rows), "utf-8")
    (tmp_path / TWEETS).mkdir()
    posts = [{"text": "plus de réseau depuis midi", "by_brand": False}, {"text": "Bonjour !", "by_brand": True}]
    lines = "\n".join(json.dumps(post) for post in posts)
    (tmp_path / TWEETS / "tweets_2024_08_to_10.jsonl").write_text(lines, "utf-8")
    (tmp_path / CARE).mkdir()
    talk = [{"client": "a", "message": "where is my parcel"}, {"agent": "b", "message": "DM us"}, {"client": "a"}]
    (tmp_path / CARE / "dev.json").write_text(json.dumps([{"dialogContent": talk}]), "utf-8")
    return tmp_path


def label(text: str, **given: object) -> str:
    row = {"hash": hash_of(text), "sentiment": "negative", "aspects": [], "act": "complaint", "urgency": 0, "staff": []}
    return json.dumps(row | given)


def test_what_a_company_answers_is_no_post_of_a_customer(data: Path) -> None:
    found = list(texts(data))
    assert (TWEETS, "plus de réseau depuis midi") in found
    assert [text for name, text in found if name == CARE] == ["where is my parcel"]
    assert list(answers(data)) == ["DM us"]
    assert sum(name == REVIEWS for name, _ in found) == 40


def test_only_the_posts_kept_as_test_measure(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = [POST.format(n) for n in range(40)]
    folder = tmp_path / "labels"
    folder.mkdir()
    lines = [*(label(text) for text in every), label("no text of this label is at hand")]
    (folder / "fr_posts.jsonl").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(readings, "LABELS", folder)
    ((case, language, rows),) = own(data)
    assert (case, language) == ("own French test", "fr")
    assert {text for text, _ in rows} == {text for text in every if is_test(hash_of(text))}
    assert 0 < len(rows) < 40
    assert list(own(tmp_path / "nothing")) == []


def test_a_name_that_is_shown_is_a_leak_and_a_mask_on_nobody_is_counted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    mine = [text for text in (POST.format(n) for n in range(40)) if is_test(hash_of(text))]
    lines = [label(mine[0], staff=[[3, 8]]), *(label(text) for text in mine[1:])]
    (folder / "fr_posts.jsonl").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr(readings, "LABELS", folder)
    leaked, masked = staff(data, None)
    assert (leaked.measure, leaked.value, leaked.n) == ("leaked", 1.0, 1), "a sauce is no name, so it is shown"
    assert (masked.measure, masked.value, masked.n) == ("masked for nothing", 0.0, len(mine) - 1)


def test_the_files_that_measure_are_those_whose_checksums_were_kept() -> None:
    said = re.findall(r"^\| `(\w+\.jsonl)` .*SHA-256 (\w+)", (LABELS / "README.md").read_text("utf-8"), re.M)
    assert len(said) >= 6
    for name, checksum in said:
        assert sha256((LABELS / name).read_bytes()).hexdigest() == checksum, name


def test_figures_by_hand() -> None:
    assert auc([True, False, True, False], [0.9, 0.1, 0.8, 0.8]) == pytest.approx(3.5 / 4)
    assert macro_f1([0, 0, 2, 2], [0, 2, 2, 2], [0, 2]) == pytest.approx((2 / 3 + 4 / 5) / 2)
    sure = [(0.99, True)] * 19 + [(0.9, False)] + [(0.6, False)] * 20
    assert readable("", "", "", sure).value == pytest.approx(0.5)
    assert calibrated("", "", "", [(0.75, True)] * 3 + [(0.75, False)]).value == pytest.approx(0.0)
