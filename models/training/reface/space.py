"""The box of the average head's space in which faces are made, and how intensities are put into it.

Axes left→right, back→front, bottom→top; 2 mm; the box is part of the grid of `models/average-head`.
"""

import numpy as np

LOW = (5, 34, 0)  # first voxel of the box on the average head's grid (107 × 141 × 139)
SHAPE = (96, 96, 112)  # multiples of 16
BOX = tuple(slice(a, a + n) for a, n in zip(LOW, SHAPE))
SPACING = 2.0  # mm

SKIN_MM = 2.5  # nearer to the skin a voxel is part air: its tissue is taken from this deep
REACH_MM = 10  # the shape channel is the distance to the skin in units of this, cut at ±1


def brain_level(image, brain):
    """What counts as intensity 1: the mean of the brighter half of the brain; white matter in a T1-weighted scan.

    image any shape, brain bool, same shape.
    """
    values = image[brain]
    return float(values[values >= np.median(values)].mean())


def split(names):
    """(training, kept out) of sorted IXI file names: each third person is never trained on."""
    kept = names[::3]
    return [n for n in names if n not in kept], kept
