"""From the trained encoder to the shipped files: `python -m scripts.export_encoder --work FOLDER`.

ONNX, then int8 (the table of pieces by row, matrices by channel or by block), then a comparison of both on a few texts:
what the small one says must be what the large one says, nearly.
"""

from __future__ import annotations

import argparse
import copy
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import sentencepiece
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
from scripts.e5 import Encoder, Weights, begun
from scripts.examples import Example
from scripts.lessons import Shelf, lessons
from scripts.losses import means
from scripts.pieces import model_of
from scripts.train_encoder import KEPT_LAYERS, OUTPUTS, TARGET
from torch import Tensor, nn

from ouidire.enrich.encoder import MODEL, PIECES

_FEW = (
    "Trente minutes d'attente, et personne ne s'excuse.",
    "Merci à tous, délicieux !",
    "Ouvert lundi ?",
)
_MOST_OFF, _BLOCK = 0.06, 128


class Rows(nn.Module):
    """The table of pieces in whole numbers, each row with a step of its own: rare pieces are short."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        step = table.abs().amax(1, keepdim=True).clamp(min=1e-9) / 127
        self.register_buffer("rows", (table / step).round().to(torch.int8))
        self.register_buffer("step", step)

    def forward(self, ids: Tensor) -> Tensor:
        found: Tensor = self.rows[ids].float() * self.step[ids]
        return found


def exported(model: Encoder, to: Path) -> None:
    """The model as ONNX: ids and mask (texts, tokens) to scores (texts, tokens, outputs)."""
    model.eval()
    ids = torch.ones((2, 7), dtype=torch.int64)
    mask = torch.ones((2, 7), dtype=torch.float32)
    texts, tokens = torch.export.Dim("texts", min=1, max=4096), torch.export.Dim("tokens", min=2, max=512)
    torch.onnx.export(
        model,
        (ids, mask),
        str(to),
        input_names=["ids", "mask"],
        output_names=["scores"],
        dynamic_shapes={"ids": {0: texts, 1: tokens}, "mask": {0: texts, 1: tokens}},
        dynamo=True,
        external_data=False,
    )


def shrunk(large: Path, to: Path, width: int) -> None:
    """Matrices in whole numbers: those that widen by channel, with one step for all that a batch gives them, which is
    fast; those that give back into the stream of `width`, and the answers, by blocks, each block of a token with a step
    of its own: a few of its numbers are a hundred times the others, and one step for all would drown the small ones.
    """
    graph = onnx.load(large).graph
    shapes = {one.name: list(one.dims) for one in graph.initializer}
    matrices = [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in shapes]
    wide = [node.name for node in matrices if shapes[node.input[1]][1] > width]
    # Seven bits: where a processor lacks VNNI, products of eight bits run over, and more is lost than by the eighth.
    quantize_dynamic(
        large, to, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True, nodes_to_quantize=wide
    )
    blocks = DefaultWeightOnlyQuantConfig(
        block_size=_BLOCK, is_symmetric=True, accuracy_level=4, bits=8, op_types_to_quantize=("MatMul",)
    )
    finer = MatMulNBitsQuantizer(onnx.load(to), algo_config=blocks)
    finer.process()
    finer.model.save_model_to_file(str(to))


def off_by(model: Encoder, pieces: bytes, small: Path) -> float:
    """How far the small model's numbers are from the large one's, on average, as a share of how large these are."""
    tokens = sentencepiece.SentencePieceProcessor(model_proto=pieces)
    some = Shelf.of(lessons(tokens, [Example(text, "fr", "few") for text in _FEW]))
    session = onnxruntime.InferenceSession(small.read_bytes(), providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {"ids": some.ids.numpy().astype(np.int64), "mask": some.mask.numpy()})
    with torch.no_grad():
        large = means(model(some.ids, some.mask), some.mask).numpy()
    return float(np.abs(means(torch.from_numpy(scores), some.mask).numpy() - large).mean() / np.abs(large).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="where scripts.train_encoder kept what ships")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    weights = Weights.from_wheel()
    kept = json.loads((options.work / "pieces.json").read_text())
    model = begun(weights, kept, KEPT_LAYERS, OUTPUTS)
    model.load_state_dict(torch.load(options.work / "shipped.pt", map_location="cpu"))
    whole = copy.deepcopy(model)
    model.word = Rows(model.word.weight.detach())  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.onnx"
        exported(model, large)
        shrunk(large, options.out / MODEL, weights.sizes.width)
    pieces = model_of(weights, kept)
    (options.out / PIECES).write_bytes(pieces)
    off = off_by(whole, pieces, options.out / MODEL)
    print(f"{MODEL}: {(options.out / MODEL).stat().st_size / 1e6:.1f} MB, off by {off:.1%} on average")
    if off > _MOST_OFF:
        raise SystemExit(f"{MODEL} says something else than what was trained (off by {off:.1%}).")


if __name__ == "__main__":
    main()
