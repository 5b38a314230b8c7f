"""Writes fine.onnx beside model.onnx, what the card says of it, and a parity fixture.

    python3 export_fine.py --config config/fine_1mm.py --checkpoint .scratch/headseg/fine/checkpoint.pt \
        --scores .scratch/headseg/scores.json --version 1.4.0 --date 2026-11-27 --what "a second look at 1 mm" --out models/headseg

The scores are those of evaluate.py with --fine. Needs torch and onnx.
"""

import argparse
import hashlib
import json
import runpy
from pathlib import Path

import numpy as np
import torch

from evaluate import load_fine
from fine import REACH
from halve import halve
from labels import CLASSES

LARGEST_VOXEL = 1.5  # mm
LIMITATION = (
    "Works at 2 mm; the second look at 1 mm learned from synthetic heads of 13 label maps only and stands or falls with the first. "
    "Small structures (accumbens, amygdala, inferior lateral ventricles) are coarse."
)


class WithSoftmax(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image, probabilities):  # (1, 8, D, H, W), (1, C, D, H, W) → (1, C, 8, D, H, W)
        return torch.softmax(self.model(image, probabilities), 1)


def write_parity(model, path, seed):
    """A small random image and probabilities, and some of the values PyTorch gives for them."""
    generator = np.random.default_rng(seed)
    shape = [6, 8, 7]
    image = torch.from_numpy(generator.integers(0, 111, (1, 8, *shape)) / 100).float()
    sharp = torch.from_numpy(generator.normal(0, 3, (1, len(CLASSES), *shape))).float()
    known = (torch.softmax(sharp, 1) * 1000).round() / 1000
    with torch.no_grad():
        expected = model(image, known)[0].numpy()
    where = generator.integers(0, expected.size, 400)
    path.write_text(json.dumps(dict(
        what="probabilities that PyTorch gives for small random inputs; made by models/training/headseg/export_fine.py",
        shape=shape, image=[round(float(v), 2) for v in image.flatten()], probabilities=[round(float(v), 3) for v in known.flatten()],
        at=[int(n) for n in where], expected=[round(float(v), 6) for v in expected.flatten()[where]],
    )))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--date", required=True)
    parser.add_argument("--what", required=True)
    parser.add_argument("--device", default="two CPU cores")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    config = runpy.run_path(options.config)
    model, step, spent = load_fine(options.checkpoint, config)
    wrapped = WithSoftmax(model).eval()
    path = options.out / "fine.onnx"
    axes = {0: "batch", 2: "depth", 3: "height", 4: "width"}
    torch.onnx.export(
        wrapped, (torch.rand(1, 8, 16, 20, 16), torch.rand(1, len(CLASSES), 16, 20, 16)), str(path),
        input_names=["image", "probabilities"], output_names=["fine"], opset_version=15,
        dynamic_axes={"image": axes, "probabilities": axes, "fine": {0: "batch", 3: "depth", 4: "height", 5: "width"}},
    )
    halve(path)
    write_parity(wrapped, options.out / "parity-fine.json", step)
    weights = path.read_bytes()
    card = json.loads((options.out / "card.json").read_text())
    scores = json.loads(options.scores.read_text())
    card["version"] = options.version
    card["fine"] = dict(
        file=path.name, sha256=hashlib.sha256(weights).hexdigest(), bytes=len(weights), image="image", probabilities="probabilities",
        output="fine", tileMarginVoxels=REACH, largestVoxelMm=LARGEST_VOXEL,
    )
    card["description"] = (
        "Names every 2 mm voxel of a head scan: brain structures left and right, ventricles, fluid, eyes, skull, cavities, soft tissue, air; "
        f"the brain of scans with voxels of at most {LARGEST_VOXEL} mm once more at 1 mm."
    )
    card["limitations"] = [LIMITATION if text.startswith("Works at 2 mm") else text for text in card["limitations"]]
    card["scores"] = scores
    card["history"].append(dict(
        date=options.date,
        what=f"{options.version}: {options.what}; {step} steps of {config['patches']} patches in {spent / 3600:.2f} h on {options.device}",
        scores={**card["history"][-1]["scores"], **{f"fine{k[0].upper()}{k[1:]}MeanDice": scores["fine"][k]["meanDice"] for k in ("t1Like", "randomContrast")}},
    ))
    path.with_name("card.json").write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
