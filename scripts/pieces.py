"""The vocabulary of the encoder: the pieces of multilingual-e5 that our languages need, as a SentencePiece model.

Unigram pieces with their likelihoods (Kudo 2018, arXiv:1804.10959); a word whose piece was cut away is spelt with
shorter ones. Characters are normalised as XLM-R's are (`nmt_nfkc`).
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence

import sentencepiece
from scripts.e5 import Weights
from sentencepiece import sentencepiece_model_pb2 as proto

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def model_of(weights: Weights, kept: Sequence[int]) -> bytes:
    """A SentencePiece model of these pieces; their ids are their places in `kept`, which begins with `SPECIAL`."""
    made = proto.ModelProto()
    made.ParseFromString(_any_model())
    del made.pieces[:]
    for number in kept:
        piece = made.pieces.add(piece=weights.pieces[number], score=float(weights.scores[number]))
        kinds = {"<unk>": proto.ModelProto.SentencePiece.UNKNOWN}
        if piece.piece in SPECIAL:
            piece.type = kinds.get(piece.piece, proto.ModelProto.SentencePiece.CONTROL)
    spec = made.trainer_spec
    spec.bos_id, spec.pad_id, spec.eos_id, spec.unk_id = range(4)
    spec.vocab_size = len(kept)
    return made.SerializeToString()


def _any_model() -> bytes:
    """A tiny model, for the tables of normalisation that SentencePiece writes into each."""
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["un deux trois quatre cinq six sept"] * 50),
        model_writer=out,
        model_type="unigram",
        vocab_size=30,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    return out.getvalue()


def needed(weights: Weights, texts: Iterable[str], most: int) -> list[int]:
    """The special pieces and the `most` most frequent in `texts`, with every single character that occurs in them."""
    whole = sentencepiece.SentencePieceProcessor(model_proto=model_of(weights, range(len(weights.pieces))))
    counts: Counter[int] = Counter()
    letters: Counter[str] = Counter()
    for text in texts:
        counts.update(whole.encode(text))
        letters.update(text)
    single = {number for number, piece in enumerate(weights.pieces) if _is_seen(piece, letters)}
    often = [number for number, _ in counts.most_common() if number not in single and number >= len(SPECIAL)]
    return [*range(len(SPECIAL)), *sorted({*single, *often[: most - len(single)]} - set(range(len(SPECIAL))))]


def _is_seen(piece: str, letters: Counter[str]) -> bool:
    """Is this piece one letter that was seen, alone or at a word's beginning?"""
    letter = piece.removeprefix("▁")
    return len(letter) <= 1 and (not letter or letters[letter] > 0)
