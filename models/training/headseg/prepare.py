"""Packs the training data: RAS+ arrays with channel numbers, small enough to travel to another machine.

    python3 prepare.py --data ../shared/data --out .scratch/headseg/data

Needs numpy, scipy, nibabel. Writes ixi_<id>.npz (image uint8, label uint8; 2 mm) and map_<nn>.npz (raw uint8: index
into `raw_values`, 1 mm), cropped to the head.
"""

import argparse
import re
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

from labels import CHANNEL, INNER_AIR, MUSE, MUSE_NO_SIDE, SYNTHSEG, UNKNOWN, AIR


def ras(path):
    """Voxels of a file with axes left→right, back→front, bottom→top, and their size in mm."""
    image = nib.as_closest_canonical(nib.load(path))
    return np.asarray(image.dataobj), image.header.get_zooms()[:3]


def head_mask(image):
    """The head as one body without holes, from where the signal is above the air's."""
    body = image > 0.12 * np.percentile(image[image > image.mean()], 90)
    body = ndi.binary_closing(np.pad(body, 4), iterations=3)[4:-4, 4:-4, 4:-4]
    parts, _ = ndi.label(body)
    body = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    for axis in range(3):  # airways open at a border of the image still lie inside each slice
        body = np.stack([ndi.binary_fill_holes(s) for s in np.moveaxis(body, axis, 0)]) if axis == 0 else body
    return ndi.binary_fill_holes(body)


def muse_channels(muse, head):
    out = np.where(head, UNKNOWN, AIR).astype(np.uint8)
    left = np.isin(muse, [k for k, v in MUSE.items() if v in (2, 3, 7, 8)])
    right = np.isin(muse, [k for k, v in MUSE.items() if v in (41, 42, 46, 47)])
    nearer_left = ndi.distance_transform_edt(~left) <= ndi.distance_transform_edt(~right)
    for value, label in MUSE.items():
        out[muse == value] = CHANNEL[label]
    for value, (l, r) in MUSE_NO_SIDE.items():
        out[muse == value] = np.where(nearer_left, CHANNEL[l], CHANNEL[r])[muse == value]
    return out


def crop(mask, margin):
    """Slices of the smallest box around a mask, widened."""
    return tuple(
        slice(max(0, w.min() - margin), w.max() + margin + 1)
        for w in (np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != n))) for n in range(3))
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    for path in sorted((options.data / "heads").glob("ixi2mm_*.nii.gz")):
        name = re.match(r"ixi2mm_(IXI\d+)", path.name)[1]
        image, zooms = ras(path)
        assert np.allclose(zooms, 2), (path, zooms)
        muse, _ = ras(next((options.data / "labels/ixi_dlmuse").glob(path.name.replace(".nii.gz", "_dlmuse.nii.gz"))))
        image = np.asarray(image, np.float32)
        label = muse_channels(muse, head_mask(image) | (muse > 0))
        low, high = np.percentile(image, (0.5, 99.5))
        box = crop(label != AIR, 6)
        image = np.clip((image - low) / (high - low), 0, 1.1) * (255 / 1.1)
        np.savez_compressed(options.out / f"ixi_{name}.npz", image=image[box].astype(np.uint8), label=label[box])

    for path in sorted((options.data / "labels/synthseg_heads").glob("*.nii.gz")):
        raw, zooms = ras(path)
        assert np.allclose(zooms, 1), (path, zooms)
        raw = raw.astype(np.int32)
        odd = np.isin(raw, [136, 137, 163, 164])  # unnamed, a few hundred voxels: the nearest other label
        nearest = ndi.distance_transform_edt(odd, return_distances=False, return_indices=True)
        raw = raw[tuple(nearest)]
        outside, _ = ndi.label(np.pad(ndi.binary_closing(raw > 0, iterations=2) == 0, 1, constant_values=True))
        outside = outside[1:-1, 1:-1, 1:-1] == outside[0, 0, 0]
        # The neck's cut surface is open: what a slice encloses is inside too.
        enclosed = np.stack([ndi.binary_fill_holes(s) for s in np.moveaxis(raw > 0, 2, 0)], 2)
        raw[(raw == 0) & (~outside | enclosed)] = INNER_AIR
        values = np.unique(raw)
        target = np.array([AIR if v == 0 else CHANNEL[262] if v == INNER_AIR else CHANNEL[SYNTHSEG.get(v, v)] for v in values])
        index = np.searchsorted(values, raw).astype(np.uint8)
        box = crop(raw > 0, 4)
        name = re.search(r"_(\d\d)\.", path.name)[1]
        np.savez_compressed(
            options.out / f"map_{name}.npz", raw=index[box], raw_values=values.astype(np.int16), channel=target.astype(np.uint8)
        )


if __name__ == "__main__":
    main()
