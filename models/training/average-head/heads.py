"""The people: T1 heads with DLMUSE label maps, their structure centroids, and the affine that centroids give."""

import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

sys.path.append(str(Path(__file__).parent.parent / "headseg"))
from labels import CLASSES, MUSE, MUSE_NO_SIDE  # noqa: E402

NAMES = dict(CLASSES)
# Structures whose centroids pull: all of the brain but fluid so thin that its labelled part differs by chance.
STRUCTURES = [v for v, name in CLASSES if v not in (130, 24, 5, 44, 259, 165, 262, 258)]
MIRRORED = {v: next((w for w, n in CLASSES if n == name.replace("left", "right")), v) if name.startswith("left")
            else next((w for w, n in CLASSES if n == name.replace("right", "left")), v) for v, name in CLASSES}
# Deviation of an affine's entries beyond a similarity, see fit_affine.
AFFINE_DEVIATION = 0.02


class Head:
    """One person: `image` uint8, `muse` and `labels` (FreeSurfer values) on a RAS+ grid, `affine` index → world mm."""

    def __init__(self, data, name):
        image = nib.as_closest_canonical(nib.load(data / "heads" / f"{name}.nii.gz"))
        muse = nib.as_closest_canonical(nib.load(data / "labels/ixi_dlmuse" / f"{name}_dlmuse.nii.gz"))
        self.name, self.affine = name, image.affine
        self.image = np.asarray(image.dataobj)
        self.muse = np.asarray(muse.dataobj).astype(np.uint8)
        self.labels = TABLE[self.muse]  # what has no side counts as left; sided() asks which is nearer

    def centroids(self):
        """{label: world mm} of every structure present."""
        labels = sided(self.muse)
        index = np.indices(labels.shape).reshape(3, -1)
        flat = labels.ravel()
        count = np.bincount(flat, minlength=256)
        at = np.stack([np.bincount(flat, i, minlength=256) for i in index], 1) / np.maximum(count, 1)[:, None]
        return {v: at[v] @ self.affine[:3, :3].T + self.affine[:3, 3] for v in STRUCTURES if count[v]}


def as_rows(centroids):
    """(structures, 3), NaN where the label map lacks a structure (one person's map lacks two)."""
    return np.array([centroids.get(v, [np.nan] * 3) for v in STRUCTURES])


def names(data):
    return sorted(p.name[:-7] for p in (data / "heads").glob("ixi2mm_*.nii.gz"))


TABLE = np.zeros(256, np.uint8)
for value, label in [*MUSE.items(), *((v, pair[0]) for v, pair in MUSE_NO_SIDE.items())]:
    TABLE[value] = label


def sided(muse):
    """DLMUSE numbers → FreeSurfer values; what has no side takes the nearer side's."""
    out = TABLE[muse]
    known = np.where(np.isin(muse, list(MUSE_NO_SIDE)), 0, out)
    left = ndi.distance_transform_edt(~np.isin(known, [2, 3, 7, 8]))
    right = ndi.distance_transform_edt(~np.isin(known, [41, 42, 46, 47]))
    for value, (l, r) in MUSE_NO_SIDE.items():
        out[muse == value] = np.where(left <= right, l, r)[muse == value]
    return out


def fit_similarity(x, y, w):
    """Rotation, one zoom and shift with y ≈ s R x + t by weighted least squares (Umeyama 1991). → s, R (3, 3), t."""
    mx, my = np.average(x, 0, w), np.average(y, 0, w)
    u, d, vt = np.linalg.svd((w[:, None] * (y - my)).T @ (x - mx))
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    r = (u * sign) @ vt
    s = (d * sign).sum() / (w[:, None] * (x - mx) ** 2).sum()
    return s, r, my - s * r @ mx


def fit_affine(x, y, w, deviation=AFFINE_DEVIATION):
    """Affine (4, 4) with y ≈ A x: the most probable one.

    Each centroid is off by a normal error of variance 1/w per axis; the affine is a similarity times (1 + E), where
    each entry of E is normal with `deviation`. Many structures: plain weighted least squares; few: a similarity.

    x, y (n, 3) mm, rows of NaN where a structure is missing; w (n,) 1/mm².
    """
    here = np.isfinite(x).all(1) & np.isfinite(y).all(1)
    x, y, w = x[here], y[here], w[here]
    s, r, _ = fit_similarity(x, y, w)
    mx, my = np.average(x, 0, w), np.average(y, 0, w)
    dx, dy = x - mx, (y - my) @ r / s
    prior = np.eye(3) / deviation**2
    e = np.linalg.solve(dx.T @ (w[:, None] * dx) + prior, dx.T @ (w[:, None] * dy) + prior).T
    out = np.eye(4)
    out[:3, :3] = s * r @ e
    out[:3, 3] = my - out[:3, :3] @ mx
    return out


def fit_robust(x, y, w, reach=6.0):
    """fit_affine, reweighted (Tukey): a structure more than `reach` deviations from where the fit has it has no say.

    → affine (4, 4), distance of each structure in mm (NaN where missing). As robustFit in face-frame.ts.
    """
    pull = w
    for step in range(12):
        affine = fit_affine(x, y, pull)
        far = np.linalg.norm(transform(affine, x) - y, axis=1)
        scaled = np.nan_to_num(far * np.sqrt(w), nan=1e9)
        limit = max(reach, 3 * np.median(scaled)) * (3 if step < 3 else 1)
        pull = np.maximum(w * (1 - np.minimum(scaled / limit, 1) ** 2) ** 2, 1e-9)
    return affine, far


def transform(affine, points):
    return points @ affine[:3, :3].T + affine[:3, 3]
