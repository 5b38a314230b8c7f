"""Measures how well centroids place the average head; writes measured.json, which build.py puts into the card.

    python3 evaluate.py --data ../shared/data --work .scratch/averagehead/work --head models/average-head
        --outlines outlines.json --out models/training/average-head/measured.json

`--work` is build.py's; outlines.json is made by outlines.ts. About five minutes on one core.

- Centroids: distance to where the fit has them, with the mean of all others; and of a structure left out of the fit.
- Skin: distance from the mean face's surface, brought to a person, to the person's skin. The mean outline holds
  the person as one of 64; that share is not taken out.
- Registration: an affine found by intensities of the whole head alone (Gauss-Newton on squared differences, started from
  the middles of the heads), and its distance at nose tip, chin, eyes and ears to the one found by centroids.
- Outline: the same distance for the affine from the brain's outline.

Validation people: every sixth from the first of all 133 names in order, without broken label maps.
"""

import argparse
import json
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi

import heads
from build import BROKEN_MM, LOW, SPACING, weights
from heads import Head, as_rows, fit_affine, fit_robust, fit_similarity, names, transform
from regions import BITS

POINTS = ["nose tip", "chin", "left eye", "right eye", "left ear", "right ear"]


def summary(values):
    values = np.asarray(values, float)
    return {"median": round(float(np.median(values)), 2), "p95": round(float(np.percentile(values, 95)), 2), "n": len(values)}


def read(folder, name):
    image = nib.load(folder / f"{name}.nii.gz")
    return np.asarray(image.dataobj, np.float32)


def register(image, affine, mean, surface):
    """Affine average mm → world mm from intensities alone. Gauss-Newton with Huber weights, 8 mm then 4 mm."""
    index = np.argwhere(surface[::2, ::2, ::2] < 12) * 2
    index = index[(index * SPACING + LOW)[:, 2] > -140][::3]
    points = index * SPACING + LOW
    middle = points.mean(0)
    bright = np.argwhere(image > image.mean())
    world = np.eye(4)
    world[:3, 3] = transform(affine, bright.mean(0)) - transform(world, np.argwhere(mean > mean.mean()).mean(0) * SPACING + LOW)
    unit = np.c_[(points - middle) / 100, np.ones(len(points))]
    for blur in (8, 4, 2.5):
        target = ndi.gaussian_filter(mean, blur / SPACING)[tuple(index.T)]
        moving = ndi.gaussian_filter(image.astype(np.float32), blur / SPACING)
        slopes = np.gradient(moving)
        for _ in range(40):
            at = transform(np.linalg.inv(affine) @ world, points).T
            value = ndi.map_coordinates(moving, at, order=1, mode="constant", cval=0)
            seen = ((at > 0) & (at < np.array(image.shape)[:, None] - 1)).all(0)
            gain = (value * target)[seen].sum() / (value**2)[seen].sum()
            off = gain * value - target
            weight = seen / np.maximum(1, np.abs(off) / (1.5 * np.median(np.abs(off[seen])) + 1e-6))
            slope = gain * np.stack([ndi.map_coordinates(s, at, order=1) for s in slopes], 1) @ np.linalg.inv(affine)[:3, :3]
            j = (slope[:, :, None] * unit[:, None, :]).reshape(len(points), 12)
            step = -np.linalg.solve(j.T @ (weight[:, None] * j) + 1e-6 * np.eye(12), j.T @ (weight * off)).reshape(3, 4)
            change = np.zeros((4, 4))
            change[:3, :3] = step[:, :3] / 100
            change[:3, 3] = step[:, 3] - change[:3, :3] @ middle
            world = world + change
            if np.abs(step).max() < 0.02:
                break
    return world


def main():
    parser = argparse.ArgumentParser()
    for name in ("data", "work", "head", "outlines", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    card = json.loads((options.head / "card.json").read_text())
    at = {c["label"]: c["at"] for c in card["centroids"]}
    mean = np.array([at[v] for v in heads.STRUCTURES])
    weight = np.array([c["weight"] for c in card["centroids"]])
    marks = np.array([card["regionRules"]["landmarks"][n] for n in POINTS])
    regions, surface = read(options.head, "regions").astype(int), read(options.head, "surface")
    intensity = read(options.head, "intensity")
    everyone = names(options.data)
    stored = json.loads((options.work / "centroids.json").read_text())
    rows = {n: as_rows({int(v): np.array(p) for v, p in stored[n].items()}) for n in everyone}
    fits = {n: fit_robust(mean, rows[n], weight) for n in everyone}
    people = [n for n in everyone if np.nanmax(fits[n][1]) < BROKEN_MM]
    validation = [n for n in everyone[::6] if n in people]
    affines = {n: fits[n][0] for n in people}
    # Where build.py put each person's outline: by the centroids it had.
    shape, standard = np.load(options.work / "mean-shape.npz"), np.load(options.work / "to-standard.npy")
    anchor, scale = transform(standard, shape["mean"]), np.cbrt(np.linalg.det(standard[:3, :3]))
    placed = {n: fit_robust(anchor, rows[n], weights(shape["variance"] * scale**2))[0] for n in people}
    scores = {"people": len(people), "validationPeople": len(validation)}

    # Centroids against the mean of the others.
    brought = np.stack([transform(np.linalg.inv(affines[n]), rows[n]) for n in people])
    left_out, predicted = [], []
    for n, own in zip(people, brought):
        others = (mean * len(people) - np.where(np.isfinite(own), own, mean)) / (len(people) - 1)
        _, far = fit_robust(others, rows[n], weight)
        left_out.append(np.sqrt(np.nanmean(far**2)))
        for v in range(len(mean)):
            rest = np.arange(len(mean)) != v
            guess = fit_affine(others[rest], rows[n][rest], weight[rest])
            predicted.append(np.linalg.norm(transform(guess, others[v : v + 1])[0] - rows[n][v]))
    scores["centroidResidualRmsMm"] = summary(left_out)
    scores["leftOutStructureMm"] = summary(np.array(predicted)[np.isfinite(predicted)])

    # The mean skin brought to a person, and that person's skin.
    skin = {name: np.argwhere((np.abs(surface) < 1) & (regions & BITS[name] > 0)) * SPACING + LOW for name in ("face", "ears", "forehead")}

    def skin_distance(n, affine, points):
        """mm in the person; the person's outline lies in `work` on the average's grid, brought there by the build's fit."""
        distance = np.load(options.work / f"{n}.distance.npy", mmap_mode="r")
        known = np.load(options.work / f"{n}.known.npy", mmap_mode="r")
        index = ((transform(np.linalg.inv(placed[n]) @ affine, points) - LOW) / SPACING).T
        d = ndi.map_coordinates(np.asarray(distance, np.float32) / 100, index, order=1)
        k = ndi.map_coordinates(np.asarray(known, np.float32) / 255, index, order=1)
        return np.abs(d[k > 0.9]) * np.cbrt(np.linalg.det(affine[:3, :3]))

    def skin_summary(affine_of, points, whom):
        each = [skin_distance(n, affine_of(n), points) for n in whom if (options.work / f"{n}.weight.npy").exists()]
        if not each:
            return None
        return {
            "medianOfPersonMedian": round(float(np.median([np.median(d) for d in each])), 2),
            "medianOfPersonP95": round(float(np.median([np.percentile(d, 95) for d in each])), 2),
            "n": len(each),
        }

    scores["skinDistanceMm"] = {name: skin_summary(affines.get, p, people) for name, p in skin.items()}

    def similarity(n):
        ok = np.isfinite(rows[n]).all(1)
        s, r, t = fit_similarity(mean[ok], rows[n][ok], weight[ok])
        return np.r_[np.c_[s * r, t], [[0, 0, 0, 1]]]

    prior = {"similarity": skin_summary(similarity, skin["face"], people)}
    for deviation in (0.02, 0.05, 10):
        prior[str(deviation)] = skin_summary(lambda n: fit_affine(mean, rows[n], weight, deviation), skin["face"], people)
    scores["faceSkinDistanceByPriorMm"] = prior

    # An affine from intensities alone.
    apart = {}
    registered = {}
    for n in validation:
        head = Head(options.data, n)
        registered[n] = register(head.image.astype(np.float32), head.affine, intensity, surface)
        apart[n] = np.linalg.norm(transform(registered[n], marks) - transform(affines[n], marks), axis=1)
    together = np.array(list(apart.values()))
    scores["registrationDistanceMm"] = {
        "all": summary(together.ravel()), **{p: summary(together[:, k]) for k, p in enumerate(POINTS)}
    }
    scores["faceSkinDistanceRegisteredMm"] = skin_summary(registered.get, skin["face"], validation)
    scores["faceSkinDistanceCentroidsMm"] = skin_summary(affines.get, skin["face"], validation)

    # The brain's outline.
    outlines = {n: np.array(m).reshape(4, 4) for n, m in json.loads(options.outlines.read_text()).items() if n in people}
    fitting = [n for n in outlines if n not in validation]
    to_outline = np.mean([np.linalg.inv(outlines[n]) @ affines[n] for n in fitting], 0)
    shown = [n for n in outlines if n in validation]
    gap = lambda m, n: np.linalg.norm(transform(outlines[n] @ m, marks) - transform(affines[n], marks), axis=1)
    scores["outlineDistanceMm"] = {
        "calibratedOn": len(fitting),
        "asItIs": summary(np.ravel([gap(np.eye(4), n) for n in shown])),
        "calibrated": summary(np.ravel([gap(to_outline, n) for n in shown])),
        **{p: summary([gap(to_outline, n)[k] for n in shown]) for k, p in enumerate(POINTS)},
    }
    scores["faceSkinDistanceOutlineMm"] = skin_summary(lambda n: outlines[n] @ to_outline, skin["face"], shown)
    scores["faceSkinDistanceCentroidsSamePeopleMm"] = skin_summary(affines.get, skin["face"], shown)

    measured = {"toOutline": [round(float(v), 6) for v in to_outline.ravel()], "scores": scores}
    options.out.write_text(json.dumps(measured, indent=1) + "\n")
    print(json.dumps(measured, indent=1))


if __name__ == "__main__":
    main()
