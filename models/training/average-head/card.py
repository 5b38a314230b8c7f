"""Writes the files of the average head and its card."""

import gzip
import hashlib
import json

import nibabel as nib
import numpy as np

from heads import NAMES
from picture import draw
from regions import BITS, PROTECTED_MM

VERSION = "1.1.0"
LEAST_VARIANCE = 0.25  # mm²: below 0.5 mm the grid of 2 mm speaks, not the person


def write_volume(path, values, grid, step):
    """Whole numbers times `step`, gzipped without a time stamp. → sha256"""
    stored = np.round(values / step)
    kind = np.uint8 if stored.min() >= 0 and stored.max() <= 255 else np.int16
    image = nib.Nifti1Image(stored.astype(kind), grid)
    image.header.set_xyzt_units("mm")
    image.set_sform(grid, 4)  # code 4: MNI152
    image.set_qform(grid, 4)
    data = bytearray(image.to_bytes())
    data[112:120] = np.array([step, 0], "<f4").tobytes()  # scl_slope, scl_inter: nibabel would choose its own
    packed = gzip.compress(bytes(data), 9, mtime=0)
    path.write_bytes(packed)
    return {"name": path.name, "sha256": hashlib.sha256(packed).hexdigest(), "bytes": len(packed)}


def write_card(out, head, regions, rules, grid, centroids, variance, people, shapes, sharpened, measured):
    """All files of `models/average-head/`; `measured` is what evaluate.py found, or None."""
    out.mkdir(parents=True, exist_ok=True)
    files = {
        "intensity": write_volume(out / "intensity.nii.gz", np.clip(head["intensity"], 0, 2.55), grid, 0.01),
        "surface": write_volume(out / "surface.nii.gz", np.clip(head["surface"], -60, 60), grid, 0.05),
        "regions": write_volume(out / "regions.nii.gz", regions, grid, 1),
        "intensitySpread": write_volume(out / "intensity-spread.nii.gz", np.clip(head["intensity_spread"], 0, 1), grid, 0.01),
        "surfaceSpread": write_volume(out / "surface-spread.nii.gz", np.clip(head["surface_spread"], 0, 25), grid, 0.1),
        "people": write_volume(out / "people.nii.gz", np.round(head["count"]), grid, 1),
    }
    card = {
        "id": "average-head",
        "version": VERSION,
        "task": "average-head",
        "description": "Population-average adult head: intensity, outline and regions of the face, brought to a scan by "
        "the middles of its brain structures or by the outline of its brain.",
        "licence": "CC BY-SA 3.0",
        "spacingMm": float(grid[0, 0]),
        "shape": list(regions.shape),
        "orientation": "RAS",
        "space": "near ICBM152 2009a symmetric (mean grey and white matter registered to the template's, affine), mm",
        "intensity": "mean over people; white matter of the brain 1, air 0",
        "surface": "mean signed distance to the head's outline, mm, negative inside, cut at 60",
        "people": {
            "count": people,
            "centroids": shapes,
            "faceAndEars": sharpened,
            "perVoxel": "people.nii.gz: how many show the head's outline there. Where fewer than 20 do (below the chin), "
            "the nearest value with enough is continued.",
        },
        "files": files,
        "regionBits": BITS,
        "regionRules": rules,
        "protectedMarginMm": PROTECTED_MM,
        "centroids": [
            {
                "label": int(v),
                "structure": NAMES[v],
                "at": [round(float(a), 2) for a in at],
                "deviationMm": round(float(np.sqrt(variance[v])), 3),
                "weight": round(float(1 / max(variance[v], LEAST_VARIANCE)), 4),
            }
            for v, at in centroids.items()
        ],
        "toOutline": (measured or {}).get("toOutline", np.eye(4).ravel().tolist()),
        "scores": (measured or {}).get("scores", {}),
        "trainingData": [
            {
                "name": "IXI (Hammersmith Hospital, T1, 2 mm)",
                "licence": "CC BY-SA 3.0",
                "attribution": "The IXI dataset, https://brain-development.org/ixi-dataset/, is made available under the "
                "Creative Commons CC BY-SA 3.0 licence; this average is derived from it and carries the same licence.",
                "use": "intensities, outlines",
            },
            {
                "name": "DLMUSE label maps of the IXI heads (NiChart project)",
                "licence": "SBIA software licence; derived from IXI, CC BY-SA 3.0",
                "attribution": "Section for Biomedical Image Analysis, University of Pennsylvania",
                "use": "centroids of brain structures, brain",
            },
            {
                "name": "ICBM152 2009a symmetric grey and white matter",
                "licence": "ICBM permissive notice; copyright McConnell Brain Imaging Centre, McGill University",
                "attribution": "Fonov et al., NeuroImage 2011;54:313-327",
                "use": "the space only: none of its voxels is in the files",
            },
        ],
        "limitations": [
            "Healthy adults of one hospital and one scanner (Philips 3T), T1-weighted, 2 mm: no children, no other contrasts.",
            "Below the chin the image of many people ends: neck and the underside of the jaw rest on few people.",
            "Where an image ends at the nose's tip (48 of the 133) that person does not speak there: the mean nose may be short.",
            "Brain structures of the DLMUSE maps were found by a network on 2 mm images: a reference, not truth.",
        ],
    }
    draw(out / "front.png", head["surface"])
    (out / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    size = sum(f["bytes"] for f in files.values())
    print(f"{out}: {size / 1e6:.2f} MB; {({k: f['bytes'] for k, f in files.items()})}")
