"""Brings the people's noses, lips and ears onto each other before averaging; an affine alone leaves a blur.

Demons (Thirion 1998) on outline and intensity of the affinely brought heads, at 4 mm, to their mean; the mean displacement
is taken out again, so that the result keeps the mean's shape and place (Guimond et al. 2000).
"""

from multiprocessing import Pool

import numpy as np
from scipy import ndimage as ndi

CLIP_MM = 12  # outline beyond this distance says nothing about shape
ROUNDS = 14  # of demons, for each of the turns
TURNS = 2  # the second goes to the sharper mean of the first
FADE = 10  # voxels (2 mm) over which the displacement, and this mean, fade out inside the box's inner borders


def coarse(volume):
    return ndi.gaussian_filter(np.asarray(volume, np.float32), 0.6)[::2, ::2, ::2]


def features(distance, intensity):
    """Two channels of like size: the outline near the skin, and tissue."""
    return [np.clip(coarse(distance), -CLIP_MM, CLIP_MM) / CLIP_MM, np.minimum(coarse(intensity), 1.3)]


def warp(volume, field):
    at = np.indices(field.shape[1:], np.float32) + field
    return ndi.map_coordinates(volume, at, order=1, mode="nearest", output=np.float32)


def register(template, moving, trust, field):
    """Displacement in voxels: moving(x + field(x)) ≈ template(x).

    template, moving: lists of float32 volumes; trust: 0…1 per voxel of `moving`; field (3, …) to start from.
    """
    slopes = [np.stack(np.gradient(t)) for t in template]
    sharpness = [(s**2).sum(0) for s in slopes]
    trust = warp(trust, field)
    for _ in range(ROUNDS):
        push, norm = 0, 1e-3
        at = np.indices(field.shape[1:], np.float32) + field
        for t, m, slope, square in zip(template, moving, slopes, sharpness):
            difference = t - ndi.map_coordinates(m, at, order=1, mode="nearest", output=np.float32)
            push = push + difference * slope
            norm = norm + square + 0.3 * difference**2
        push *= trust / norm
        push *= np.minimum(1, 1.5 / np.maximum(np.sqrt((push**2).sum(0)), 1e-6))  # at most 1.5 voxels a round
        for n in range(3):
            field[n] = ndi.gaussian_filter(field[n] + ndi.gaussian_filter(push[n], 1.0, truncate=2.5), 0.8, truncate=2.5)
    return field


def register_person(target, load, n, start):
    p = load(n)
    moving = features(p["distance"] / 100, p["intensity"] / 100)
    return register(target, moving, coarse(p["known"] / 255), start.astype(np.float32)).astype(np.float16)


def doubled(field, shape):
    """A displacement field's components between its voxels, on a grid twice as fine."""
    for axis in range(1, 4):
        n = shape[axis - 1]
        low = np.arange(n) // 2
        high = np.minimum((np.arange(n) + 1) // 2, field.shape[axis] - 1)
        field = (field.take(low, axis) + field.take(high, axis)) / 2
    return field


def inverse(field):
    """Displacement v with v(x) = -field(x + v(x))."""
    v = -field
    for _ in range(10):
        v = -np.stack([warp(f, v) for f in field])
    return v


def sharpen(load, count, head, box, robust_mean, threads):
    """The affine means `head` with outline, intensity replaced inside `box` (slices) by the means after alignment.

    load(n) → a person's volumes as build.bring made them, inside the box.
    """
    template = {k: head[k][box] for k in ("surface", "intensity")}
    shape = template["surface"].shape
    window = np.ones(shape, np.float32)
    for axis, part in enumerate(box):
        ramp = np.ones(shape[axis], np.float32)
        if part.start:
            ramp = np.minimum(ramp, np.arange(shape[axis]) / FADE)
        if part.stop is not None:
            ramp = np.minimum(ramp, np.arange(shape[axis])[::-1] / FADE)
        window *= ramp.reshape([-1 if a == axis else 1 for a in range(3)])
    fields = None
    for turn in range(TURNS):
        target = features(template["surface"], template["intensity"])
        starts = fields or [np.zeros((3, *target[0].shape), np.float16)] * count
        with Pool(threads) as pool:
            found = pool.starmap(register_person, ((target, load, n, starts[n]) for n in range(count)), chunksize=1)
        total = sum(f.astype(np.float32) for f in found) / count
        back = inverse(total)
        # Undo the mean displacement first, then go each person's own way.
        fields = [(back + np.stack([warp(f, back) for f in each.astype(np.float32)])).astype(np.float16) for each in found]
        stacks = {k: [] for k in ("distance", "intensity", "known", "weight")}
        for n in range(count):
            p = load(n)
            at = np.indices(shape, np.float32) + 2 * window * doubled(fields[n].astype(np.float32), shape)
            for k in stacks:
                stacks[k].append(ndi.map_coordinates(p[k], at, order=1, mode="nearest", output=p[k].dtype))
        slabs = {"surface": [], "intensity": []}
        for k in range(shape[2]):
            known, weight, distance, intensity = (
                np.stack([v[..., k] for v in stacks[name]]).astype(np.float32) for name in ("known", "weight", "distance", "intensity")
            )
            slabs["surface"].append(robust_mean(distance / 100, known / 255, 1.0)[0])
            slabs["intensity"].append(robust_mean(intensity / 100, weight / 255, 0.03)[0])
        template = {k: np.stack(v, 2).astype(np.float32) for k, v in slabs.items()}
        print(f"sharpening {turn + 1}: mean displacement taken out {4 * np.abs(total).mean():.2f} mm", flush=True)
    out = {}
    for k in template:
        out[k] = head[k].copy()
        # Fewer people were averaged here: towards the box's inner borders the mean of all takes over.
        out[k][box] = window * template[k] + (1 - window) * head[k][box]
    return out


def redistance(surface, spacing):
    """Signed distance to the zero set of a smooth function that is nearly one already."""
    fine = ndi.zoom(surface, 2, order=1, grid_mode=True, mode="nearest")
    body = fine < 0
    step = spacing / 2
    far = np.where(
        body,
        step / 2 - ndi.distance_transform_edt(body, sampling=step),
        ndi.distance_transform_edt(~body, sampling=step) - step / 2,
    ).astype(np.float32)
    shape = surface.shape
    far = far.reshape(shape[0], 2, shape[1], 2, shape[2], 2).mean((1, 3, 5))
    slope = np.sqrt(sum(g**2 for g in np.gradient(surface, spacing)))
    near = surface / np.clip(slope, 0.6, 1.2)
    share = np.clip((4 - np.abs(far)) / 2, 0, 1)
    return (share * near + (1 - share) * far).astype(np.float32)
