"""How far new faces lie from their person's own, from the average head's, and from the nearest face trained on.

    python3 nearest.py --project PROJECT --method pix2pix-2.5d --data ../shared/data --work .scratch/averagehead/work \
        --average models/average-head --out nearest.json

The project holds IXI people that were never trained on, refaced. All heads are brought to the average head by their brain
structures; distances are means over the face's skin, mm of the average head. Needs numpy, scipy, nibabel.
"""

import argparse
import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import stats

from refaced import refaced
from space import split

sys.path.append(str(Path(__file__).parent.parent / "average-head"))
from build import bring, weights  # noqa: E402
from heads import Head, as_rows, fit_robust, names, transform  # noqa: E402

FACE = 1 | 4  # face and mouth; ears differ little between people and much by chance


def skin(distance, region):
    return region & (np.abs(distance) < 1.5)


def mean_distance(points, known, other):
    """Mean distance of skin points from another head's skin where that is known, mm."""
    here = points & known
    return float(np.abs(other[here]).mean()) if here.sum() > 1000 else np.nan


def main():
    parser = argparse.ArgumentParser()
    for name in ("project", "data", "work", "average", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--method", required=True)
    options = parser.parse_args()
    load = lambda name: nib.load(options.average / f"{name}.nii.gz")
    region = (np.asarray(load("regions").dataobj) & FACE) > 0
    average = load("surface").get_fdata(dtype=np.float32)
    shape = np.load(options.work / "mean-shape.npz")
    standard = np.load(options.work / "to-standard.npy")
    anchor = transform(standard, shape["mean"])
    weight = weights(shape["variance"] * np.cbrt(np.linalg.det(standard[:3, :3])) ** 2)
    found = {n: as_rows({int(v): np.array(at) for v, at in c.items()}) for n, c in json.loads((options.work / "centroids.json").read_text()).items()}
    train, kept = split(names(options.data))
    whole = lambda n, kind: np.load(options.work / f"{n}.{kind}.npy", mmap_mode="r")
    have = lambda people: [n for n in people if (options.work / f"{n}.weight.npy").exists()]
    box = tuple(slice(a.min(), a.max() + 1) for a in np.nonzero(region))
    region, average = region[box], average[box]
    trained = [(n, np.array(whole(n, "distance")[box]) / 100, np.array(whole(n, "known")[box]) > 127) for n in have(train)]

    def nearest(points, known, besides=None):
        every = [(mean_distance(points, known & k, d), n) for n, d, k in trained if n != besides]
        return min(v for v in every if np.isfinite(v[0]))

    rows = []
    for name, folder in refaced(options.project, options.method):
        if name not in have(kept):
            continue
        head = Head(options.data, name)
        image = nib.as_closest_canonical(nib.load(folder / "edited.nii.gz"))
        head.image = np.asarray(image.dataobj)
        v = bring(head, fit_robust(anchor, found[name], weight)[0])
        distance, known = v["distance"][box] / 100, v["known"][box] > 127
        points = skin(distance, region)
        own = np.array(whole(name, "distance")[box]) / 100
        own_known = np.array(whole(name, "known")[box]) > 127
        far, who = nearest(points, known)
        rows.append(dict(
            name=name, own=mean_distance(points, known & own_known, own), average=mean_distance(points, known, average),
            nearestTrained=far, who=who, ownToAverage=mean_distance(skin(own, region), own_known, average),
            ownToNearestTrained=nearest(skin(own, region), own_known)[0],
        ))
        print({k: round(v, 2) if isinstance(v, float) else v for k, v in rows[-1].items()}, flush=True)
    column = lambda k: np.array([r[k] for r in rows])
    here = np.isfinite(column("own"))
    summary = {k: dict(mean=round(float(np.nanmean(column(k))), 2), least=round(float(np.nanmin(column(k))), 2))
               for k in ("own", "average", "nearestTrained", "ownToAverage", "ownToNearestTrained")}
    test = stats.wilcoxon(column("own")[here], column("ownToAverage")[here])
    result = dict(
        method=options.method, people=len(rows), millimetres=summary,
        ownAgainstAverage=dict(p=float(test.pvalue), fartherThanAverage=int((column("own") >= column("ownToAverage")).sum())),
        faces=len(set(column("who"))), rows=rows,
    )
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({k: v for k, v in result.items() if k != "rows"}))


if __name__ == "__main__":
    main()
