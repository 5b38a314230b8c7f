"""Tries to find where a face was joined on: the border is what an attack on refacing looks for.

    python3 seam_detector.py --project PROJECT --method pix2pix-2.5d --sources FOLDER --out seam.json

For each person small cubes of tissue are cut out along the border of the edit, from the refaced scan (there is a seam) and at
the same places from the original (there is none). A small 3-D network learns to tell them apart on two thirds of the people
and is asked on the last third, three times over. So do boosted trees on sixteen plain statistics of each cube (mean, spread,
gradients and detail, inside and outside of the border), which learn more from few people. AUC 0.5: they cannot. The attacker
here is given the place, and the trees the border's course, which is more than he has. Needs torch, numpy, scipy, nibabel,
scikit-learn; a few minutes on two cores.
"""

import argparse
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from scipy import ndimage as ndi
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from torch import nn

from refaced import refaced

HALF = 6  # voxels on each side: cubes of 13, 26 mm at 2 mm
EACH = 60  # places per person
FOLDS = 3
EPOCHS = 8


def cubes(name, folder, sources, random):
    """(2 · EACH, 13, 13, 13) float32, labels and (2 · EACH, 16) statistics, or None: refaced and original at the same places."""
    path = next(Path(sources).rglob(f"{name}.nii*"), None)
    if path is None:
        return None
    load = lambda p: np.squeeze(np.asarray(nib.load(p).dataobj)).astype(np.float32)
    before, after, mask = load(path), load(folder / "edited.nii.gz"), load(folder / "edit-mask.nii.gz") > 0
    if before.ndim != 3:
        return None
    level = np.percentile(before, 95)
    tissue = ndi.binary_erosion((before > 0.15 * level) & (after > 0.15 * level))
    border = mask & ~ndi.binary_erosion(mask) & tissue
    inner = np.zeros_like(border)
    inner[HALF:-HALF, HALF:-HALF, HALF:-HALF] = True
    places = np.argwhere(border & inner)
    if len(places) < EACH:
        return None
    out, plain = [], []
    looks = [textures(v / level) for v in (after, before)]
    for at in places[random.choice(len(places), EACH, replace=False)]:
        window = tuple(slice(a - HALF, a + HALF + 1) for a in at)
        out += [after[window] / level, before[window] / level]
        plain += [statistics([t[window] for t in look], mask[window]) for look in looks]
    return np.stack(out), np.tile([1.0, 0.0], EACH).astype(np.float32), np.array(plain)


def textures(v):
    fine = ndi.gaussian_filter(v, 1.0)
    return v, ndi.gaussian_gradient_magnitude(v, 0.6), ndi.gaussian_gradient_magnitude(v, 1.5), v - fine, fine - ndi.gaussian_filter(v, 2.5)


def statistics(look, mask):
    """Eight numbers of the tissue on either side of the border; not a number where there is hardly any."""
    out = []
    for side in (mask, ~mask):
        at = side & (look[0] > 0.12)
        if at.sum() < 50:
            return [np.nan] * 16
        value, edge, wide, detail, texture = (t[at] for t in look)
        strong = np.percentile(np.abs(detail), 97) / (np.median(np.abs(detail)) + 1e-6)
        out += [value.mean(), value.std(), np.median(edge), *np.percentile([edge, wide], 95, axis=1), detail.std(), strong, texture.std()]
    return out


def detector():
    """(B, 1, 13, 13, 13) → (B,)"""
    return nn.Sequential(
        nn.Conv3d(1, 16, 3), nn.BatchNorm3d(16), nn.ReLU(), nn.Conv3d(16, 24, 3, stride=2), nn.BatchNorm3d(24), nn.ReLU(),
        nn.Conv3d(24, 32, 3), nn.BatchNorm3d(32), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(32, 1), nn.Flatten(0),
    )


def turned(x):
    """Mirrored along random axes, brightness and contrast changed: the scan's level is no clue."""
    for axis in (2, 3, 4):
        if torch.rand(1) < 0.5:
            x = x.flip(axis)
    return x * (1 + 0.15 * torch.randn(len(x), 1, 1, 1, 1)) + 0.05 * torch.randn(len(x), 1, 1, 1, 1)


def main():
    parser = argparse.ArgumentParser()
    for name in ("project", "sources", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--method", required=True)
    options = parser.parse_args()
    random = np.random.default_rng(1)
    torch.manual_seed(1)
    torch.set_num_threads(2)
    people = [c for n, f in refaced(options.project, options.method) if (c := cubes(n, f, options.sources, random))]
    order = random.permutation(len(people))
    scores, labels, owners, trees = [], [], [], []
    for fold in range(FOLDS):
        held = set(order[fold::FOLDS])
        x = torch.from_numpy(np.concatenate([people[n][0] for n in order if n not in held]))[:, None]
        y = torch.from_numpy(np.concatenate([people[n][1] for n in order if n not in held]))
        model = detector()
        step = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3)
        for epoch in range(EPOCHS):
            for group in step.param_groups:
                group["lr"] = 2e-3 * (1 - epoch / EPOCHS)
            for batch in torch.randperm(len(x)).split(64):
                loss = nn.functional.binary_cross_entropy_with_logits(model(turned(x[batch])), y[batch])
                step.zero_grad()
                loss.backward()
                step.step()
        model.eval()
        boosted = HistGradientBoostingClassifier(max_iter=120, max_depth=4, random_state=1)
        boosted.fit(np.concatenate([people[n][2] for n in order if n not in held]), y.numpy())
        with torch.no_grad():
            for n in held:
                scores.append(model(torch.from_numpy(people[n][0])[:, None]).numpy())
                labels.append(people[n][1])
                owners.append(n)
                trees.append(boosted.predict_proba(people[n][2])[:, 1])
    each = [roc_auc_score(y, s) for y, s in zip(labels, scores)]
    draws = [np.array(each)[random.integers(len(each), size=len(each))].mean() for _ in range(2000)]
    result = dict(
        method=options.method, people=len(people), cubes=int(sum(len(y) for y in labels)),
        auc=round(float(roc_auc_score(np.concatenate(labels), np.concatenate(scores))), 3),
        aucOfStatistics=round(float(roc_auc_score(np.concatenate(labels), np.concatenate(trees))), 3),
        meanAucPerPerson=round(float(np.mean(each)), 3), interval95=[round(float(v), 3) for v in np.quantile(draws, (0.025, 0.975))],
    )
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
