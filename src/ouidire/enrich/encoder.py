"""The second reader: a small multilingual encoder that weighs words in their context.

multilingual-e5-small cut to six layers and to the pieces of our languages, taught sentiment, acts, aspects and urgency
together (`scripts/train_encoder.py`), in int8. It gives every token a number for every class, and a text's number is
the mean of its tokens' numbers: so the words that carried a judgement are known exactly, not guessed at.
How good it is, and what it was taught with: docs/model-card-encoder.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ouidire.domain.enrichment import Act, Aspect, Sentiment, Span
from ouidire.errors import OuidireError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from sentencepiece import SentencePieceProcessor

VERSION = "e5-7"
MODEL, PIECES = "encoder.onnx", "encoder.pieces"
MOST_CHARS, MOST_TOKENS = 600, 96
STRETCH = 20
"""So many tokens in a row are looked at for urgency, found on posts that were not learned from."""

HEADS = {
    **{"sentiment": len(Sentiment), "act": len(Act), "urgent": 1, "mixed": 1, "irony": 1, "aspects": 4 * len(Aspect)},
    "staff": 1,
}
"""How many numbers each task has, in the order of the model's outputs; an aspect is absent, negative, neutral,
positive. All but `staff` are of the whole text; that one is of each token: above 0 where it names an employee."""

_BEGIN, _END = 0, 2
_ADDRESSED = re.compile(r"@[\w.:-]+|https?://\S+")
Floats = npt.NDArray[np.float32]


class NoEncoder(OuidireError):
    """The second reader's files are missing or broken; the first reads on alone. The message names file and remedy."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the encoder says of one text, as logits.

    `sentiment` (3,), `act` (10,), `aspects` (11, 4) in the order of their enumerations; `urgent`, `mixed`, `irony` one
    number each, above 0 for yes. `tokens` are the spans of its tokens in the text, `parts` (tokens, 60) what each
    token adds to every number, `named` (tokens,) whether it names an employee, above 0 for yes.
    """

    sentiment: Floats
    act: Floats
    aspects: Floats
    urgent: float
    mixed: float
    irony: float
    tokens: tuple[Span, ...]
    parts: Floats
    named: Floats


def without_addresses(text: str) -> str:
    """`text` with spaces where accounts and links stand: whom one writes to says nothing of what one means.

    >>> without_addresses("@brand merci")
    '       merci'
    """
    clean = text.encode("utf-8", "replace").decode()
    return _ADDRESSED.sub(lambda found: " " * len(found[0]), clean)


class Encoder:
    """The model and its pieces, in memory. Safe to share between threads."""

    def __init__(self, session: InferenceSession, pieces: SentencePieceProcessor) -> None:
        self._session, self._pieces = session, pieces

    def says(self, texts: Sequence[str]) -> list[Said]:
        """What it says of each text, in the same order; of a long one it reads the beginning and the end.

        One after the other: whole numbers have one step for all that is read at once, so what stands beside a text
        would move what is said of it, and texts of unlike length would wait for the longest.
        """
        return [self._says(text) for text in texts]

    def _says(self, text: str) -> Said:
        ids, spans = tokens_of(self._pieces, text)
        asked = {"ids": np.array([ids], dtype=np.int64), "mask": np.ones((1, len(ids)), dtype=np.float32)}
        (scores,) = self._session.run(None, asked)
        return _said(scores[0], spans)


def tokens_of(pieces: SentencePieceProcessor, text: str) -> tuple[list[int], list[Span]]:
    """Ids with the signs of beginning and end, and the spans of those between; of a long text, its two ends."""
    clean = without_addresses(text)
    if len(clean) <= MOST_CHARS:
        found = _spelt(pieces, clean, 0)
    else:
        cut = 2 * MOST_CHARS // 3
        rest = MOST_CHARS - cut
        found = _spelt(pieces, clean[:cut], 0) + _spelt(pieces, clean[-rest:], len(clean) - rest)
    if len(found) > MOST_TOKENS - 2:
        half = MOST_TOKENS // 2 - 1
        found = found[:half] + found[-(MOST_TOKENS - 2 - half) :]
    return [_BEGIN, *(number for number, _ in found), _END], [span for _, span in found]


def _spelt(pieces: SentencePieceProcessor, text: str, at: int) -> list[tuple[int, Span]]:
    found = pieces.encode(text, return_type="offset_mapping")
    return [(number, (at + a, at + b)) for number, (a, b) in zip(found["ids"], found["offsets"], strict=True)]


def _said(scores: Floats, spans: Sequence[Span]) -> Said:
    parts = scores / np.float32(len(scores))
    total = parts.sum(axis=0)
    bounds = np.cumsum(list(HEADS.values()))
    sentiment, act, urgent, mixed, irony, aspects, _ = np.split(total, bounds[:-1])
    return Said(
        sentiment,
        act,
        aspects.reshape(-1, 4),
        _worst(scores[:, part_of("urgent", 0)], float(urgent[0])),
        float(mixed[0]),
        float(irony[0]),
        tuple(spans),
        parts[1:-1],
        scores[1:-1, -1],
    )


def _worst(urgent: Floats, whole: float) -> float:
    """How urgent its worst stretch is: one grave sentence is not thinned by all that was fine."""
    if len(urgent) <= STRETCH:
        return whole
    return float(np.convolve(urgent, np.full(STRETCH, 1 / STRETCH, dtype=np.float32), "valid").max())


def part_of(head: str, index: int) -> int:
    """The column of `Said.parts` that belongs to this task's number."""
    names = list(HEADS)
    return sum(HEADS[name] for name in names[: names.index(head)]) + index


@cache
def encoder() -> Encoder:
    """The shipped encoder, opened once. Raises `NoEncoder` where its files or `onnxruntime` cannot be used."""
    return opened(Path(str(resources.files(__package__))))


def opened(folder: Path) -> Encoder:
    """The encoder whose files lie in `folder`. Raises `NoEncoder`."""
    try:
        import onnxruntime
        import sentencepiece
    except ImportError as error:
        raise NoEncoder(
            f"The second reader needs {error.name}: install ouidire again with what it depends on."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # what a long text needed once would be kept for ever
    options.log_severity_level = 4
    for name in (MODEL, PIECES):
        if not (folder / name).is_file():
            raise NoEncoder(f"{folder / name} is missing: `make models` builds it, or install ouidire again.")
    try:  # by its path: given as bytes, the model would be held twice
        session = onnxruntime.InferenceSession(folder / MODEL, options, providers=["CPUExecutionProvider"])
        pieces = sentencepiece.SentencePieceProcessor(model_proto=(folder / PIECES).read_bytes())
    except Exception as error:  # the libraries raise of every kind on broken files
        raise NoEncoder(
            f"{folder / MODEL} or {PIECES} cannot be read: `make models` builds them anew. ({error})"
        ) from error
    if session.get_outputs()[0].shape[-1] != sum(HEADS.values()):
        raise NoEncoder(f"{folder / MODEL} is of another release: `make models` builds it anew.")
    return Encoder(session, pieces)
