"""Pairs for learned refacing: a head with a part removed, and what was there.

A sample is one head in the box of `space.py`, all float32 (X, Y, Z):

    channels  (4, X, Y, Z)  image    what is kept, 1 = brighter half of the brain, 0 where removed
                            removed  1 where tissue is to be made (and where the scan has no voxels)
                            shape    distance to the skin of the head wanted, 1 = 10 mm outside, cut at ±1
                            noise    normal
    tissue    what the generator is to give
    share     head, not air, 0…1
    trust     1 where the loss counts: removed, seen, below the skin
    image     the whole head as it was
"""

from pathlib import Path

import nibabel as nib
import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage as ndi

from space import BOX, REACH_MM, SHAPE, SPACING

FACE, EARS, MOUTH, FOREHEAD = 1, 2, 4, 8  # bits of models/average-head/regions.nii.gz
SETS = (FACE | MOUTH, FACE | MOUTH | EARS, FACE | MOUTH | EARS | FOREHEAD, FACE | MOUTH | FOREHEAD)


def region_distances(average):
    """Signed distance, mm, to each of SETS with the air in front of the face: (4, X, Y, Z) float32."""
    bits = np.asarray(nib.load(Path(average) / "regions.nii.gz").dataobj)[BOX]
    surface = nib.load(Path(average) / "surface.nii.gz").get_fdata(dtype=np.float32)[BOX]
    out = []
    for wanted in SETS:
        mask = (bits & wanted) > 0
        front = np.maximum.accumulate((bits & wanted & ~EARS) > 0, axis=1)
        mask |= front & (surface > -2)
        out.append(ndi.distance_transform_edt(~mask, sampling=SPACING) - ndi.distance_transform_edt(mask, sampling=SPACING))
    return torch.from_numpy(np.stack(out).astype(np.float32))


class Heads(torch.utils.data.IterableDataset):
    def __init__(self, folder, average, seed, groups=("train", "map"), strength=1.0):
        paths = sorted(p for g in groups for p in Path(folder).glob(f"{g}_*.npz"))
        if not paths:
            raise FileNotFoundError(f"Expected packed heads ({', '.join(groups)}) in {folder}; run prepare.py first.")
        # Three pictures of each label map: as a person each, a map counts once.
        self.weight = np.array([1 / 3 if p.name.startswith("map") else 1.0 for p in paths])
        self.weight /= self.weight.sum()
        self.heads = [{k: np.load(p)[k] for k in ("image", "tissue", "distance", "seen", "brain")} for p in paths]
        self.regions = region_distances(average)
        self.seed, self.strength = seed, strength

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        self.rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        torch.manual_seed(int(self.rng.integers(2**31)))
        torch.set_num_threads(1)
        while True:
            yield self.sample(self.heads[self.rng.choice(len(self.heads), p=self.weight)])

    def sample(self, head):
        rng = self.rng
        stack = torch.from_numpy(np.stack([head["image"], head["tissue"], head["seen"] * 100, head["brain"] * 100]).astype(np.float32) / 100)
        distance = torch.from_numpy(head["distance"].astype(np.float32) / 10)
        stack = self.moved(torch.cat((stack, distance[None] / 12.7)))
        image, tissue, seen, brain, distance = stack
        distance = distance * 12.7
        seen = seen > 0.5
        image, tissue = self.contrast(image, tissue)
        removed = self.removed(brain, distance) | ~seen
        share = torch.sigmoid(-distance / 0.8)
        kept = self.degraded(image)
        kept[removed] = 0
        wanted = distance + self.field(6) * 0.5 * self.strength
        channels = torch.stack((kept, removed.float(), (wanted / REACH_MM).clamp(-1, 1), torch.randn(SHAPE)))
        trust = (removed & seen & (distance < 1)).float()
        return {"channels": channels, "tissue": tissue, "share": share, "trust": trust, "image": image * seen, "seen": seen.float()}

    def moved(self, stack):
        """Another pose, size and a smooth deformation; mirrored half of the time. (C, X, Y, Z)"""
        rng = self.rng
        if rng.random() < 0.5:
            stack = stack.flip(1)
        angles = rng.normal(0, 3, 3) * np.pi / 180 * self.strength
        c, s = np.cos(angles), np.sin(angles)
        turn = (
            np.array([[1, 0, 0], [0, c[0], -s[0]], [0, s[0], c[0]]])
            @ np.array([[c[1], 0, s[1]], [0, 1, 0], [-s[1], 0, c[1]]])
            @ np.array([[c[2], -s[2], 0], [s[2], c[2], 0], [0, 0, 1]])
        ) @ np.diag(np.exp(rng.normal(0, 0.035, 3) * self.strength))
        shift = rng.normal(0, 2.0, 3) / SPACING * self.strength
        centre = (np.array(SHAPE) - 1) / 2
        index = [torch.arange(n, dtype=torch.float32) - c for n, c in zip(SHAPE, centre)]
        m = torch.from_numpy(turn.astype(np.float32))
        at = (index[0][:, None, None, None] * m[:, 0] + index[1][None, :, None, None] * m[:, 1]
              + index[2][None, None, :, None] * m[:, 2] + torch.from_numpy((centre + shift).astype(np.float32)))
        bend = torch.randn(1, 3, 6, 6, 7) * rng.uniform(0, 1.5) * self.strength
        at += F.interpolate(bend, size=SHAPE, mode="trilinear", align_corners=True)[0].permute(1, 2, 3, 0)
        n = torch.tensor(SHAPE, dtype=torch.float32)
        grid = (at / (n - 1) * 2 - 1).flip(-1)[None]
        return F.grid_sample(stack[None], grid, padding_mode="border", align_corners=True)[0]

    def field(self, points):
        """Smooth normal field over the box."""
        coarse = torch.randn(1, 1, points, points, points)
        return F.interpolate(coarse, size=SHAPE, mode="trilinear", align_corners=True)[0, 0]

    def contrast(self, image, tissue):
        """Gain, gamma and shading, the same for both."""
        rng = self.rng
        gain = (self.field(4) * rng.uniform(0, 0.18) * self.strength).exp() * float(np.exp(rng.normal(0, 0.06) * self.strength))
        gamma = float(np.exp(rng.normal(0, 0.15) * self.strength))
        return tuple((v.clamp(min=0) ** gamma * gain).clamp(max=3) for v in (image, tissue))

    def degraded(self, image):
        """The scan as another scanner might give it: softer, thicker slices, noise."""
        rng = self.rng
        if rng.random() < 0.4:
            axis = int(rng.integers(3))
            sigma = rng.uniform(0.3, 1.2)
            kernel = torch.exp(-0.5 * (torch.arange(-3, 4) / sigma) ** 2)
            shape, pad = [1, 1, 1, 1, 1], [0, 0, 0]
            shape[2 + axis], pad[axis] = 7, 3
            image = F.conv3d(image[None, None], (kernel / kernel.sum()).view(shape), padding=pad)[0, 0]
        return (image + torch.randn(SHAPE) * rng.uniform(0, 0.05) * self.strength).clamp(min=0)

    def removed(self, brain, distance):
        """What a de-identification took: our regions, a shear, a deep cut, a part of a face. Never the brain or 4 mm around."""
        rng = self.rng
        near_brain = F.max_pool3d((brain > 0.5).float()[None, None], 5, 1, 2)[0, 0] > 0
        kind = rng.random()
        if kind < 0.55:  # our own regions, placed a few millimetres off
            out = self.regions[rng.integers(len(SETS))] < rng.uniform(-4, 4) + self.field(7) * 2
        elif kind < 0.75:  # quickshear: beyond a plane in front of and below the brain
            angle = rng.uniform(15, 65) * np.pi / 180
            normal = torch.tensor([rng.normal(0, 0.05), np.cos(angle), -np.sin(angle)], dtype=torch.float32)
            index = [torch.arange(n, dtype=torch.float32) for n in SHAPE]
            along = index[0][:, None, None] * normal[0] + index[1][None, :, None] * normal[1] + index[2][None, None, :] * normal[2]
            out = along > along[brain > 0.5].max() + rng.uniform(2, 10) / SPACING
        elif kind < 0.9:  # mask-out and its like: regions with several millimetres more all round
            out = self.regions[rng.integers(len(SETS))] < rng.uniform(5, 14) + self.field(4) * 2
        else:  # a part of the face
            centre = [rng.uniform(0.2, 0.8) * SHAPE[0], rng.uniform(0.55, 0.95) * SHAPE[1], rng.uniform(0.1, 0.75) * SHAPE[2]]
            index = [torch.arange(n, dtype=torch.float32) - c for n, c in zip(SHAPE, centre)]
            radius = rng.uniform(10, 26, 3)
            out = (index[0][:, None, None] / radius[0]) ** 2 + (index[1][None, :, None] / radius[1]) ** 2 + (index[2][None, None, :] / radius[2]) ** 2 < 1
        return out & ~near_brain


def slices(sample, count, rng):
    """Sagittal slices of a sample where something is removed: channels (count, 12, Y, Z), the rest (count, Y, Z)."""
    area = sample["trust"].sum((1, 2))
    enough = np.flatnonzero(area.numpy() > 60)
    if len(enough) == 0:
        return None
    at = torch.from_numpy(rng.choice(enough, count))
    c = sample["channels"]
    last = c.shape[1] - 1
    stacked = torch.stack([c[:, (at + d).clamp(0, last)] for d in (-1, 0, 1)], 1)  # (4, 3, count, Y, Z)
    out = {k: v[at] for k, v in sample.items() if k != "channels"}
    out["channels"] = stacked.permute(2, 0, 1, 3, 4).flatten(1, 2)  # c0(x-1), c0(x), c0(x+1), c1(x-1), …
    return out


def patches(sample, size, count, rng):
    """Cubes around removed tissue: channels (count, 4, size, size, size), the rest (count, size, size, size)."""
    where = torch.nonzero(sample["trust"])
    if len(where) < 2000:
        return None
    picked = []
    for _ in range(count):
        middle = where[rng.integers(len(where))].numpy() + rng.integers(-size // 4, size // 4 + 1, 3)
        low = np.clip(middle - size // 2, 0, np.array(SHAPE) - size)
        picked.append(tuple(slice(a, a + size) for a in low))
    return {k: torch.stack([v[(..., *p)] for p in picked]) for k, v in sample.items()}
