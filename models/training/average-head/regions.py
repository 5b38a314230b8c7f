"""Regions of the average head, drawn by rules from its own surface and brain. Millimetres, ICBM152 RAS+."""

import numpy as np
from scipy import ndimage as ndi

BITS = {"face": 1, "ears": 2, "mouth": 4, "forehead": 8, "wrap": 16}  # REGION in electron/deidentify/face/face-frame.ts
AIR_MM = 25  # how far a region reaches from the mean skin into the air: a nose longer than the average's
DEPTH_MM = {"face": 25, "mouth": 45, "forehead": 9, "ears": 8}  # how far below the mean skin
BROW_MM = 28  # the face ends this far above the nasion: eyebrows and upper lids belong to it
PROTECTED_MM = 5  # nothing within this distance of what is brain in more than one of ten people


def landmarks(surface, grid):
    """Points of the mean surface in mm: nose tip, nasion, subnasale, chin (pogonion), menton, eyes, ears."""
    spacing, low = grid[0, 0], grid[:3, 3]
    index = lambda mm, axis: int(round((mm - low[axis]) / spacing))

    def front(x, z, from_y=140):
        """y of the first surface met from the front, or -inf."""
        i, k = (x - low[0]) / spacing, (z - low[2]) / spacing
        ys = np.arange(from_y, -60, -0.25)
        inside = (ys - low[1]) / spacing
        line = ndi.map_coordinates(surface, [np.full_like(ys, i), inside, np.full_like(ys, k)], order=1, cval=99)
        hit = np.flatnonzero(line < 0)
        return ys[hit[0]] if len(hit) else -np.inf

    zs = np.arange(-150, 20, 1.0)
    profile = ndi.gaussian_filter1d(np.array([max(front(0, z), -60) for z in zs]), 1)
    at = lambda z: profile[np.argmin(np.abs(zs - z))]
    span = lambda a, b: (zs >= a) & (zs <= b)
    pick = lambda a, b, how: zs[span(a, b)][how(profile[span(a, b)])]
    out = {}
    nose = pick(-80, -25, np.argmax)
    out["nose tip"] = (0, at(nose), nose)
    nasion = pick(nose + 12, nose + 55, np.argmin)
    out["nasion"] = (0, at(nasion), nasion)
    below = pick(nose - 22, nose - 4, np.argmin)
    out["subnasale"] = (0, at(below), below)
    lip = pick(below - 22, below - 3, np.argmax)
    out["lips"] = (0, at(lip), lip)
    groove = pick(lip - 25, lip - 8, np.argmin)
    chin = pick(groove - 25, groove - 4, np.argmax)
    out["chin"] = (0, at(chin), chin)
    lower = zs[(zs < chin) & (profile < at(chin) - 12)]
    menton = lower.max() if len(lower) else chin - 18
    out["menton"] = (0, at(menton), menton)
    for side, sign in (("left", -1), ("right", 1)):
        out[f"{side} eye"] = (sign * 32, front(sign * 32, nasion - 8), nasion - 8)
        # The ear: where the outline is widest between the level of the nasion and that of the lips.
        ks, js = range(index(lip, 2), index(nasion + 5, 2)), range(index(-60, 1), index(25, 1))
        box = surface[:, js[0] : js[-1] + 1, ks[0] : ks[-1] + 1] < 0
        x = np.arange(surface.shape[0]) * spacing + low[0]
        width = np.where(box, sign * x[:, None, None], -np.inf).max(0)
        top = np.argwhere(width >= width.max() - spacing).mean(0)
        out[f"{side} ear"] = (sign * width.max(), js[0] * spacing + low[1] + top[0] * spacing, ks[0] * spacing + low[2] + top[1] * spacing)
    return {name: tuple(float(v) for v in at) for name, at in out.items()}


def draw_regions(head, grid):
    """Bit set per voxel (uint8) and the rules in words, with their numbers."""
    surface = head["surface"]
    spacing = grid[0, 0]
    x, y, z = (np.indices(surface.shape) * spacing + grid[:3, 3][:, None, None, None]).astype(np.float32)
    mark = landmarks(surface, grid)
    nasion, lips, chin, menton = (np.array(mark[n]) for n in ("nasion", "lips", "chin", "menton"))
    ear = (np.array(mark["right ear"]) + np.array(mark["left ear"]) * [-1, 1, 1]) / 2
    protected = ndi.distance_transform_edt(head["brain"] < 0.1, sampling=spacing) <= PROTECTED_MM
    depth = -surface

    # Above the eyebrows: 28 mm above the nasion in the middle, falling towards the temples.
    brow = nasion[2] + BROW_MM - 0.12 * np.maximum(np.abs(x) - 20, 0)
    # Back border: 28 mm in front of the ear; lower border: 12 mm below the chin's lower edge, rising backwards along
    # the jaw, so that the neck's front stays.
    back = ear[1] + 28
    floor = menton[2] - 12 + 0.25 * np.maximum(menton[1] - y, 0)
    near = surface < AIR_MM
    face = near & (depth < DEPTH_MM["face"]) & (y > back) & (z < brow) & (z > floor)
    mouth = (
        near & (depth < DEPTH_MM["mouth"]) & (np.abs(x) < 34) & (np.abs(z - lips[2]) < 22)
        & (y > lips[1] - DEPTH_MM["mouth"])
    )
    forehead = near & (depth < DEPTH_MM["forehead"]) & (z >= brow) & (z < brow + 55) & (y > back + 12)
    ears = (
        (surface < 20) & (depth < DEPTH_MM["ears"]) & (np.abs(x) > ear[0] - 22)
        & (np.abs(y - ear[1]) < 24) & (np.abs(z - ear[2]) < 38)
    )
    wrap = (surface > 4) & (y < ear[1] - 24)
    out = np.zeros(surface.shape, np.uint8)
    for bit, mask in zip(BITS.values(), (face, ears, mouth, forehead, wrap)):
        out |= np.where(mask & ~protected, bit, 0).astype(np.uint8)
    mm = lambda v: f"{v:.0f}"
    rules = {
        "landmarks": {name: [round(v, 1) for v in at] for name, at in mark.items()},
        "protected": f"no region within {PROTECTED_MM} mm of what is brain (with its fluid) in 10 % of the people or more",
        "face": f"y > {mm(back)} (28 mm in front of the ears); below z = {mm(nasion[2] + BROW_MM)} ({BROW_MM} mm above the nasion; "
        f"0.12 mm lower per mm of |x| beyond 20); above z = {mm(menton[2] - 12)} (12 mm below the chin's lower edge; "
        f"0.25 mm higher per mm behind it); from {DEPTH_MM['face']} mm below the mean skin to {AIR_MM} mm in front of it",
        "mouth": f"|x| < 34, z = {mm(lips[2])} ± 22, up to {DEPTH_MM['mouth']} mm behind the lips, and {AIR_MM} mm of air",
        "forehead": f"above the face up to 55 mm higher, y > {mm(back + 12)}, from {DEPTH_MM['forehead']} mm below the mean skin",
        "ears": f"|x| > {mm(ear[0] - 22)}, y = {mm(ear[1])} ± 24, z = {mm(ear[2])} ± 38, from {DEPTH_MM['ears']} mm below "
        "the mean skin to 20 mm outside it",
        "wrap": f"air more than 4 mm from the mean skin, y < {mm(ear[1] - 24)}",
    }
    return out, rules
