"""Makes the population-average head of `models/average-head/` from the 133 IXI heads and their DLMUSE label maps.

    python3 build.py --data ../shared/data --work .scratch/averagehead/work --out models/average-head

Needs numpy, scipy, nibabel; about ten minutes on one core, 6 GB. `--work` keeps the resampled people between runs.

1. Mean shape of the structures' centroids, each person brought to it by an affine (heads.fit_affine), to and fro.
2. That mean shape into ICBM152 millimetres: its grey and white matter registered to the template's, affine.
3. Each head resampled there, evened out, scaled to white matter = 1, air = 0; its outline as signed distance.
4. Robust mean and spread over the people whose image shows the voxel.
5. Face and ears again, after bringing the people's features onto each other (sharpen.py).
6. Regions by rules (regions.py), files and card.
"""

import argparse
import json
import warnings
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi
from scipy.optimize import minimize

from card import LEAST_VARIANCE, write_card
from heads import STRUCTURES, Head, as_rows, fit_robust, names, transform
from regions import draw_regions
from sharpen import redistance, sharpen

SPACING = 2.0  # mm
LOW, HIGH = np.array([-106, -142, -170]), np.array([106, 138, 106])  # mm, ICBM152 RAS+: head, neck, air
SHAPE = tuple(((HIGH - LOW) / SPACING).astype(int) + 1)
GRID = np.diag([SPACING, SPACING, SPACING, 1.0])
GRID[:3, 3] = LOW
FADE_MM = 5  # a person's say fades out over this distance towards where the image is cut
BROKEN_MM = 22  # a centroid this far from where the others say: half a hemisphere is missing from the label map
SHARPENED = 2  # every second person's features are brought onto each other: more cost time and hardly change the mean
FEWEST = 20  # people a mean needs; elsewhere the nearest mean is continued
WHITE = [2, 41, 7, 46]
BRAIN = [*STRUCTURES, 5, 44, 24]


def mean_shape(people):
    """Mean configuration of centroids, their variances, and who belongs to it.

    people (people, structures, 3) world mm, NaN where missing → mean (structures, 3) and variance (structures,) per axis,
    in mm of the mean person; kept (people,): a label map whose centroids contradict each other is broken and left out.
    """
    sizes = np.sqrt(((people - people.mean(1, keepdims=True)) ** 2).sum((1, 2)))
    mean = people[0] - people[0].mean(0)  # the first has all structures
    variance = np.full(len(mean), 4.0)
    for _ in range(5):
        fits = [fit_robust(mean, p, weights(variance)) for p in people]
        kept = np.array([np.nanmax(far) < BROKEN_MM for _, far in fits])
        brought = np.stack([transform(np.linalg.inv(a), p) for (a, _), p in zip(fits, people)])[kept]
        mean = np.nanmedian(brought, 0)
        mean -= mean.mean(0)
        mean *= np.nanmedian(sizes[kept]) / np.sqrt((mean**2).sum())
        deviation = 1.4826 * np.nanmedian(np.abs(brought - np.nanmedian(brought, 0)), 0)
        variance = (deviation**2).mean(1)
    return mean, variance, kept


def weights(variance):
    """1/mm² per structure; below 0.5 mm the grid of 2 mm speaks, not the person."""
    return 1 / np.maximum(variance, LEAST_VARIANCE)


def sample(volume, to_index, order=1, outside=0.0):
    """A volume on the average's grid; `to_index` takes average mm to its indices."""
    m = to_index @ GRID
    return ndi.affine_transform(
        volume.astype(np.float32), m[:3, :3], m[:3, 3], SHAPE, order=order, mode="constant", cval=outside
    )


def to_standard(mean, people, found, weight, templates):
    """Affine from the mean shape's mm to ICBM152 mm: mean grey and white matter on the template's."""
    start = np.eye(4)
    start[:3, 3] = [0, -17, 9]  # middle of the template's brain
    maps = np.zeros((2, *SHAPE), np.float32)
    for head, centroids in zip(people, found):
        to_head, _ = fit_robust(mean, centroids, weight)
        to_index = np.linalg.inv(head.affine) @ to_head @ np.linalg.inv(start)
        white = np.isin(head.labels, WHITE)
        maps[0] += sample(np.isin(head.labels, BRAIN) & ~white & ~np.isin(head.labels, [24, 4, 43, 14, 15, 5, 44]), to_index)
        maps[1] += sample(white, to_index)
    maps /= len(people)
    maps = [ndi.gaussian_filter(m, 1.5) for m in maps]
    points = (np.indices(SHAPE)[:, ::2, ::2, ::2].reshape(3, -1).T * SPACING + LOW).astype(np.float32)
    points = points[(np.abs(points - [0, -17, 9]) < [90, 110, 95]).all(1)]
    target = []
    for name in ("gm", "wm"):
        image = nib.load(templates / f"icbm152_2009a_sym_{name}.nii.gz")
        data = np.asarray(image.dataobj, np.float32)
        data = ndi.gaussian_filter(data / data.max(), 3)
        target.append(ndi.map_coordinates(data, transform(np.linalg.inv(image.affine), points).T, order=1))

    def difference(p):  # template mm → mean shape placed at `start`
        m = np.eye(4)
        m[:3, :3] += p[3:].reshape(3, 3)
        m[:3, 3] = p[:3] * 100
        index = (transform(m, points) - LOW).T / SPACING
        return sum(((ndi.map_coordinates(a, index, order=1) - b) ** 2).mean() for a, b in zip(maps, target))

    best = minimize(difference, np.zeros(12), method="Powell", options={"xtol": 1e-3, "ftol": 1e-5, "maxiter": 6})
    m = np.eye(4)
    m[:3, :3] += best.x[3:].reshape(3, 3)
    m[:3, 3] = best.x[:3] * 100
    print(f"mean shape to ICBM152: mean squared difference {difference(np.zeros(12)):.4f} -> {best.fun:.4f}")
    return np.linalg.inv(m) @ start


def outline(image, seen):
    """The head as one body without holes, on the average's grid. `seen`: voxels inside the image."""
    bright = image > 0.16 * np.percentile(image[image > image.mean()], 75)
    body = ndi.binary_opening(bright)
    body = ndi.binary_closing(np.pad(body, 4), iterations=2)[4:-4, 4:-4, 4:-4]
    parts, _ = ndi.label(body)
    body = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    body = np.stack([ndi.binary_fill_holes(s) for s in np.moveaxis(body, 2, 0)], 2)  # the neck is open below
    return ndi.binary_fill_holes(body) & seen


def distance_to(mask, thinned=1):
    """mm from each voxel's middle to the nearest of a mask, 1000 everywhere for an empty mask; `thinned`: on every nth."""
    if not mask.any():
        return np.full(mask.shape, 1e3, np.float32)
    if thinned > 1:
        mask = ndi.maximum_filter(mask, thinned)
    few = ndi.distance_transform_edt(~mask[::thinned, ::thinned, ::thinned], sampling=SPACING * thinned).astype(np.float32)
    return few if thinned == 1 else enlarged(few, thinned, mask.shape)


def enlarged(few, factor, shape):
    """Every `factor`-th voxel's values on the grid of all, linear between, held beyond the last."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy reminds that a diagonal once meant something else
        return ndi.affine_transform(few, np.full(3, 1 / factor), 0, shape, order=1, mode="nearest")


def bring(head, to_head):
    """One person on the average's grid: intensity, signed distance, their weights 0…1, and the brain 0…1."""
    to_index = np.linalg.inv(head.affine) @ to_head
    image = sample(head.image, to_index)
    m = to_index @ GRID
    at = [sum(m[a, b] * np.arange(SHAPE[b]).reshape([-1 if c == b else 1 for c in range(3)]) for b in range(3)) + m[a, 3]
          for a in range(3)]
    seen = np.logical_and.reduce([(i >= 0) & (i <= n - 1) for i, n in zip(at, head.image.shape)])
    body = outline(image, seen)
    # mm to the border between voxels, negative inside; the rim is half a voxel inside of it.
    rim = distance_to(body & ~ndi.binary_erosion(body, border_value=1))
    distance = np.where(body, -rim - SPACING / 2, rim - SPACING / 2)

    # Where the body meets the end of the image, what lies beyond is unknown: the tip of a nose, the neck.
    cut = body & ndi.binary_dilation(~seen)
    known = np.clip((distance_to(cut, 2) - np.abs(distance) - SPACING) / FADE_MM, 0, 1)
    weight = np.where(seen, ~cut, np.where(distance > 0, known, 0))

    # Shading: a quadratic through white matter's logarithm, held constant far from the brain; smooth, so every 4th voxel.
    labels = sample(head.labels, to_index, order=0).astype(np.uint8)
    white = ndi.binary_erosion(np.isin(labels, WHITE))
    points = np.argwhere(white)[::5]
    low, high = points.min(0) - 10, points.max(0) + 10

    def terms(index):
        q = np.concatenate([np.ones((1, len(index))), (np.clip(index, low, high) - points.mean(0)).T / 50])
        return np.stack([q[a] * q[b] for a in range(4) for b in range(a, 4)], 1)

    values = np.log(np.maximum(image[tuple(points.T)], 1))
    fit = np.linalg.lstsq(terms(points), values, rcond=None)[0]
    every = [np.arange(0, n + 4, 4) for n in SHAPE]
    shading = np.exp(terms(np.stack(np.meshgrid(*every, indexing="ij"), -1).reshape(-1, 3)) @ fit)
    shading = enlarged(shading.reshape([len(e) for e in every]).astype(np.float32), 4, SHAPE)
    air = np.median(image[seen & (distance > 6)])
    even = np.clip(image - air, 0, None) / np.clip(shading - air, 0.4 * np.exp(values.mean()), None)
    even[(distance > 6) | ~seen] = 0
    byte = lambda v, scale: np.clip(np.round(v * scale), 0, 255).astype(np.uint8)
    return {
        "intensity": byte(even, 100),
        "distance": np.clip(np.round(distance * 100), -32000, 32000).astype(np.int16),
        "known": byte(known, 255),
        "brain": byte(np.isin(labels, BRAIN), 255),
        "weight": byte(weight, 255),
    }


def bring_and_keep(data, work, name, to_head):
    for kind, volume in bring(Head(data, name), to_head).items():
        np.save(work / f"{name}.{kind}.npy", volume)


def load_box(work, people, box, n):
    return {k: np.array(np.load(work / f"{people[n]}.{k}.npy", mmap_mode="r")[box]) for k in ("distance", "intensity", "known", "weight")}


def robust_mean(values, weight, floor):
    """Weighted mean and deviation over people (axis 0) of what lies within 2.5 robust deviations of the median."""
    silent = weight <= 0.05
    count = (~silent).sum(0)[None]

    def median(v):
        ordered = np.sort(np.where(silent, np.inf, v), 0)
        return np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, 0)[0]

    middle = np.where(count[0] > 0, median(values), 0)
    spread = np.maximum(1.4826 * median(np.abs(values - middle)), floor)
    kept = weight * (np.abs(values - middle) <= 2.5 * spread)
    total = kept.sum(0)
    mean = (kept * values).sum(0) / np.maximum(total, 1e-6)
    deviation = np.sqrt((weight * (values - mean) ** 2).sum(0) / np.maximum(weight.sum(0), 1e-6))
    return mean, deviation


def continued(mean, count):
    """Where fewer than FEWEST people speak, the nearest mean that has enough."""
    nearest = ndi.distance_transform_edt(count < FEWEST, return_distances=False, return_indices=True)
    return mean[tuple(nearest)]


def average(work, people):
    """Means and spreads, slab by slab."""
    parts = {k: [] for k in ("intensity", "intensity_spread", "surface", "surface_spread", "count", "shown", "brain")}
    stacks = {k: np.stack([np.load(work / f"{n}.{k}.npy", mmap_mode="r") for n in people])
              for k in ("intensity", "distance", "weight", "known", "brain")}
    for k in range(SHAPE[2]):
        weight, known = (stacks[n][..., k].astype(np.float32) / 255 for n in ("weight", "known"))
        mean, spread = robust_mean(stacks["intensity"][..., k].astype(np.float32) / 100, weight, 0.03)
        far, far_spread = robust_mean(stacks["distance"][..., k].astype(np.float32) / 100, known, 1.0)
        for name, v in zip(parts, (mean, spread, far, far_spread, known.sum(0), weight.sum(0), stacks["brain"][..., k].mean(0) / 255)):
            parts[name].append(v.astype(np.float32))
    out = {name: np.stack(v, 2) for name, v in parts.items()}
    for name in ("surface", "surface_spread"):
        out[name] = continued(out[name], out["count"])
    for name in ("intensity", "intensity_spread"):
        out[name] = continued(out[name], out["shown"])
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--people", type=int, default=1000, help="at most so many for the means; centroids come from all")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    everyone = names(options.data)

    found_file = options.work / "centroids.json"
    if not found_file.exists():
        found = {n: {str(v): list(at) for v, at in Head(options.data, n).centroids().items()} for n in everyone}
        found_file.write_text(json.dumps(found))
    found = [as_rows({int(v): np.array(at) for v, at in c.items()}) for c in json.loads(found_file.read_text()).values()]
    shape_file = options.work / "mean-shape.npz"
    if not shape_file.exists():
        np.savez(shape_file, **dict(zip(("mean", "variance", "kept"), mean_shape(np.stack(found)))))
    mean, variance, kept = (np.load(shape_file)[k] for k in ("mean", "variance", "kept"))
    print("left out, label map broken:", [n for n, k in zip(everyone, kept) if not k])
    everyone, found = ([v for v, k in zip(values, kept) if k] for values in (everyone, found))

    standard_file = options.work / "to-standard.npy"
    if not standard_file.exists():
        some = slice(0, None, 4)
        heads = [Head(options.data, n) for n in everyone[some]]
        np.save(standard_file, to_standard(mean, heads, found[some], weights(variance), options.data / "templates"))
    standard = np.load(standard_file)
    anchor = transform(standard, mean)
    variance = variance * np.cbrt(np.linalg.det(standard[:3, :3])) ** 2

    everyone, found = everyone[: options.people], found[: options.people]
    missing = [(n, c) for n, c in zip(everyone, found) if not (options.work / f"{n}.weight.npy").exists()]
    with Pool(options.threads) as pool:
        pool.starmap(bring_and_keep, [(options.data, options.work, n, fit_robust(anchor, c, weights(variance))[0]) for n, c in missing])

    average_file = options.work / "average.npz"
    if not average_file.exists():
        np.savez(average_file, **average(options.work, everyone))
    head = dict(np.load(average_file))
    sharp_file = options.work / "sharp.npz"
    if not sharp_file.exists():
        # Face and ears: in front of y = -80, below z = 30.
        box = (slice(0, None), slice(int((-80 - LOW[1]) / SPACING), None), slice(0, int((30 - LOW[2]) / SPACING)))
        some = everyone[::SHARPENED]
        load = partial(load_box, options.work, some, box)
        sharp = sharpen(load, len(some), head, box, robust_mean, options.threads)
        sharp["surface"] = continued(sharp["surface"], head["count"])
        sharp["intensity"] = continued(sharp["intensity"], head["shown"])
        sharp["surface"] = redistance(sharp["surface"], SPACING)
        np.savez(sharp_file, **sharp)
    head |= dict(np.load(sharp_file))
    regions, rules = draw_regions(head, GRID)
    measured = Path(__file__).parent / "measured.json"
    write_card(
        options.out, head, regions, rules, GRID, dict(zip(STRUCTURES, anchor)), dict(zip(STRUCTURES, variance)),
        len(everyone), int(kept.sum()), len(everyone[::SHARPENED]), json.loads(measured.read_text()) if measured.exists() else None,
    )


if __name__ == "__main__":
    main()
