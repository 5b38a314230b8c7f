"""Quickshear once more, independently: numpy, SciPy's convex hull and nibabel.

Compares with an edit mask that Refacade wrote.
Run: python3 build/oracle/volume_quickshear.py brain.nii.gz edit-mask.nii.gz [buffer mm]
"""
import sys
import nibabel as nib
import numpy as np
from scipy.spatial import ConvexHull

brain, edit = nib.load(sys.argv[1]), nib.load(sys.argv[2])
buffer = float(sys.argv[3]) if len(sys.argv) > 3 else 10.0
mask = np.asarray(brain.dataobj) > 0
yz = nib.affines.apply_affine(brain.affine, np.argwhere(mask))[:, 1:]
hull = ConvexHull(yz)
best = None
for simplex, (ny, nz, offset) in zip(hull.simplices, hull.equations):
    if ny < 0.17 or nz > -0.17:  # faces forwards and downwards
        continue
    length = np.linalg.norm(yz[simplex[0]] - yz[simplex[1]])
    if best is None or length > best[0]:
        best = (length, ny, nz, offset)
_, ny, nz, offset = best
grid = np.indices(mask.shape).reshape(3, -1).T
world = nib.affines.apply_affine(brain.affine, grid)
beyond = (world[:, 1] * ny + world[:, 2] * nz + offset > buffer).reshape(mask.shape)
ours = np.asarray(edit.dataobj) > 0
print(f"numpy {beyond.sum()} voxels, Refacade {ours.sum()}, different {np.sum(beyond != ours)}")
sys.exit(1 if np.mean(beyond != ours) > 1e-5 else 0)
