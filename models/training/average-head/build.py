"""Makes the population-average head of `models/average-head/` from the 133 IXI heads and their DLMUSE label maps.

    python3 build.py --data ../shared/data --work .scratch/averagehead --out models/average-head

Needs numpy, scipy, nibabel; about ten minutes on one core, 6 GB. `--work` keeps the resampled people between runs.

1. Mean shape of the structures' centroids, each person brought to it by an affine (heads.fit_affine), to and fro.
2. That mean shape into ICBM152 millimetres: its grey and white matter registered to the template's, affine.
3. Each head resampled there, evened out, scaled to white matter = 1, air = 0; its outline as signed distance.
4. Robust mean and spread over the people whose image shows the voxel.
5. Regions by rules (regions.py), files and card.
"""

import argparse
import json
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage as ndi
from scipy.optimize import minimize

from card import write_card
from heads import STRUCTURES, Head, as_rows, fit_affine, names, transform
from regions import draw_regions

SPACING = 2.0  # mm
LOW, HIGH = np.array([-106, -142, -170]), np.array([106, 138, 106])  # mm, ICBM152 RAS+: head, neck, air
SHAPE = tuple(((HIGH - LOW) / SPACING).astype(int) + 1)
GRID = np.diag([SPACING, SPACING, SPACING, 1.0])
GRID[:3, 3] = LOW
FADE_MM = 5  # a person's say fades out over this distance towards where the image is cut
FEWEST = 20  # people a mean needs; elsewhere the nearest mean is continued
WHITE = [2, 41, 7, 46]
BRAIN = [*STRUCTURES, 5, 44, 24]


def mean_shape(found):
    """Mean configuration of centroids (n, 3) and each one's variance per axis about it, in mm of the mean person."""
    everyone = np.stack([as_rows(person) for person in found])  # (people, n, 3)
    mean, weight = everyone[0] - everyone[0].mean(0), np.ones(len(STRUCTURES))  # the first has all
    size = np.nanmean([np.sqrt(((p - p.mean(0)) ** 2).sum()) for p in everyone])
    for _ in range(10):
        brought = np.stack([transform(fit_affine(p, mean, weight), p) for p in everyone])
        mean = np.nanmean(brought, 0)
        mean -= mean.mean(0)
        mean *= size / np.sqrt((mean**2).sum())
        variance = np.nanmean((brought - mean) ** 2, (0, 2))
        weight = 1 / np.maximum(variance, 0.25)  # 0.5 mm: below that the grid of 2 mm speaks, not the person
    return mean, variance


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
        to_head = fit_affine(mean, as_rows(centroids), weight)
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


def signed_distance(body):
    """mm to the border between voxels, negative inside."""
    out = ndi.distance_transform_edt(~body, sampling=SPACING) - SPACING / 2
    inside = ndi.distance_transform_edt(body, sampling=SPACING) - SPACING / 2
    return np.where(body, -inside, out).astype(np.float32)


def bring(head, to_head):
    """One person on the average's grid: intensity, signed distance, their weights 0…1, and the brain 0…1."""
    to_index = np.linalg.inv(head.affine) @ to_head
    image = sample(head.image, to_index)
    seen = sample(np.ones(head.image.shape), to_index) > 0.999
    body = outline(image, seen)
    distance = signed_distance(body)

    # Where the body meets the end of the image, what lies beyond is unknown: the tip of a nose, the neck.
    cut = body & ndi.binary_dilation(~seen, iterations=1)
    from_cut = ndi.distance_transform_edt(~cut, sampling=SPACING) if cut.any() else np.full(SHAPE, 1e3)
    known = np.clip((from_cut - np.abs(distance) - SPACING / 2) / FADE_MM, 0, 1)
    weight = np.where(seen, 1.0, np.where(distance > 0, known, 0))
    weight = np.where(seen & cut, 0, weight)

    # Shading: a quadratic through white matter's logarithm, held constant far from the brain.
    white = ndi.binary_erosion(sample(np.isin(head.labels, WHITE), to_index) > 0.9)
    at = np.argwhere(white)
    low, high = at.min(0) - 10, at.max(0) + 10
    terms = lambda q: np.stack([q[a] * q[b] for a in range(4) for b in range(a, 4)])
    unit = lambda q: np.concatenate([np.ones((1, q.shape[1])), (np.clip(q.T, low, high).T - at.mean(0)[:, None]) / 50])
    values = np.log(np.maximum(image[white], 1))
    fit = np.linalg.lstsq(terms(unit(at.T)).T, values, rcond=None)[0]
    shading = np.exp(fit @ terms(unit(np.indices(SHAPE).reshape(3, -1)))).reshape(SHAPE)
    air = np.median(image[seen & (distance > 6)])
    even = np.clip(image - air, 0, None) / np.clip(shading - air, 0.4 * np.exp(values.mean()), None)
    even[(distance > 6) | ~seen] = 0
    brain = sample(np.isin(head.labels, BRAIN), to_index)
    byte = lambda v, scale: np.clip(np.round(v * scale), 0, 255).astype(np.uint8)
    return {
        "intensity": byte(even, 100),
        "distance": np.clip(np.round(distance * 100), -32000, 32000).astype(np.int16),
        "weight": byte(weight, 255),
        "known": byte(known, 255),
        "brain": byte(brain, 255),
    }


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
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    everyone = names(options.data)

    found_file = options.work / "centroids.json"
    if not found_file.exists():
        found = {n: {str(v): list(at) for v, at in Head(options.data, n).centroids().items()} for n in everyone}
        found_file.write_text(json.dumps(found))
    found = [{int(v): np.array(at) for v, at in c.items()} for c in json.loads(found_file.read_text()).values()]
    mean, variance = mean_shape(found)
    weight = 1 / np.maximum(variance, 0.25)

    standard_file = options.work / "to-standard.npy"
    if not standard_file.exists():
        some = list(range(0, len(everyone), 4))
        np.save(standard_file, to_standard(
            mean, [Head(options.data, everyone[n]) for n in some], [found[n] for n in some], weight,
            options.data / "templates"))
    standard = np.load(standard_file)
    anchor = transform(standard, mean)
    scale = np.cbrt(np.linalg.det(standard[:3, :3]))
    weight, variance = weight / scale**2, variance * scale**2

    for name, centroids in zip(everyone, found):
        if (options.work / f"{name}.brain.npy").exists():
            continue
        to_head = fit_affine(anchor, as_rows(centroids), weight)
        for kind, volume in bring(Head(options.data, name), to_head).items():
            np.save(options.work / f"{name}.{kind}.npy", volume)
    average_file = options.work / "average.npz"
    if not average_file.exists():
        np.savez(average_file, **average(options.work, everyone))
    head = dict(np.load(average_file))
    regions, rules = draw_regions(head, GRID)
    measured = Path(__file__).parent / "measured.json"
    write_card(
        options.out, head, regions, rules, GRID, dict(zip(STRUCTURES, anchor)), dict(zip(STRUCTURES, variance)),
        len(everyone), json.loads(measured.read_text()) if measured.exists() else None,
    )


if __name__ == "__main__":
    main()
