"""Teach the shipped second reader on: `python -m scripts.teach_on --data PATH --work FOLDER`.

Where new labels are at hand and no GPU is: the weights as they ship, back from their whole numbers, hear all of
`--newest` and a share of everything else, slowly, from several seeds; what ships is the mean of them and of where they
began (Wortsman et al. 2022, arXiv:2203.05482 and arXiv:2109.01903). Half an hour on two cores; seeds may be taught side
by side (`--seeds 7` here, `--seeds 8` there), the last call with all of them makes the mean. It goes on where it was
stopped. `scripts.export_encoder --work FOLDER` then writes the shipped files.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import onnx
import sentencepiece
import torch
from onnx import numpy_helper
from scripts.e5 import Weights, begun
from scripts.examples import Example
from scripts.lessons import OURS, Course, Shelf, lessons
from scripts.losses import by_labels
from scripts.teaching import WHERE, Class, taught
from scripts.train_encoder import KEPT_LAYERS, OUTPUTS, TARGET, mean_of, taught_from
from sentencepiece import sentencepiece_model_pb2 as proto
from torch import Tensor

from ouidire.enrich.encoder import MODEL, PIECES

SEEDS = (7, 8)
COURSE, OF_OURS = Course(1, 1, 4e-5, batch=16, share=0.15), 0.33
_BEFORE = 0.25
"""What the weights of before count for in the mean."""

_PARTS = ("qkv", "out", "wide", "narrow")
_ZERO = 128
Numbers = npt.NDArray[np.float32]


def shipped_state(path: Path) -> dict[str, Tensor]:
    """The weights of a file that `export_encoder` wrote, as floats; raises `ValueError` for one of another make."""
    graph = onnx.load(path).graph
    kept = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    state = {name: value for name, value in kept.items() if name.split(".")[0] in ("place", "level", "layers", "says")}
    names = [f"layers.{layer}.{part}.weight" for layer in range(len(KEPT_LAYERS)) for part in _PARTS]
    matrices = [node for node in graph.node if node.op_type in ("MatMulInteger", "MatMulNBits")]
    if len(matrices) != len(names) + 1:
        raise ValueError(f"{path} holds {len(matrices)} matrices, not {len(names) + 1}: it is of another release.")
    for name, node in zip((*names, "says.weight"), matrices, strict=True):
        state[name] = _by_channel(kept, node) if node.op_type == "MatMulInteger" else _by_block(kept, node)
    state["word.weight"] = _table(graph, kept)
    return {name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in state.items()}


def _by_channel(kept: Mapping[str, npt.NDArray[np.generic]], node: onnx.NodeProto) -> Numbers:
    whole, zero = kept[node.input[1]].astype(np.float32), kept[node.input[3]].astype(np.float32)
    step = kept[node.input[1].replace("_quantized", "_scale")].astype(np.float32)
    return np.ascontiguousarray(((whole - zero) * step).T)


def _by_block(kept: Mapping[str, npt.NDArray[np.generic]], node: onnx.NodeProto) -> Numbers:
    whole, step = kept[node.input[1]].astype(np.float32) - _ZERO, kept[node.input[2]].astype(np.float32)
    numbers: Numbers = (whole * step[:, :, None]).reshape(len(whole), -1)
    return numbers


def _table(graph: onnx.GraphProto, kept: Mapping[str, npt.NDArray[np.generic]]) -> Numbers:
    """The table of pieces: the two that are looked up by the ids, whole numbers and the step of each row."""
    looked_up = [node.input[0] for node in graph.node if node.op_type.startswith("Gather") and node.input[0] in kept]
    rows = next(kept[name] for name in looked_up if kept[name].dtype == np.int8)
    steps = next(kept[name] for name in looked_up if kept[name].shape == (len(rows), 1))
    numbers: Numbers = rows.astype(np.float32) * steps.astype(np.float32)
    return numbers


def kept_pieces(weights: Weights, pieces: bytes) -> list[int]:
    """The rows of the whole vocabulary that a shipped model of pieces holds, in its order."""
    model = proto.ModelProto()
    model.ParseFromString(pieces)
    rows = {piece: row for row, piece in reversed(list(enumerate(weights.pieces)))}
    return [rows[one.piece] for one in model.pieces]


def begun_with(at: Path) -> dict[str, Tensor]:
    """The weights that every seed begins with: those that shipped when the first of them began, kept in `at`."""
    if not at.exists():
        torch.save(shipped_state(TARGET / MODEL), at)
    state: dict[str, Tensor] = torch.load(at, map_location="cpu")
    return state


def heard_again(every: Sequence[Example], newest: Sequence[str], seed: int) -> list[Example]:
    """All that is newest, by its origin, and so much of our other posts as are heard again."""
    dice = Random(seed)
    return [one for one in every if one.origin in newest or not one.origin.startswith(OURS) or dice.random() < OF_OURS]


def taught_on(state: dict[str, Tensor], weights: Weights, kept: Sequence[int], pupils: Class) -> dict[str, Tensor]:
    """Those weights after one more course."""
    made = begun(weights, kept, KEPT_LAYERS, OUTPUTS)
    made.load_state_dict(state)
    torch.manual_seed(pupils.seed)
    return taught(made.to(WHERE), pupils, COURSE, _by_labels, np.inf).state_dict()


def _by_labels(scores: Tensor, some: Shelf, _: Tensor) -> Tensor:
    return by_labels(scores, some)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="where the states are kept")
    parser.add_argument("--newest", nargs="*", default=(), help="names of labels, such as en_opinions")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    weights, before = Weights.from_wheel(), begun_with(options.work / "before.pt")
    pieces = (TARGET / PIECES).read_bytes()
    kept = kept_pieces(weights, pieces)
    (options.work / "pieces.json").write_text(json.dumps(kept))
    tokens, every = sentencepiece.SentencePieceProcessor(model_proto=pieces), taught_from(options.data)[0]
    if unknown := set(options.newest) - {one.origin for one in every}:
        parser.error(f"no labels at hand are called {', '.join(sorted(unknown))}")
    after = []
    for seed in options.seeds:
        pupils = Class(f"on-{seed}", lessons(tokens, heard_again(every, options.newest, seed)), seed, options.work)
        after.append(taught_on(before, weights, kept, pupils))
    mean = mean_of(after)
    whole = {name: _BEFORE * before[name] + (1 - _BEFORE) * value for name, value in mean.items()}
    torch.save({name: value.cpu() for name, value in whole.items()}, options.work / "shipped.pt")


if __name__ == "__main__":
    main()
