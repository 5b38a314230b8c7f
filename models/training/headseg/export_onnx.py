"""Writes model.onnx (half-precision weights, single-precision arithmetic), its card and a parity fixture.

    python3 export_onnx.py --config config/t1_2mm.py --data .scratch/headseg/data --checkpoint .scratch/headseg/run/checkpoint.pt \
        --scores .scratch/headseg/scores.json --version 1.0.0 --date 2026-11-22 --what "first network" --out models/headseg

Needs torch and onnx. A card that is already there keeps its history and gets one more entry. The fixture holds a small random image and some of the probabilities PyTorch gives for it; a test
compares them with what onnxruntime gives.
"""

import argparse
import hashlib
import json
import runpy
from pathlib import Path

import numpy as np
import torch

from evaluate import load
from halve import halve
from labels import CLASSES, FIRST_OUTSIDE
from train import split

SOURCES = [
    dict(
        name="IXI, Hammersmith Hospital, 133 heads at 2 mm (107 for training, 22 for validation; 4 left out because their reference confuses left and right)", licence="CC BY-SA 3.0",
        attribution="IXI dataset, https://brain-development.org/ixi-dataset/; files as published by gurayerus/NiChart_Project",
        use="images of half of the training patches; validation",
    ),
    dict(
        name="DLMUSE segmentations of the same heads", licence="SBIA software licence; derived from IXI, CC BY-SA 3.0",
        attribution="Section of Biomedical Image Analysis, University of Pennsylvania; NiChart_Project",
        use="brain labels of those patches, mapped to FreeSurfer's by labels.py; automatic, computed at 2 mm: a reference, not truth",
    ),
    dict(
        name="SynthSeg training label maps, 16 heads at 1 mm (13 for training), and T1 intensity priors", licence="Apache-2.0",
        attribution="Billot et al., https://github.com/BBillot/SynthSeg",
        use="label maps from which the images of the other half are synthesised; the only labels outside the brain",
    ),
]
LIMITATIONS = [
    "Healthy adults of one scanner (IXI, Philips 3T) and label maps of unnamed adults: children, atrophy, lesions, tumours and implants are outside what it learned.",
    "Works at 2 mm: small structures (accumbens, amygdala, inferior lateral ventricles) are coarse.",
    "Contrasts other than T1 are known from synthetic images only.",
    "Labels outside the brain come from clusters of intensity in 16 heads that were named by looking at one: eyes, skull, cavities and soft tissue are rough, good for orientation, not for measuring.",
]


class WithSoftmax(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):  # (1, 1, D, H, W) → (1, C, D, H, W)
        return torch.softmax(self.model(image), 1)


def population_limits(folder, config):
    """Volume range per brain structure in mm³: the training people's, from 0.3 times the smallest to twice the largest.

    Wide, because other definitions of small structures (amygdala, accumbens) and other ages lie well outside one cohort.
    """
    people, _, _, _ = split(folder, config)
    volumes = np.array([
        np.bincount(np.load(Path(folder) / f"{p}.npz")["label"].ravel(), minlength=256)[:FIRST_OUTSIDE] * 8 for p in people
    ])
    return {
        CLASSES[n][1]: dict(low=round(0.3 * float(volumes[:, n].min())), high=round(2.0 * float(volumes[:, n].max())))
        for n in range(1, FIRST_OUTSIDE)
    }


def write_card(options, config, step, spent):
    path = options.out / "card.json"
    weights = (options.out / "model.onnx").read_bytes()
    scores = json.loads(options.scores.read_text())
    history = json.loads(path.read_text())["history"] if path.exists() else []
    ixi = scores["ixi"]
    entry = dict(
        date=options.date,
        what=f"{options.version}: {options.what}; {step} steps of 2 patches in {spent / 3600:.2f} h on {options.device}",
        scores=dict(
            ixiBrainDice=ixi["brainDice"], ixiSubcorticalDice=ixi["subcorticalDice"], ixiVolumeCorrelation=ixi["volumeCorrelation"],
            **{f"{k}MeanDice": scores[k]["meanDice"] for k in ("t1Like", "randomContrast") if k in scores},
        ),
    )
    path.write_text(json.dumps(dict(
        id="headseg", version=options.version, task="head-segmentation",
        description="Names every 2 mm voxel of a head scan: brain structures left and right, ventricles, fluid, eyes, skull, cavities, soft tissue, air.",
        licence="CC BY-SA 3.0 (share alike: trained on IXI)",
        file="model.onnx", sha256=hashlib.sha256(weights).hexdigest(), bytes=len(weights),
        input=dict(
            name="image", spacingMm=config["spacing"], orientation="RAS", multipleOf=2 ** (len(config["channels"]) - 1), tileMarginVoxels=48,
            intensity=dict(rule="percentiles", low=0.5, high=99.5, clip=[0, 1.1]),
        ),
        output=dict(name="probabilities", kind="probabilities"),
        labels=[dict(label=value, structure=name) for value, name in CLASSES],
        populationLimits=population_limits(options.data, config),
        trainingData=SOURCES, scores=scores, history=[*history, entry], limitations=LIMITATIONS,
    ), indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--date", required=True)
    parser.add_argument("--what", required=True)
    parser.add_argument("--device", default="two CPU cores")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    config = runpy.run_path(options.config)
    model, step, spent = load(options.checkpoint, config)
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
    write_card(options, config, step, spent)


if __name__ == "__main__":
    main()
