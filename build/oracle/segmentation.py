"""What scipy and torch make of one oblique scan on the way into and out of the tiny test network.

Writes electron/segmentation/segmentation.fixture.json, the oracle of segment-volume.test.ts.
Run: /usr/bin/python3 build/oracle/segmentation.py   (needs numpy, scipy, nibabel, onnx, torch)
"""
import base64, gzip, json, pathlib
import nibabel as nib
import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from scipy import ndimage as ndi

root = pathlib.Path(__file__).resolve().parents[2]
rng = np.random.default_rng(3)


def rotation(a, b, c):
    ca, sa, cb, sb, cc, sc = np.cos(a), np.sin(a), np.cos(b), np.sin(b), np.cos(c), np.sin(c)
    return (np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]]) @ np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
            @ np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]]))


# A bright ball in a darker one, stored left to right reversed, turned, anisotropic, scaled on disk.
shape, zooms = (40, 52, 18), (1.1, 0.9, 3.3)
affine = np.eye(4)
affine[:3, :3] = rotation(0.2, -0.15, 0.3) @ np.diag([-zooms[0], zooms[1], zooms[2]])
affine[:3, 3] = [20, -40, 12]
index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
mm = (index - (np.array(shape) - 1) / 2) * zooms
r = np.linalg.norm(mm / [1.0, 1.1, 1.2], axis=-1)
image = 300 / (1 + np.exp(r - 20)) + 500 / (1 + np.exp((r - 11) * 2)) + rng.normal(0, 12, shape)
stored = np.clip(image / 0.5 + 40, 0, 4000).astype("<i2")
nifti = nib.Nifti1Image(stored, affine)
nifti.header.set_slope_inter(0.5, -20)
raw = nifti.to_bytes()
scan = np.asarray(nib.Nifti1Image.from_bytes(raw).dataobj, np.float64)
affine = nib.Nifti1Image.from_bytes(raw).affine

# Conform: whole blocks are averaged where voxels are small, then linear interpolation on a 2 mm grid along the axes.
factors = [max(1, round(2 / z)) for z in zooms]
pad = [(0, -n % f) for n, f in zip(shape, factors)]
whole = np.pad(scan, pad, constant_values=np.nan)
whole = whole.reshape([v for n, f in zip(whole.shape, factors) for v in (n // f, f)])
small = np.nanmean(whole, axis=(1, 3, 5))
block = np.diag([*factors, 1.0])
block[:3, 3] = [(f - 1) / 2 for f in factors]
small_affine = affine @ block
corners = np.array([[x, y, z, 1] for x in (-0.5, shape[0] - 0.5) for y in (-0.5, shape[1] - 0.5)
                    for z in (-0.5, shape[2] - 0.5)])
corners = (corners @ affine.T)[:, :3]
low, high = corners.min(0), corners.max(0)
size = np.ceil((high - low) / 2 - 1e-3).astype(int)
grid = np.diag([2.0, 2, 2, 1])
grid[:3, 3] = (low + high) / 2 - (size - 1) / 2 * 2
at = np.stack(np.meshgrid(*map(np.arange, size), indexing="ij"), 0).reshape(3, -1)
at = (np.linalg.inv(small_affine) @ grid @ np.vstack([at, np.ones(at.shape[1])]))[:3]
limits = np.array(small.shape)[:, None] - 0.5
inside = ((at >= -0.5) & (at <= limits)).all(0)
values = ndi.map_coordinates(small, at, order=1, mode="nearest")
low_p, high_p = np.percentile(values[inside], (0.5, 99.5))
conformed = np.where(inside, np.clip((values - low_p) / (high_p - low_p), 0, 1.1), 0).reshape(size)
padded = np.pad(conformed, [(0, -n % 8) for n in size])

# The tiny network, by hand.
model = onnx.load(root / "electron/inference/fixtures/tiny/model.onnx")
w = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in model.graph.initializer}
x = torch.tensor(padded, dtype=torch.float32)[None, None]
r1 = F.relu(F.conv3d(x, w["w1"], w["b1"], padding=1))
r2 = F.relu(F.conv3d(F.max_pool3d(r1, 2), w["w2"], w["b2"], padding=1))
everything = torch.cat([F.conv3d(x, w["smooth"], padding=1), r1, F.conv_transpose3d(r2, w["w3"], stride=2)], 1)
p = torch.softmax(F.conv3d(everything, w["score"], w["bias"]), 1)[0].numpy().astype(np.float64)
p = p[:, : size[0], : size[1], : size[2]]

# Volumes and middles: each channel's probabilities above 0.002, within 6 mm (a cube) of where it is the likeliest. The
# application first leaves one connected part of each brain structure; here there is only one, which is checked.
winner = p.argmax(0)
for c in (3, 4):
    assert ndi.label(winner == c, np.ones((3, 3, 3)))[1] == 1, "more than one part: clean it as clean-labels.ts does"
assert ndi.label(winner >= 2, np.ones((3, 3, 3)))[1] == 1
volumes, centroids = [], []
for c, channel in enumerate(p):
    near = ndi.maximum_filter(winner == c, 7, mode="constant") & (channel > 0.002)
    volumes.append(float(channel[near].sum()) * 8)
    weight = np.where(near & (channel > 0.1), channel, 0)
    middle = [(weight * axis).sum() / weight.sum() for axis in np.meshgrid(*map(np.arange, size), indexing="ij")]
    centroids.append((grid @ [*middle, 1])[:3].tolist())

native = (np.linalg.inv(grid) @ affine @ np.vstack([index.reshape(-1, 3).T, np.ones(index[..., 0].size)]))[:3]
fine = np.stack([ndi.map_coordinates(channel, native, order=1, mode="nearest") for channel in p])
labels = fine.argmax(0).reshape(shape)

where = rng.integers(0, padded.size, 1500)
out = root / "electron/segmentation/segmentation.fixture.json"
out.write_text(json.dumps({
    "made by": "build/oracle/segmentation.py",
    "scan": base64.b64encode(gzip.compress(raw, mtime=0)).decode(),
    "grid": {"shape": size.tolist(), "affine": grid.ravel().tolist()},
    "padded": list(padded.shape),
    "tensorAt": where.tolist(),
    "tensor": [round(float(v), 6) for v in padded.ravel()[where]],
    "tensorSum": float(padded.sum()),
    "volumesMm3": [round(v, 3) for v in volumes],
    "centroids": [[round(v, 4) for v in c] for c in centroids],
    "labels": base64.b64encode(gzip.compress(labels.astype("u1").tobytes(order="F"), mtime=0)).decode(),
    "confidence": [round(float(fine.max(0)[labels.ravel() == c].mean()), 5) for c in range(5)],
}, indent=0) + "\n")
print(out, out.stat().st_size, "bytes", size, "labels", np.bincount(labels.ravel()))
