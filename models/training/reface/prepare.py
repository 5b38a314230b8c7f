"""Packs heads in the average head's space, where faces are made, for training and evaluation.

    python3 prepare.py --work .scratch/averagehead/work --data ../shared/data --out .scratch/reface/data

`--work` is what `../average-head/build.py` leaves: every person brought to the average head by an affine of brain
structures. Needs numpy, scipy, nibabel. Writes train_<id>.npz, kept_<id>.npz (IXI) and map_<nn>.npz (label maps):

    image     uint8  (96, 96, 112)  100 = brighter half of the brain
    tissue    uint8  the same, with each voxel nearer than 2.5 mm to the skin taking the nearest deeper one's value
    distance  int8   tenths of mm to the skin, negative inside, cut at ±12.7
    seen      bool   inside the image
    brain     bool
"""

import argparse
import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

from space import BOX, SKIN_MM, SPACING, brain_level, split

sys.path.append(str(Path(__file__).parent.parent / "average-head"))
sys.path.append(str(Path(__file__).parent.parent / "headseg"))
from build import GRID, SHAPE as WHOLE, distance_to, weights  # noqa: E402
from heads import STRUCTURES, fit_robust, names  # noqa: E402

BRAIN_VALUES = [2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 26, 28, 41, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 54, 58, 60]


def deeper(image, distance):
    """Intensities without the skin's partial volume, see `tissue` above; a stretch of air just below the skin stays out."""
    inside = (distance <= -SKIN_MM) & ((image > 0.15) | (distance <= -3 * SKIN_MM))
    nearest = ndi.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return np.where(distance > -2 * SKIN_MM, image[tuple(nearest)], image)


def pack(path, image, distance, seen, brain):
    """image float32, 1 = brain level; distance mm; all on the whole grid of the average head."""
    tissue = deeper(image, distance)
    byte = lambda v: np.clip(np.round(v * 100), 0, 255).astype(np.uint8)[BOX]
    np.savez_compressed(
        path, image=byte(image), tissue=byte(tissue),
        distance=np.clip(np.round(distance * 10), -127, 127).astype(np.int8)[BOX], seen=seen[BOX], brain=brain[BOX],
    )


def from_ixi(work, name, path):
    load = lambda kind: np.load(work / f"{name}.{kind}.npy")
    image, brain = load("intensity").astype(np.float32) / 100, load("brain") > 127
    pack(path, image / brain_level(image, brain), load("distance") / 100, load("weight") > 127, brain)


def from_map(map_path, priors, anchor, weight, path, rng, variants=3):
    """A label map brought to the average head, with T1-weighted intensities drawn `variants` times."""
    file = nib.as_closest_canonical(nib.load(map_path))
    raw = np.asarray(file.dataobj).astype(np.int32)
    rows = []
    for value in STRUCTURES:
        at = np.argwhere(raw == value)
        rows.append(at.mean(0) @ file.affine[:3, :3].T + file.affine[:3, 3] if len(at) > 10 else [np.nan] * 3)
    to_index = np.linalg.inv(file.affine) @ fit_robust(anchor, np.array(rows), weight)[0]
    body = np.stack([ndi.binary_fill_holes(s) for s in np.moveaxis(raw > 0, 2, 0)], 2)
    values = np.unique(raw)
    index = np.searchsorted(values, raw)
    m = to_index @ GRID

    def sample(volume, order):
        return ndi.affine_transform(volume, m[:3, :3], m[:3, 3], WHOLE, order=order, mode="constant", cval=0)

    inside = sample(body.astype(np.float32), 1) > 0.5
    rim = distance_to(inside & ~ndi.binary_erosion(inside, border_value=1))
    distance = np.where(inside, -rim - SPACING / 2, rim - SPACING / 2)
    brain = sample(np.isin(raw, BRAIN_VALUES).astype(np.float32), 1) > 0.5
    seen = sample(np.ones(raw.shape, np.float32), 1) > 0.5
    for variant in range(variants):
        drawn = {}
        level = np.zeros(len(values), np.float32)
        grain = np.zeros(len(values), np.float32)
        for n, value in enumerate(values):
            prior = priors.get(int(value), priors[0])
            if prior["class"] not in drawn:
                drawn[prior["class"]] = max(0, rng.normal(*prior["mean"])), abs(rng.normal(*prior["std"])) * 0.5
            level[n], grain[n] = drawn[prior["class"]] if value else (0, 0)
        picture = level[index] + grain[index] * rng.standard_normal(raw.shape, np.float32)
        picture = ndi.gaussian_filter(np.where(body, picture, 0), 0.8)
        image = np.clip(sample(picture.astype(np.float32), 1), 0, None)
        pack(path.with_name(f"{path.name}{'abc'[variant]}.npz"), image / brain_level(image, brain), distance, seen, brain)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    train, kept = split(names(options.data))
    for group, people in (("train", train), ("kept", kept)):
        for name in people:
            path = options.out / f"{group}_{name.split('-')[0].removeprefix('ixi2mm_')}.npz"
            if (options.work / f"{name}.weight.npy").exists() and not path.exists():  # broken label maps have none
                from_ixi(options.work, name, path)
    shape = np.load(options.work / "mean-shape.npz")
    standard = np.load(options.work / "to-standard.npy")
    anchor = shape["mean"] @ standard[:3, :3].T + standard[:3, 3]
    variance = shape["variance"] * np.cbrt(np.linalg.det(standard[:3, :3])) ** 2
    listed = json.loads((options.data / "reference/t1_intensity_priors.json").read_text())["labels"]
    priors = {p["label"]: p for p in listed}
    rng = np.random.default_rng(20261126)
    for number in ("02", "05", "06", "08", "10", "14", "15", "17", "18"):
        path = options.out / f"map_{number}"
        if not path.with_name(f"map_{number}a.npz").exists():
            file = options.data / f"labels/synthseg_heads/synthseg_head_{number}.nii.gz"
            from_map(file, priors, anchor, weights(variance), path, rng)


if __name__ == "__main__":
    main()
