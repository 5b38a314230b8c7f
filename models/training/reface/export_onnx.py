"""Writes model.onnx (half-precision weights, single-precision arithmetic), its card and a parity fixture.

    python3 export_onnx.py --config config/pix2pix_25d.py --checkpoint .scratch/reface/pix2pix/checkpoint.pt \
        --curve .scratch/reface/pix2pix/curve.jsonl --scores scores.json --version 1.0.0 --date 2026-11-26 --what "first network" \
        --out models/pix2pix-2.5d

Needs torch and onnx. A card that is already there keeps its history and gets one more entry. The fixture holds smooth random
channels and some of the tissue PyTorch gives for them; a test compares them with what onnxruntime gives.
"""

import argparse
import hashlib
import json
import runpy
import sys
from pathlib import Path

import numpy as np
import torch

from generators import Generator
from space import LOW, SHAPE, SPACING

sys.path.append(str(Path(__file__).parent.parent / "headseg"))
from halve import halve  # noqa: E402

CHANNELS = ["image", "removed", "shape", "noise"]
NAMES = {
    2: dict(
        id="pix2pix-2.5d", method="pix2pix-2.5d", title="2.5-D Pix2Pix",
        description="Paints a new face slice by slice: a sagittal slice of what is kept, with its two neighbours, what is removed and the skin of a face drawn at random go in; the slice's tissue comes out.",
        reference="Huelnhagen et al., refacing with 2.5-D Pix2Pix (U-Net generator, PatchGAN critic, L1 and adversarial loss); Isola et al. 2017, arXiv:1611.07004",
    ),
    3: dict(
        id="cgan-3d", method="cgan-3d", title="3-D conditional GAN",
        description="Makes a new face in one piece: what is kept, what is removed and the skin of a face drawn at random go in as volumes; the tissue comes out.",
        reference="Molchanova et al., 3-D conditional GAN for refacing; architecture and losses our own choice: 3-D U-Net, 3-D PatchGAN critic, L1 and hinge loss",
    ),
}
SOURCES = [
    dict(
        name="IXI, Hammersmith Hospital, heads at 2 mm: 85 people for training, 44 kept out (each third of the sorted identifiers, from the first); 4 left out because their reference confuses left and right",
        licence="CC BY-SA 3.0",
        attribution="IXI dataset, https://brain-development.org/ixi-dataset/; files as published by gurayerus/NiChart_Project",
        use="pairs of a head with a part removed and the whole head",
    ),
    dict(
        name="SynthSeg training label maps, 9 whole heads at 1 mm, and T1 intensity priors", licence="Apache-2.0",
        attribution="Billot et al., https://github.com/BBillot/SynthSeg",
        use="T1-weighted heads made from label maps, a tenth of the pairs",
    ),
]
LIMITATIONS = [
    "Healthy adults of one scanner (IXI, Philips 3T), T1-weighted, 2 mm: other scanners, ages and contrasts are reached by augmentation and by ranking intensities only.",
    "The outline of the face is not made by this network: it is drawn from models/face-shapes, which comes from the same 85 people. What the network makes is the tissue below the skin.",
    "Fine texture (teeth, fat septa, vessels) is softer than in a scan.",
]


def load(checkpoint, config):
    """Averaged weights, step, seconds of training."""
    saved = torch.load(checkpoint, map_location="cpu")
    model = Generator(config["dims"], 12 if config["dims"] == 2 else 4, config["channels"])
    model.load_state_dict(saved["average"])
    return model.eval(), saved["step"], saved["spent"]


def parity(model, dims, path, seed):
    """Smooth random channels, small enough for a repository, and what PyTorch makes of them."""
    random = np.random.default_rng(seed)
    shape = (1, 12, 32, 48) if dims == 2 else (1, 4, 16, 32, 32)
    coarse = torch.from_numpy(random.random((1, shape[1], *[n // 8 for n in shape[2:]]), np.float32))
    x = torch.nn.functional.interpolate(coarse, size=shape[2:], mode="bilinear" if dims == 2 else "trilinear")
    x = (x * 200).round() / 200
    with torch.no_grad():
        expected = model(x)[0].numpy()
    where = random.integers(0, expected.size, 400)
    path.write_text(json.dumps(dict(
        what="tissue that PyTorch gives for small random channels; made by models/training/reface/export_onnx.py",
        shape=list(shape), input=[round(float(v), 3) for v in x.flatten()],
        at=[int(n) for n in where], expected=[round(float(v), 6) for v in expected.flatten()[where]],
    )))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--curve", type=Path, required=True)
    parser.add_argument("--scores", type=Path, help="{name: {value, how}}, written from the application's audit and comparison")
    parser.add_argument("--version", required=True)
    parser.add_argument("--date", required=True)
    parser.add_argument("--what", required=True)
    parser.add_argument("--device", default="two CPU cores")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    config = runpy.run_path(options.config)
    dims = config["dims"]
    model, step, spent = load(options.checkpoint, config)
    weights = options.out / "model.onnx"
    example = torch.rand(1, 12, 96, 112) if dims == 2 else torch.rand(1, 4, 32, 32, 32)
    axes = {0: "batch", **{n + 2: name for n, name in enumerate(("depth", "height", "width")[-dims:])}}
    torch.onnx.export(
        model, example, str(weights), input_names=["channels"], output_names=["tissue"], opset_version=15,
        dynamic_axes={"channels": axes, "tissue": axes},
    )
    halve(weights)
    parity(model, dims, options.out / "parity.json", step)
    path = options.out / "card.json"
    history = json.loads(path.read_text())["history"] if path.exists() else []
    scores = json.loads(options.scores.read_text()) if options.scores else {}
    each = f"{config['slices']} slices" if dims == 2 else f"{config['patches']} cubes of {config['patch']} voxels"
    entry = dict(
        date=options.date,
        what=f"{options.version}: {options.what}; {step} steps of {each} in {spent / 3600:.2f} h on {options.device}",
        scores={k: v["value"] for k, v in scores.items() if k in ("recognition", "distanceFromTrueFace")},
    )
    content = weights.read_bytes()
    rows = [json.loads(line) for line in options.curve.read_text().splitlines()]
    path.write_text(json.dumps(dict(
        **{k: v for k, v in NAMES[dims].items() if k == "id"}, version=options.version, task="face-generation",
        **{k: v for k, v in NAMES[dims].items() if k != "id"},
        licence="CC BY-SA 3.0 (share alike: trained on IXI)",
        file="model.onnx", sha256=hashlib.sha256(content).hexdigest(), bytes=len(content),
        space=dict(averageHead="1.1.0", low=list(LOW), shape=list(SHAPE), spacingMm=SPACING),
        input=dict(name="channels", channels=CHANNELS, layout="slices" if dims == 2 else "volume"),
        output=dict(name="tissue", kind="tissue"),
        trainingData=SOURCES, scores=scores, history=[*history, entry], limitations=LIMITATIONS,
        curve=[dict(step=r["step"], l1=r["l1"], critic=r["critic"]) for r in rows[:: max(1, len(rows) // 30)]],
    ), indent=1) + "\n")


if __name__ == "__main__":
    main()
