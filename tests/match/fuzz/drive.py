"""Random names, texts and files through a kernel that watches its own memory; run by `test_fuzz.py`.

    python drive.py FOLDER SECONDS SEED

FOLDER holds the instrumented `_names`. Every answer is also compared with the twin's. Ends with the number of rounds.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from random import Random

from ouidire.domain.fold import fold
from ouidire.errors import BadInput
from ouidire.match import names
from ouidire.match.names import NameIndex

PIECES = [*"aéœß愛😂Ａﬁ'…½ﷺ#@_-.,+Ω٠ي﷽İ", "\u0301", "\u200b", "\0", "\x7f", "\ud800", "\udfff", "\U0010ffff"]
WORDS = ["la", "mie", "bretonne", "bertonne", "boulangerie", "lulu", "chez", "café", "œufs", "kiosque", "12345"]
WORDS += ["пекарня", "寿司屋", "lamie", "abcde", "abcd"]


def use_kernel(folder: Path) -> None:
    """Put the instrumented kernel in the place of the one that was built for use."""
    built = next(folder.glob("_names*"))
    spec = importlib.util.spec_from_file_location("ouidire.match._names", built)
    assert spec is not None
    assert spec.loader is not None
    names.kernel = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(names.kernel)


class Fuzz:
    """One random life of an index, and of its twin."""

    def __init__(self, rng: Random, folder: Path) -> None:
        self.rng = rng
        self.path = folder / "index"
        ordinary = rng.sample(WORDS, rng.randrange(5))
        self.pair = (NameIndex(ordinary=ordinary), NameIndex(native=False, ordinary=ordinary))

    def text(self, most: int) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.1:
            return "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randrange(most)))
        pieces = WORDS + [" "] * 12 if kind < 0.7 else WORDS + PIECES + [" "] * 20
        return self.mistyped(
            "".join(rng.choice(pieces) + rng.choice(["", " ", "_"]) for _ in range(rng.randrange(most)))
        )

    def mistyped(self, text: str) -> str:
        at = self.rng.randrange(len(text) + 1)
        return text[:at] + self.rng.choice(["", "", "e", "#", "@"]) + text[at + self.rng.randrange(2) :]

    def name(self) -> str:
        if self.rng.random() < 0.01:
            return self.text(3) + self.rng.choice(["x", "é"]) * self.rng.choice([7, 8, 9, 15, 16, 17, 41, 42, 3_000])
        if self.rng.random() < 0.01:
            return " ".join(self.rng.choices(WORDS, k=self.rng.choice([30, 130])))
        return self.rng.choice(["", "", "#", "@"]) + self.text(5)

    def add(self) -> None:
        rng, name = self.rng, self.name()
        contexts = [self.name() for _ in range(rng.choice([0, 1, 2, 40]))]
        cells = [rng.randrange(-3, 3) for _ in range(rng.choice([0, 1, 2, 40]))]
        conditional, slips, owner = rng.random() < 0.3, rng.random() < 0.6, rng.randrange(30)
        refused = []
        for index in self.pair:
            try:
                index.add(owner, name, contexts=contexts, cells=cells, conditional=conditional, slips=slips)
            except BadInput:
                refused.append(index)
        assert len(refused) in (0, 2), (name, contexts)

    def scan(self) -> None:
        texts = [self.text(self.rng.choice([1, 6, 30, 30, 400])) for _ in range(self.rng.randrange(9))]
        cells = [self.rng.choice([None, [self.rng.randrange(-3, 3)]]) for _ in texts]
        one, other = (index.scan(texts, cells) for index in self.pair)
        assert one == other, (texts, cells)
        assert all(found.folded == fold(texts[number]) for number, found in one.items())

    def remove(self) -> None:
        owner = self.rng.randrange(30)
        for index in self.pair:
            index.remove(owner)
        assert len(self.pair[0]) == len(self.pair[1])

    def reopen(self) -> None:
        made = []
        for number, index in enumerate(self.pair):
            index.save(self.path)
            if self.rng.random() < 0.3:
                self.damage(native=not number)
                index.save(self.path)
            made.append(NameIndex.open(self.path, native=not number))
        self.pair = (made[0], made[1])

    def damage(self, *, native: bool) -> None:
        whole = bytearray(self.path.read_bytes())
        at = self.rng.randrange(len(whole))
        whole[at] ^= 1 << self.rng.randrange(8)
        damaged = self.path.with_name("damaged")
        damaged.write_bytes(whole if self.rng.random() < 0.7 else whole[:at])
        try:
            NameIndex.open(damaged, native=native)
        except BadInput:
            return
        raise AssertionError("a damaged file was opened")

    def live(self) -> None:
        steps = [self.add] * 8 + [self.scan] * 6 + [self.remove] * 2 + [self.reopen]
        for _ in range(self.rng.randrange(120)):
            self.rng.choice(steps)()


def main() -> None:
    folder, seconds, seed = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    use_kernel(folder)
    end, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        Fuzz(Random(seed + rounds), folder).live()
        rounds += 1
    print(rounds)


if __name__ == "__main__":
    main()
