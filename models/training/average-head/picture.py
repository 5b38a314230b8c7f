"""The average head's surface from the front and both sides, as a small grey PNG. An average is nobody's face."""

import numpy as np
from PIL import Image
from scipy import ndimage as ndi


def seen_from(surface, axis, far_side):
    """Depth of the first point inside along an axis, shaded by its slope, light from above left. → (rows, columns) uint8."""
    fine = np.moveaxis(ndi.zoom(surface, 2, order=1), axis, 0)
    if far_side:
        fine = fine[::-1]
    inside = fine < 0
    hit, first = inside.any(0), inside.argmax(0)
    i, j = np.indices(first.shape)
    before, after = fine[np.maximum(first - 1, 0), i, j], fine[first, i, j]
    depth = first - 1 + np.clip(before / np.maximum(before - after, 1e-6), 0, 1)
    depth = ndi.gaussian_filter(np.where(hit, depth, depth[hit].max()), 0.8)
    normal = np.stack([*np.gradient(depth), np.ones_like(depth)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = np.array([0.3, 0.5, 0.8]) / np.sqrt(0.98)
    return np.where(hit, 40 + 215 * np.clip(normal @ light, 0, 1), 0).astype(np.uint8).T[::-1]


def draw(path, surface):
    views = [seen_from(surface, 1, True), seen_from(surface, 0, False), seen_from(surface, 0, True)]
    Image.fromarray(np.concatenate(views, 1)).save(path, optimize=True)
