"""How faces differ: modes of displacement between the average head and people, for `models/face-shapes`.

    python3 shapes.py --data .scratch/reface/data --average ../../average-head --work .scratch/reface --out ../../face-shapes

Demons (`../average-head/sharpen.py`) bring each training person's outline and tissue to the average head at 4 mm; the inverse
displacements, and their mirror images, are the sample of a principal component analysis near the skin (point distribution
models: Cootes et al. 1995; of displacement fields: Rueckert et al. 2003). A new face is the average head's outline S read at

    S(y + Σ z_k mode_k(y)),   z_k normal with deviation 1

Needs numpy, scipy, nibabel; three minutes on two cores.
"""

import argparse
import hashlib
import json
import sys
from multiprocessing import Pool
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

from space import BOX, LOW, SHAPE, SPACING

sys.path.append(str(Path(__file__).parent.parent / "average-head"))
from sharpen import coarse, features, inverse, register  # noqa: E402

MODES = 24
STEP = 4  # voxels of the box between two values of a mode: 8 mm
NEAR_MM = 14  # modes explain the displacement this near to the average's skin


def displacement(job):
    """mm, (3, 24, 24, 28): y + v(y) is where the average shows what the person shows at y."""
    path, target = job
    p = np.load(path)
    distance = p["distance"].astype(np.float32) / 10
    moving = features(distance, p["tissue"].astype(np.float32) / 100)
    trust = coarse(p["seen"].astype(np.float32))
    field = register(target, moving, trust, np.zeros((3, *target[0].shape), np.float32))
    field = register(target, moving, trust, field)
    back = inverse(field)
    return (2 * SPACING * np.stack([ndi.gaussian_filter(f, 0.8)[::2, ::2, ::2] for f in back])).astype(np.float32)


def mirrored(v):
    """The displacement of the mirror image: 4 mm voxel k of the box lies at 48 - k, so 8 mm voxel k at 24 - k."""
    n = v.shape[1]
    out = v[:, np.clip(n - np.arange(n), 0, n - 1)]
    out[0] *= -1
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--average", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    read = lambda name: nib.load(options.average / f"{name}.nii.gz").get_fdata(dtype=np.float32)[BOX]
    surface = read("surface")
    target = features(surface, read("intensity"))
    paths = sorted(options.data.glob("train_*.npz"))
    kept = options.work / "displacements.npy"
    if not kept.exists():
        with Pool(2) as pool:
            np.save(kept, np.stack(pool.map(displacement, [(p, target) for p in paths], chunksize=1)))
    sample = np.load(kept)  # (people, 3, 24, 24, 28)
    sample = np.concatenate([sample, np.stack([mirrored(v) for v in sample])])
    near = np.abs(surface[::STEP, ::STEP, ::STEP]) < NEAR_MM
    flat = sample.reshape(len(sample), -1)
    mean = flat.mean(0)
    centred = flat - mean
    weight = np.broadcast_to(np.where(near, 1.0, 0.05), sample.shape[1:]).ravel().astype(np.float32)
    u, s, _ = np.linalg.svd(centred * np.sqrt(weight), full_matrices=False)
    scores = u[:, :MODES] * np.sqrt(len(flat) - 1)  # deviation 1
    modes = (scores.T @ centred / (len(flat) - 1)).reshape(MODES, *sample.shape[1:])
    share = (s**2 / (s**2).sum())[:MODES]
    rms = lambda v: float(np.sqrt((v**2).sum(-4)[..., near].mean()))
    print(f"{len(paths)} people; mean displacement {rms(mean.reshape(sample.shape[1:])):.2f} mm rms; people {rms(sample):.2f}; "
          f"{MODES} modes explain {share.sum():.3f}: {np.round(share[:8], 3)}")
    options.out.mkdir(parents=True, exist_ok=True)
    grid = np.diag([STEP * SPACING] * 3 + [1.0])
    average = nib.load(options.average / "surface.nii.gz").affine
    grid[:3, 3] = average[:3, :3] @ np.array(LOW) + average[:3, 3]
    scale = float(np.abs(modes).max() / 32000)
    image = nib.Nifti1Image(np.round(np.moveaxis(modes, (0, 1), (3, 4)) / scale).astype(np.int16), grid)
    image.header.set_slope_inter(scale, 0)
    image.header["descrip"] = b""
    target_file = options.out / "modes.nii.gz"
    save_plain(image, target_file)
    card = {
        "id": "face-shapes",
        "version": "1.0.0",
        "task": "face-shapes",
        "description": "How faces differ between people once their brains lie on each other: modes of displacement of the average head.",
        "licence": "CC BY-SA 3.0",
        "attribution": "Made from the IXI dataset, https://brain-development.org/ixi-dataset/, CC BY-SA 3.0.",
        "space": f"average-head {json.loads((options.average / 'card.json').read_text())['version']}, mm",
        "people": len(paths),
        "mirrored": True,
        "keptOut": "each third of the sorted IXI identifiers, from the first",
        "modes": MODES,
        "explained": [round(float(v), 4) for v in share],
        "displacementMm": {"peopleRms": round(rms(sample), 2), "withinMmOfSkin": NEAR_MM},
        "files": {"modes": {"name": "modes.nii.gz", "sha256": hashlib.sha256(target_file.read_bytes()).hexdigest(), "bytes": target_file.stat().st_size}},
        "layout": "int16 x slope = mm; axes left-right, back-front, bottom-top, mode, component (x, y, z); deviation of each mode's coefficient is 1",
        "notAPerson": "A face drawn from the modes is a mixture of all people; each mode is a direction, no one's face.",
    }
    (options.out / "card.json").write_text(json.dumps(card, indent=1) + "\n")


def save_plain(image, path):
    """gzip without time or name."""
    import gzip
    with open(path, "wb") as out, gzip.GzipFile("", "wb", 9, out, 0) as zipped:
        zipped.write(image.to_bytes())


if __name__ == "__main__":
    main()
