"""Small NIfTI files of every type, byte order and geometry, and what nibabel reads in them.

Writes electron/volume/nifti.fixture.json, the oracle of nifti.test.ts and orientation.test.ts.
Run: python3 build/oracle/volume_nifti.py
"""
import base64, gzip, json, pathlib
import numpy as np
import nibabel as nib

rng = np.random.default_rng(20)
root = pathlib.Path(__file__).resolve().parents[2]
cases = []


def rotation(a, b, c):
    ca, sa, cb, sb, cc, sc = np.cos(a), np.sin(a), np.cos(b), np.sin(b), np.cos(c), np.sin(c)
    return (np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]]) @ np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
            @ np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]]))


def oblique(flip=1):
    m = np.eye(4)
    m[:3, :3] = rotation(0.3, -0.2, 0.5) @ np.diag([1.5 * flip, 0.9, 2.0])
    m[:3, 3] = [-12.5, 30.25, -7.75]
    return m


def add(name, image, compress=False):
    raw = image.to_bytes()
    back = type(image).from_bytes(raw)
    stored = np.asanyarray(back.dataobj.get_unscaled())
    cases.append({
        "name": name,
        "file": base64.b64encode(gzip.compress(raw, mtime=0) if compress else raw).decode(),
        "shape": [int(n) for n in back.shape] + [1] * (3 - len(back.shape)),
        "affine": [float(v) for v in back.affine.ravel()],
        "codes": "".join(nib.aff2axcodes(back.affine)),
        "stored": [float(v) for v in stored.ravel(order="F")],
        "slope": float(1 if back.dataobj.slope is None else back.dataobj.slope),
        "inter": float(0 if back.dataobj.inter is None else back.dataobj.inter),
    })


for kind in (nib.Nifti1Image, nib.Nifti2Image):
    for dtype in "u1 i1 i2 u2 i4 u4 i8 u8 f4 f8".split():
        for endian in "<>":
            header = kind.header_class(endianness=endian)
            header.set_data_dtype(np.dtype(endian + dtype))
            low = -100 if dtype[0] in "if" else 0
            data = rng.integers(low, 120, (3, 4, 2)).astype(endian + dtype)
            if dtype[0] == "f":
                data = (data * 1.25).astype(endian + dtype)
            image = kind(data, oblique(), header)
            add(f"{kind.__name__} {endian}{dtype}", image, compress=endian == "<")

for flip in (1, -1):
    for kind in (nib.Nifti1Image, nib.Nifti2Image):
        image = kind(rng.integers(0, 99, (3, 2, 4)).astype("i2"), None)
        image.header.set_qform(oblique(flip), code=1)
        image.header["sform_code"] = 0
        add(f"{kind.__name__} qform only {flip}", image)
both = nib.Nifti1Image(rng.integers(0, 99, (3, 2, 4)).astype("i2"), None)
both.header.set_qform(oblique(), code=1)
both.header.set_sform(np.diag([-2.0, 2, 2, 1]), code=2)
add("sform wins over qform", both)
bare = nib.Nifti1Image(rng.integers(0, 99, (3, 2, 4)).astype("i2"), None)
bare.header["pixdim"][1:4] = [1.5, 2, 3]
bare.header["sform_code"] = 0
bare.header["qform_code"] = 0
add("neither qform nor sform", bare)
scaled = nib.Nifti1Image(rng.integers(0, 99, (3, 2, 4)).astype("i2"), oblique())
scaled.header.set_slope_inter(0.5, -10)
add("scaled", scaled)
for shape in ((5,), (5, 4), (3, 4, 2, 3), (3, 4, 2, 1, 2)):
    add("shape " + "x".join(map(str, shape)), nib.Nifti1Image(rng.integers(0, 99, shape).astype("u1"), oblique()))
extended = nib.Nifti1Image(rng.integers(0, 99, (3, 2, 4)).astype("i2"), oblique())
extended.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"keep me"))
add("with an extension", extended)

orientations = []
for _ in range(60):
    m = np.eye(4)
    m[:3, :3] = rotation(*rng.uniform(-3, 3, 3)) @ np.diag(rng.uniform(0.5, 3, 3) * rng.choice([-1, 1], 3))
    orientations.append({"affine": [float(v) for v in m.ravel()], "codes": "".join(nib.aff2axcodes(m))})
out = root / "electron/volume/nifti.fixture.json"
out.write_text(json.dumps({"nibabel": nib.__version__, "cases": cases, "orientations": orientations}))
print(out, len(cases), "files")
