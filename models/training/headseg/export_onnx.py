"""Writes model.onnx (half-precision weights, single-precision arithmetic) and a parity fixture.

    python3 export_onnx.py --config config/t1_2mm.py --checkpoint .scratch/headseg/run/checkpoint.pt --out models/headseg

Needs torch and onnx. The fixture holds a small random image and some of the probabilities PyTorch gives for it; a test
compares them with what onnxruntime gives.
"""

import argparse
import json
import runpy
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from evaluate import load


class WithSoftmax(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):  # (1, 1, D, H, W) → (1, C, D, H, W)
        return torch.softmax(self.model(image), 1)


def halve(path):
    """Stores each large weight as float16 with a cast in front of its use; the runtime folds the cast when it loads."""
    graph = onnx.load(path)
    casts, kept = [], []
    for weight in graph.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or np.prod(weight.dims) < 512:
            kept.append(weight)
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name + "_half")
        casts.append(onnx.helper.make_node("Cast", [half.name], [weight.name], to=onnx.TensorProto.FLOAT))
        kept.append(half)
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    nodes = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend(casts + nodes)
    onnx.checker.check_model(graph)
    onnx.save(graph, path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model, step, _ = load(options.checkpoint, runpy.run_path(options.config))
    wrapped = WithSoftmax(model).eval()
    path = options.out / "model.onnx"
    example = torch.rand(1, 1, 32, 40, 32)
    axes = {0: "batch", 2: "depth", 3: "height", 4: "width"}
    torch.onnx.export(
        wrapped, example, str(path), input_names=["image"], output_names=["probabilities"], opset_version=15,
        dynamic_axes={"image": axes, "probabilities": axes},
    )
    halve(path)
    generator = np.random.default_rng(step)
    smooth = torch.nn.functional.interpolate(
        torch.from_numpy(generator.random((1, 1, 6, 6, 6), np.float32)), size=(24, 32, 24), mode="trilinear"
    )
    image = (smooth * 200).round() / 200
    with torch.no_grad():
        expected = wrapped(image)[0].numpy()
    where = generator.integers(0, expected.size, 400)
    (options.out / "parity.json").write_text(json.dumps(dict(
        what="probabilities that PyTorch gives for a small image; made by models/training/headseg/export_onnx.py",
        shape=[24, 32, 24], image=[round(float(v), 3) for v in image.flatten()],
        at=[int(n) for n in where], expected=[round(float(v), 6) for v in expected.flatten()[where]],
    )))


if __name__ == "__main__":
    main()
