"""Add first names to `shield/names.txt`: `python -m scripts.build_names --data PATH` (optional group `train`).

From Faker's Latin providers and the list `{first}` of `staff_contexts.txt`, but for those that people also write in
lower case in the public sets at hand: they are words, towns, months. What stands there stays.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

from scripts.staffed import first_names

from ouidire.evaluation.corpora import TRAIN
from ouidire.evaluation.picked import texts as public_posts
from ouidire.shield.fold import fold

SHIELD = Path(__file__).parents[1] / "src/ouidire/shield"
_LEAST_LETTERS, _WORD_FROM = 3, 3
_LOWER = re.compile(r"(?<!\w)[^\W\d_A-Z]\w+(?:-\w+)*")


def in_lower_case(data: Path) -> Counter[str]:
    """How often each word stands in lower case in French and English posts, without accents."""
    found: Counter[str] = Counter()
    corpora = [corpus for corpus in TRAIN if corpus.language in ("fr", "en")]
    for corpus in corpora:
        try:
            every = [text for text, _ in corpus.read(data)]
        except FileNotFoundError:
            continue
        for text in every:
            found.update(fold(word).text for word in _LOWER.findall(text) if word.islower())
    for _, text in public_posts(data):
        found.update(fold(word).text for word in _LOWER.findall(text) if word.islower())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    lower = in_lower_case(parser.parse_args().data)
    names = set((SHIELD / "names.txt").read_text("utf-8").split())
    every = {fold(name).text for name in first_names()}
    new = {one for one in every if len(one) >= _LEAST_LETTERS and " " not in one and "'" not in one} - names
    new = {one for one in new if lower[one] < _WORD_FROM}
    (SHIELD / "names.txt").write_text("\n".join(sorted(names | new)) + "\n", "utf-8")
    print(f"{len(names | new)} names, {len(new)} of them new")


if __name__ == "__main__":
    main()
