"""Scores the network on people and label maps it never saw, and writes them as JSON.

    python3 evaluate.py --config config/t1_2mm.py --data .scratch/headseg/data --priors ../shared/data/reference/t1_intensity_priors.json \
        --checkpoint .scratch/headseg/run/checkpoint.pt --out .scratch/headseg/scores.json

People: the IXI heads kept out, whole volumes at 2 mm against their DLMUSE maps. Label maps: images synthesised at 1 mm
without deformation, brought to 2 mm, segmented, and the probabilities brought back to 1 mm.
"""

import argparse
import json
import runpy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from data import Head, Patches
from labels import AIR, CHANNEL, CLASSES, FIRST_OUTSIDE, SUBCORTICAL, UNKNOWN, VALUES
from model import UNet
from train import split

GREY = [3, 42, 8, 47, 10, 49, 11, 50, 12, 51, 13, 52, 17, 53, 18, 54, 26, 58]
WHITE = [2, 41, 7, 46, 28, 60, 16]
VENTRICLES = [4, 43, 5, 44, 14, 15]


def load(checkpoint, config):
    model = UNet(len(CLASSES), config["channels"])
    saved = torch.load(checkpoint, map_location="cpu")
    model.load_state_dict(saved["average"])
    return model.eval(), saved["step"], saved["spent"]


@torch.no_grad()
def probabilities(model, image):
    """(D, H, W) at the network's spacing → (C, D, H, W)."""
    low, high = np.percentile(image.numpy(), (0.5, 99.5))
    image = ((image - low) / max(high - low, 1e-6)).clamp(0, 1.1)
    pad = [(-n) % 8 for n in image.shape]
    padded = F.pad(image, (0, pad[2], 0, pad[1], 0, pad[0]))[None, None]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(padded.contiguous(memory_format=torch.channels_last_3d))
    d, h, w = image.shape
    return torch.softmax(logits[0, :, :d, :h, :w].float(), 0)


def dice(a, b):
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else None


def structure_dice(found, truth, values):
    return {v: dice(found == CHANNEL[v], truth == CHANNEL[v]) for v in values}


def mean(values):
    values = [v for v in values if v is not None]
    return round(float(np.mean(values)), 4) if values else None


def people(model, folder, names):
    rows = []
    for name in names:
        head = Head(Path(folder) / f"{name}.npz")
        p = probabilities(model, head.image.float())
        found, truth = p.argmax(0).to(torch.uint8), head.label
        brain = lambda label: (label > AIR) & (label < FIRST_OUTSIDE)
        groups = dict(icv=[v for v in VALUES[1:FIRST_OUTSIDE]], grey=GREY, white=WHITE, ventricles=VENTRICLES)
        soft = p.sum((1, 2, 3)) * 8
        rows.append(dict(
            name=name, brain=dice(brain(found), brain(truth)), structures=structure_dice(found, truth, VALUES[1:FIRST_OUTSIDE]),
            volumes={
                g: [float(sum(soft[CHANNEL[v]] for v in vs)), float(sum((truth == CHANNEL[v]).sum() for v in vs)) * 8]
                for g, vs in groups.items()
            },
        ))
    correlation = {
        g: round(float(np.corrcoef([r["volumes"][g][0] for r in rows], [r["volumes"][g][1] for r in rows])[0, 1]), 4)
        for g in rows[0]["volumes"]
    }
    ratio = {g: round(float(np.mean([r["volumes"][g][0] / r["volumes"][g][1] for r in rows])), 4) for g in rows[0]["volumes"]}
    per = {v: mean([r["structures"][v] for r in rows]) for v in VALUES[1:FIRST_OUTSIDE]}
    return dict(
        n=len(rows), people=[r["name"] for r in rows], brainDice=mean([r["brain"] for r in rows]),
        brainDiceWorst=min(r["brain"] for r in rows), subcorticalDice=mean([per[v] for v in SUBCORTICAL]),
        structureDice=per, volumeCorrelation=correlation, volumeRatio=ratio,
    )


def label_maps(model, folder, names, priors, config, random_contrast, draws):
    """Also with the face cut off: how far volumes move, in %."""
    scores, outside_scores, changes = [], [], []
    for name in names:
        head = Head(Path(folder) / f"{name}.npz")
        patches = Patches(folder, [], [], priors, None, 1.0, random_contrast, 1.0, 0)
        size = tuple(n - n % 2 for n in head.label.shape)
        axes = torch.meshgrid(*[torch.arange(n, dtype=torch.float32) for n in size], indexing="ij")
        at = torch.stack(axes, -1)
        raw = head.label[: size[0], : size[1], : size[2]]
        truth = head.channel_of[raw.long()]
        for draw in range(draws):
            patches.rng = np.random.default_rng(1000 + draw)
            torch.manual_seed(draw)
            average, deviation = patches.intensities(head)
            image = average[raw.long()] + torch.randn(raw.shape) * deviation[raw.long()] * 0.6
            volumes = []
            for cut in (False, True):
                shown = image.clamp(0, 1.3)
                if cut:
                    side = patches.face_side(head, at)
                    shown = torch.where(side, torch.zeros(()), shown)
                p = probabilities(model, F.avg_pool3d(shown[None, None], 2)[0, 0])
                soft = p.sum((1, 2, 3)) * 8
                volumes.append([float(sum(soft[CHANNEL[v]] for v in g)) for g in (GREY, WHITE, VENTRICLES, VALUES[1:FIRST_OUTSIDE])])
                if not cut:
                    fine = torch.empty(size, dtype=torch.uint8)
                    whole = F.interpolate(p[None], size=size, mode="trilinear", align_corners=False)[0]
                    fine = whole.argmax(0).to(torch.uint8)
                    del whole
                    per = structure_dice(fine, truth, VALUES[1:FIRST_OUTSIDE])
                    scores.append(per)
                    outside_scores.append(structure_dice(fine, truth, VALUES[FIRST_OUTSIDE:]))
            changes.append([100 * abs(b - a) / a for a, b in zip(*volumes)])
    per = {v: mean([s[v] for s in scores]) for v in VALUES[1:FIRST_OUTSIDE]}
    return dict(
        n=len(scores), maps=names, meanDice=mean(per.values()), subcorticalDice=mean([per[v] for v in SUBCORTICAL]), structureDice=per,
        outsideDice={v: mean([s[v] for s in outside_scores]) for v in VALUES[FIRST_OUTSIDE:]},
        faceRemovedChangePercent=dict(zip(("grey", "white", "ventricles", "icv"), [round(float(np.mean(c)), 3) for c in zip(*changes)])),
        faceRemovedChangePercentMax=round(float(np.max(changes)), 3),
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--priors", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config = runpy.run_path(options.config)
    model, step, spent = load(options.checkpoint, config)
    _, kept, _, held = split(options.data, config)
    result = dict(step=step, hours=round(spent / 3600, 2), ixi=people(model, options.data, kept))
    print(json.dumps(result["ixi"], indent=1), flush=True)
    if options.draws:
        result["t1Like"] = label_maps(model, options.data, held, options.priors, config, 0.0, options.draws)
        result["randomContrast"] = label_maps(model, options.data, held, options.priors, config, 1.0, options.draws)
        print(json.dumps({k: result[k] for k in ("t1Like", "randomContrast")}, indent=1))
    Path(options.out).write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
