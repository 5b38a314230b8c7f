"""Training patches on the fly: real T1 heads with partial labels, and images synthesised from label maps.

Billot et al. 2023 (SynthSeg): an image is drawn from a deformed label map, one Gaussian per class, then bias field,
blur, noise, gamma and coarse slices. Here half of the patches are real heads, whose labels outside the brain are
unknown.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from labels import AIR, FIRST_OUTSIDE, INNER_AIR, MIRROR, UNKNOWN

MIRROR_LUT = torch.tensor([*MIRROR, *range(len(MIRROR), 256)], dtype=torch.uint8)


class Head:
    """One person's arrays (RAS+), kept as bytes, with points on the brain's hull for cutting a face off."""

    def __init__(self, path):
        self.name = path.stem
        stored = np.load(path)
        self.image = torch.from_numpy(stored["image"]) if "image" in stored else None
        self.spacing = 2.0 if self.image is not None else 1.0
        if self.image is not None:
            self.label = torch.from_numpy(stored["label"])
            channel = stored["label"]
        else:
            self.label = torch.from_numpy(stored["raw"])
            self.raw_values = stored["raw_values"]
            self.channel_of = torch.from_numpy(stored["channel"])
            channel = stored["channel"][stored["raw"]]
        brain = np.argwhere((channel > AIR) & (channel < FIRST_OUTSIDE))
        self.centre = brain.mean(0)
        self.brain = torch.from_numpy(brain[:: max(1, len(brain) // 4000)].astype(np.float32))


class Patches(torch.utils.data.IterableDataset):
    """Endless pairs (image (2, 1, *patch) float32, label (2, *patch) uint8): one real head, one synthetic."""

    def __init__(self, folder, real, maps, priors, patch, spacing, random_contrast, strength, seed, brain_alone=0.0):
        """brain_alone: share of patches that show what brain extraction leaves"""
        self.real = [Head(Path(folder) / f"{n}.npz") for n in real]
        self.maps = [Head(Path(folder) / f"{n}.npz") for n in maps]
        self.priors = {p["label"]: p for p in json.loads(Path(priors).read_text())["labels"]}
        self.patch, self.spacing, self.random_contrast, self.seed = patch, spacing, random_contrast, seed
        self.strength = strength  # of deformation and degradation, 1 is the full range
        self.brain_alone = brain_alone

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        torch.set_num_threads(1)
        seed = self.seed + 7919 * (worker.id if worker else 0)
        self.rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        while True:
            pairs = []
            for head in (self.rng.choice(self.real), self.rng.choice(self.maps)):
                pairs.append(self.sample(head))
            yield torch.stack([p[0] for p in pairs]), torch.stack([p[1] for p in pairs])

    def sample(self, head):
        rng = self.rng
        at, step = self.coordinates(head)  # (D, H, W, 3) source voxel indices; (3, 3) source voxels per target voxel
        label = gather(head.label, at.round().long(), AIR if head.image is not None else 0)
        if head.image is not None:
            image = trilinear(head.image, at) / 255 * 1.1
            if rng.random() < 0.3:
                image, label = self.another_face(head, at, image, label)
            if rng.random() < 0.8 * self.random_contrast:
                image = remap(image, rng)
        else:
            image, label = self.synthesise(head, at, step, label)
        removed = torch.zeros(label.shape, dtype=torch.bool)
        if rng.random() < 0.3:
            removed |= self.face_side(head, at)
        if rng.random() < 0.25 * self.strength:
            removed |= self.outside_view(label.shape)
        level = 0.0 if rng.random() < 0.8 else rng.uniform(0, 0.4)
        image = self.degrade(image)
        image[removed] = level
        label[removed] = AIR
        if rng.random() < self.brain_alone:
            image, label = self.only_brain(image, label)
        if rng.random() < 0.5:
            image, label = image.flip(0), MIRROR_LUT[label.flip(0).long()]
        return image[None].float(), label

    def coordinates(self, head):
        """Random place, rotation, zoom, shear and smooth deformation."""
        rng, (d, h, w) = self.rng, self.patch
        angles = rng.uniform(-20, 20, 3) * np.pi / 180 * self.strength
        if rng.random() < 0.5:
            angles *= 0.3
        c, s = np.cos(angles), np.sin(angles)
        turn = (
            np.array([[1, 0, 0], [0, c[0], -s[0]], [0, s[0], c[0]]])
            @ np.array([[c[1], 0, s[1]], [0, 1, 0], [-s[1], 0, c[1]]])
            @ np.array([[c[2], -s[2], 0], [s[2], c[2], 0], [0, 0, 1]])
        )
        shear = np.eye(3) + rng.normal(0, 0.03, (3, 3)) * self.strength
        step = turn @ shear @ np.diag((rng.uniform(0.82, 1.15) * rng.uniform(0.93, 1.07, 3)) ** self.strength) * self.spacing / head.spacing
        if rng.random() > 0.3 * self.strength:
            centre = head.centre + rng.normal(0, 5 + 9 * self.strength, 3) / head.spacing
        else:
            centre = rng.uniform(0, 1, 3) * np.array(head.label.shape)
        index = [torch.arange(n, dtype=torch.float32) - (n - 1) / 2 for n in (d, h, w)]
        m = torch.from_numpy(step.astype(np.float32))
        at = (
            index[0][:, None, None, None] * m[:, 0] + index[1][None, :, None, None] * m[:, 1]
            + index[2][None, None, :, None] * m[:, 2] + torch.from_numpy(centre.astype(np.float32))
        )
        points = int(rng.integers(3, 8))
        bend = torch.randn(1, 3, points, points, points) * rng.uniform(0, 3.0) * self.strength / head.spacing
        at += F.interpolate(bend, size=(d, h, w), mode="trilinear", align_corners=True)[0].permute(1, 2, 3, 0)
        return at, m

    def synthesise(self, head, at, step, raw):
        """Partial volume from the eight corners of each voxel, then noise."""
        rng = self.rng
        mean, deviation = self.intensities(head)
        image = torch.zeros(raw.shape)
        for corner in range(8):
            offset = torch.tensor([(corner & 1) - 0.5, (corner >> 1 & 1) - 0.5, (corner >> 2) - 0.5]) / 2
            image += mean[gather(head.label, (at + step @ offset).round().long(), 0).long()] / 8
        grain = torch.randn(raw.shape)
        if rng.random() < 0.5:
            grain = blur(grain, [0.6] * 3) * 2.2
        image += grain * deviation[raw.long()] * rng.uniform(0.2, 1)
        return image, head.channel_of[raw.long()]

    def intensities(self, head):
        """Mean and deviation per raw value, 0…1 for T1-like and random contrasts alike."""
        rng = self.rng
        t1 = rng.random() >= self.random_contrast
        drawn, mean, deviation = {}, [], []
        for value in head.raw_values:
            prior = self.priors.get(int(value), self.priors[0])
            group = ("air", 0) if value == 0 else ("inner", rng.random() < 0.7) if value == INNER_AIR else prior["class"]
            if group not in drawn:
                if t1:
                    drawn[group] = (
                        rng.normal(*prior["mean"]) / 200, abs(rng.normal(*prior["std"])) / 200 * rng.uniform(0.3, 1)
                    )
                else:
                    drawn[group] = (rng.uniform(0, 1), rng.uniform(0.01, 0.12))
                if group == ("air", 0) and (not t1 and rng.random() < 0.9):
                    drawn[group] = (rng.uniform(0, 0.08), rng.uniform(0, 0.03))
                if group == ("inner", True):
                    drawn[group] = drawn.get(("air", 0), (0.02, 0.02))
            mean.append(drawn[group][0])
            deviation.append(drawn[group][1])
        return torch.tensor(mean, dtype=torch.float32), torch.tensor(deviation, dtype=torch.float32)

    def degrade(self, image):
        """Bias field, blur or coarse slices, noise, gamma; rescaled to 0…1."""
        rng = self.rng
        points = int(rng.integers(2, 5))
        bias = torch.randn(1, 1, points, points, points) * rng.uniform(0, 0.35) * self.strength
        image = image * F.interpolate(bias, size=image.shape, mode="trilinear", align_corners=True)[0, 0].exp()
        kind = rng.random() / self.strength
        if kind < 0.3:
            image = blur(image, rng.uniform(0.2, 0.9, 3))
        elif kind < 0.45:
            axis, factor = rng.integers(3), rng.uniform(1.2, 3)
            size = list(image.shape)
            thick = [0.0] * 3
            thick[axis] = 0.35 * factor
            size[axis] = max(4, round(size[axis] / factor))
            image = F.interpolate(blur(image, thick)[None, None], size=size, mode="trilinear", align_corners=False)
            image = F.interpolate(image, size=self.patch, mode="trilinear", align_corners=False)[0, 0]
        image = image + torch.randn(image.shape) * rng.uniform(0, 0.05) * self.strength * (rng.random() < 0.7)
        image = image.clamp(0, 1.3)
        return (image ** float(np.exp(rng.normal(0, 0.25 * self.strength)))) * rng.uniform(0.85, 1.15) + rng.normal(0, 0.02)

    def another_face(self, head, at, image, label):
        """In front of and below the brain, what another person has there: a brain must look the same beside any face."""
        other = self.rng.choice([h for h in self.real if h is not head])
        there = at + torch.from_numpy((other.centre - head.centre).astype(np.float32))
        new = gather(other.label, there.round().long(), AIR)
        is_brain = lambda values: (values > AIR) & (values < FIRST_OUTSIDE)
        taken = self.face_side(head, at) & ~is_brain(new) & ~is_brain(label)
        return torch.where(taken, trilinear(other.image, there) / 255 * 1.1, image), torch.where(taken, new, label)

    def only_brain(self, image, label):
        """A brain as extraction leaves it: nothing farther than some millimetres from it, a ragged border, the range of intensities set anew."""
        rng = self.rng
        brain = (label > AIR) & (label < FIRST_OUTSIDE)
        if not brain.any():
            return image, label
        away = torch.from_numpy(ndimage.distance_transform_edt(~brain.numpy(), sampling=self.spacing).astype(np.float32))
        ragged = torch.randn(1, 1, 8, 8, 8) * rng.uniform(0, 3)
        away += F.interpolate(ragged, size=image.shape, mode="trilinear", align_corners=True)[0, 0]
        beyond = away > rng.uniform(0, 15)
        low, high = np.percentile(image[~beyond].numpy(), (0.5, 99.5))
        image = ((image - low) / max(high - low, 1e-6)).clamp(0, 1.1) * rng.uniform(0.9, 1.1)
        image[beyond] = 0
        label[beyond] = AIR
        return image, label

    def face_side(self, head, at):
        """Beyond a plane in front of and below the brain, as a defacing tool would cut; on whole heads only."""
        angle = self.rng.uniform(15, 65) * np.pi / 180
        normal = torch.tensor([self.rng.normal(0, 0.08), np.cos(angle), -np.sin(angle)], dtype=torch.float32)
        border = (head.brain @ normal).max() + self.rng.uniform(1, 14) / head.spacing
        return at @ normal > border

    def outside_view(self, shape):
        """A slab at one side of the patch, as a short field of view would leave it."""
        axis, depth = self.rng.integers(3), self.rng.uniform(0.05, 0.4)
        where = torch.arange(shape[axis]) < depth * shape[axis]
        if self.rng.random() < 0.5:
            where = where.flip(0)
        return where.view([-1 if n == axis else 1 for n in range(3)]).expand(shape)


def gather(volume, at, outside):
    """Values at whole indices (…, 3); `outside` beyond the volume."""
    n = torch.tensor(volume.shape)
    inside = ((at >= 0) & (at < n)).all(-1)
    x, y, z = at.unbind(-1)
    flat = (x.clamp(0, n[0] - 1) * n[1] + y.clamp(0, n[1] - 1)) * n[2] + z.clamp(0, n[2] - 1)
    return torch.where(inside, volume.view(-1)[flat], torch.tensor(outside, dtype=volume.dtype))


def trilinear(volume, at):
    """Values at fractional indices (D, H, W, 3); 0 beyond the volume."""
    n = torch.tensor(volume.shape, dtype=torch.float32)
    grid = (at / (n - 1) * 2 - 1).flip(-1)[None]  # grid_sample wants (w, h, d)
    return F.grid_sample(volume[None, None].float(), grid, align_corners=True)[0, 0]


def blur(image, sigmas):
    """Gaussian blur, deviations in voxels per axis."""
    for axis, sigma in enumerate(sigmas):
        if sigma < 0.2:
            continue
        radius = max(1, int(np.ceil(2.5 * sigma)))
        kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma) ** 2)
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = 2 * radius + 1
        pad = [0, 0, 0]
        pad[axis] = radius
        image = F.conv3d(image[None, None], (kernel / kernel.sum()).view(shape), padding=pad)[0, 0]
    return image


def remap(image, rng):
    """Another contrast for a real image: a random smooth curve through its intensities, dark staying dark."""
    knots = np.concatenate([[0.0], rng.uniform(0, 1, 5)])
    curve = np.interp(np.linspace(0, 1.1, 256), np.linspace(0, 1.1, 6), knots).astype(np.float32)
    return torch.from_numpy(curve)[(image.clamp(0, 1.1) / 1.1 * 255).long()]
