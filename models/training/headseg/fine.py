"""The second look at 1 mm: names the eight 1 mm voxels inside each 2 mm voxel.

    image         (B, 8, D, H, W)      the 1 mm image, scaled as the 2 mm network's; channel 4 i + 2 j + k is the voxel
                                       at offset (i, j, k) inside the 2 mm voxel, each offset 0 or 1
    probabilities (B, C, D, H, W)      what the 2 mm network gave
    logits        (B, C, 8, D, H, W)

Works on the 2 mm grid throughout, with sub-voxels as channels (space to depth): the cost of a 2 mm network, the detail of
a 1 mm one. What it learns is added to the logarithm of the probabilities, interpolated trilinearly. Normalised in batches,
so that parts of a scan give the same as the whole.
"""

import torch
import torch.nn.functional as F
from torch import nn

DILATIONS = (1, 2, 2, 1)
REACH = sum(DILATIONS)  # voxels of 2 mm
FLOOR = 1e-3


class Fine(nn.Module):
    def __init__(self, classes, width=48):
        super().__init__()
        self.classes = classes
        layers = []
        for n, dilation in enumerate(DILATIONS):
            inputs = width if n else 8 + classes
            layers += [
                nn.Conv3d(inputs, width, 3, padding=dilation, dilation=dilation, bias=False), nn.BatchNorm3d(width), nn.ReLU(inplace=True),
            ]
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv3d(width, 8 * classes, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("interpolate", interpolation(classes), persistent=False)

    def forward(self, image, probabilities):
        known = F.conv3d(F.pad(probabilities, [1] * 6, mode="replicate"), self.interpolate, groups=self.classes)
        added = self.head(self.body(torch.cat((image, probabilities), 1)))
        logits = torch.log(known.clamp(min=0) + FLOOR) + added
        return logits.reshape(-1, self.classes, 8, *image.shape[2:])


def interpolation(classes):
    """Trilinear interpolation by two as a convolution: (8 C, 1, 3, 3, 3), eight kernels a class."""
    line = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]])
    kernels = [torch.einsum("a,b,c->abc", line[i], line[j], line[k]) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    return torch.stack(kernels)[:, None].repeat(classes, 1, 1, 1, 1)


def to_depth(fine):
    """(…, 2 D, 2 H, 2 W) → (…, 8, D, H, W)"""
    *lead, d, h, w = fine.shape
    n = len(lead)
    split = fine.reshape(*lead, d // 2, 2, h // 2, 2, w // 2, 2)
    order = [*range(n), n + 1, n + 3, n + 5, n, n + 2, n + 4]
    return split.permute(order).reshape(*lead, 8, d // 2, h // 2, w // 2)


def to_space(deep):
    """(…, 8, D, H, W) → (…, 2 D, 2 H, 2 W)"""
    *lead, _, d, h, w = deep.shape
    n = len(lead)
    split = deep.reshape(*lead, 2, 2, 2, d, h, w)
    order = [*range(n), n + 3, n, n + 4, n + 1, n + 5, n + 2]
    return split.permute(order).reshape(*lead, 2 * d, 2 * h, 2 * w)
