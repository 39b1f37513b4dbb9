"""From the trained encoder to the shipped files: `python -m scripts.export_encoder --work FOLDER`.

ONNX, then int8 (weights of matrices by channel, the table of pieces by row block), then a comparison of both on a few
texts: what the small one says must be what the large one says, nearly.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import sentencepiece
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from scripts.e5 import Encoder, Weights, begun
from scripts.examples import Example
from scripts.lessons import Shelf, lessons
from scripts.losses import means
from scripts.pieces import model_of
from scripts.train_encoder import KEPT_LAYERS, OUTPUTS, TARGET

from ouidire.enrich.encoder import MODEL, PIECES

_FEW = (
    "Trente minutes d'attente, et personne ne s'excuse.",
    "Merci à tous, délicieux !",
    "Ouvert lundi ?",
)
_MOST_OFF = 0.12


def exported(model: Encoder, to: Path) -> None:
    """The float model as ONNX: ids and mask (texts, tokens) to scores (texts, tokens, outputs)."""
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


def shrunk(large: Path, to: Path) -> None:
    # Seven bits: where a processor lacks VNNI, products of eight bits run over, and more is lost than by the eighth.
    quantize_dynamic(large, to, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)


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
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.onnx"
        exported(model, large)
        shrunk(large, options.out / MODEL)
    pieces = model_of(weights, kept)
    (options.out / PIECES).write_bytes(pieces)
    off = off_by(model, pieces, options.out / MODEL)
    print(f"{MODEL}: {(options.out / MODEL).stat().st_size / 1e6:.1f} MB, off by {off:.1%} on average")
    if off > _MOST_OFF:
        raise SystemExit(f"{MODEL} says something else than what was trained (off by {off:.1%}).")


if __name__ == "__main__":
    main()
